// Architectural constants of the system side (SDM vol. 3, chapters 2–7). Named bits only; what varies by model is in the state.

export const VEC_DE: u32 = 0;
export const VEC_DB: u32 = 1;
export const VEC_NMI: u32 = 2;
export const VEC_BP: u32 = 3;
export const VEC_OF: u32 = 4;
export const VEC_UD: u32 = 6;
export const VEC_DF: u32 = 8;
export const VEC_TS: u32 = 10;
export const VEC_NP: u32 = 11;
export const VEC_SS: u32 = 12;
export const VEC_GP: u32 = 13;
export const VEC_PF: u32 = 14;
export const VEC_MF: u32 = 16;
export const VEC_AC: u32 = 17;
export const VEC_XM: u32 = 19;
/** No vector: an x87 error without CR0.NE has the processor wait for an interrupt before the instruction. */
export const WAIT_FERR: u32 = 0x100;

export const CF: u32 = 1 << 0;
export const PF: u32 = 1 << 2;
export const AF: u32 = 1 << 4;
export const ZF: u32 = 1 << 6;
export const SF: u32 = 1 << 7;
export const TF: u32 = 1 << 8;
export const IF: u32 = 1 << 9;
export const DF: u32 = 1 << 10;
export const OF: u32 = 1 << 11;
export const IOPL: u32 = 3 << 12;
export const NT: u32 = 1 << 14;
export const RF: u32 = 1 << 16;
export const VM: u32 = 1 << 17;
export const AC: u32 = 1 << 18;
export const VIF: u32 = 1 << 19;
export const VIP: u32 = 1 << 20;
export const ID: u32 = 1 << 21;
/** The lazily computed flags. */
export const ARITHMETIC: u32 = CF | PF | AF | ZF | SF | OF;

export const CR0_PE: u32 = 1 << 0;
export const CR0_MP: u32 = 1 << 1;
export const CR0_EM: u32 = 1 << 2;
export const CR0_TS: u32 = 1 << 3;
export const CR0_ET: u32 = 1 << 4;
export const CR0_NE: u32 = 1 << 5;
export const CR0_WP: u32 = 1 << 16;
export const CR0_AM: u32 = 1 << 18;
export const CR0_NW: u32 = 1 << 29;
export const CR0_CD: u32 = 1 << 30;
export const CR0_PG: u32 = 1 << 31;

export const CR4_TSD: u32 = 1 << 2;
export const CR4_DE: u32 = 1 << 3;
export const CR4_PSE: u32 = 1 << 4;
export const CR4_PAE: u32 = 1 << 5;
export const CR4_PGE: u32 = 1 << 7;
export const CR4_PCE: u32 = 1 << 8;
export const CR4_OSFXSR: u32 = 1 << 9;
export const CR4_OSXMMEXCPT: u32 = 1 << 10;
export const CR4_UMIP: u32 = 1 << 11;
export const CR4_FSGSBASE: u32 = 1 << 16;
export const CR4_SMEP: u32 = 1 << 20;
export const CR4_SMAP: u32 = 1 << 21;

export const EFER_SCE: u64 = 1 << 0;
export const EFER_LME: u64 = 1 << 8;
export const EFER_LMA: u64 = 1 << 10;
export const EFER_NXE: u64 = 1 << 11;

/** Access rights as `segAccess` has them: in place in the second word of a descriptor. */
export const D_MASK: u32 = 0x00f0ff00;
export const D_ACCESSED: u32 = 1 << 8;
/** Data: writable. Code: readable. */
export const D_RW: u32 = 1 << 9;
/** Data: expand-down. Code: conforming. */
export const D_DC: u32 = 1 << 10;
export const D_CODE: u32 = 1 << 11;
export const D_S: u32 = 1 << 12;
export const D_DPL: u32 = 3 << 13;
export const D_P: u32 = 1 << 15;
export const D_L: u32 = 1 << 21;
export const D_DB: u32 = 1 << 22;
export const D_G: u32 = 1 << 23;

/** Types of system descriptors (bits 8–11). */
export const T_TSS16: u32 = 1;
export const T_LDT: u32 = 2;
export const T_TSS16_BUSY: u32 = 3;
export const T_CALL16: u32 = 4;
export const T_TASK: u32 = 5;
export const T_INT16: u32 = 6;
export const T_TRAP16: u32 = 7;
export const T_TSS32: u32 = 9;
export const T_TSS32_BUSY: u32 = 11;
export const T_CALL32: u32 = 12;
export const T_INT32: u32 = 14;
export const T_TRAP32: u32 = 15;
