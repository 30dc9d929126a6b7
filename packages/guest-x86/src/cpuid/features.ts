/** Features that change what the system helpers do: bits of `state.features`. CPUID leaves and CR4/EFER masks follow from them. */
export const X86Feature = {
  tsc: 1 << 0,
  msr: 1 << 1,
  pse: 1 << 2,
  pae: 1 << 3,
  pge: 1 << 4,
  sep: 1 << 5,
  pat: 1 << 6,
  pse36: 1 << 7,
  longMode: 1 << 8,
  nx: 1 << 9,
  syscall: 1 << 10,
  rdtscp: 1 << 11,
  smep: 1 << 12,
  smap: 1 << 13,
  fsgsbase: 1 << 14,
  gigaPages: 1 << 15,
  umip: 1 << 16,
  debugExtensions: 1 << 17,
  apic: 1 << 18,
  mtrr: 1 << 19,
  machineCheck: 1 << 20,
  tscAdjust: 1 << 21,
  /** Intel P6 and later: platform id, microcode revision, debug control. */
  p6: 1 << 22,
  /** IA32_MISC_ENABLE and IA32_FEATURE_CONTROL: Intel from the Pentium M and Pentium 4 on. */
  miscEnable: 1 << 23,
  /** The two event counters of Pentium Pro, II and III, which no CPUID bit announces. */
  eventCounters: 1 << 24,
  /** MXCSR.DAZ exists, too. */
  sse2: 1 << 25,
} as const;
export type X86FeatureName = keyof typeof X86Feature;
