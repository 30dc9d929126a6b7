/**
 * Expansion: source ops → core ops, for machines with one vCPU, where an indivisible step is one that no other instruction
 * interrupts: `guest_atomic` and `guest_cmpxchg` become `guest_rmw_ld`, arithmetic, `guest_rmw_st`.
 *
 * Invariant kept: the result is written after the store, which may leave with RETRY (no global is written before the last op
 * that may fault).
 */
import { Cond } from '../cond.ts';
import { AtomicOp, memOpBytes, type MemOp } from '../memop.ts';
import { Op, OP_DEFS } from '../ops.ts';
import { opCode, opLength, opType, type TbIr, type Temp } from '../tb-ir.ts';
import { Type } from '../types.ts';

const IS_SOURCE = Uint8Array.from(OP_DEFS, (def) => (def.stage === 'source' ? 1 : 0));

/** Op of each plain atomic operation, −1 for those that compare. */
const PLAIN: readonly number[] = [Op.mov, Op.add, Op.and, Op.or, Op.xor, -1, -1, -1, -1];

const COMPARE: Readonly<Record<number, Cond>> = {
  [AtomicOp.smin]: Cond.lt, [AtomicOp.smax]: Cond.gt, [AtomicOp.umin]: Cond.ltu, [AtomicOp.umax]: Cond.gtu,
};

/** Replaces source ops. Keeps a copy of the stream from one TB to the next; does nothing for a TB without source ops. */
export class Expander {
  #source: Int32Array = new Int32Array(4096);

  expand(tb: TbIr): void {
    const { code, length } = tb;
    let at = 0;
    while (at < length && !IS_SOURCE[opCode(code[at]!)]) at += 1 + opLength(code[at]!);
    if (at >= length) return;
    const rest = length - at;
    if (this.#source.length < rest) this.#source = new Int32Array(rest * 2);
    const source = this.#source;
    source.set(code.subarray(at, length));
    this.#truncate(tb, at, source, rest);
    for (let p = 0; p < rest; p += 1 + opLength(source[p]!)) {
      const op = opCode(source[p]!);
      if (op === Op.guest_atomic) expandAtomic(tb, source, p);
      else if (op === Op.guest_cmpxchg) expandCmpxchg(tb, source, p);
      else tb.copyOp(source, p);
    }
  }

  /** Drop the ops from `at` on, which `source` holds, from stream and counts. */
  #truncate(tb: TbIr, at: number, source: Int32Array, rest: number): void {
    for (let p = 0; p < rest; p += 1 + opLength(source[p]!)) {
      tb.ops--;
      if (opCode(source[p]!) === Op.insn_start) tb.insns--;
    }
    tb.length = at;
  }
}

/** `value` extended from the access size as `isSigned` says; itself when the access is as wide as the type. */
function extend(tb: TbIr, type: Type, value: Temp, memop: MemOp, isSigned: boolean): Temp {
  const bits = 8 * memOpBytes(memop);
  if (bits >= (type === Type.i64 ? 64 : 32)) return value;
  const d = tb.newLocal(type);
  tb.emit(isSigned ? Op.sextract : Op.extract, type, 4, d, value, 0, bits);
  return d;
}

function expandAtomic(tb: TbIr, source: Int32Array, p: number): void {
  const type = opType(source[p]!);
  const [d, a, b] = [source[p + 1]!, source[p + 2]!, source[p + 3]!];
  const [atomic, memop, mmu] = [source[p + 4]!, source[p + 5]!, source[p + 6]!];
  const old = tb.newLocal(type);
  const token = tb.newLocal(Type.i32);
  tb.emit(Op.guest_rmw_ld, type, 5, old, token, a, memop, mmu);
  let result = b;
  const plain = PLAIN[atomic]!;
  if (plain >= 0 && plain !== Op.mov) {
    result = tb.newLocal(type);
    tb.emit(plain, type, 3, result, old, b);
  } else if (plain < 0) {
    const isSigned = atomic === AtomicOp.smin || atomic === AtomicOp.smax;
    const [x, y] = [extend(tb, type, old, memop, isSigned), extend(tb, type, b, memop, isSigned)];
    result = tb.newLocal(type);
    tb.emit(Op.movcond, type, 6, result, x, y, old, b, COMPARE[atomic]!);
  }
  tb.emit(Op.guest_rmw_st, type, 5, token, a, result, memop, mmu);
  tb.emit(Op.mov, type, 2, d, old);
}

function expandCmpxchg(tb: TbIr, source: Int32Array, p: number): void {
  const type = opType(source[p]!);
  const [d, a, b, c] = [source[p + 1]!, source[p + 2]!, source[p + 3]!, source[p + 4]!];
  const [memop, mmu] = [source[p + 5]!, source[p + 6]!];
  const old = tb.newLocal(type);
  const token = tb.newLocal(Type.i32);
  tb.emit(Op.guest_rmw_ld, type, 5, old, token, a, memop, mmu);
  const [x, y] = [extend(tb, type, old, memop, false), extend(tb, type, b, memop, false)];
  const result = tb.newLocal(type);
  tb.emit(Op.movcond, type, 6, result, x, y, c, old, Cond.eq);
  tb.emit(Op.guest_rmw_st, type, 5, token, a, result, memop, mmu);
  tb.emit(Op.mov, type, 2, d, old);
}
