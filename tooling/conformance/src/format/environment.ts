/**
 * The world every vector runs in: which pages are mapped, what they hold, what the registers hold unless a vector says
 * otherwise. Recorder and runner both build it from here, so that a vector states only what differs.
 *
 * Invariant: changing anything in this file makes recorded vectors wrong; then `FORMAT_VERSION` goes up and they are
 * recorded again.
 */

/** Version of the file format and of this environment together. */
export const FORMAT_VERSION = 1;

/** Width of the code that a vector runs in. 16: protected mode with segments of 64 KiB and less, see segments.ts. */
export type Mode = 16 | 32 | 64;

/** What a page may be used for; every page is accessible from CPL 3. */
export const ACCESS = { read: 1, write: 2, execute: 4 } as const;

/** Some pages mapped at a fixed linear address. */
export interface Region {
  readonly name: string;
  /** Linear address, a multiple of 4096. */
  readonly address: bigint;
  /** Bytes, a multiple of 4096. */
  readonly length: number;
  /** Sum of `ACCESS` values. What lacks `execute` is no-execute in the page table. */
  readonly access: number;
  readonly modes: readonly Mode[];
  /** Every byte holds this; without it the content is pseudo-random. */
  readonly fill?: number;
}

const region = (name: string, address: bigint, length: number, access: string, more: Partial<Region> = {}): Region => ({
  name, address, length, modes: [16, 32, 64], ...more,
  access: (access.includes('r') ? ACCESS.read : 0) | (access.includes('w') ? ACCESS.write : 0) | (access.includes('x') ? ACCESS.execute : 0),
});

/** All mapped memory. Pages beside each region are unmapped, except that `readonly` follows `data` directly. */
export const REGIONS = {
  low: region('low', 0x8000n, 0x2000, 'rw', { modes: [32, 64] }),
  /** Holds HLT, which user code may not execute: whatever runs on past a vector stops there with #GP. */
  code: region('code', 0x10_0000n, 0x2000, 'rwx', { fill: 0xf4 }),
  data: region('data', 0x20_0000n, 0x4000, 'rw'),
  readonly: region('readonly', 0x20_4000n, 0x1000, 'r'),
  stack: region('stack', 0x30_0000n, 0x2000, 'rw'),
  /** Above 2 GiB: catches addresses taken for signed 32-bit numbers. */
  upper: region('upper', 0x9abc_d000n, 0x2000, 'rw', { modes: [32, 64] }),
  /** Above 4 GiB: catches addresses cut to 32 bits. */
  high: region('high', 0x12_3456_7000n, 0x2000, 'rw', { modes: [64] }),
} as const satisfies Record<string, Region>;

/** Regions of a mode, by rising address. */
export function regionsOf(mode: Mode): readonly Region[] {
  return Object.values(REGIONS).filter((r: Region) => r.modes.includes(mode));
}

/** Base of the one segment that is not flat: GS in 64-bit mode, FS in the others. */
export const SEGMENT_BASE = 0x20_1230n;

/** Selectors as the recording system has them, DPL 3. They show only where an instruction reads a selector. */
export const SELECTORS = {
  16: { cs: 0x07, ss: 0x0f, ds: 0x17, es: 0x1f, fs: 0x6b, gs: 0x27 },
  32: { cs: 0x23, ss: 0x2b, ds: 0x2b, es: 0x2b, fs: 0x6b, gs: 0x63 },
  64: { cs: 0x33, ss: 0x2b, ds: 0, es: 0, fs: 0, gs: 0 },
} as const satisfies Record<Mode, Record<string, number>>;

/** Mixes 32 bits well enough to look random and cheaply enough to fill memory. Any 32-bit bijection would do. */
export function mix32(n: number): number {
  let x = n | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0_aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** Content of a region before any vector touches it: its fill, or in each aligned little-endian 32-bit word at `a` `mix32(a / 4)`. */
export function baseContent(r: Region): Uint8Array {
  const bytes = new Uint8Array(r.length);
  if (r.fill !== undefined) return bytes.fill(r.fill);
  const view = new DataView(bytes.buffer);
  const first = Number(BigInt.asUintN(32, r.address >> 2n));
  for (let i = 0; i < r.length; i += 4) view.setUint32(i, mix32(first + (i >> 2)), true);
  return bytes;
}

/**
 * Numbers of the 64-bit words that make up a register state: 0–15 general registers in hardware order, then words 0–51 of
 * the FXSAVE image of SDM volume 1, table 10-2, but with the x87 registers in physical order, so that a push or pop
 * changes one of them and not all.
 */
export const WORD = {
  rsp: 4,
  /** FCW, FSW, abridged FTW (bit = not empty), FOP (always 0 here), 16 bits each but FTW 8. */
  x87Control: 16,
  /** MXCSR in the low half. */
  mxcsr: 19,
  /** Two words per register, 80 bits used: the physical registers R0 … R7, whose low words are MM0 … MM7; ST(i) is R(TOP + i). */
  st: 20,
  /** Two words per register: XMM0 … XMM15. */
  xmm: 36,
} as const;

/** Words in a register state. */
export const WORD_COUNT = 68;

/** Values of x87 and SSE control as a process starts: all exceptions masked, 64-bit precision, round to nearest, no registers. */
const X87_CONTROL_DEFAULT = 0x037fn;
const MXCSR_DEFAULT = 0x1f80n;

/**
 * Fills `words` with the register state that belongs to a seed: every general and XMM register pseudo-random, so that a
 * wrongly touched one shows, except RSP, which points into the stack region; x87 registers hold normal numbers of medium
 * size but are tagged empty.
 */
export function baseRegisters(mode: Mode, seed: number, words: BigUint64Array): void {
  words.fill(0n);
  const halves = new Uint32Array(words.buffer, words.byteOffset, WORD_COUNT * 2);
  const start = Math.imul(seed, 256);
  if (mode === 64) {
    for (let i = 0; i < 32; i++) halves[i] = mix32(start + i);
    for (let i = WORD.st * 2; i < WORD_COUNT * 2; i++) halves[i] = mix32(start + i);
    for (let i = WORD.st; i < WORD.xmm; i += 2) {
      words[i] |= 1n << 63n;
      words[i + 1] = BigInt((halves[i * 2 + 2] & 0x800f) + 0x3ff8);
    }
  } else {
    for (let i = 0; i < 8; i++) halves[i * 2] = mix32(start + i);
  }
  const offset = 0xc00n + BigInt(mix32(start + 99) & 0x3f8);
  // A 16-bit stack pointer leaves the upper half of ESP alone.
  words[WORD.rsp] = mode === 16 ? BigInt(mix32(start + 98) & 0xffff_0000) & 0xffff_0000n | offset : REGIONS.stack.address + offset;
  words[WORD.x87Control] = X87_CONTROL_DEFAULT;
  words[WORD.mxcsr] = MXCSR_DEFAULT;
}

/** EFLAGS bits by name. */
export const FLAG = { CF: 0x1, PF: 0x4, AF: 0x10, ZF: 0x40, SF: 0x80, TF: 0x100, IF: 0x200, DF: 0x400, OF: 0x800 } as const;

/** The bits that user code starts with in every vector besides the arithmetic ones: IF and the one that is always 1. */
export const FLAGS_ALWAYS = 0x202;

/** CF, PF, AF, ZF, SF, DF, OF. */
export const FLAGS_ARITHMETIC = 0xcd5;
