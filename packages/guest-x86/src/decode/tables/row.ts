/**
 * What a row of the decoder tables says, after Intel SDM vol. 2, appendix A ("Opcode Map").
 *
 * A row is `[encoding, mnemonic, operands, ...attributes]`.
 *
 * **Encoding**: words before the opcode are conditions, the opcode is two hex digits, words after it look at ModRM.
 *
 *     NP            no 66h, F2h, F3h            NF       no F2h, F3h; 66h is the operand-size prefix
 *     66 F3 F2      mandatory prefix            W0 W1    REX.W / VEX.W       B0 B1   REX.B       L0 L1   VEX.L
 *     xx+r          register in bits 2–0        xx+cc    condition in bits 3–0
 *     /n            opcode extension in ModRM.reg;  /n.m  and ModRM.rm = m, register form only
 *     reg mem       only mod = 3, only mod ≠ 3 (implied where an operand is R, N, U or M)
 *
 * A row without a prefix condition takes every prefix; a row with one more condition than an earlier row of the same
 * opcode takes that part over. Nothing else may overlap (the table compiler throws).
 *
 * **Operands**: addressing method and type letter, comma separated, destination first.
 *
 *     E  ModRM r/m: general register or memory   Q  MMX or memory       W  XMM or memory
 *     R  ModRM r/m, register only                N  … MMX register      U  … XMM register     M  … memory only
 *     G  ModRM.reg: general register             P  … MMX               V  … XMM              S C D  … segment, control, debug
 *     B  VEX.vvvv: general register              Z  general register in the opcode byte
 *     I  immediate     J  relative branch        A  far pointer         O  moffs              X Y  string source, destination
 *
 *     b w d q dq t  1, 2, 4, 8, 16, 10 bytes     bs   byte immediate, sign-extended to the operand size
 *     v   operand size 2, 4, 8                   z    2 or 4 (4 also for operand size 8; Iz is sign-extended to 8)
 *     y   4, or 8 with W = 1                     n    4, in 64-bit mode 8
 *     p   far pointer, operand size + 2          s    descriptor-table register image, 6 or 10
 *     a   pair of bounds, 2 × operand size       e f  x87 environment 14/28, x87 state 94/108
 *     (none)  memory without one size
 *
 *     AL CL AX DX rAX eAX ES CS SS DS FS GS ST STi 1   fixed operands; rAX has type v, eAX type z, STi is ST(rm)
 */
import type { MnemonicName } from './mnemonics.ts';

/**
 * What a processor must have for the row to exist: a family member or a CPUID bit. The decoder decodes all rows; the
 * translator raises #UD (or, for TZCNT, LZCNT, PAUSE and WBNOINVD, runs what the encoding meant before) by CPU model.
 */
export const FEATURES = [
  'I86', 'I186', 'I286', 'I386', 'I486', 'X64', 'CPUID', 'TSC', 'MSR', 'CX8', 'CX16', 'CMOV', 'RDPMC', 'SEP', 'SYSCALL', 'SMM', 'NOPL',
  'FPU', 'FPU287', 'FPU387', 'FCMOV', 'FXSR', 'MMX', 'SSE', 'SSE2', 'SSE3', 'SSSE3', 'SSE4_1', 'SSE4_2', 'AES', 'PCLMULQDQ', 'SHA',
  'MONITOR', 'CLFSH', 'CLFLUSHOPT', 'CLWB', 'WBNOINVD', 'PREFETCHW', 'PREFETCHWT1', 'RDTSCP', 'RDPID', 'POPCNT', 'LZCNT', 'BMI1',
  'BMI2', 'ADX', 'MOVBE', 'RDRAND', 'RDSEED', 'FSGSBASE', 'SMAP', 'INVPCID', 'XSAVE', 'XSAVEOPT', 'XSAVEC', 'XSAVES',
] as const;
export type Feature = (typeof FEATURES)[number];

/**
 * Attributes of a row besides its feature.
 *
 *     lock    LOCK allowed with a memory destination
 *     i64     invalid in 64-bit mode           o64      only in 64-bit mode
 *     d64     64-bit mode: operand size 8, or 2 with 66h
 *     f64     64-bit mode: operand size 8 always
 *     near    near branch: f64 on Intel, d64 on AMD
 *     pm      #UD in real and virtual-8086 mode
 *     anymod  mod is ignored: r/m is a register
 *     w4      REX.W = 1 selects operand size 4
 *     amdW4   w4 on AMD
 */
export type Attribute = 'lock' | 'i64' | 'o64' | 'd64' | 'f64' | 'near' | 'pm' | 'anymod' | 'w4' | 'amdW4';

/** One instruction form. A row without a feature is I86. */
export type Row = readonly [encoding: string, mnemonic: MnemonicName, operands: string, ...attributes: readonly (Attribute | Feature)[]];
