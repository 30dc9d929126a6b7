/**
 * The x87 80-bit format in cells of 16 bytes: significand with explicit leading bit (u64) at +0, sign and exponent (u16) at +8.
 * What is written has bytes 10…15 zero; what is read ignores them. Here: fields, kinds of operands, NaN rules of the x87
 * (SDM vol. 1, 4.8.3 and table 4-7), and the one place where f80 results are rounded.
 */
import {
  DOWN, IE, NEAREST, OE, PE, TRUNCATE, UE, UP, raise, raiseDenormal, roundsAway, setRoundedUp, sfMasks, sfPrecision, sfRounding,
} from './state';
import { shiftRightJam128, wideLow } from './wide';

/** Exponent field of infinities and NaNs. */
export const SPECIAL: i32 = 0x7fff;
export const BIAS: i32 = 0x3fff;
/** What an unmasked overflow or underflow moves the exponent by. */
const WRAP: i32 = 24576;
/** The explicit leading bit of a significand. */
export const INTEGER_BIT: u64 = 0x8000000000000000;
export const QUIET_BIT: u64 = 0x4000000000000000;

@inline
export function significandOf(cell: usize): u64 {
  return load<u64>(cell);
}

/** Sign (bit 15) and exponent as stored. */
@inline
export function headOf(cell: usize): u32 {
  return load<u16>(cell, 8);
}

/** @param head sign in bit 15, exponent field in bits 0…14 */
@inline
export function storeCell(cell: usize, head: u32, significand: u64): void {
  store<u64>(cell, significand);
  store<u64>(cell, <u64>head, 8);
}

/** Neither zero, denormal, infinite, NaN nor unsupported. */
@inline
export function isNormal(head: u32, significand: u64): bool {
  return <u32>((head & 0x7fff) - 1) < <u32>(SPECIAL - 1) && <i64>significand < 0;
}

/** Unnormals, pseudo-NaNs, pseudo-infinities: a leading bit of 0 under an exponent that is not 0. Invalid as operands. */
@inline
export function isUnsupported(head: u32, significand: u64): bool {
  return (head & 0x7fff) != 0 && <i64>significand >= 0;
}

@inline
export function isNaNCell(head: u32, significand: u64): bool {
  return (head & 0x7fff) == SPECIAL && significand > INTEGER_BIT;
}

@inline
export function isSignalingCell(head: u32, significand: u64): bool {
  return isNaNCell(head, significand) && !(significand & QUIET_BIT);
}

@inline
export function isInfinite(head: u32, significand: u64): bool {
  return (head & 0x7fff) == SPECIAL && significand == INTEGER_BIT;
}

@inline
export function isZero(head: u32, significand: u64): bool {
  return (head & 0x7fff) == 0 && significand == 0;
}

/** Denormals and pseudo-denormals: what raises DE. */
@inline
export function isDenormal(head: u32, significand: u64): bool {
  return (head & 0x7fff) == 0 && significand != 0;
}

/** Raises DE if the operand is denormal; true if the operation has to stop there. */
@inline
export function stopsAtDenormal(head: u32, significand: u64): bool {
  return isDenormal(head, significand) && raiseDenormal();
}

/** The real indefinite: a negative quiet NaN without payload. */
@inline
export function storeIndefinite(dst: usize): void {
  storeCell(dst, 0xffff, INTEGER_BIT | QUIET_BIT);
}

export function storeInvalid(dst: usize): void {
  raise(IE);
  storeIndefinite(dst);
}

@inline
export function storeInfinity(dst: usize, sign: u32): void {
  storeCell(dst, (sign << 15) | SPECIAL, INTEGER_BIT);
}

@inline
export function storeZero(dst: usize, sign: u32): void {
  storeCell(dst, sign << 15, 0);
}

/**
 * Deals with unsupported and NaN operands of a two-operand operation; true if there was one and dst is written. Of two NaNs the
 * quiet one wins over the signaling one, else the larger significand, else the positive one; it is quieted.
 */
export function resolvesNaN(dst: usize, ha: u32, ma: u64, hb: u32, mb: u64): bool {
  if (isUnsupported(ha, ma) || isUnsupported(hb, mb)) {
    storeInvalid(dst);
    return true;
  }
  const nanA = isNaNCell(ha, ma);
  const nanB = isNaNCell(hb, mb);
  if (!nanA && !nanB) return false;
  const signalingA = nanA && !(ma & QUIET_BIT);
  const signalingB = nanB && !(mb & QUIET_BIT);
  if (signalingA || signalingB) raise(IE);
  let first = nanA;
  if (nanA && nanB) {
    if (signalingA != signalingB) first = signalingB;
    else if (ma != mb) first = ma > mb;
    else first = ha < hb;
  }
  if (first) storeCell(dst, ha, ma | QUIET_BIT);
  else storeCell(dst, hb, mb | QUIET_BIT);
  return true;
}

