/**
 * hflags: the bits of machine state for which a TB is translated: part of a TB's identity, kept current in the state
 * structure by every helper that changes what they derive from (`update_hflags` of the helpers).
 */
export const HFlag = {
  /** Code: CS.D (32-bit operands and addresses by default); neither CS32 nor CS64 = 16-bit code. */
  CS32: 1 << 0,
  /** 64-bit code: EFER.LMA and CS.L. */
  CS64: 1 << 1,
  /** SS.B: stack pointer is ESP, else SP. Set in 64-bit code. */
  SS32: 1 << 2,
  /** CR0.PE. */
  PE: 1 << 3,
  /** EFLAGS.VM. */
  VM: 1 << 4,
  /** EFER.LMA. */
  LMA: 1 << 5,
  /** CPL in two bits. */
  CPL_SHIFT: 6,
  CPL_MASK: 3 << 6,
  /** IOPL in two bits. */
  IOPL_SHIFT: 8,
  IOPL_MASK: 3 << 8,
  /** CS: base 0, limit 4 GiB. */
  CS_FLAT: 1 << 10,
  /** SS: base 0, limit 4 GiB, writable, expand-up: no checks. */
  SS_FLAT: 1 << 11,
  /** DS and ES likewise: base 0, limit 4 GiB, readable and writable. */
  DS_FLAT: 1 << 12,
  ES_FLAT: 1 << 13,
  /** EFLAGS.TF. */
  TF: 1 << 14,
  /** Interrupt shadow: the TB is one instruction long. */
  SHADOW: 1 << 15,
  /** CR0.TS, CR0.EM, CR0.MP, CR4.OSFXSR. */
  TS: 1 << 16,
  EM: 1 << 17,
  MP: 1 << 18,
  OSFXSR: 1 << 19,
  /** Data accesses use MmuIndex.kernelSmap. */
  SMAP: 1 << 20,
  /** CR4.TSD, CR4.UMIP, CR0.NE, CR4.FSGSBASE, CR4.DE, CR4.PCE and others are tested by helpers, not here. */
  /** Alignment check in force: CR0.AM, EFLAGS.AC, CPL 3. */
  AC: 1 << 21,
  /** A breakpoint of DR7 is enabled: TBs of one instruction, which asks for code breakpoints first and for what has been hit at its end. */
  DR: 1 << 22,
  /**
   * FS: limit 4 GiB and readable and writable (its base is added always). GS has no such bit: 32-bit Linux keeps the user's GS while it is in the kernel, which would then be translated twice, for
   * processes with thread-local storage and for those without.
   */
  FS_OK: 1 << 23,
  /** EFLAGS.RF, only together with DR: the instruction has no code breakpoint. */
  RF: 1 << 30,
} as const;

/** What `debug_trap` is told of the instruction: it ran under TF; it is a repeated string instruction that goes on; it ran with RF, and did not load it. */
export const DebugTrap = { singleStep: 1, repeats: 2, endsRf: 4 } as const;
