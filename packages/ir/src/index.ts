export * from './types.ts';
export * from './cond.ts';
export * from './memop.ts';
export * from './vops.ts';
export * from './ops.ts';
export * from './target-layout.ts';
export * from './helper-sig.ts';
export * from './insn-data.ts';
export * from './tb-ir.ts';
export * from './builder.ts';
export * from './eval/bits.ts';
export { evalVbinary, evalVshift, evalVtest, evalVunary } from './eval/vops-eval.ts';
export { evalCond, evalFCond, evalOp, isPure, type PureOpName } from './eval/eval-op.ts';
export * from './region.ts';
export { MAX_REGION_MEMBERS, mergeRegion, RegionError } from './region-merge.ts';
export * from './op-info.ts';
export { constantBits, constantOf, parseConstant, printConstant } from './text/constant.ts';
export { localNumbers, printOp, printTb, printTbLines, type IrLine } from './text/print.ts';
export { IrParseError, parseTb } from './text/parse.ts';
export {
  EvalError, EvalLeave, evalTb, operandType, TbEvaluation, type EvalMachine, type EvalOptions, type EvalResult, type HostMemory,
} from './eval/eval-tb.ts';
export { TOY_AREA_SIZE, TOY_HELPERS, TOY_STATE_OFFSET, TOY_STATE_SIZE, TOY_TARGET } from './testing/toy-guest.ts';
export { TOY_FAULT, TOY_WAIT, ToyMachine } from './testing/toy-machine.ts';
export { assertValid, IrVerifyError, verifyTb, type Diagnostic, type VerifyOptions, type VerifyRule } from './verify.ts';
export { Optimizer, PASS_NAMES, type OptimizeOptions, type PassName } from './opt/pipeline.ts';
export { SlotAnalysis } from './opt/slots.ts';
export { Rng } from './testing/rng.ts';
export { randomTb, type RandomOptions } from './testing/random-ir.ts';
