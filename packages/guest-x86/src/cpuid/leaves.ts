/** The CPUID leaves of a model, and what the helpers need to know of it, as numbers for linear memory. */
import { type CpuidFeature, IMPLEMENTED, featureWord } from './bits.ts';
import { X86Feature, type X86FeatureName } from './features.ts';
import type { CpuModel } from './models.ts';

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

/** All leaves in order. */
export function cpuidLeaves(model: CpuModel): readonly CpuidLeaf[] {
  const { features } = model;
  const vendor = VENDOR_TEXT[model.vendor];
  const leaf = (number: number, eax: number, ebx: number, ecx: number, edx: number, subleaf = -1): CpuidLeaf => ({ leaf: number, subleaf, eax, ebx, ecx, edx });
  const vendorLeaf = (number: number, eax: number): CpuidLeaf => leaf(number, eax, word(vendor, 0), word(vendor, 8), word(vendor, 4));
  // CLFLUSH line of 64 bytes in bits 15–8 of EBX, in units of 8.
  const lines = features.includes('clflush') ? 8 << 8 : 0;
  const rows: CpuidLeaf[] = [
    vendorLeaf(0, model.level),
    leaf(1, processorSignature(model), lines | (1 << 16), featureWord('1.ecx', features), featureWord('1.edx', features)),
  ];
  // Cache descriptors: one byte each, "no level-2 cache" and an 8 KiB level 1; leaf 4 is not offered.
  if (model.level >= 2) rows.push(leaf(2, 1, 0, 0, 0x0c040844));
  if (model.level >= 7) rows.push(leaf(7, 0, featureWord('7.ebx', features), featureWord('7.ecx', features), 0, 0));
  if (model.extendedLevel !== 0) {
    rows.push(
      vendorLeaf(0x80000000, model.extendedLevel),
      leaf(0x80000001, 0, 0, featureWord('80000001.ecx', features), featureWord('80000001.edx', features)),
      ...[0, 16, 32].map((at, i) => leaf(0x80000002 + i, word(model.brand, at), word(model.brand, at + 4), word(model.brand, at + 8), word(model.brand, at + 12))),
      leaf(0x80000008, model.physBits | (model.linearBits << 8), 0, 0, 0),
    );
  }
  return rows;
}

/** Rows of the table in assembly/system/cpuid.ts: count, then leaf, subleaf, eax, ebx, ecx, edx. */
export function cpuidWords(model: CpuModel): Uint32Array {
  const rows = cpuidLeaves(model);
  return Uint32Array.of(rows.length, ...rows.flatMap((r) => [r.leaf, r.subleaf, r.eax, r.ebx, r.ecx, r.edx]));
}

/** CPUID features behind the bits of `state.features`. */
const BEHIND: Readonly<Record<X86FeatureName, CpuidFeature>> = {
  tsc: 'tsc', msr: 'msr', pse: 'pse', pae: 'pae', pge: 'pge', sep: 'sep', pat: 'pat', pse36: 'pse36', longMode: 'lm', nx: 'nx', syscall: 'syscall',
  rdtscp: 'rdtscp', smep: 'smep', smap: 'smap', fsgsbase: 'fsgsbase', gigaPages: 'pdpe1gb', umip: 'umip', debugExtensions: 'de',
};

/** Bits of CR4 by the feature that offers them; TSD comes with the TSC. */
const CR4_BITS: readonly (readonly [CpuidFeature, number])[] = [
  ['tsc', 2], ['de', 3], ['pse', 4], ['pae', 5], ['pge', 7], ['fxsr', 9], ['sse', 10], ['umip', 11], ['fsgsbase', 16], ['smep', 20], ['smap', 21],
];
const EFER_BITS: readonly (readonly [CpuidFeature, number])[] = [['syscall', 0], ['lm', 8], ['nx', 11]];

/** What of a model goes into the CPU state. */
export interface ModelState {
  readonly features: number;
  readonly cr4Allowed: number;
  readonly eferAllowed: number;
}

export function modelState(model: CpuModel): ModelState {
  const has = (name: CpuidFeature): boolean => model.features.includes(name) && IMPLEMENTED.has(name);
  const bits = (rows: readonly (readonly [CpuidFeature, number])[]): number => rows.reduce((mask, [name, bit]) => (has(name) ? mask | (1 << bit) : mask), 0);
  const names = Object.keys(X86Feature) as X86FeatureName[];
  return {
    features: names.reduce((mask, name) => (has(BEHIND[name]) ? mask | X86Feature[name] : mask), 0),
    // PCE has no feature bit of its own: it came with RDPMC.
    cr4Allowed: bits(CR4_BITS) | (model.family >= 6 ? 1 << 8 : 0),
    eferAllowed: bits(EFER_BITS),
  };
}
