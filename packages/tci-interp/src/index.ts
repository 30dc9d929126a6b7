export { TciError, type TciErrorCode } from './errors.ts';
export { TciFormats, TciConst, type TciVariant } from './formats.ts';
export { TciEncoder, type SlotMap } from './encode.ts';
export { disassemble, disassembleLines, slotNames, type TciLine } from './disasm.ts';
export { generateInterpreter, helperSignature, type InterpreterOptions } from './generate-interpreter.ts';
export { ReferenceInterpreter, type ReferenceHelper, type ReferenceOptions } from './reference.ts';
