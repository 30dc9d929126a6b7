// Rotates through carry by a count that is not one (SDM vol. 2, "RCL/RCR/ROL/ROR"). The carry is one more bit above the value.

/** `rcl` of the helper table: result in the low bits, carry in bit 32. */
export function rcl(value: u64, carry: u32, count: u32, bits: u32): u64 {
  const width: u64 = bits;
  const n: u64 = <u64>count % (width + 1);
  const mask = (<u64>1 << width) - 1;
  const all = value & mask | <u64>carry << width;
  const turned = n == 0 ? all : all << n | all >> (width + 1 - n);
  return turned & mask | (turned >> width & 1) << 32;
}

/** `rcr` of the helper table. */
export function rcr(value: u64, carry: u32, count: u32, bits: u32): u64 {
  const n = count % (bits + 1);
  return rcl(value, carry, n == 0 ? 0 : bits + 1 - n, bits);
}

/** `rcl64`: count 1–63. */
export function rcl64(value: u64, carry: u32, count: u32): u64 {
  const n: u64 = count;
  // Two shifts by less than 64 each: a shift by 64 would be none.
  return value << n | <u64>carry << (n - 1) | value >> (63 - n) >> 2;
}

/** `rcr64`: count 1–63. */
export function rcr64(value: u64, carry: u32, count: u32): u64 {
  const n: u64 = count;
  return value >> n | <u64>carry << (64 - n) | value << (63 - n) << 2;
}
