/**
 * The decoded form of one x86 instruction, and the vocabulary of its fields.
 *
 * Invariant: `decode` fills a caller-owned `Insn` and allocates nothing; every field is overwritten by every successful
 * decode, so a reused object never shows a value of an earlier instruction. After a status other than `Ok` the fields are
 * unspecified, except that after `Invalid` `length` is the number of bytes the verdict rests on.
 */
import type { Mnemonic } from './tables/mnemonics.ts';

/** Result of `decode`. */
export const DecodeStatus = {
  /** The instruction is in `insn`. */
  Ok: 0,
  /** The bytes given end inside the instruction: supply more, or raise the fault of fetching the next byte. */
  NeedMore: 1,
  /** #UD, known from the bytes given. */
  Invalid: 2,
  /** #GP(0): the instruction would be longer than 15 bytes (SDM vol. 3, 6.15, interrupt 13). */
  TooLong: 3,
} as const;
export type DecodeStatus = (typeof DecodeStatus)[keyof typeof DecodeStatus];

/**
 * Bits of the `mode` argument of `decode`. Exactly one of the three widths, plus modifiers. Without `Protected` (real and
 * virtual-8086 mode) the instructions that need a protected mode, and all VEX encodings, are #UD. `Bits64` implies it.
 */
export const DecodeMode = {
  Bits16: 0,
  Bits32: 1,
  Bits64: 2,
  /** Mask of the width: code size in bytes is `2 << (mode & WidthMask)`. */
  WidthMask: 3,
  /** CR0.PE = 1 and EFLAGS.VM = 0. */
  Protected: 4,
  /** AMD: 66h makes near branches 16 bits wide in 64-bit mode, REX.W has no effect on LSS/LFS/LGS and far indirect branches, UD0 has no ModRM. */
  Amd: 8,
} as const;

/** What an entry of `Insn.opKinds` is. */
export const OperandKind = {
  None: 0,
  /** General register `reg` 0–15, low `size` bytes. */
  Gpr: 1,
  /** AH, CH, DH, BH: bits 15–8 of general register `reg` 0–3. */
  GprHigh: 2,
  /** Segment register: `Seg`. */
  Seg: 3,
  /** Control register: 0, 2, 3, 4, 8. */
  Cr: 4,
  /** Debug register 0–7. */
  Dr: 5,
  /** MMX register 0–7. */
  Mmx: 6,
  /** XMM register 0–15. */
  Xmm: 7,
  /** x87 stack register ST(`reg`). */
  St: 8,
  /** The ModRM or moffs memory operand: `base`, `index`, `scale`, `disp`, `seg`. */
  Mem: 9,
  /** String source `seg`:[rSI], `addrSize` wide. */
  SrcIndex: 10,
  /** String destination ES:[rDI], `addrSize` wide; no override. */
  DstIndex: 11,
  /** `imm` (and `immHi` for the upper half of 64 bits). */
  Imm: 12,
  /** Second immediate `imm2`: nesting level of ENTER. */
  Imm2: 13,
  /** Branch displacement `imm`, relative to the next instruction. */
  Rel: 14,
  /** Far pointer in the instruction: selector `imm2`, offset `imm`. */
  Far: 15,
  /** A constant 1: the count of D0/D1 shifts. */
  One: 16,
} as const;
export type OperandKind = (typeof OperandKind)[keyof typeof OperandKind];

/** Segment register numbers, as ModRM.reg has them. */
export const Seg = { ES: 0, CS: 1, SS: 2, DS: 3, FS: 4, GS: 5 } as const;

/** `Insn.base` of a RIP-relative operand (`addrSize` 4: EIP-relative); the displacement counts from the next instruction. */
export const BASE_RIP = 16;

/** Longest legal instruction in bytes (SDM vol. 2, 2.3.11). */
export const MAX_INSN_LENGTH = 15;

