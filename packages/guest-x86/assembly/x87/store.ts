// FST, FIST, FISTTP, FBSTP to memory. The store comes before everything that changes the state, so that a page fault, or a store that meets
// running code, leaves the instruction undone. An unmasked overflow or underflow stores nothing, unlike in a register (SDM vol. 1, 8.5.4–8.5.5).
import { FSW_IE, FSW_PE, FSW_SF, ST_FP_CONTROL } from '../generated/layout';
import { exited } from '../system/fault';
import { guest_probe, guest_st16, guest_st32, guest_st64 } from '../system/memory';
import { begin, head, isEmpty, pop, record, scratch, setIndefinite, significand, st, unmasked } from './state';
import { f80_to_bcd } from '../../../runtime/assembly/softfloat/f80-bcd';
import { f80_to_f32, f80_to_f64, f80_to_i16, f80_to_i32, f80_to_i64 } from '../../../runtime/assembly/softfloat/f80-convert';
import { TRUNCATE, sfFlags, sfRoundedUp, sfRounding } from '../../../runtime/assembly/softfloat/state';

/** RC of the control word; 0 is to nearest. */
const CONTROL_RC: u32 = 0xc00;

/** What the instruction is going to record, and whether it stores at all: set by `prepare`. */
let flags: u32 = 0;
let roundedUp: bool = false;
let stores: bool = false;

/** After the conversion of a full ST(0), or for an empty one. */
@inline function prepare(env: usize, empty: bool): void {
  flags = empty ? FSW_IE | FSW_SF : sfFlags;
  const faults = unmasked(env, flags) & ~FSW_PE;
  stores = faults == 0;
  roundedUp = stores && !empty && sfRoundedUp;
  // What is not stored has not been rounded.
  if (!stores) flags &= ~FSW_PE;
}

/** Make it so, unless the store has faulted. */
@inline function finish(env: usize, pops: u32): void {
  if (exited(env)) return;
  record(env, flags, roundedUp);
  if (stores && pops) pop(env);
}

/**
 * The usual case: a normal number that stays one, rounded to nearest, PE masked. The result's bits, or 0 when it is not that; then `flags` and
 * `roundedUp` are set.
 */
@inline function narrowed(env: usize, cell: usize, dropped: u32, fieldBits: u32): u64 {
  const control = load<u32>(env, ST_FP_CONTROL);
  const mantissa = significand(cell);
  const signExponent = head(cell);
  const field = (signExponent & 0x7fff) - (0x4000 - (1 << (fieldBits - 1)));
  // One below the greatest exponent, so that rounding up stays finite.
  if (field - 1 >= <u32>((1 << fieldBits) - 3) || <i64>mantissa >= 0 || (control & (CONTROL_RC | FSW_PE)) != FSW_PE) return 0;
  const half = <u64>1 << (dropped - 1);
  const rest = mantissa & ((half << 1) - 1);
  const kept = mantissa << 1 >> (dropped + 1);
  const up = rest > half || (rest == half && (kept & 1) != 0);
  flags = rest ? FSW_PE : 0;
  roundedUp = up;
  const width = 63 - dropped + fieldBits;
  return (<u64>(signExponent >> 15) << width) | ((<u64>field << (63 - dropped)) + kept + u64(up));
}

export function fpu_fst_f32(env: usize, addr: u64, mmu: u32, pops: u32): void {
  if (!isEmpty(env, 0)) {
    const quick = narrowed(env, st(env, 0), 40, 8);
    if (quick) {
      stores = true;
      guest_st32(env, addr, <u32>quick, mmu);
      finish(env, pops);
      return;
    }
  }
  begin(env);
  const empty = isEmpty(env, 0);
  const bits = empty ? 0xffc00000 : f80_to_f32(st(env, 0));
  prepare(env, empty);
  if (stores) guest_st32(env, addr, bits, mmu);
  finish(env, pops);
}

export function fpu_fst_f64(env: usize, addr: u64, mmu: u32, pops: u32): void {
  if (!isEmpty(env, 0)) {
    const quick = narrowed(env, st(env, 0), 11, 11);
    if (quick) {
      stores = true;
      guest_st64(env, addr, quick, mmu);
      finish(env, pops);
      return;
    }
  }
  begin(env);
  const empty = isEmpty(env, 0);
  const bits = empty ? 0xfff8000000000000 : f80_to_f64(st(env, 0));
  prepare(env, empty);
  if (stores) guest_st64(env, addr, bits, mmu);
  finish(env, pops);
}

/** Ten bytes: both pages of a crossing are known to be writable before the first is written. */
function storeTen(env: usize, addr: u64, mmu: u32, low: u64, high: u32): void {
  if ((addr & 0xfff) > 0xff6 && guest_probe(env, addr, 10, 1, mmu) == 0) return;
  guest_st64(env, addr, low, mmu);
  if (!exited(env)) guest_st16(env, addr + 8, high, mmu);
}

/** FSTP m80: any pattern as it is. */
export function fpu_fstp_f80(env: usize, addr: u64, mmu: u32): void {
  begin(env);
  const empty = isEmpty(env, 0);
  const cell = st(env, 0);
  prepare(env, empty);
  if (stores) storeTen(env, addr, mmu, empty ? 0xc000000000000000 : significand(cell), empty ? 0xffff : head(cell));
  finish(env, 1);
}

export function fpu_fbstp(env: usize, addr: u64, mmu: u32): void {
  begin(env);
  const empty = isEmpty(env, 0);
  const packed = scratch(env, 0);
  if (empty) setIndefinite(packed);
  else f80_to_bcd(packed, st(env, 0), sfRounding);
  prepare(env, empty);
  if (stores) storeTen(env, addr, mmu, significand(packed), head(packed));
  finish(env, 1);
}

/** FIST, FISTP, FISTTP of 2, 4 or 8 bytes; `truncates`: whatever RC says. */
export function fpu_fist(env: usize, addr: u64, mmu: u32, size: u32, truncates: u32, pops: u32): void {
  begin(env);
  const empty = isEmpty(env, 0);
  const cell = st(env, 0);
  const rounding = truncates ? TRUNCATE : sfRounding;
  let value: u64;
  if (size == 8) value = empty ? 0x8000000000000000 : <u64>f80_to_i64(cell, rounding);
  else if (size == 4) value = empty ? 0x80000000 : <u64>f80_to_i32(cell, rounding);
  else value = empty ? 0x8000 : <u64>f80_to_i16(cell, rounding);
  prepare(env, empty);
  if (stores) {
    if (size == 8) guest_st64(env, addr, value, mmu);
    else if (size == 4) guest_st32(env, addr, <u32>value, mmu);
    else guest_st16(env, addr, <u32>value & 0xffff, mmu);
  }
  finish(env, pops);
}
