/**
 * The processors a guest may find. Each fixes vendor and family, on which guests and a few instructions (SYSCALL and SYSENTER outside 64-bit
 * code, near branches with an operand size prefix) depend.
 *
 * The 64-bit models say family 6, model 28: the first Atom, which executes in order. Guests know it as a processor that does not speculate, as
 * does the one here, and spend no time on page table isolation, retpolines and buffer clearing.
 */
import { CPUID_BITS, type CpuidFeature } from './bits.ts';

/** Caches as leaves 2 and 4 describe them. */
export type CacheSet = 'p6' | 'modern';

export interface CpuModel {
  readonly vendor: 'intel' | 'amd';
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  /** Up to 47 characters. */
  readonly brand: string;
  /** Highest basic and extended leaf; 0 = no extended leaves. */
  readonly level: number;
  readonly extendedLevel: number;
  /** Physical and linear address bits. */
  readonly physBits: number;
  readonly linearBits: number;
  readonly caches: CacheSet;
  readonly features: readonly CpuidFeature[];
}

const PENTIUM2 = [
  ...['fpu', 'vme', 'de', 'pse', 'tsc', 'msr', 'pae', 'mce', 'cx8', 'apic', 'sep', 'mtrr', 'pge', 'mca', 'cmov', 'pat', 'pse36', 'mmx', 'fxsr'] as const,
] as const satisfies readonly CpuidFeature[];
const PENTIUM3 = [...PENTIUM2, 'sse'] as const satisfies readonly CpuidFeature[];
const X86_64 = [
  ...PENTIUM3,
  ...['clflush', 'sse2', 'sse3', 'cx16', 'tsc_deadline', 'syscall', 'nx', 'lm', 'lahf'] as const,
  // The time stamp counter follows the machine's one clock: constant, never stopped, never set by firmware.
  ...['tsc_adjust', 'invtsc', 'arat'] as const,
] as const satisfies readonly CpuidFeature[];
const X86_64_V2 = [...X86_64, ...['ssse3', 'sse41', 'sse42', 'popcnt', 'rdtscp'] as const] as const satisfies readonly CpuidFeature[];

/** What the 64-bit models share. Leaves 15h and 16h tell the clock, which guests then need not measure. */
const MODERN = {
  vendor: 'intel', family: 6, model: 28, stepping: 10, level: 0x16, extendedLevel: 0x80000008, physBits: 40, linearBits: 48, caches: 'modern',
} as const;

/** Models in the order of `state.cpuModel`. */
export const CPU_MODELS = {
  /** Baseline of 64-bit guests: x86-64-v1 of the System V ABI, and SSE3. */
  'x86-64': { ...MODERN, brand: 'wasm-tcg x86-64 processor', features: X86_64 },
  /** Keeps its frequency to itself, as the processors of that level did: guests measure it. */
  'x86-64-v2': { ...MODERN, level: 0xb, brand: 'wasm-tcg x86-64-v2 processor', features: X86_64_V2 },
  pentium3: {
    vendor: 'intel', family: 6, model: 8, stepping: 3, brand: '', level: 2, extendedLevel: 0, physBits: 36, linearBits: 32, caches: 'p6',
    features: PENTIUM3,
  },
  pentium2: {
    vendor: 'intel', family: 6, model: 5, stepping: 2, brand: '', level: 2, extendedLevel: 0, physBits: 36, linearBits: 32, caches: 'p6',
    features: PENTIUM2,
  },
  /** DX4 with CPUID; neither TSC nor CMPXCHG8B. */
  '486': {
    vendor: 'intel', family: 4, model: 8, stepping: 0, brand: '', level: 1, extendedLevel: 0, physBits: 32, linearBits: 32, caches: 'p6',
    features: ['fpu', 'vme', 'pse'],
  },
  /** Everything that works. */
  max: { ...MODERN, brand: 'wasm-tcg max processor', features: Object.keys(CPUID_BITS) as CpuidFeature[] },
} as const satisfies Readonly<Record<string, CpuModel>>;
export type CpuModelName = keyof typeof CPU_MODELS;
export const CPU_MODEL_NAMES = Object.keys(CPU_MODELS) as readonly CpuModelName[];
