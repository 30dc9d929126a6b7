/**
 * Segments of each mode. Flat but for one in 32- and 64-bit code; all different in 16-bit code, where limits, types and bases are what
 * vectors are about. Part of the environment: see environment.ts for what a change means.
 */
import { REGIONS, SEGMENT_BASE, SELECTORS } from './environment.ts';
import type { Mode } from './environment.ts';

export const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
export type SegmentName = (typeof SEGMENT_NAMES)[number];

/**
 * - `code`: readable code; `data`: writable, expand-up; `down`: writable, expand-down (offsets above the limit are valid); `fixed`: read-only data;
 * - `null`: nothing loaded
 */
export type SegmentKind = 'code' | 'data' | 'down' | 'fixed' | 'null';

export interface Segment {
  readonly selector: number;
  readonly base: bigint;
  /** Last valid offset; of `down` segments the last invalid one. */
  readonly limit: number;
  readonly kind: SegmentKind;
  /** The D/B bit: 32-bit code, ESP as stack pointer, 4 GiB as upper bound of `down`. In 64-bit code L stands for it. */
  readonly big: boolean;
}

const FLAT = 0xffff_ffff;

function flat(mode: 32 | 64): Readonly<Record<SegmentName, Segment>> {
  const segment = (name: SegmentName): Segment => {
    const selector = SELECTORS[mode][name];
    const base = name === (mode === 64 ? 'gs' : 'fs') ? SEGMENT_BASE : 0n;
    return { selector, base, limit: selector === 0 ? 0 : FLAT, kind: name === 'cs' ? 'code' : selector === 0 ? 'null' : 'data', big: true };
  };
  return { es: segment('es'), cs: segment('cs'), ss: segment('ss'), ds: segment('ds'), fs: segment('fs'), gs: segment('gs') };
}

const small = (name: SegmentName, base: bigint, limit: number, kind: SegmentKind): Segment => ({ selector: SELECTORS[16][name], base, limit, kind, big: false });

export const SEGMENTS: Readonly<Record<Mode, Readonly<Record<SegmentName, Segment>>>> = {
  16: {
    /** Ends behind its region, so that a jump meets #PF or #GP. */
    cs: small('cs', REGIONS.code.address, 0xbfff, 'code'),
    /** Ends inside its region. */
    ss: small('ss', REGIONS.stack.address, 0x1eff, 'data'),
    /** Up to the end of `readonly`. */
    ds: small('ds', REGIONS.data.address, 0x4fff, 'data'),
    /** From 1000h up to FFFFh, which goes beyond what is mapped. */
    es: small('es', REGIONS.data.address, 0x0fff, 'down'),
    /** Flat but for its base. */
    fs: { selector: SELECTORS[16].fs, base: SEGMENT_BASE, limit: FLAT, kind: 'data', big: true },
    /** Read-only, on writable pages. */
    gs: small('gs', REGIONS.data.address + 0x1000n, 0x0fff, 'fixed'),
  },
  32: flat(32),
  64: flat(64),
};

/** Offset and linear address of an instruction differ by this. */
export function codeBase(mode: Mode): bigint {
  return SEGMENTS[mode].cs.base;
}

/** Linear address of the top of the stack. */
export function stackAddress(mode: Mode, rsp: bigint): bigint {
  const { base, big } = SEGMENTS[mode].ss;
  return base + (big ? rsp : rsp & 0xffffn);
}
