/**
 * cc_op: by which operation the arithmetic flags were last set. With the globals cc_dst, cc_src, cc_src2 it says what CF PF
 * AF ZF SF OF are; they are computed when somebody asks.
 *
 *     bits 0–1  log2 of the operand size in bytes
 *     bits 2–6  the kind of operation, {@link CcKind}
 *     bit  7    {@link CC_OVERRIDE}: CF and OF are bits 0 and 11 of cc_src2, the others follow from the rest (rotates, BT, CLC …).
 *               Never with the kinds flags, adc and sbb
 *
 * Only the low "operand size" bits of cc_dst, cc_src, cc_src2 count; above them there may be anything.
 *
 * Flags that the manual leaves undefined are what an Intel server processor of 2023 (Sapphire Rapids) makes of them: measured, not
 * documented. In short: a shift or rotate by any count leaves the OF of a shift by one; shifts clear AF; MUL and IMUL clear ZF and
 * AF and take SF and PF from the low half; BMI instructions, LZCNT, TZCNT and POPCNT clear PF and AF; DIV and BT change nothing else.
 */
export const CcKind = {
  /** The flags themselves, in their EFLAGS positions, are in cc_src; all its other bits are zero. Size bits are 0. */
  flags: 0,
  /** dst = a + src. */
  add: 1,
  /** dst = a + src + src2, src2 = the carry in, 0 or 1. */
  adc: 2,
  /** dst = a − src. */
  sub: 3,
  /** dst = a − src − src2. */
  sbb: 4,
  /** dst; CF = OF = AF = 0. */
  logic: 5,
  /** dst = a + 1; src = CF, 0 or 1. */
  inc: 6,
  /** dst = a − 1; src = CF, 0 or 1. */
  dec: 7,
  /** dst = result; CF = top bit of src; OF = the two top bits of src2 (the value shifted) differ; AF = 0. */
  shl: 8,
  /** dst = result; CF = bit 0 of src; OF = top bit of src2; AF = 0. */
  shr: 9,
  /** dst = low half; CF = OF = (src ≠ 0); ZF = AF = 0. */
  mul: 10,
  /** dst; CF = src, 0 or 1; OF = AF = PF = 0. */
  bits: 11,
} as const;
export type CcKind = (typeof CcKind)[keyof typeof CcKind];

export const CC_OVERRIDE = 0x80;

/** The value of cc_op when cc_src holds the flags themselves. */
export const CC_FLAGS: number = CcKind.flags;

/** cc_op of a kind at an operand size of 1, 2, 4 or 8 bytes. */
export function ccOp(kind: CcKind, size: number): number {
  return (kind << 2) | (31 - Math.clz32(size));
}

/** Positions in EFLAGS. */
export const Eflag = {
  CF: 0x1, PF: 0x4, AF: 0x10, ZF: 0x40, SF: 0x80, TF: 0x100, IF: 0x200, DF: 0x400, OF: 0x800, IOPL: 0x3000, NT: 0x4000,
  RF: 0x10000, VM: 0x20000, AC: 0x40000, VIF: 0x80000, VIP: 0x100000, ID: 0x200000,
} as const;
/** CF PF AF ZF SF OF. */
export const EFLAG_ARITHMETIC = 0x8d5;
