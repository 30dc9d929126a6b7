/**
 * MemOp: how a guest access moves bytes. One small integer, as in QEMU (`include/exec/memop.h`, `MemOp`):
 *
 *     bits 0–2  log2 of the size in bytes, 0 (8 bit) … 4 (128 bit)
 *     bit  3    sign-extend a load to the op's type (else zero-extend); ignored by stores
 *     bit  4    big-endian in memory (else little-endian)
 *     bits 5–7  alignment: 0 any address; n = must be a multiple of 2^n bytes, else the slow path raises the guest's
 *               alignment fault
 *
 * An op's full access descriptor ("oi") that a slow path receives is `memop | mmuIndex << 8 | insnIndex << 16`, see
 * {@link makeOi}.
 */
export type MemOp = number;

export const MO_8 = 0;
export const MO_16 = 1;
export const MO_32 = 2;
export const MO_64 = 3;
export const MO_128 = 4;
export const MO_SIZE = 7;
export const MO_SIGN = 8;
export const MO_BE = 16;
export const MO_ALIGN_SHIFT = 5;
/** Natural alignment for each size, e.g. `MO_128 | MO_ALIGN_16` for MOVAPS. */
export const MO_ALIGN_2: MemOp = 1 << MO_ALIGN_SHIFT;
export const MO_ALIGN_4: MemOp = 2 << MO_ALIGN_SHIFT;
export const MO_ALIGN_8: MemOp = 3 << MO_ALIGN_SHIFT;
export const MO_ALIGN_16: MemOp = 4 << MO_ALIGN_SHIFT;

/** Size of the access in bytes: 1, 2, 4, 8 or 16. */
export function memOpBytes(m: MemOp): number {
  return 1 << (m & MO_SIZE);
}

/** log2 of the required alignment, 0 when any address will do. */
export function memOpAlignBits(m: MemOp): number {
  return (m >> MO_ALIGN_SHIFT) & 7;
}

/**
 * Access descriptor handed to a slow path.
 * @param insnIndex index of the guest instruction inside its TB, 0…65535
 */
export function makeOi(m: MemOp, mmuIndex: number, insnIndex: number): number {
  return m | (mmuIndex << 8) | (insnIndex << 16);
}
export const OI_MMU_SHIFT = 8;
export const OI_MMU_MASK = 0xf;
export const OI_INSN_SHIFT = 16;

/** Text as the printer writes and the parser reads it: `u8`, `s16`, `u32be`, `u128.a4` (a = log2 of alignment). */
export function memOpText(m: MemOp): string {
  const align = memOpAlignBits(m);
  return `${m & MO_SIGN ? 's' : 'u'}${8 << (m & MO_SIZE)}${m & MO_BE ? 'be' : ''}${align ? `.a${align}` : ''}`;
}

/** Inverse of {@link memOpText}; `undefined` when the text is no MemOp. */
export function parseMemOp(text: string): MemOp | undefined {
  const m = /^([us])(8|16|32|64|128)(be)?(?:\.a([1-7]))?$/.exec(text);
  if (!m) return undefined;
  const size = 31 - Math.clz32(Number(m[2]) >> 3);
  return size | (m[1] === 's' ? MO_SIGN : 0) | (m[3] ? MO_BE : 0) | (Number(m[4] ?? 0) << MO_ALIGN_SHIFT);
}

/** Operations of `guest_atomic`. `xchg` stores the operand, the rest store `old op operand`. */
export const AtomicOp = { xchg: 0, add: 1, and: 2, or: 3, xor: 4, smin: 5, smax: 6, umin: 7, umax: 8 } as const;
export type AtomicOpName = keyof typeof AtomicOp;
export type AtomicOp = (typeof AtomicOp)[AtomicOpName];
export const ATOMIC_OP_NAMES = Object.keys(AtomicOp) as readonly AtomicOpName[];
