/**
 * The IR of one translation block: temps, constants and a flat stream of ops, all in typed arrays that are reused from
 * one block to the next, so that translation allocates nothing per op.
 *
 * Stream form of an op: a head word `opcode | type << 8 | length << 16` followed by `length` words: outputs, inputs,
 * attributes (for `call`: result if any, arguments, helper id). Value operands are temp numbers.
 *
 * Temp numbers: 0 … globals−1 are the target's globals in table order; then {@link TbIr.env}, the i32 host address of the
 * vCPU; then locals and constants in order of creation.
 */
import { Op, OP_DEFS } from './ops.ts';
import type { TargetLayout } from './target-layout.ts';
import { Type } from './types.ts';

/** Number of a temp inside its TB. */
export type Temp = number;
/** Number of a label inside its TB. */
export type Label = number;

export const TempKind = {
  /** A guest register in a frame slot. */
  global: 0,
  /** The constant i32 host address of the vCPU's area. */
  env: 1,
  /** Value of the TB; no value at entry. Must be written before it is read on every path. */
  local: 2,
  /** Interned constant. */
  const: 3,
} as const;
export type TempKind = (typeof TempKind)[keyof typeof TempKind];

/** Thrown when a TB outgrows a limit of the form; the translator ends the TB earlier and tries again. */
export class TbOverflowError extends Error {
  readonly code = 'IR_TB_OVERFLOW';
  readonly hint = 'Translate fewer guest instructions into one TB.';
  constructor(what: string) {
    super(`The TB has too many ${what}.`);
    this.name = 'TbOverflowError';
  }
}

/** Most temps (globals, locals, constants together) of a TB or region. */
export const MAX_TEMPS = 1 << 16;

function sameVector(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return false;
  return true;
}

export class TbIr {
  readonly target: TargetLayout;
  /** True when the TB is of 64-bit guest code: `word` and address operands are i64. */
  wide = false;
  /** Code segment base the TB was translated for, as signed 32-bit number (0 for wide TBs). */
  csBase = 0;
  /** Guest instructions in the TB (insn_start ops). */
  insns = 0;
  /** Op stream; valid words are 0 … length−1. */
  code: Int32Array = new Int32Array(4096);
  length = 0;
  /** Number of ops in the stream. */
  ops = 0;
  labels = 0;

  /** Temps 0 … temps−1 exist. */
  temps = 0;
  tempType: Uint8Array = new Uint8Array(1024);
  tempKind: Uint8Array = new Uint8Array(1024);
  /** Low and high 32 bits of constants (f32/f64 as bits); for v128 `constLo` is an index into {@link vectors}. */
  constLo: Int32Array = new Int32Array(1024);
  constHi: Int32Array = new Int32Array(1024);
  /** v128 constants, 16 bytes each. */
  readonly vectors: Uint8Array[] = [];
  /** Constant of each of them. */
  readonly #vectorTemps: Temp[] = [];
  /** Number of the `env` temp. */
  readonly env: Temp;

  /** Open-addressing index of constants by (type, lo, hi): temp number + 1, 0 = free. Power of two. */
  #constIndex = new Int32Array(256);
  #consts = 0;

  constructor(target: TargetLayout) {
    this.target = target;
    this.env = target.globals.length;
    for (let t = 0; t < this.env; t++) this.#newTemp(Type.i32, TempKind.global);
    this.#newTemp(Type.i32, TempKind.env);
    this.#typeGlobals();
  }

  /** Forget everything and start a new TB. */
  reset(wide: boolean, csBase: number): void {
    if (wide !== this.wide) {
      this.wide = wide;
      this.#typeGlobals();
    }
    this.csBase = csBase | 0;
    this.insns = 0;
    this.length = 0;
    this.ops = 0;
    this.labels = 0;
    this.temps = this.env + 1;
    if (this.vectors.length > 0) {
      this.vectors.length = 0;
      this.#vectorTemps.length = 0;
    }
    this.#constIndex.fill(0);
    this.#consts = 0;
  }

