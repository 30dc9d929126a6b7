/**
 * What generated code asks of the SSE floating-point helpers (assembly/sse): one number per request, and MXCSR.
 *
 *     bits 0–7   the operation, {@link SseOp}
 *     bits 8–15  its immediate: predicate, rounding mode, mask; 0 for operations without one
 *     bit  16    {@link SSE_DOUBLE}: the floating-point operands are f64, else f32
 *     bits 17–19 number of lanes that are computed, 1, 2 or 4
 */
export const SseOp = {
  // a op b, lane by lane.
  add: 0, sub: 1, mul: 2, div: 3, min: 4, max: 5,
  /** √b. */
  sqrt: 6,
  /** Even lanes a − b, odd ones a + b. */
  addsub: 7,
  /** Sums (differences) of neighbours: those of a, then those of b. */
  hadd: 8, hsub: 9,
  /** All ones where a and b are in the relation that bits 0–2 of the immediate name (SDM vol. 2, "CMPPD", table 3-1), else zero. */
  cmp: 10,
  /** b as an integral value: immediate of ROUNDPS. */
  round: 11,
  /** Dot product: immediate of DPPS, DPPD. */
  dp: 12,
  /** f32 to f64 (the operands count as f32), f64 to f32. */
  widen: 13, narrow: 14,
  /** Signed 32-bit integers, or one 64-bit integer, to the format. */
  fromI32: 15, fromI64: 16,
  /** The format to signed 32-bit integers; the immediate is an {@link SseRounding}. */
  toI32: 17,
  /** One lane to a signed 64-bit integer: `sse_to_integer` only. */
  toI64: 18,
  /** Comparison that sets EFLAGS: `sse_compare` only. Quiet: only signaling NaNs are invalid. */
  compare: 19, compareQuiet: 20,
} as const;
export type SseOp = (typeof SseOp)[keyof typeof SseOp];

/** Rounding of `toI32` and `toI64`: as MXCSR says, or to zero. */
export const SseRounding = { current: 0, truncate: 1 } as const;
export type SseRounding = (typeof SseRounding)[keyof typeof SseRounding];

export const SSE_IMM_SHIFT = 8;
export const SSE_DOUBLE: number = 1 << 16;
export const SSE_LANES_SHIFT = 17;

/**
 * MXCSR (SDM vol. 1, 10.2.3): flags in bits 0–5, DAZ in bit 6, masks of the flags in bits 7–12, rounding control in bits 13–14, FTZ in bit 15.
 * `FAST_VALUE` under `FAST_MASK` is the fast state: round to nearest, everything masked, PE set already. Then an operation that rounds changes no
 * flag. The quiet state is the same without PE: there an exact result changes none. DAZ and FTZ do not count, because no direct code lets a denormal in or out.
 */
export const Mxcsr = {
  IE: 1 << 0, DE: 1 << 1, ZE: 1 << 2, OE: 1 << 3, UE: 1 << 4, PE: 1 << 5, DAZ: 1 << 6,
  MASK_SHIFT: 7, RC_SHIFT: 13, FTZ: 1 << 15,
  /** Bits that exist; LDMXCSR and FXRSTOR of others is #GP(0). */
  VALID: 0xffff,
  FAST_MASK: 0x7fa0,
  FAST_VALUE: 0x1fa0,
} as const;
