export { CodegenError, CODEGEN_ERRORS, type CodegenErrorCode } from './errors.ts';
export { FuncBody, MAX_BODY_BYTES } from './encoder/func-body.ts';
export { FUNCTION_LABEL, type Label } from './encoder/labels.ts';
export { MAX_LOCALS } from './encoder/locals.ts';
export { ModuleBuilder, type ModuleOptions } from './encoder/module.ts';
export { naturalAlignment, Op, OPCODES, opcodeNumber, opcodePrefix, simdOpcode, type Immediate, type Opcode, type OpcodeName, type OpcodeRow } from './encoder/opcodes.ts';
export type { ConstExpr } from './encoder/sections/const-expr.ts';
export { instructionStarts } from './encoder/instruction-starts.ts';
export { printWat } from './encoder/print-wat.ts';
export { ByteSink, MAX_FUNCTIONS, type FuncRef } from './encoder/sink.ts';
export { BLOCK_VOID, ValType, typeByte, typeOfLetter, type BlockType, type Limits, type RefType, type TypeIndex } from './encoder/types.ts';
export { CONTROL_OPS, DYNAMIC_ATTRS, valTypeOf, type ControlOpName, type LowerCtx, type Lowering, type ValueOpName } from './lower/context.ts';
export { coreSignature, TYPE_LETTER, type CoreCallName } from './lower/core-calls.ts';
export { LOWERINGS } from './lower/index.ts';
export { pushCond } from './lower/cond.ts';
export { OriginRecorder, type ModuleOrigins, type Origin } from './compile/origins.ts';
export { ControlGraph, type FlowGraph } from './structure/graph.ts';
export { Structurer, type NodeWriter } from './structure/structurer.ts';
export {
  ANY_MEMORY, MAX_TBS_PER_MODULE, TbModuleBuilder, type GeneratedModule, type LabelScheme, type TbLink, type TbMember, type TbModuleOptions,
} from './tb-module.ts';
export { buildHelperCall, HELPER_CELL } from './helper-call-module.ts';
export { RegionModuleBuilder, type RegionModuleOptions, type RegionUnit } from './region-module.ts';