  #typeGlobals(): void {
    this.target.globals.forEach(({ type }, t) => {
      this.tempType[t] = type === 'word' ? this.wordType : Type[type];
    });
  }

  /** Type of `word` globals and guest addresses in this TB. */
  get wordType(): Type {
    return this.wide ? Type.i64 : Type.i32;
  }

  /** A fresh local of a type. */
  newLocal(type: Type): Temp {
    return this.#newTemp(type, TempKind.local);
  }

  newLabel(): Label {
    return this.labels++;
  }

  /** The constant of an integer or float type with these bits (for i32 and f32 `hi` must be 0). */
  constant(type: Type, lo: number, hi = 0): Temp {
    lo |= 0;
    hi |= 0;
    const mask = this.#constIndex.length - 1;
    let h = (Math.imul(lo, 0x9e3779b1) ^ Math.imul(hi, 0x85ebca6b) ^ type) >>> 0;
    h = (h ^ (h >>> 15)) & mask;
    for (let t = this.#constIndex[h]!; t !== 0; t = this.#constIndex[h]!) {
      const c = t - 1;
      if (this.constLo[c] === lo && this.constHi[c] === hi && this.tempType[c] === type) return c;
      h = (h + 1) & mask;
    }
    const c = this.#newTemp(type, TempKind.const);
    this.constLo[c] = lo;
    this.constHi[c] = hi;
    this.#constIndex[h] = c + 1;
    if (++this.#consts * 2 > this.#constIndex.length) this.#growConstIndex();
    return c;
  }

  constI32(value: number): Temp {
    return this.constant(Type.i32, value);
  }

  /** i64 constant from a number, sign-extended from its low 32 bits. */
  constI64(value: number): Temp {
    return this.constant(Type.i64, value | 0, value >> 31);
  }

  /** Integer constant of a type from a signed 32-bit number. */
  constInt(type: Type, value: number): Temp {
    return type === Type.i64 ? this.constI64(value) : this.constI32(value);
  }

  /** v128 constant (16 bytes, little-endian lane order). A TB has few, so that a search through all of them finds one that is there already. */
  constV128(bytes: Uint8Array): Temp {
    const { vectors } = this;
    for (let i = 0; i < vectors.length; i++) if (sameVector(vectors[i]!, bytes)) return this.#vectorTemps[i]!;
    const c = this.#newTemp(Type.v128, TempKind.const);
    this.constLo[c] = vectors.push(bytes.slice(0, 16)) - 1;
    this.#vectorTemps.push(c);
    return c;
  }

  isConst(t: Temp): boolean {
    return this.tempKind[t] === TempKind.const;
  }

  isGlobal(t: Temp): boolean {
    return t < this.env;
  }

  /** Append an op of up to six operand words; `n` says how many count. */
  emit(op: number, type: Type | 0, n: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0): void {
    if (this.length + 8 > this.code.length) this.#growCode();
    const { code } = this;
    let p = this.length;
    code[p++] = op | (type << 8) | (n << 16);
    code[p] = a;
    code[p + 1] = b;
    code[p + 2] = c;
    code[p + 3] = d;
    code[p + 4] = e;
    code[p + 5] = f;
    code[p + 6] = g;
    this.length = p + n;
    this.ops++;
    if (op === Op.insn_start) this.insns++;
  }

  /** Append a helper call. `ret` is −1 when the helper has no result. */
  emitCall(helper: number, ret: Temp, args: readonly Temp[]): void {
    const n = (ret >= 0 ? 1 : 0) + args.length + 1;
    while (this.length + n + 1 > this.code.length) this.#growCode();
    const { code } = this;
    let p = this.length;
    code[p++] = Op.call | (n << 16);
    if (ret >= 0) code[p++] = ret;
    for (let i = 0; i < args.length; i++) code[p++] = args[i]!;
    code[p++] = helper;
    this.length = p;
    this.ops++;
  }

  /** Append a copy of the op whose head is `source[at]`. */
  copyOp(source: Int32Array, at: number): void {
    const n = (source[at]! >>> 16) + 1;
    this.reserve(n);
    const { code, length } = this;
    for (let i = 0; i < n; i++) code[length + i] = source[at + i]!;
    this.length = length + n;
    this.ops++;
    if ((source[at]! & 0xff) === Op.insn_start) this.insns++;
  }

  /** Make room for `words` words after the end of the stream; may replace {@link code}. */
  reserve(words: number): void {
    while (this.length + words > this.code.length) this.#growCode();
  }

  #newTemp(type: Type, kind: TempKind): Temp {
    const t = this.temps;
    if (t >= MAX_TEMPS) throw new TbOverflowError('temps');
    if (t >= this.tempType.length) this.#growTemps();
    this.tempType[t] = type;
    this.tempKind[t] = kind;
    this.constLo[t] = 0;
    this.constHi[t] = 0;
    this.temps = t + 1;
    return t;
  }

  #growTemps(): void {
    const size = this.tempType.length * 2;
    const bytes = (old: Uint8Array): Uint8Array => { const a = new Uint8Array(size); a.set(old); return a; };
    const words = (old: Int32Array): Int32Array => { const a = new Int32Array(size); a.set(old); return a; };
    this.tempType = bytes(this.tempType);
    this.tempKind = bytes(this.tempKind);
    this.constLo = words(this.constLo);
    this.constHi = words(this.constHi);
  }

  #growCode(): void {
    const code = new Int32Array(this.code.length * 2);
    code.set(this.code);
    this.code = code;
  }

  #growConstIndex(): void {
    const index = new Int32Array(this.#constIndex.length * 2);
    const mask = index.length - 1;
    for (let t = this.env + 1; t < this.temps; t++) {
      if (this.tempKind[t] !== TempKind.const || this.tempType[t] === Type.v128) continue;
      let h = (Math.imul(this.constLo[t]!, 0x9e3779b1) ^ Math.imul(this.constHi[t]!, 0x85ebca6b) ^ this.tempType[t]!) >>> 0;
      h = (h ^ (h >>> 15)) & mask;
      while (index[h] !== 0) h = (h + 1) & mask;
      index[h] = t + 1;
    }
    this.#constIndex = index;
  }
}

/** Fields of an op's head word. */
export const opCode = (head: number): number => head & 0xff;
export const opType = (head: number): Type => ((head >> 8) & 7) as Type;
/** Words that follow the head. */
export const opLength = (head: number): number => head >>> 16;
/** Number of outputs and inputs of the op at a head word that is no `call`. */
export const opOuts = (head: number): number => OP_DEFS[head & 0xff]!.out.length;
export const opIns = (head: number): number => OP_DEFS[head & 0xff]!.in.length;
