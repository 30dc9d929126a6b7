// Repeated string instructions, many iterations at once (SDM vol. 2, REP): what `translate/string.ts` calls between two iterations.
//
// An iteration is an instruction here too: each takes one off the budget, and the state after any number of them is what single ones leave. So
// nothing is done that could fault, meet a device or change code: `guest_span` refuses such pages, and the next single iteration deals with them.
import { CTX_BUDGET } from '../generated/layout';

@external('runtime', 'guest_span') declare function guest_span(env: usize, addr: u64, bytes: u32, write: u32, mmu: u32): usize;

const PAGE: u32 = 0x1000;

/** From here on memory.copy and memory.fill, which are calls into the engine, are faster than a loop. In bytes. */
const BULK: u32 = 128;

/** Iterations that budget and count allow. */
@inline
function allowed(env: usize, count: u64): u32 {
  const budget = load<i32>(env, CTX_BUDGET);
  return budget <= 0 ? 0 : <u32>min<u64>(count, <u64>budget);
}

@inline
function spend(env: usize, iterations: u32): u32 {
  store<i32>(env, load<i32>(env, CTX_BUDGET) - <i32>iterations, CTX_BUDGET);
  return iterations;
}

/** Elements from addr on, in the direction, that lie on its page; 0 when the first one crosses it. */
@inline
function room(addr: u64, bits: u32, direction: i32): u32 {
  const offset = <u32>addr & (PAGE - 1);
  if (direction > 0) return (PAGE - offset) >> bits;
  return offset + (1 << bits) > PAGE ? 0 : (offset >> bits) + 1;
}

/** Lowest address of `n` elements. */
@inline
function lowest(addr: u64, n: u32, bits: u32, direction: i32): u64 {
  return direction > 0 ? addr : addr - (<u64>(n - 1) << bits);
}

@inline
function moveElement(to: usize, from: usize, bits: u32): void {
  if (bits == 0) store<u8>(to, load<u8>(from));
  else if (bits == 1) store<u16>(to, load<u16>(from));
  else if (bits == 2) store<u32>(to, load<u32>(from));
  else store<u64>(to, load<u64>(from));
}

/** What `n` iterations of MOVS do to memory; `to` and `from` are the lowest addresses. */
function move(to: usize, from: usize, n: u32, bits: u32, direction: i32): void {
  const bytes = n << bits;
  const apart = to >= from + bytes || from >= to + bytes;
  if (apart && bytes < BULK) {
    let i: u32 = 0;
    for (; i + 8 <= bytes; i += 8) store<u64>(to + i, load<u64>(from + i));
    for (; i < bytes; i++) store<u8>(to + i, load<u8>(from + i));
  } else if (apart || (direction > 0 ? to <= from : to >= from)) {
    // No element is read after it was written: the order does not show.
    memory.copy(to, from, bytes);
  } else if (direction > 0) {
    // What was written is read again: the bytes between the two repeat.
    for (let i: u32 = 0; i < bytes; i += 1 << bits) moveElement(to + i, from + i, bits);
  } else {
    for (let i: u32 = n; i > 0; i--) moveElement(to + ((i - 1) << bits), from + ((i - 1) << bits), bits);
  }
}

export function string_move(env: usize, source: u64, target: u64, count: u64, direction: i32, how: u32): u32 {
  const bits = how & 0xff;
  const mmu = how >> 8;
  const most = allowed(env, count);
  let done: u32 = 0;
  while (done < most) {
    const n = min(most - done, min(room(source, bits, direction), room(target, bits, direction)));
    if (n == 0) break;
    const from = guest_span(env, lowest(source, n, bits, direction), n << bits, 0, mmu);
    if (from == 0) break;
    const to = guest_span(env, lowest(target, n, bits, direction), n << bits, 1, mmu);
    if (to == 0) break;
    move(to, from, n, bits, direction);
    const by = (<i64>direction * <i64>n) << bits;
    source += by;
    target += by;
    done += n;
  }
  return spend(env, done);
}

/** Eight bytes that repeat the element. */
@inline
function repeated(value: u64, bits: u32): u64 {
  if (bits == 0) return (value & 0xff) * 0x0101010101010101;
  if (bits == 1) return (value & 0xffff) * 0x0001000100010001;
  return bits == 2 ? (value & 0xffffffff) * 0x0000000100000001 : value;
}

function fill(to: usize, pattern: u64, bytes: u32): void {
  if (bytes >= BULK && pattern == (pattern & 0xff) * 0x0101010101010101) {
    memory.fill(to, <u8>pattern, bytes);
    return;
  }
  let i: u32 = 0;
  for (; i + 8 <= bytes; i += 8) store<u64>(to + i, pattern);
  // The pattern begins anew every 8 bytes, and an element ends where the bytes do.
  for (; i < bytes; i++, pattern >>= 8) store<u8>(to + i, <u8>pattern);
}

