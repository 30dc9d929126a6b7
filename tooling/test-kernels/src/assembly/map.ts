/** Where everything stands in a test kernel's memory, and the selectors of its GDT. Physical addresses; linear ones are the same unless a test maps others. */

/** Load address of the image; its Multiboot header is on this page. */
export const IMAGE = 0x10_0000;
/** The kernel proper, behind the page of 32-bit start-up code. */
export const BODY = IMAGE + 0x1000;

/** Variables of the library, 4 bytes each unless noted. */
export const Var = {
  /** Where to go on after an exception (0: none is expected), and with which stack (8 bytes). */
  resume: 0x20_0000, resumeStack: 0x20_0008,
  /** The last exception: vector (-1: none), error code, instruction pointer, CS, flags, CR2, stack pointer before it (8 bytes), EAX. */
  vector: 0x20_0010, code: 0x20_0014, ip: 0x20_0018, cs: 0x20_001c, flags: 0x20_0020, cr2: 0x20_0024, oldStack: 0x20_0028, ax: 0x20_00f0,
  /** Present test, rounds left, stack of the test loop (8 bytes). */
  test: 0x20_0030, rounds: 0x20_0034, testStack: 0x20_0038,
  /** For pseudo-descriptors and far pointers, 16 bytes. */
  scratch: 0x20_0040,
  /** What a hook leaves for its test, 8 of 4 bytes. */
  note: 0x20_0050,
  /** Routine per vector, 0: exceptions are expected or fatal. 256 of 4 bytes. */
  hooks: 0x20_0400,
  /** Per test 16 bytes: status, reason, got, expected. */
  results: 0x20_0800,
} as const;

export const Place = {
  idt: 0x20_1000, gdt: 0x20_2000, tss: 0x20_3000, ldt: 0x20_5000,
  /** Tops of stacks: of the kernel, of what interrupts less privileged code, of double faults, of user code. */
  stack: 0x21_0000, innerStack: 0x21_4000, faultStack: 0x21_8000, userStack: 0x42_0000,
  /** Code of ring 3 is copied here, so that it has a page of its own. */
  userCode: 0x40_0000,
  /** Page tables of kernels that have some. */
  tables: 0x30_0000,
  /** RAM for tests. */
  free: 0x50_0000,
} as const;

/** TSS.IOPB and the bitmap behind it: everything denied, at this offset. */
export const IO_BITMAP = 0x68;
export const TSS_LIMIT = IO_BITMAP + 0x2000;

/** Selectors. CODE0/DATA0/CODE3/DATA3 stand in the order SYSENTER wants, KERNEL64 … USER64 in the one SYSCALL wants. */
export const Sel = {
  code0: 0x08, data0: 0x10, code3: 0x1b, data3: 0x23, kernel64: 0x28, data64: 0x30, userData64: 0x3b, user64: 0x43, code16: 0x48, conforming: 0x50, data16: 0x58,
  tss: 0x60, ldt: 0x70,
  /** From here on a kernel's own. */
  free: 0x80,
} as const;
export const GDT_LIMIT = 0x3ff;

/** Vector of the gate that user code leaves through. */
export const LEAVE_VECTOR = 0x80;
/** PICs are mapped here, all lines masked. */
export const PIC_VECTOR = 0x20;
