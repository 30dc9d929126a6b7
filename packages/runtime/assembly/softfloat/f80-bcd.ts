/**
 * Packed BCD of 18 digits (FBLD, FBSTP): 10 bytes, two digits each from the lowest, the sign in bit 7 of the last one
 * (SDM vol. 1, 4.7).
 */
import { BIAS, headOf, isUnsupported, significandOf } from './f80-format';
import { i64_to_f80, magnitudeInexact, roundedMagnitude } from './f80-convert';
import { IE, PE, raise, setRoundedUp } from './state';

/** The least magnitude that needs 19 digits. */
const LIMIT: u64 = 1000000000000000000;

/** A digit above 9 counts with its value, as the hardware does it. */
export function bcd_to_f80(dst: usize, src: usize): void {
  let magnitude: u64 = 0;
  for (let i: usize = 9; i > 0; i--) {
    const byte = <u64>load<u8>(src + i - 1);
    magnitude = magnitude * 100 + (byte >> 4) * 10 + (byte & 15);
  }
  const negative = load<u8>(src, 9) >> 7;
  i64_to_f80(dst, <i64>magnitude);
  if (negative) store<u16>(dst, load<u16>(dst, 8) | 0x8000, 8);
}

/** Rounds under `rounding` and writes 10 bytes; the BCD indefinite and IE for what does not fit into 18 digits. */
export function f80_to_bcd(dst: usize, a: usize, rounding: u32): void {
  const head = headOf(a);
  const significand = significandOf(a);
  const exponent = <i32>(head & 0x7fff);
  setRoundedUp(false);
  let magnitude = LIMIT;
  if (exponent < BIAS + 63 && !isUnsupported(head, significand)) {
    magnitude = roundedMagnitude(head >> 15, exponent ? exponent : 1, significand, rounding);
  }
  if (magnitude >= LIMIT) {
    setRoundedUp(false);
    raise(IE);
    store<u64>(dst, 0xc000000000000000);
    store<u16>(dst, 0xffff, 8);
    return;
  }
  if (magnitudeInexact()) raise(PE);
  for (let i: usize = 0; i < 9; i++) {
    const pair = magnitude % 100;
    magnitude /= 100;
    store<u8>(dst + i, <u8>(pair + 6 * (pair / 10)));
  }
  store<u8>(dst, <u8>(head >> 15 << 7), 9);
}