export function string_fill(env: usize, target: u64, value: u64, count: u64, direction: i32, how: u32): u32 {
  const bits = how & 0xff;
  const mmu = how >> 8;
  const most = allowed(env, count);
  const pattern = repeated(value, bits);
  let done: u32 = 0;
  while (done < most) {
    const n = min(most - done, room(target, bits, direction));
    if (n == 0) break;
    const to = guest_span(env, lowest(target, n, bits, direction), n << bits, 1, mmu);
    if (to == 0) break;
    fill(to, pattern, n << bits);
    target += (<i64>direction * <i64>n) << bits;
    done += n;
  }
  return spend(env, done);
}

@inline
function element(at: usize, bits: u32): u64 {
  if (bits == 0) return load<u8>(at);
  if (bits == 1) return load<u16>(at);
  return bits == 2 ? load<u32>(at) : load<u64>(at);
}

/** A bit for each of 16 bytes: those of equal elements are set. */
@inline
function equalBytes(a: v128, b: v128, bits: u32): u32 {
  if (bits == 0) return i8x16.bitmask(i8x16.eq(a, b));
  if (bits == 1) return i8x16.bitmask(i16x8.eq(a, b));
  return i8x16.bitmask(bits == 2 ? i32x4.eq(a, b) : i64x2.eq(a, b));
}

/** Elements before the first of `n` that is equal to the pattern's (stop 0) or differs from it (0xffff); n: there is none. */
function scan(at: usize, pattern: u64, n: u32, bits: u32, stop: u32): u32 {
  const all = i64x2.splat(pattern);
  const bytes = n << bits;
  let i: u32 = 0;
  for (; i + 16 <= bytes; i += 16) {
    const found = equalBytes(v128.load(at + i), all, bits) ^ stop;
    if (found != 0) return (i + ctz(found)) >> bits;
  }
  const value = elementOf(pattern, bits);
  for (; i < bytes; i += 1 << bits) if ((element(at + i, bits) == value) == (stop == 0)) return i >> bits;
  return n;
}

/** The element that a pattern repeats. */
@inline
function elementOf(pattern: u64, bits: u32): u64 {
  return pattern & ((~(<u64>0)) >> (64 - (8 << bits)));
}

/** As scan, for two strings. */
function compare(a: usize, b: usize, n: u32, bits: u32, stop: u32): u32 {
  const bytes = n << bits;
  let i: u32 = 0;
  for (; i + 16 <= bytes; i += 16) {
    const found = equalBytes(v128.load(a + i), v128.load(b + i), bits) ^ stop;
    if (found != 0) return (i + ctz(found)) >> bits;
  }
  for (; i < bytes; i += 1 << bits) if ((element(a + i, bits) == element(b + i, bits)) == (stop == 0)) return i >> bits;
  return n;
}

/** Backwards, and the last iteration, whose flags count, are left to single iterations. */
@inline
function comparable(env: usize, count: u64, direction: i32): u32 {
  return direction < 0 || count == 0 ? 0 : allowed(env, count - 1);
}

export function string_scan(env: usize, target: u64, value: u64, count: u64, direction: i32, how: u32): u32 {
  const bits = how & 0xff;
  const mmu = (how >> 8) & 0xff;
  const stop: u32 = how >> 16 != 0 ? 0xffff : 0;
  const most = comparable(env, count, direction);
  const pattern = repeated(value, bits);
  let done: u32 = 0;
  while (done < most) {
    const n = min(most - done, room(target, bits, 1));
    if (n == 0) break;
    const at = guest_span(env, target, n << bits, 0, mmu);
    if (at == 0) break;
    const passed = scan(at, pattern, n, bits, stop);
    done += passed;
    if (passed < n) break;
    target += <u64>n << bits;
  }
  return spend(env, done);
}

export function string_compare(env: usize, source: u64, target: u64, count: u64, direction: i32, how: u32): u32 {
  const bits = how & 0xff;
  const mmu = (how >> 8) & 0xff;
  const stop: u32 = how >> 16 != 0 ? 0xffff : 0;
  const most = comparable(env, count, direction);
  let done: u32 = 0;
  while (done < most) {
    const n = min(most - done, min(room(source, bits, 1), room(target, bits, 1)));
    if (n == 0) break;
    const a = guest_span(env, source, n << bits, 0, mmu);
    if (a == 0) break;
    const b = guest_span(env, target, n << bits, 0, mmu);
    if (b == 0) break;
    const passed = compare(a, b, n, bits, stop);
    done += passed;
    if (passed < n) break;
    source += <u64>n << bits;
    target += <u64>n << bits;
  }
  return spend(env, done);
}
