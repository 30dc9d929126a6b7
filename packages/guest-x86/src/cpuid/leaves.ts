/** The CPUID leaves of a model, and what the helpers need to know of it, as numbers for linear memory. */
import { type CpuidFeature, type MachineFeature, featureWord, visibleFeatures } from './bits.ts';
import { X86Feature, type X86FeatureName } from './features.ts';
import type { CacheSet, CpuModel } from './models.ts';

/** One answer; subleaf −1 = any. Registers are u32. */
export interface CpuidLeaf {
  readonly leaf: number;
  readonly subleaf: number;
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

const VENDOR_TEXT = { intel: 'GenuineIntel', amd: 'AuthenticAMD' } as const;

/** Four characters as a little-endian word; missing ones are zero. */
function word(text: string, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value |= (at + i < text.length ? text.charCodeAt(at + i) : 0) << (i * 8);
  return value >>> 0;
}

/** EAX of leaf 1, also EDX at reset: stepping, model, family with their extensions. */
export function processorSignature(model: CpuModel): number {
  const { family, stepping } = model;
  const base = Math.min(family, 15);
  const extended = model.model >> 4;
  return (stepping | ((model.model & 15) << 4) | (base << 8) | (extended << 16) | ((family - base) << 20)) >>> 0;
}

/** Ticks of the time stamp counter per second of virtual time, and of the clock that drives the APIC timer (before its divider). */
export const TSC_HZ = 1_000_000_000;

/** Byte descriptors of leaf 2, EAX and EDX; the low byte of EAX counts the calls it takes. */
const LEAF_2: Readonly<Record<CacheSet, readonly [number, number]>> = {
  // Level 1 16 KiB each, level 2 1 MiB, lines of 32 bytes.
  p6: [0x00000001, 0x0c040844],
  // TLBs of 128 pages; level 1 32 KiB each, level 2 2 MiB, lines of 64 bytes: as leaf 4 says.
  modern: [0x00b3b001, 0x007d302c],
};

/** Kinds of caches in leaf 4. */
const DATA = 1;
const INSTRUCTION = 2;
const UNIFIED = 3;

/** EAX, EBX, ECX of leaf 4: kind, level, 64-byte lines, 8 ways, one processor. */
function cache(kind: number, level: number, bytes: number): readonly [number, number, number] {
  const WAYS = 8;
  const LINE = 64;
  const SELF_INITIALISING = 1 << 8;
  return [kind | (level << 5) | SELF_INITIALISING, ((WAYS - 1) << 22) | (LINE - 1), bytes / (WAYS * LINE) - 1];
}

/** All leaves in order, of a machine that provides what is listed. Leaves in between that have nothing to say are zero. */
export function cpuidLeaves(model: CpuModel, provides: readonly MachineFeature[] = []): readonly CpuidLeaf[] {
  const features = visibleFeatures(model.features, provides);
  const vendor = VENDOR_TEXT[model.vendor];
  const leaf = (number: number, eax: number, ebx: number, ecx: number, edx: number, subleaf = -1): CpuidLeaf => ({ leaf: number, subleaf, eax, ebx, ecx, edx });
  const vendorLeaf = (number: number, eax: number): CpuidLeaf => leaf(number, eax, word(vendor, 0), word(vendor, 8), word(vendor, 4));
  // CLFLUSH line of 64 bytes in bits 15–8 of EBX, in units of 8. APIC id 0, one logical processor.
  const lines = features.has('clflush') ? 8 << 8 : 0;
  const rows: CpuidLeaf[] = [
    vendorLeaf(0, model.level),
    leaf(1, processorSignature(model), lines | (1 << 16), featureWord('1.ecx', features), featureWord('1.edx', features)),
  ];
  const basic = (number: number, ...more: readonly CpuidLeaf[]): void => {
    if (model.level >= number) rows.push(...more);
  };
  const [descriptors, caches] = LEAF_2[model.caches];
  basic(2, leaf(2, descriptors, 0, 0, caches));
  basic(4, ...[cache(DATA, 1, 32768), cache(INSTRUCTION, 1, 32768), cache(UNIFIED, 2, 2 << 20)].map(([a, b, c], i) => leaf(4, a, b, c, 0, i)));
  // Monitored lines are of 64 bytes; MWAIT has no extensions.
  if (features.has('monitor')) basic(5, leaf(5, 64, 64, 0, 0));
  basic(6, leaf(6, featureWord('6.eax', features), 0, 0, 0));
  basic(7, leaf(7, 0, featureWord('7.ebx', features), featureWord('7.ecx', features), 0, 0));
  // Topology: one thread, one core; x2APIC id 0. Level types 1 and 2.
  basic(0xb, leaf(0xb, 0, 1, 1 << 8, 0, 0), leaf(0xb, 0, 1, (2 << 8) | 1, 0, 1));
  // Crystal clock and its ratio to the TSC; base, maximum and bus frequency in MHz.
  basic(0x15, leaf(0x15, 1, 1, TSC_HZ, 0));
  basic(0x16, leaf(0x16, TSC_HZ / 1e6, TSC_HZ / 1e6, 100, 0));
  if (model.extendedLevel !== 0) {
    rows.push(
      vendorLeaf(0x80000000, model.extendedLevel),
      leaf(0x80000001, 0, 0, featureWord('80000001.ecx', features), featureWord('80000001.edx', features)),
      ...[0, 16, 32].map((at, i) => leaf(0x80000002 + i, word(model.brand, at), word(model.brand, at + 4), word(model.brand, at + 8), word(model.brand, at + 12))),
      // Level 2 cache once more: 2048 KiB, 8 ways, lines of 64 bytes.
      leaf(0x80000006, 0, 0, (2048 << 16) | (6 << 12) | 64, 0),
      leaf(0x80000007, 0, 0, 0, featureWord('80000007.edx', features)),
      leaf(0x80000008, model.physBits | (model.linearBits << 8), 0, 0, 0),
    );
  }
  return rows;
}

/** Rows of the table in assembly/system/cpuid.ts: count, then leaf, subleaf, eax, ebx, ecx, edx. */
export function cpuidWords(model: CpuModel, provides: readonly MachineFeature[] = []): Uint32Array {
  const rows = cpuidLeaves(model, provides);
  return Uint32Array.of(rows.length, ...rows.flatMap((r) => [r.leaf, r.subleaf, r.eax, r.ebx, r.ecx, r.edx]));
}

const isP6 = ({ vendor, family }: CpuModel): boolean => vendor === 'intel' && family >= 6;
/** Pentium Pro, II and III came before the models that this separates. */
const isEarlyP6 = (model: CpuModel): boolean => isP6(model) && model.family === 6 && model.model < 0xd;

/** CPUID features behind the bits of `state.features`, or what else says that a model has it. */
const BEHIND: Readonly<Record<X86FeatureName, CpuidFeature | ((model: CpuModel) => boolean)>> = {
  tsc: 'tsc', msr: 'msr', pse: 'pse', pae: 'pae', pge: 'pge', sep: 'sep', pat: 'pat', pse36: 'pse36', longMode: 'lm', nx: 'nx', syscall: 'syscall',
  rdtscp: 'rdtscp', smep: 'smep', smap: 'smap', fsgsbase: 'fsgsbase', gigaPages: 'pdpe1gb', umip: 'umip', debugExtensions: 'de',
  apic: 'apic', mtrr: 'mtrr', machineCheck: 'mca', tscAdjust: 'tsc_adjust', sse2: (model) => model.features.includes('sse2'),
  p6: isP6, miscEnable: (model) => isP6(model) && !isEarlyP6(model), eventCounters: isEarlyP6,
};

/** Bits of CR4 by the feature that offers them; TSD comes with the TSC. */
const CR4_BITS: readonly (readonly [CpuidFeature, number])[] = [
  ['tsc', 2], ['de', 3], ['pse', 4], ['pae', 5], ['mce', 6], ['pge', 7], ['fxsr', 9], ['sse', 10], ['umip', 11], ['fsgsbase', 16], ['smep', 20],
  ['smap', 21],
];
const EFER_BITS: readonly (readonly [CpuidFeature, number])[] = [['syscall', 0], ['lm', 8], ['nx', 11]];

/** What of a model goes into the CPU state. */
export interface ModelState {
  readonly features: number;
  readonly cr4Allowed: number;
  readonly eferAllowed: number;
}

export function modelState(model: CpuModel, provides: readonly MachineFeature[] = []): ModelState {
  const visible = visibleFeatures(model.features, provides);
  const has = (behind: CpuidFeature | ((model: CpuModel) => boolean)): boolean => (typeof behind === 'string' ? visible.has(behind) : behind(model));
  const bits = (rows: readonly (readonly [CpuidFeature, number])[]): number => rows.reduce((mask, [name, bit]) => (has(name) ? mask | (1 << bit) : mask), 0);
  const names = Object.keys(X86Feature) as X86FeatureName[];
  return {
    features: names.reduce((mask, name) => (has(BEHIND[name]) ? mask | X86Feature[name] : mask), 0),
    // PCE has no feature bit of its own: it came with RDPMC.
    cr4Allowed: bits(CR4_BITS) | (model.family >= 6 ? 1 << 8 : 0),
    eferAllowed: bits(EFER_BITS),
  };
}
