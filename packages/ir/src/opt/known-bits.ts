/**
 * Known bits: for each integer temp a mask of the bits that may be one, and the number of its high bits that are equal. They
 * remove extensions, masks and compares that change nothing.
 *
 * A rule looks at the op at hand, may replace it, and says what is known of its result in {@link Bits}. What it does not say is unknown.
 */
import { Cond } from '../cond.ts';
import { memOpBytes, MO_SIGN } from '../memop.ts';
import { Op, OP_NAMES, type OpName } from '../ops.ts';
import type { Temp } from '../tb-ir.ts';
import { Type } from '../types.ts';
import type { Walk } from './walk.ts';

/** What is known of a result. */
export class Bits {
  lo = -1;
  hi = -1;
  signs = 1;

  unknown(): void {
    this.lo = -1;
    this.hi = -1;
    this.signs = 1;
  }

  set(lo: number, hi: number): void {
    this.lo = lo;
    this.hi = hi;
  }

  /** The low n bits may be one (1 ≤ n ≤ 64). */
  low(n: number): void {
    this.lo = n >= 32 ? -1 : (1 << n) - 1;
    this.hi = n >= 64 ? -1 : n <= 32 ? 0 : (1 << (n - 32)) - 1;
  }
}

type Rule = (w: Walk, r: Bits) => void;

/** Number of low bits that may be one: 0 … 64. */
function reach(lo: number, hi: number): number {
  return hi !== 0 ? 64 - Math.clz32(hi) : 32 - Math.clz32(lo);
}

/** High bits known to be equal, from mask and stored count. */
function signsOf(w: Walk, t: Temp): number {
  const { tb } = w;
  const isWide = tb.tempType[t] === Type.i64;
  if (w.isConst(t)) {
    const [lo, hi] = [tb.constLo[t]!, tb.constHi[t]!];
    if (!isWide) return Math.clz32(lo < 0 ? ~lo : lo) || 1;
    const flip = hi < 0 ? -1 : 0;
    const high = Math.clz32(hi ^ flip);
    return high === 32 ? 32 + Math.clz32(lo ^ flip) : high;
  }
  const zeros = (isWide ? 64 : 32) - reach(w.maskLo(t), w.maskHi(t));
  return Math.max(zeros, w.known(t) ? w.signs[t]! : 1);
}

function and(w: Walk, r: Bits): void {
  const [a, b] = [w.x(1), w.x(2)];
  const [lo, hi] = [w.maskLo(a), w.maskHi(a)];
  const [clo, chi] = [w.maskLo(b), w.maskHi(b)];
  if (w.isConst(b) && (lo & ~clo) === 0 && (hi & ~chi) === 0) return w.toMov(a);
  return r.set(lo & clo, hi & chi);
}

function or(w: Walk, r: Bits): void {
  const [a, b] = [w.x(1), w.x(2)];
  r.set(w.maskLo(a) | w.maskLo(b), w.maskHi(a) | w.maskHi(b));
}

function andc(w: Walk, r: Bits): void {
  r.set(w.maskLo(w.x(1)), w.maskHi(w.x(1)));
}

/** A sum reaches at most one bit further than the longer of its terms. */
function add(w: Walk, r: Bits): void {
  const [a, b] = [w.x(1), w.x(2)];
  const n = Math.max(reach(w.maskLo(a), w.maskHi(a)), reach(w.maskLo(b), w.maskHi(b)));
  if (n < w.width) r.low(n + 1);
}

function mul(w: Walk, r: Bits): void {
  const [a, b] = [w.x(1), w.x(2)];
  const n = reach(w.maskLo(a), w.maskHi(a)) + reach(w.maskLo(b), w.maskHi(b));
  if (n > 0 && n < w.width) r.low(n);
}

function shl(w: Walk, r: Bits): void {
  const [a, b] = [w.x(1), w.x(2)];
  if (!w.isConst(b)) return;
  const n = w.tb.constLo[b]! & (w.width - 1);
  const [lo, hi] = [w.maskLo(a), w.maskHi(a)];
  if (w.width === 32) r.set(lo << n, 0);
  else if (n >= 32) r.set(0, lo << (n - 32));
  else r.set(lo << n, n === 0 ? hi : (hi << n) | (lo >>> (32 - n)));
}

function shiftRight(lo: number, hi: number, n: number, r: Bits): void {
  if (n >= 32) r.set(n === 64 ? 0 : hi >>> (n - 32), 0);
  else r.set(n === 0 ? lo : (lo >>> n) | (hi << (32 - n)), hi >>> n);
}

function shr(w: Walk, r: Bits): void {
  const [a, b] = [w.x(1), w.x(2)];
  const [lo, hi] = [w.maskLo(a), w.maskHi(a)];
  if (!w.isConst(b)) {
    const n = reach(lo, hi);
    if (n > 0 && n < w.width) r.low(n);
    return;
  }
  const n = w.tb.constLo[b]! & (w.width - 1);
  if (w.width === 32) r.set(lo >>> n, 0);
  else shiftRight(lo, hi, n, r);
}

