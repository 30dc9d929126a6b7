/** Which instruction forms a processor model has. */
import { FORMS, type Feature } from '../decode/index.ts';
import type { CpuidFeature } from '../cpuid/bits.ts';

/** CPUID bit behind each feature of the decoder's tables; `true`: every model, `false`: none. */
const CPUID_OF: Readonly<Record<Feature, CpuidFeature | boolean>> = {
  I86: true, I186: true, I286: true, I386: true, I486: true, CPUID: true, NOPL: true, RDPMC: true, PREFETCHW: true, PREFETCHWT1: true,
  X64: 'lm', TSC: 'tsc', MSR: 'msr', CX8: 'cx8', CX16: 'cx16', CMOV: 'cmov', SEP: 'sep', SYSCALL: 'syscall', SMM: false,
  FPU: 'fpu', FPU287: 'fpu', FPU387: 'fpu', FCMOV: 'cmov', FXSR: 'fxsr', MMX: 'mmx', SSE: 'sse', SSE2: 'sse2', SSE3: 'sse3', SSSE3: 'ssse3',
  SSE4_1: 'sse41', SSE4_2: 'sse42', AES: 'aes', PCLMULQDQ: 'pclmulqdq', SHA: 'sha', MONITOR: 'monitor', CLFSH: 'clflush', CLFLUSHOPT: false,
  CLWB: false, WBNOINVD: false, RDTSCP: 'rdtscp', RDPID: 'rdpid', POPCNT: 'popcnt', LZCNT: 'lzcnt', BMI1: 'bmi1', BMI2: 'bmi2', ADX: 'adx',
  MOVBE: 'movbe', RDRAND: 'rdrand', RDSEED: 'rdseed', FSGSBASE: 'fsgsbase', SMAP: 'smap', INVPCID: 'invpcid', XSAVE: 'xsave', XSAVEOPT: false,
  XSAVEC: false, XSAVES: false,
};

/** Without these the encoding means something older, or the hint is ignored, or no CPUID bit guards it. */
const UNGUARDED: ReadonlySet<string> = new Set(['tzcnt', 'lzcnt', 'pause', 'wbnoinvd', 'wait']);

/** A byte per form (its number in FORMS): 1 when a processor with these features has it. */
export function supportedForms(features: Iterable<CpuidFeature>): Uint8Array {
  const has = new Set(features);
  return Uint8Array.from(FORMS, ({ feature, mnemonic }) => {
    const bit = CPUID_OF[feature];
    return bit === true || UNGUARDED.has(mnemonic) || (bit !== false && has.has(bit)) ? 1 : 0;
  });
}

/** True when the encoding of TZCNT (LZCNT) is that and not BSF (BSR). */
export function hasFeature(features: Iterable<CpuidFeature>, name: CpuidFeature): boolean {
  for (const feature of features) if (feature === name) return true;
  return false;
}