/** Most operands a form has. */
export const MAX_OPERANDS = 4;

/** One decoded instruction; create once, reuse for every `decode`. */
export class Insn {
  /** Index into `FORMS`: the table row. */
  form = 0;
  mnemonic: Mnemonic = 0;
  /** Bytes, 1–15. */
  length = 0;
  /** The `mode` it was decoded for. */
  mode = 0;
  /** Last opcode byte; its low four bits are the condition of `jcc`, `setcc`, `cmovcc`. */
  opcode = 0;
  /** Operand size in bytes, with the row's default and forced sizes applied. */
  opSize: 2 | 4 | 8 = 4;
  /** Address size in bytes. */
  addrSize: 2 | 4 | 8 = 4;
  /** F0h present (then the form is known to allow it). */
  lock = false;
  /** F3h is the last of the F2h/F3h prefixes; also when it selected the form. */
  rep = false;
  /** F2h is the last of the F2h/F3h prefixes; also when it selected the form. */
  repne = false;
  /** 66h present. */
  osizePrefix = false;
  /** 67h present. */
  asizePrefix = false;
  /** Effective segment override, a `Seg` number or -1. In 64-bit mode only FS and GS. */
  segOverride = -1;
  /** REX byte, 0 when absent or made ineffective by a later prefix. With VEX: 0. */
  rex = 0;
  /** W, R, X, B in bits 3–0, as REX has them, from REX or VEX. */
  ext = 0;
  /** VEX-encoded: then `vexL`, `vexV` are valid. */
  vex = false;
  /** VEX.L: 0 or 1. */
  vexL = 0;
  /** VEX.vvvv, inverted back: 0–15. Outside 64-bit mode its low three bits are the register number. */
  vexV = 0;
  /** REX.W or VEX.W, 0 or 1 (0 outside 64-bit mode when the width of a general register would depend on it). */
  w = 0;
  /** ModRM byte, -1 when the form has none. */
  modrm = -1;
  /** ModRM.mod: 0–2 memory, 3 register (3 for forms that ignore it). */
  mod = 3;
  /** ModRM.reg with REX.R: 0–15; opcode extension in bits 2–0. */
  reg = 0;
  /** ModRM.rm with REX.B, or the register in the opcode byte: 0–15. */
  rm = 0;
  /** Base register 0–15, `BASE_RIP`, or -1. */
  base = -1;
  /** Index register 0–15, or -1. */
  index = -1;
  /** Factor of the index: 1, 2, 4, 8. */
  scale: 1 | 2 | 4 | 8 = 1;
  /** Displacement, sign-extended to 32 bits; low half of a 64-bit moffs. */
  disp = 0;
  /** Upper half of a 64-bit moffs; else the sign of `disp`. Compare `addrSize` bytes only. */
  dispHi = 0;
  /** Segment of the memory or string source operand: override, or SS for rSP/rBP bases, or DS. */
  seg: number = Seg.DS;
  /** Immediate, displacement of a branch, or offset of a far pointer, as i32: `Ib`, `Iw`, far offsets zero-extended, all others sign-extended. */
  imm = 0;
  /** Bits 63–32 of the immediate: of MOV r64,imm64, else its extension. */
  immHi = 0;
  /** Nesting level of ENTER (0–255), or selector of a far pointer. */
  imm2 = 0;
  /** Operands in the order of the manual (destination first), 0–4. */
  opCount = 0;
  /** `OperandKind` per operand; `None` from `opCount` on. */
  readonly opKinds: Uint8Array = new Uint8Array(MAX_OPERANDS);
  /** Register number per operand, where its kind has one. */
  readonly opRegs: Uint8Array = new Uint8Array(MAX_OPERANDS);
  /** Bytes per operand; 0 for memory areas without one size (FXSAVE, INVLPG, LEA, …). */
  readonly opSizes: Uint8Array = new Uint8Array(MAX_OPERANDS);
}
