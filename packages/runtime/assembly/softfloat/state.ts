/**
 * What one softfloat call is told and what it tells: rounding, masks, flags. Wasm globals, because every operation reads
 * them and none may touch memory beyond its operands. They are scratch of one guest instruction: the caller sets them before
 * a call and takes the flags after it, and nothing here has a meaning between guest instructions, so two machines that share
 * a module do not see each other's.
 *
 * Flags and masks lie at the bit positions of the x86 status words (SDM vol. 1, 8.1.3.3 and 10.2.3).
 */

/** Invalid operation. */
export const IE: u32 = 1;
/** Denormal operand. */
export const DE: u32 = 2;
/** Division by zero. */
export const ZE: u32 = 4;
/** Overflow. */
export const OE: u32 = 8;
/** Underflow. */
export const UE: u32 = 16;
/** Precision: the result is not exact. */
export const PE: u32 = 32;
/** All exceptions masked. */
export const ALL_MASKED: u32 = 63;

/** Rounding modes in the encoding of the x86 RC field. */
export const NEAREST: u32 = 0;
export const DOWN: u32 = 1;
export const UP: u32 = 2;
export const TRUNCATE: u32 = 3;

/** Rounding of the operation: NEAREST (ties to even), DOWN, UP or TRUNCATE. */
export let sfRounding: u32 = 0;
/** Exceptions raised, accumulated over calls until the caller clears them. */
export let sfFlags: u32 = 0;
/** Bits of the significand that f80 add, sub, mul, div and sqrt round to: 24, 53 or 64. */
export let sfPrecision: u32 = 64;
/**
 * Exceptions that are masked. An unmasked IE, DE or ZE ends an operation before it raises anything else, and its result is
 * meaningless; an unmasked UE is raised by a tiny result even if it is exact; unmasked OE and UE bias the exponent of an f80 result.
 */
export let sfMasks: u32 = 63;
/** Denormal operands of f32 and f64 count as zero and raise no DE. */
export let sfDaz: bool = false;
/** Tiny f32 and f64 results become zero while UE is masked. */
export let sfFtz: bool = false;
/** Whether the last f80 result was rounded away from zero: C1 of the x87 status word. */
export let sfRoundedUp: bool = false;

/** @param rounding NEAREST, DOWN, UP or TRUNCATE */
@inline
export function setRounding(rounding: u32): void {
  sfRounding = rounding;
}

@inline
export function setFlags(flags: u32): void {
  sfFlags = flags;
}

/** @param bits 24, 53 or 64 */
@inline
export function setPrecision(bits: u32): void {
  sfPrecision = bits;
}

@inline
export function setMasks(masks: u32): void {
  sfMasks = masks;
}

@inline
export function setDaz(on: bool): void {
  sfDaz = on;
}

@inline
export function setFtz(on: bool): void {
  sfFtz = on;
}

@inline
export function setRoundedUp(up: bool): void {
  sfRoundedUp = up;
}

@inline
export function raise(flags: u32): void {
  sfFlags |= flags;
}

/** Raises DE; true if it is unmasked, so that the operation has to stop. */
@inline
export function raiseDenormal(): bool {
  sfFlags |= DE;
  return !(sfMasks & DE);
}

/** Whether directed rounding in mode `rounding` moves a value of this sign away from zero. */
@inline
export function roundsAway(rounding: u32, sign: u32): bool {
  return rounding == (sign ? DOWN : UP);
}
