/**
 * State of the forward walk: the op at hand, which rules rewrite in place, and what is known of each temp's value at this point.
 *
 * Facts are never cleared one by one. Each write of a temp gets a stamp (a counter that never goes back); a fact about a temp is
 * good when its stamp lies in the present extended basic block, and a fact that leans on another temp (a copy, a defining op) is good when
 * that other temp's stamp is older. Writing a temp, entering a block and starting the next TB thus invalidate in O(1).
 *
 * A label that is reached by one forward branch only takes over the facts of that branch: those with stamps in the "hole" (written on
 * the way that does not lead here) are not good.
 */
import { Op, OP_DEFS } from '../ops.ts';
import { TempKind, type Label, type TbIr, type Temp } from '../tb-ir.ts';
import { Type } from '../types.ts';
import { Halves } from './fold-wide.ts';

/** Words by which the source stream is moved ahead of the result, so that a rewritten op may be longer than it was. */
export const WALK_SLACK = 128;

/** Renumber stamps long before they could overflow. */
const MAX_STAMP = 1 << 30;

export class Walk {
  tb!: TbIr;
  code!: Int32Array;

  // ---- the op at hand, at `code[p]` in the result stream -----------------------------------------------------------------------
  p = 0;
  op = 0;
  type: Type = 0;
  /** Words the op may take from `p` on. */
  room = 0;
  /** The op has been dropped. */
  dropped = false;
  /** A second move that follows the op at hand (an op of two outputs that became two moves); −1 if none. */
  extraDest = -1;
  extraSource = -1;
  /** Scratch of folding. */
  readonly halves = new Halves();

  // ---- facts per temp ----------------------------------------------------------------------------------------------------------
  stamp: Int32Array = new Int32Array(1024);
  /** Temp that had the same value when this one was written, or −1. */
  copy: Int32Array = new Int32Array(1024);
  /** Position of the op that wrote it in the result stream, or −1. */
  defAt: Int32Array = new Int32Array(1024);
  /** Bits that may be one, low and high half. */
  mayLo: Int32Array = new Int32Array(1024);
  mayHi: Int32Array = new Int32Array(1024);
  /** Number of high bits known to be equal (at least 1). */
  signs: Uint8Array = new Uint8Array(1024);

  /** Stamp of the op at hand. */
  now = 1;
  /** First stamp of the present extended block. */
  blockStart = 1;
  /** Stamps in (holeFrom, holeTo] are of writes on another path. */
  holeFrom = 0;
  holeTo = 0;

  // ---- labels ------------------------------------------------------------------------------------------------------------------
  /** Branches to each label that are left. */
  refs: Int32Array = new Int32Array(64);
  /** Stamp and block of the last branch to each label that has been met; stamp 0 = none yet. */
  branchStamp: Int32Array = new Int32Array(64);
  branchBlock: Int32Array = new Int32Array(64);

  begin(tb: TbIr): void {
    this.tb = tb;
    this.code = tb.code;
    this.fit();
    if (this.refs.length < tb.labels) {
      const size = tb.labels * 2;
      this.refs = new Int32Array(size);
      this.branchStamp = new Int32Array(size);
      this.branchBlock = new Int32Array(size);
    }
    this.refs.fill(0, 0, tb.labels);
    this.branchStamp.fill(0, 0, tb.labels);
    if (this.now > MAX_STAMP) {
      this.stamp.fill(0);
      this.now = 1;
    }
    this.startBlock();
  }

  /** Forget all facts. */
  startBlock(): void {
    this.blockStart = ++this.now;
    this.holeFrom = 0;
    this.holeTo = 0;
  }

  /** Have arrays for all temps. */
  fit(): void {
    if (this.tb.temps <= this.stamp.length) return;
    const size = Math.max(this.tb.temps, this.stamp.length * 2);
    const words = (old: Int32Array): Int32Array => { const a = new Int32Array(size); a.set(old); return a; };
    this.stamp = words(this.stamp);
    this.copy = words(this.copy);
    this.defAt = words(this.defAt);
    this.mayLo = words(this.mayLo);
    this.mayHi = words(this.mayHi);
    const signs = new Uint8Array(size);
    signs.set(this.signs);
    this.signs = signs;
  }

  // ---- facts -------------------------------------------------------------------------------------------------------------------

  /** Was `t` written on the way to here, in this extended block? */
  known(t: Temp): boolean {
    const s = this.stamp[t]!;
    return s >= this.blockStart && (s <= this.holeFrom || s > this.holeTo);
  }

  /** The oldest temp known to hold the same value as `t`. */
  resolve(t: Temp): Temp {
    if (!this.known(t)) return t;
    const c = this.copy[t]!;
    return c >= 0 && this.stamp[c]! < this.stamp[t]! ? c : t;
  }

