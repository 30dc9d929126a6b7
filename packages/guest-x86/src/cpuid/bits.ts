/**
 * CPUID feature bits by name (SDM vol. 2, CPUID), and which of them this emulator implements: a model lists what its processor has, and the
 * guest sees the part of it that works.
 */

/** Registers of CPUID leaves that hold feature bits. */
export type FeatureWord = '1.edx' | '1.ecx' | '6.eax' | '7.ebx' | '7.ecx' | '80000001.edx' | '80000001.ecx' | '80000007.edx';

/**
 * Name → register and bit. `hypervisor` (1.ecx, 31) is never set: it would announce a vendor leaf at 40000000h, and there is none.
 */
export const CPUID_BITS = {
  fpu: ['1.edx', 0], vme: ['1.edx', 1], de: ['1.edx', 2], pse: ['1.edx', 3], tsc: ['1.edx', 4], msr: ['1.edx', 5], pae: ['1.edx', 6],
  mce: ['1.edx', 7], cx8: ['1.edx', 8], apic: ['1.edx', 9], sep: ['1.edx', 11], mtrr: ['1.edx', 12], pge: ['1.edx', 13], mca: ['1.edx', 14],
  cmov: ['1.edx', 15], pat: ['1.edx', 16], pse36: ['1.edx', 17], clflush: ['1.edx', 19], mmx: ['1.edx', 23], fxsr: ['1.edx', 24],
  sse: ['1.edx', 25], sse2: ['1.edx', 26],
  sse3: ['1.ecx', 0], pclmulqdq: ['1.ecx', 1], monitor: ['1.ecx', 3], ssse3: ['1.ecx', 9], cx16: ['1.ecx', 13], sse41: ['1.ecx', 19],
  sse42: ['1.ecx', 20], movbe: ['1.ecx', 22], popcnt: ['1.ecx', 23], tsc_deadline: ['1.ecx', 24], aes: ['1.ecx', 25], xsave: ['1.ecx', 26],
  rdrand: ['1.ecx', 30],
  arat: ['6.eax', 2],
  fsgsbase: ['7.ebx', 0], tsc_adjust: ['7.ebx', 1], bmi1: ['7.ebx', 3], smep: ['7.ebx', 7], bmi2: ['7.ebx', 8], erms: ['7.ebx', 9], invpcid: ['7.ebx', 10],
  rdseed: ['7.ebx', 18], adx: ['7.ebx', 19], smap: ['7.ebx', 20], sha: ['7.ebx', 29],
  umip: ['7.ecx', 2], rdpid: ['7.ecx', 22],
  syscall: ['80000001.edx', 11], nx: ['80000001.edx', 20], pdpe1gb: ['80000001.edx', 26], rdtscp: ['80000001.edx', 27], lm: ['80000001.edx', 29],
  lahf: ['80000001.ecx', 0], lzcnt: ['80000001.ecx', 5], prefetchw: ['80000001.ecx', 8],
  invtsc: ['80000007.edx', 8],
} as const satisfies Readonly<Record<string, readonly [FeatureWord, number]>>;
export type CpuidFeature = keyof typeof CPUID_BITS;

/** What works. A bit enters this list together with the code and the tests behind it. */
export const IMPLEMENTED: ReadonlySet<CpuidFeature> = new Set<CpuidFeature>([
  ...['fpu', 'fxsr', 'de', 'pse', 'tsc', 'msr', 'pae', 'mce', 'cx8', 'apic', 'sep', 'mtrr', 'pge', 'mca', 'cmov', 'pat', 'pse36', 'clflush'] as const,
  ...['mmx', 'sse', 'sse2', 'sse3', 'ssse3', 'sse41', 'sse42', 'aes', 'pclmulqdq', 'sha'] as const,
  ...['monitor', 'cx16', 'movbe', 'popcnt', 'tsc_deadline', 'rdrand', 'arat', 'fsgsbase', 'tsc_adjust', 'bmi1', 'smep', 'bmi2'] as const,
  ...['invpcid', 'rdseed', 'adx', 'smap', 'umip', 'rdpid'] as const,
  ...['syscall', 'nx', 'pdpe1gb', 'rdtscp', 'lm', 'lahf', 'lzcnt', 'prefetchw', 'invtsc'] as const,
]);

/** Features that are not the processor's alone: the machine around it provides them, or there is none. */
export const MACHINE_FEATURES = ['apic', 'tsc_deadline'] as const satisfies readonly CpuidFeature[];
export type MachineFeature = (typeof MACHINE_FEATURES)[number];

/** What a guest sees of a model's features: those that work, and of {@link MACHINE_FEATURES} those that the machine provides. */
export function visibleFeatures(features: Iterable<CpuidFeature>, provides: readonly MachineFeature[]): ReadonlySet<CpuidFeature> {
  const absent = new Set<CpuidFeature>(MACHINE_FEATURES.filter((name) => !provides.includes(name)));
  return new Set([...features].filter((name) => IMPLEMENTED.has(name) && !absent.has(name)));
}

/** The bits of one register. */
export function featureWord(word: FeatureWord, features: Iterable<CpuidFeature>): number {
  let bits = 0;
  for (const name of features) {
    const [where, bit] = CPUID_BITS[name];
    if (where === word) bits |= 1 << bit;
  }
  return bits >>> 0;
}