function sar(w: Walk, r: Bits): void {
  const [d, a, b] = [w.x(0), w.x(1), w.x(2)];
  const signs = signsOf(w, a);
  const n = w.isConst(b) ? w.tb.constLo[b]! & (w.width - 1) : 0;
  r.signs = Math.min(w.width, signs + n);
  // The sign is known to be zero.
  if (reach(w.maskLo(a), w.maskHi(a)) < w.width && w.become(Op.shr, w.type, 3, d, a, b)) shr(w, r);
}

function extract(w: Walk, r: Bits): void {
  const [a, pos, len] = [w.x(1), w.x(2), w.x(3)];
  const [lo, hi] = [w.maskLo(a), w.maskHi(a)];
  if (pos === 0 && reach(lo, hi) <= len) return w.toMov(a);
  r.low(len);
  const [mlo, mhi] = [r.lo, r.hi];
  if (w.width === 32) r.set((lo >>> pos) & mlo, 0);
  else {
    shiftRight(lo, hi, pos, r);
    r.set(r.lo & mlo, r.hi & mhi);
  }
}

function sextract(w: Walk, r: Bits): void {
  const [d, a, pos, len] = [w.x(0), w.x(1), w.x(2), w.x(3)];
  if (pos === 0 && signsOf(w, a) > w.width - len) return w.toMov(a);
  const top = pos + len - 1;
  const mayBeNegative = ((top < 32 ? w.maskLo(a) >>> top : w.maskHi(a) >>> (top - 32)) & 1) !== 0;
  if (!mayBeNegative && w.become(Op.extract, w.type, 4, d, a, pos, len)) return extract(w, r);
  r.signs = w.width - len + 1;
  return undefined;
}

function deposit(w: Walk, r: Bits): void {
  const [a, b, pos, len] = [w.x(1), w.x(2), w.x(3), w.x(4)];
  r.low(len);
  const [flo, fhi] = [r.lo, r.hi];
  const [blo, bhi] = [w.maskLo(b) & flo, w.maskHi(b) & fhi];
  const up = (lo: number, hi: number, isHigh: boolean): number => {
    if (!isHigh) return pos >= 32 ? 0 : lo << pos;
    if (pos >= 32) return lo << (pos - 32);
    return pos === 0 ? hi : (hi << pos) | (lo >>> (32 - pos));
  };
  const lo = (w.maskLo(a) & ~up(flo, fhi, false)) | up(blo, bhi, false);
  const hi = (w.maskHi(a) & ~up(flo, fhi, true)) | up(blo, bhi, true);
  r.set(lo, w.width === 32 ? 0 : hi);
}

/** extu(trunc x) = x when the high half of x is zero. */
function extu(w: Walk, r: Bits): void {
  const a = w.x(1);
  const def = w.definition(a, Op.trunc);
  if (def >= 0 && w.maskHi(w.code[def + 2]!) === 0) return w.toMov(w.code[def + 2]!);
  return r.set(w.maskLo(a), 0);
}

function exts(w: Walk, r: Bits): void {
  const a = w.x(1);
  const def = w.definition(a, Op.trunc);
  if (def >= 0 && signsOf(w, w.code[def + 2]!) > 32) return w.toMov(w.code[def + 2]!);
  if (w.maskLo(a) >= 0 && w.become(Op.extu, 0, 2, w.x(0), a)) return r.set(w.maskLo(a), 0);
  r.signs = 32 + signsOf(w, a);
  return undefined;
}

function trunc(w: Walk, r: Bits): void {
  r.set(w.maskLo(w.x(1)), 0);
  r.signs = Math.max(1, signsOf(w, w.x(1)) - 32);
}

/**
 * Is `a cond b` decided by the bits that may be one? `b` constant.
 * @returns 1 always, 0 never, −1 unknown
 */