  /** Note that `t` is written by the op at hand (all outputs of an op have one stamp); facts are to be set by the caller. */
  write(t: Temp): void {
    this.stamp[t] = this.now;
    this.copy[t] = -1;
    this.defAt[t] = -1;
    this.mayLo[t] = -1;
    this.mayHi[t] = this.tb.tempType[t] === Type.i32 ? 0 : -1;
    this.signs[t] = 1;
  }

  /**
   * Position of the op of code `op` that wrote `t` and whose inputs still have the values it saw; −1 if there is none.
   */
  definition(t: Temp, op: number): number {
    if (!this.known(t)) return -1;
    const at = this.defAt[t]!;
    if (at < 0 || (this.code[at]! & 0xff) !== op) return -1;
    const def = OP_DEFS[op]!;
    const s = this.stamp[t]!;
    const first = at + 1 + def.out.length;
    for (let i = 0; i < def.in.length; i++) if (this.stamp[this.code[first + i]!]! >= s) return -1;
    return at;
  }

  isConst(t: Temp): boolean {
    return this.tb.tempKind[t] === TempKind.const;
  }

  /** Is `t` the integer constant with this sign-extended 32-bit value? */
  isInt(t: Temp, value: number): boolean {
    const { tb } = this;
    return tb.tempKind[t] === TempKind.const && tb.constLo[t] === value && (tb.tempType[t] === Type.i32 || tb.constHi[t] === value >> 31);
  }

  maskLo(t: Temp): number {
    if (this.isConst(t)) return this.tb.constLo[t]!;
    return this.known(t) ? this.mayLo[t]! : -1;
  }

  maskHi(t: Temp): number {
    if (this.isConst(t)) return this.tb.constHi[t]!;
    if (this.tb.tempType[t] === Type.i32) return 0;
    return this.known(t) ? this.mayHi[t]! : -1;
  }

  // ---- rewriting ---------------------------------------------------------------------------------------------------------------

  get width(): number {
    return this.type === Type.i64 ? 64 : 32;
  }

  /** Operand word i (outputs first). */
  x(i: number): number {
    return this.code[this.p + 1 + i]!;
  }

  set(i: number, value: number): void {
    this.code[this.p + 1 + i] = value;
  }

  drop(): void {
    this.dropped = true;
  }

  /** Turn the op into another one with these operand words; false (and nothing done) when there is no room. */
  become(op: number, type: Type, n: number, a = 0, b = 0, c = 0, d = 0, e = 0): boolean {
    if (n + 1 > this.room) return false;
    const { code, p } = this;
    code[p] = op | (type << 8) | (n << 16);
    code[p + 1] = a;
    if (n > 1) code[p + 2] = b;
    if (n > 2) code[p + 3] = c;
    if (n > 3) code[p + 4] = d;
    if (n > 4) code[p + 5] = e;
    this.op = op;
    this.type = type;
    return true;
  }

  /** Give the op at hand another type if its inputs alone depend on it (setcond, brcond). */
  retype(type: Type): boolean {
    if (type !== this.type && this.op !== Op.setcond && this.op !== Op.brcond) return false;
    this.code[this.p] = (this.code[this.p]! & ~0xff00) | (type << 8);
    this.type = type;
    return true;
  }

  /** Turn the op (of one output) into a move. */
  toMov(source: Temp): void {
    const { code, p } = this;
    const d = code[p + 1]!;
    const type = this.tb.tempType[d] as Type;
    code[p] = Op.mov | (type << 8) | (2 << 16);
    code[p + 2] = source;
    this.op = Op.mov;
    this.type = type;
  }

  /** Have a move of the same type as `d` follow the op at hand. */
  extraMove(d: Temp, source: Temp): void {
    this.extraDest = d;
    this.extraSource = source;
  }

  /** Turn the op (of one integer output) into a move of a constant. */
  toConst(lo: number, hi: number): void {
    this.toMov(this.constant(this.tb.tempType[this.code[this.p + 1]!] as Type, lo, hi));
  }

  /** Integer constant; the high half is dropped for i32. */
  constant(type: Type, lo: number, hi: number): Temp {
    const c = this.tb.constant(type, lo, type === Type.i64 ? hi : 0);
    this.fit();
    return c;
  }

  /** Integer constant from a signed 32-bit number. */
  int(type: Type, value: number): Temp {
    return this.constant(type, value, value >> 31);
  }

  /** Vector constant with the same byte throughout. */
  vector(byte: number): Temp {
    const c = this.tb.constV128(new Uint8Array(16).fill(byte));
    this.fit();
    return c;
  }

  /** A branch to `label` is gone. */
  release(label: Label): void {
    this.refs[label]!--;
  }
}
