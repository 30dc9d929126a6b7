/**
 * The interface through which one lowering serves all tiers: compiled TBs and regions (temps are Wasm locals, attributes
 * are constants) and the interpreter (temps are frame slots named by the instruction word, attributes may be data).
 *
 * Rules a lowering keeps, so that it is right everywhere:
 *
 * - `in`, `inLocal`, `outBegin` and `outEnd` are called outside of blocks and arms the lowering opens itself: the first
 *   read of a temp may load it into a local, and that must not happen on one path only. Inside an arm it uses the locals
 *   that `inLocal` and `scratch` returned, which stay good until the op ends and are freed by the tier.
 * - No input is read after the first `outEnd`: an output may be the same temp as an input.
 * - Everything pushed between `outBegin(i)` and `outEnd(i)` leaves exactly one value, of the output's type.
 * - An op with effects on guest memory calls `slowPath` before and `exitIfRequested` after the out-of-line call that may
 *   fault, and writes no output before.
 */
import type { CoreOpName, TargetLayout, Type } from '@wasm-tcg/ir';
import type { Span } from '../compile/spans.ts';
import type { FuncBody } from '../encoder/func-body.ts';
import { ValType } from '../encoder/types.ts';
import type { CoreCallName } from './core-calls.ts';

export interface LowerCtx {
  /** The body that is being written. */
  readonly f: FuncBody;
  readonly target: TargetLayout;
  /** 64-bit guest code: guest addresses (operand type `A`) and `word` globals are i64. */
  readonly wide: boolean;
  /** The op's type T; 0 when it has none. */
  readonly type: Type;

  /** Pushes input `i`. */
  in(i: number): void;
  /** A local that holds input `i`; only to be read. */
  inLocal(i: number): number;
  /** Whether input `i` is a constant known now; its bits are then `constLo` and `constHi`. Always false in the interpreter. */
  isConst(i: number): boolean;
  /** Low 32 bits of constant input `i`. */
  constLo(i: number): number;
  /** High 32 bits of constant input `i`; 0 for i32 and f32. */
  constHi(i: number): number;
  /** The 16 bytes of v128 constant input `i`, or undefined when it is not a constant known now. */
  constVector(i: number): Uint8Array | undefined;

  /** Starts output `i`: a store to the frame wants its address under the value. */
  outBegin(i: number): void;
  /** Stores the value on the stack into output `i`. */
  outEnd(i: number): void;

  /** Whether attribute `i` is known only when the op runs. Only attributes of {@link DYNAMIC_ATTRS} ever are. */
  isDynamic(i: number): boolean;
  /** Attribute `i`, which is not dynamic. */
  attr(i: number): number;
  /** Pushes attribute `i` as i32, dynamic or not. */
  pushAttr(i: number): void;

  /** A local of that type until the op ends, with any content. */
  scratch(type: ValType): number;

  /** Pushes the address of the vCPU's area (i32). */
  env(): void;
  /** That address, when it is known now. */
  readonly envAddress: number | undefined;
  /** The span that the guest access being lowered belongs to, if any. */
  readonly span: Span | undefined;
  /** Pushes the access descriptor of the op being lowered (i32, `makeOi`): memop, MMU index, instruction. */
  pushOi(): void;
  /** Makes the context ready for a call that may fault: `tbPtr` names the running TB. Keeps the stack as it is. */
  slowPath(): void;
  /** Leaves through the shared exit if the call just made set the context's exit code. Keeps the stack as it is. */
  exitIfRequested(): void;
  /** Calls a core helper of the runtime; its arguments are on the stack. */
  callCore(name: CoreCallName): void;
}

/** Ops that are no matter of values: the module builders and the interpreter generator lower them, each in its way. */
export const CONTROL_OPS = ['insn_start', 'label', 'br', 'brcond', 'call', 'goto_tb', 'goto_ptr', 'exit_tb'] as const;
CONTROL_OPS satisfies readonly CoreOpName[];
export type ControlOpName = (typeof CONTROL_OPS)[number];

/** Ops with a lowering. */
export type ValueOpName = Exclude<CoreOpName, ControlOpName>;

export type Lowering = (c: LowerCtx) => void;

/**
 * Attributes (by position among the op's attributes) that a lowering takes as data, so that the interpreter needs one
 * opcode for all their values. All others must be known: one interpreter opcode per value that occurs.
 */
export const DYNAMIC_ATTRS: { readonly [K in ValueOpName]?: readonly number[] } = {
  extract: [0, 1],
  sextract: [0, 1],
  deposit: [0, 1],
  extract2: [0],
  ld: [0],
  st: [0],
  guest_ld: [1],
  guest_st: [1],
  guest_rmw_ld: [1],
  guest_rmw_st: [1],
  guest_probe: [2],
};

const VAL_TYPES = [ValType.i32, ValType.i64, ValType.f32, ValType.f64, ValType.v128] as const;

/** The Wasm type of an IR type. */
export function valTypeOf(type: Type): ValType {
  return VAL_TYPES[type];
}
