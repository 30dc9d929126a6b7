// RCPPS, RSQRTPS. The manual bounds their error; what an Intel server processor of 2023 (Sapphire Rapids) gives, which is what its predecessors gave,
// was measured for every significand: the 11 (RCP) or 10 (RSQRT) upper bits of the fraction name an interval, and the result is that of the
// interval's middle, rounded to 12 bits. Denormals count as zero in operand and result; no flag is raised and MXCSR does not matter.

const SIGN: u32 = 0x80000000;
const INFINITY: u32 = 0x7f800000;
const INDEFINITE: u32 = 0xffc00000;
const QUIET: u32 = 0x00400000;

/** A value in (½, 1] as 8192ths, to 13 places, as f32 whose exponent field is raised by `scale`. */
@inline function twelveBits(value: f64, scale: i32): u32 {
  return reinterpret<u32>(<f32>(nearest(value * 8192) / 8192)) + (scale << 23);
}

/** 1 / x. */
export function rcp_f32(x: u32): u32 {
  const sign = x & SIGN;
  const magnitude = x & ~SIGN;
  if (magnitude > INFINITY) return x | QUIET;
  const field = <i32>(magnitude >> 23);
  if (field == 0) return sign | INFINITY;
  // From 2^126 on the result is denormal.
  if (field >= 253) return sign;
  const interval = <f64>(x >> 12 & 0x7ff);
  return sign | twelveBits(2048 / (2048.5 + interval), 127 - field);
}

/** 1 / √x. */
export function rsqrt_f32(x: u32): u32 {
  const sign = x & SIGN;
  const magnitude = x & ~SIGN;
  if (magnitude > INFINITY) return x | QUIET;
  const field = <i32>(magnitude >> 23);
  if (field == 0) return sign | INFINITY;
  if (sign) return INDEFINITE;
  if (field == 255) return 0;
  const exponent = field - 127;
  const interval = <f64>(x >> 13 & 0x3ff);
  const middle = (1024.5 + interval) / 1024 * (exponent & 1 ? 2 : 1);
  return twelveBits(1 / sqrt<f64>(middle), -(exponent >> 1));
}
