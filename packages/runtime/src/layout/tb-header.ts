/**
 * wasmTBHeader: a TB as generated code and tb_exec see it. 64-byte aligned: all that is needed to run a TB, or to leave it by a link of its page, is in the one cache line that
 * ends with the record of vCPU 0; its look-up key is in the first. (Of a TB's address the low four bits are free to tag it.) Behind the last record stands its TCI code:
 * whoever goes on to a TB knows where that is without waiting for a word of the header.
 */
import { defStruct } from './struct.ts';

export const TB_HEADER = defStruct('wasmTBHeader', {
  /** Identity. Physical page number of the first byte, and of the second page or NO_PAGE. */
  physPage: 'u32',
  physPage2: 'u32',
  /** Offset of the first byte in its page, and bytes of guest code. */
  pageOffset: 'u32',
  size: 'u32',
  /** Lookup key: flags and code segment base it was translated for. */
  flags: 'u32',
  /** Translation flags that are no part of the machine state: {@link TbFlag}. A TB that has any is linked to nothing and in no region. */
  cflags: 'u32',
  csBase: 'u64',
  /** Next TB in the same bucket of the physical hash. */
  hashNext: 'ptr',
  /** Next TB on the same physical page (list heads belong to the host), for each of its pages: `header | which`. */
  pageNext: ['u32', 2],
  /** Incoming links: head of a list of `header | slot`, chained through the jmpNext of those headers. */
  incoming: 'u32',
  jmpNext: ['u32', 2],
  /** Target offset from the page base of each slot (the `delta` of its goto_tb); NO_DELTA when the TB has no such slot. */
  jmpDelta: ['i32', 2],
  /** Mapping generation at which a link to another page was last verified (ignored for links inside the page). */
  jmpGeneration: ['u32', 2],
  /** Page base of the TB then: another mapping of its page may have another page behind it (ignored for links inside the page). */
  jmpBase: ['u64', 2],
  /** Restore table: insns × {delta i32, data i32}, of the insn_start ops. */
  restore: 'ptr',
  /**
   * Bytes on its first page that the TB reads when it runs, so that stores into them leave it valid: a count, then so many {@link liveRange}
   * words, ascending and apart; 0 when there are none.
   */
  liveRanges: 'ptr',
  /** Words of TCI code, of 32 bits, that follow the last vCPU's record. */
  tciWords: 'u32',
  /** Times the table of indirect targets was full and did not have the target. */
  indirectMisses: 'u32',
  running: ['line', 0],
  /**
   * State word. 0 = invalid. Otherwise `incarnation << 4 | kind` ({@link TbKind}); any invalidation, promotion or arena reuse changes
   * it, and code that was bound to the TB directly compares it with the value it was made for.
   */
  state: 'u32',
  /** Guest instructions in the TB, 1 … 512. */
  insns: 'u32',
  /** Table of INDIRECT_TARGETS × {@link INDIRECT_TARGET}: where its goto_ptr went; 0 when it has none. Filled by the interpreter. */
  indirect: 'ptr',
  /** Links of goto_tb slot 0 and 1: header of the target, 0 = not linked. */
  jmpTarget: ['ptr', 2],
  /** Times each slot was taken, counted by TCI and by tb_exec (saturating use only: profile). */
  jmpCount: ['u32', 2],
  /** Per vCPU (one record each; vCPU n at perCpu + n · TB_CPU.size). */
  perCpu: ['v128', 0],
}, 64);

/** One record per vCPU at the end of a TB header. */
export const TB_CPU = defStruct('wasmTBCpu', {
  /** Index of the TB's function in the shared table; 0 = none, interpret. */
  fn: 'u32',
  /** Executions since the last promotion decision, by TCI and by modules that keep a profile. tb_exec leaves with ExitCode.hot when it reaches `threshold`. */
  count: 'u32',
  threshold: 'u32',
  /** Set to 1 by tb_exec whenever it calls the function; cleared by the host, whose instance pool asks what is in use. */
  used: 'u32',
  /** When `count` was last 0: instructions retired, in units of 2^{@link SINCE_SHIFT}, modulo 2^32. */
  since: 'u32',
  /** When the function is a region's: which of its entries this TB is, and pages from the region's first member to the TB's page. */
  entry: 'u32',
  entryPages: 'i32',
}, 16);

/** log2 of the unit of `wasmTBCpu.since`, in guest instructions. */
export const SINCE_SHIFT = 10;

/** A target of a goto_ptr and how often it was taken. */
export const INDIRECT_TARGET = defStruct('indirectTarget', {
  /** Header; 0 = free. It may have been retired since. */
  tb: 'ptr',
  /** Page base of the target minus the page base of the TB, in pages. */
  pages: 'i32',
  count: 'u32',
}, 4);
/** Targets a TB remembers: a switch of 16 ways, a function of 16 callers. */
export const INDIRECT_TARGETS = 16;

/** A word of `liveRanges`: the bytes `from … to−1` of the page. */
export function liveRange(from: number, to: number): number {
  return from | (to << 16);
}

export const NO_PAGE = 0xffffffff;
export const NO_DELTA = 0x7fffffff;

/** Bits of `cflags`. */
export const TbFlag = {
  /** Run once, for a given number of instructions, and in no hash. */
  oneOff: 1,
  /** One instruction long, which may access devices: the budget is exact there, and the TB ends behind it. */
  device: 2,
} as const;

/** What a TB's function is. */
export const TbKind = { tci: 1, module: 2, region: 3 } as const;
export type TbKind = (typeof TbKind)[keyof typeof TbKind];

/**
 * A TB's function is `(env) → i32`, a region's `(env, tb) → i32`, where `tb` is the header of the TB at which it is entered. What it (and the interpreter, for a TB) returns to tb_exec: the header of the TB to run next, with the
 * page base already right; or {@link TB_RETURN_EXIT}: look at the context's exit code; or TB_RETURN_LOOKUP: find the TB that the frame names; or `header | TB_RETURN_LINK + slot`: find it and patch
 * that link.
 */
export const TB_RETURN_EXIT = 0;
export const TB_RETURN_LOOKUP = 1;
export const TB_RETURN_LINK = 2;
