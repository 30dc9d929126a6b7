/**
 * How the address and the opcode of the last x87 instruction are kept (SDM vol. 1, 8.1.8–8.1.10): generated code writes a constant per instruction
 * (`fpLastInsn`) and once per TB what the instructions of that TB have in common (`fpLastBase`, `fpLastCs`). The pointer itself is
 * `fpLastBase + offset`, in 32 bits if `narrow` is set.
 */
export const FpuInsn = {
  /** Offset of the instruction from `fpLastBase`. */
  offsetMask: 0x1fff,
  /** FOP: low three bits of the first opcode byte, ModRM byte. */
  opcodeShift: 16,
  opcodeMask: 0x7ff,
  /** Not 64-bit code: the pointer has 32 bits. */
  narrow: 1 << 30,
} as const;

/** Bits of the x87 status word (SDM vol. 1, 8.1.3). `fpStatus` holds all of them but TOP. */
export const FpuStatus = {
  IE: 1 << 0, DE: 1 << 1, ZE: 1 << 2, OE: 1 << 3, UE: 1 << 4, PE: 1 << 5,
  /** Stack fault. */
  SF: 1 << 6,
  /** An unmasked exception is pending: the next waiting instruction raises it. */
  ES: 1 << 7,
  C0: 1 << 8, C1: 1 << 9, C2: 1 << 10,
  TOP_SHIFT: 11,
  C3: 1 << 14,
  /** A copy of ES. */
  B: 1 << 15,
} as const;

/** Bits of the control word that can be set; bit 6 reads as one always. */
export const FPU_CONTROL_BITS = 0x1f3f;
export const FPU_CONTROL_FIXED = 0x40;
/** Control word after FNINIT. */
export const FPU_CONTROL_INIT = 0x37f;

/** The form in which a memory operand of an x87 arithmetic instruction comes: the bits themselves are the next argument. */
export const FpuSource = { f32: 0, f64: 1, integer: 2 } as const;
export type FpuSource = (typeof FpuSource)[keyof typeof FpuSource];

/** Operands of register forms in one word: destination and source by ST number, pops. */
export const FpuOperands = { sourceShift: 4, popShift: 8 } as const;

/** How environment and state images are laid out (SDM vol. 1, figures 8-9 to 8-12). */
export const FpuImage = { wide: 1, real: 2 } as const;

/** Layouts of FXSAVE: 64-bit pointers (REX.W); 64-bit code has all sixteen XMM registers. */
export const FxImage = { pointers64: 1, code64: 2 } as const;
