export { CodegenError, CODEGEN_ERRORS, type CodegenErrorCode } from './errors.ts';
export { FuncBody, MAX_BODY_BYTES } from './encoder/func-body.ts';
export { FUNCTION_LABEL, type Label } from './encoder/labels.ts';
export { MAX_LOCALS } from './encoder/locals.ts';
export { ModuleBuilder, type ModuleOptions } from './encoder/module.ts';
export { naturalAlignment, Op, OPCODES, opcodeNumber, opcodePrefix, type Immediate, type Opcode, type OpcodeName, type OpcodeRow } from './encoder/opcodes.ts';
export type { ConstExpr } from './encoder/sections/const-expr.ts';
export { ByteSink, MAX_FUNCTIONS, type FuncRef } from './encoder/sink.ts';
export { BLOCK_VOID, ValType, typeByte, typeOfLetter, type BlockType, type Limits, type RefType, type TypeIndex } from './encoder/types.ts';