/** The same for one operand. */
export function resolvesNaN1(dst: usize, head: u32, significand: u64): bool {
  return resolvesNaN(dst, head, significand, head, significand);
}

/**
 * Rounds to the current precision under the current mode and stores, with flags and C1.
 *
 * @param exponent biased exponent of the leading bit; any value
 * @param hi upper word, leading bit at 63
 * @param lo lower word, what lies below is jammed into its lowest bit
 */
export function roundStore(dst: usize, sign: u32, exponent: i32, hi: u64, lo: u64): void {
  roundStoreTo(dst, sign, exponent, hi, lo, sfPrecision);
}

/** roundStore for operations that ignore precision control. */
export function roundStoreTo(dst: usize, sign: u32, exponent: i32, hi: u64, lo: u64, precision: u32): void {
  if (<u32>(exponent - 1) < <u32>(SPECIAL - 2)) {
    const kept = roundedSignificand(sign, hi, lo, precision);
    if (inexact) raise(PE);
    setRoundedUp(away);
    if (kept) storeCell(dst, (sign << 15) | exponent, kept);
    else storeCell(dst, (sign << 15) | (exponent + 1), INTEGER_BIT);
    return;
  }
  if (exponent <= 0) storeTiny(dst, sign, exponent, hi, lo, precision);
  else storeHuge(dst, sign, exponent, hi, lo, precision);
}

/** Of the last roundedSignificand: whether bits were lost, and whether it moved away from zero. */
let inexact: bool = false;
let away: bool = false;

/** (hi, lo) rounded to `precision` bits counted from bit 63; 0 when it carries out to 2^64. */
function roundedSignificand(sign: u32, hi: u64, lo: u64, precision: u32): u64 {
  const rounding = sfRounding;
  if (precision == 64) {
    inexact = lo != 0;
    const half = INTEGER_BIT;
    away = rounding == NEAREST ? lo > half || (lo == half && (hi & 1) != 0) : lo != 0 && roundsAway(rounding, sign);
    return hi + u64(away);
  }
  const unit = (<u64>1) << (64 - precision);
  const rest = (hi & (unit - 1)) | u64(lo != 0);
  const kept = hi & (0 - unit);
  const half = unit >> 1;
  inexact = rest != 0;
  away = rounding == NEAREST ? rest > half || (rest == half && (kept & unit) != 0) : rest != 0 && roundsAway(rounding, sign);
  return away ? kept + unit : kept;
}

function storeTiny(dst: usize, sign: u32, exponent: i32, hi: u64, lo: u64, precision: u32): void {
  // Tiny is what stays below the least normal number when the exponent is unbounded.
  const unbounded = roundedSignificand(sign, hi, lo, precision);
  const tiny = exponent < 0 || unbounded != 0;
  if (!(sfMasks & UE) && tiny) {
    const wrapped = exponent + WRAP + i32(unbounded == 0);
    if (wrapped <= 0) {
      // Only FSCALE gets below what wrapping reaches.
      raise(UE | PE);
      return storeZero(dst, sign);
    }
    raise(inexact ? UE | PE : UE);
    setRoundedUp(away);
    return storeCell(dst, (sign << 15) | wrapped, unbounded ? unbounded : INTEGER_BIT);
  }
  const shifted = shiftRightJam128(hi, lo, 1 - exponent);
  const kept = roundedSignificand(sign, shifted, wideLow, precision);
  if (inexact) raise(tiny ? UE | PE : PE);
  setRoundedUp(away);
  storeCell(dst, (sign << 15) | u32(kept >> 63), kept);
}

/** The exponent is the largest finite one or above. */
function storeHuge(dst: usize, sign: u32, exponent: i32, hi: u64, lo: u64, precision: u32): void {
  const kept = roundedSignificand(sign, hi, lo, precision);
  const final = exponent + i32(kept == 0);
  if (final < SPECIAL) {
    if (inexact) raise(PE);
    setRoundedUp(away);
    storeCell(dst, (sign << 15) | final, kept ? kept : INTEGER_BIT);
    return;
  }
  if (!(sfMasks & OE)) {
    const wrapped = final - WRAP;
    if (wrapped >= SPECIAL) {
      raise(OE | PE);
      setRoundedUp(true);
      return storeInfinity(dst, sign);
    }
    raise(inexact ? OE | PE : OE);
    setRoundedUp(away);
    return storeCell(dst, (sign << 15) | wrapped, kept ? kept : INTEGER_BIT);
  }
  raise(OE | PE);
  const stays = sfRounding == TRUNCATE || sfRounding == (sign ? UP : DOWN);
  setRoundedUp(!stays);
  // The largest number that the precision holds.
  if (stays) storeCell(dst, (sign << 15) | (SPECIAL - 1), 0 - ((<u64>1) << (64 - precision)));
  else storeInfinity(dst, sign);
}
