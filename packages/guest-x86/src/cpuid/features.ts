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
} as const;
export type X86FeatureName = keyof typeof X86Feature;