function decide(w: Walk, a: Temp, b: Temp, cond: number): number {
  if (!w.isConst(b)) return -1;
  const wide = w.width === 64;
  const [lo, hi] = [w.maskLo(a), wide ? w.maskHi(a) : 0];
  const [clo, chi] = [w.tb.constLo[b]!, wide ? w.tb.constHi[b]! : 0];
  switch (cond as Cond) {
    case Cond.eq: return (clo & ~lo) | (chi & ~hi) ? 0 : -1;
    case Cond.ne: return (clo & ~lo) | (chi & ~hi) ? 1 : -1;
    case Cond.tsteq: return (clo & lo) === 0 && (chi & hi) === 0 ? 1 : -1;
    case Cond.tstne: return (clo & lo) === 0 && (chi & hi) === 0 ? 0 : -1;
    // The mask is the largest value that a can have.
    case Cond.ltu: return below(lo, hi, clo, chi) ? 1 : -1;
    case Cond.geu: return below(lo, hi, clo, chi) ? 0 : -1;
    case Cond.leu: return !below(clo, chi, lo, hi) ? 1 : -1;
    case Cond.gtu: return !below(clo, chi, lo, hi) ? 0 : -1;
    default: break;
  }
  // Signed against a constant that is not negative, a known not to be negative: as unsigned; against 0 only the sign counts.
  const top = wide ? hi : lo;
  if (top < 0 || (wide ? chi : clo) < 0) return -1;
  switch (cond as Cond) {
    case Cond.lt: return below(lo, hi, clo, chi) ? 1 : clo === 0 && chi === 0 ? 0 : -1;
    case Cond.ge: return below(lo, hi, clo, chi) ? 0 : clo === 0 && chi === 0 ? 1 : -1;
    case Cond.le: return !below(clo, chi, lo, hi) ? 1 : -1;
    case Cond.gt: return !below(clo, chi, lo, hi) ? 0 : -1;
    default: return -1;
  }
}

/** Unsigned (alo, ahi) < (blo, bhi). */
function below(alo: number, ahi: number, blo: number, bhi: number): boolean {
  return ahi === bhi ? alo >>> 0 < blo >>> 0 : ahi >>> 0 < bhi >>> 0;
}

function setcond(w: Walk, r: Bits): void {
  const result = decide(w, w.x(1), w.x(2), w.x(3));
  if (result >= 0) w.toConst(result, 0);
  else r.set(1, 0);
}

function negsetcond(w: Walk, r: Bits): void {
  const result = decide(w, w.x(1), w.x(2), w.x(3));
  if (result >= 0) w.toConst(-result, -result);
  else r.signs = w.width;
}

function movcond(w: Walk, r: Bits): void {
  const [v1, v2] = [w.x(3), w.x(4)];
  const result = decide(w, w.x(1), w.x(2), w.x(5));
  if (result >= 0) return w.toMov(result ? v1 : v2);
  r.set(w.maskLo(v1) | w.maskLo(v2), w.maskHi(v1) | w.maskHi(v2));
  r.signs = Math.min(signsOf(w, v1), signsOf(w, v2));
  return undefined;
}

function brcond(w: Walk): void {
  const result = decide(w, w.x(0), w.x(1), w.x(2));
  const label = w.x(3);
  if (result === 1) w.become(Op.br, 0, 1, label);
  else if (result === 0) {
    w.release(label);
    w.drop();
  }
}

/** Loads: outputs are word 0, the MemOp is word `at`. */
const load = (at: number): Rule => (w, r) => {
  if (w.type > Type.i64) return;
  const memop = w.x(at);
  const bits = 8 * memOpBytes(memop);
  if (memop & MO_SIGN) r.signs = w.width - bits + 1;
  else r.low(Math.min(bits, w.width));
};

const upTo = (n: number): Rule => (_, r) => r.low(n);

const RULES: Partial<Record<OpName, Rule>> = {
  add, mul, and, or, xor: or, andc, shl, shr, sar, extract, sextract, deposit, extu, exts, trunc,
  setcond, negsetcond, movcond, brcond,
  trunch: (w, r) => r.set(w.maskHi(w.x(1)), 0),
  concat: (w, r) => r.set(w.maskLo(w.x(1)), w.maskLo(w.x(2))),
  clz: upTo(7), ctz: upTo(7), ctpop: upTo(7),
  bswap: (w, r) => r.low(w.x(2)),
  remu: (w, r) => {
    const n = reach(w.maskLo(w.x(1)), w.maskHi(w.x(1)));
    if (n > 0) r.low(n);
  },
  fsetcond: upTo(1),
  ibits: (w, r) => r.low(w.type === Type.f32 ? 32 : 64),
  vtest: upTo(16),
  vextract: (w, r) => r.low(8 << w.x(2)),
  ld: load(3), guest_ld: load(2), guest_rmw_ld: load(3),
};
const BY_CODE: readonly (Rule | undefined)[] = OP_NAMES.map((name) => RULES[name]);

/**
 * Simplify the op at hand by what is known of its inputs, and find out what is known of its first output.
 * @param r receives the result
 */
export function trackBits(w: Walk, r: Bits): void {
  r.unknown();
  const rule = BY_CODE[w.op];
  if (!rule) return;
  rule(w, r);
  // An integer result without a bit that may be one is zero.
  if (r.lo === 0 && r.hi === 0 && w.op !== Op.mov && !w.dropped && CAN_BE_ZERO[w.op]) w.toConst(0, 0);
}

/** Ops without effects, whose result may be replaced. */
const CAN_BE_ZERO = Uint8Array.from(OP_NAMES, (name) => (RULES[name] && !['ld', 'guest_ld', 'guest_rmw_ld', 'brcond'].includes(name) ? 1 : 0));
