/**
 * The op table as flat arrays, and helpers as flags and sets of globals: what passes that walk streams look up per op.
 */
import type { GlobalSet, HelperTable } from './helper-sig.ts';
import { Op, OP_DEFS, type Effect } from './ops.ts';
import type { TargetLayout } from './target-layout.ts';

const EFFECT_BITS: { readonly [K in Effect]: number } = { terminator: 1, branch: 2, mayFault: 4, sideEffect: 8, exit: 16 };
export const FX_TERMINATOR: number = EFFECT_BITS.terminator;
export const FX_BRANCH: number = EFFECT_BITS.branch;
export const FX_MAY_FAULT: number = EFFECT_BITS.mayFault;
export const FX_SIDE: number = EFFECT_BITS.sideEffect;
export const FX_EXIT: number = EFFECT_BITS.exit;

const perOp = (f: (code: number) => number): Uint8Array => Uint8Array.from(OP_DEFS, (_, code) => f(code));

/** Effects of each op as FX_ bits. Those of a `call` depend on its helper: see {@link HelperFacts}. */
export const OP_EFFECTS: Uint8Array = perOp((op) => OP_DEFS[op]!.effects.reduce((bits, e) => bits | EFFECT_BITS[e], 0));
/** Position of an op's label among its operand words, 255 for ops without one. */
export const OP_LABEL_AT: Uint8Array = perOp((op) => {
  const def = OP_DEFS[op]!;
  const at = def.attrs.indexOf('label');
  return at < 0 ? 255 : def.out.length + def.in.length + at;
});

/** What passes need to know of helpers, in flat form. */
export class HelperFacts {
  /** Shape of a `call` of each helper (see {@link shapeAt}); effects: mayFault if it may fault or exit, sideEffect unless it is pure. */
  readonly shape: Int32Array;
  /** Must be followed by an exit or `goto_ptr`: it changes what the lookup depends on. */
  readonly endsTb: Uint8Array;
  /**
   * 1 for each helper after which a region goes on through tb_exec: what a look-up depends on may have changed, or the helper may have
   * taken the budget, which is to stop the guest at the end of this instruction and not at the next place where a region may be left.
   */
  readonly leavesRegion: Uint8Array;
  /** Words of a set of globals. */
  readonly words: number;
  /** Per helper `words` words: globals it reads or writes through their slots. */
  readonly reads: Int32Array;
  readonly writes: Int32Array;

  constructor(target: TargetLayout, helpers: HelperTable) {
    const n = helpers.length;
    this.words = (target.globals.length + 31) >> 5;
    this.shape = Int32Array.from(helpers, ({ args, ret, effects: e }) => {
      const effects = (e.pure ? 0 : FX_SIDE) | (e.mayFault || e.mayExit ? FX_MAY_FAULT : 0);
      return packShape(ret === null ? 0 : 1, args.length, effects);
    });
    this.leavesRegion = Uint8Array.from(helpers, ({ effects: e }) => (e.changesFlags || e.changesMapping || e.io ? 1 : 0));
    this.endsTb = Uint8Array.from(helpers, ({ effects: e }) => (e.changesFlags || e.changesMapping ? 1 : 0));
    this.reads = new Int32Array(n * this.words);
    this.writes = new Int32Array(n * this.words);
    helpers.forEach((h, i) => {
      this.#fill(this.reads, i, target, h.effects.reads);
      this.#fill(this.writes, i, target, h.effects.writes);
    });
  }

  #fill(sets: Int32Array, helper: number, target: TargetLayout, which: GlobalSet): void {
    target.globals.forEach(({ name }, g) => {
      if (which === 'all' || (which !== 'none' && which.includes(name))) sets[helper * this.words + (g >> 5)]! |= 1 << (g & 31);
    });
  }

  /** Does `helper` write global `g`? */
  writesGlobal(helper: number, g: number): boolean {
    return ((this.writes[helper * this.words + (g >> 5)]! >> (g & 31)) & 1) !== 0;
  }
}

/** Shape of an op in one word: outputs in bits 0–3, inputs in bits 4–11, effects (FX_ bits) from bit 12 on. */
const OP_SHAPE: Int32Array = Int32Array.from(OP_DEFS, (def, op) => packShape(def.out.length, def.in.length, OP_EFFECTS[op]!));

function packShape(outs: number, ins: number, effects: number): number {
  return outs | (ins << 4) | (effects << 12);
}

/** Shape of the op whose head is `code[at]`: take it apart with {@link shapeOuts}, {@link shapeIns}, {@link shapeEffects}. */
export function shapeAt(code: Int32Array, at: number, helpers: HelperFacts): number {
  const head = code[at]!;
  return (head & 0xff) === Op.call ? helpers.shape[code[at + (head >>> 16)]!]! : OP_SHAPE[head & 0xff]!;
}
export const shapeOuts = (shape: number): number => shape & 15;
export const shapeIns = (shape: number): number => (shape >> 4) & 255;
export const shapeEffects = (shape: number): number => shape >> 12;

/** Number of outputs of the op whose head is `code[at]`. */
export function outsAt(code: Int32Array, at: number, helpers: HelperFacts): number {
  return shapeOuts(shapeAt(code, at, helpers));
}

/** Number of inputs of the op whose head is `code[at]`. */
export function insAt(code: Int32Array, at: number, helpers: HelperFacts): number {
  return shapeIns(shapeAt(code, at, helpers));
}

/** Effects (FX_ bits) of the op whose head is `code[at]`. */
export function effectsAt(code: Int32Array, at: number, helpers: HelperFacts): number {
  return shapeEffects(shapeAt(code, at, helpers));
}
