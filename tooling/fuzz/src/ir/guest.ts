/**
 * The guest that random IR runs on: the toy guest of the ir package in the runtime's memory, with paging.
 *
 * Linear memory repeats every 16 pages: page p is physical page p mod 16, except that one of the 16 is not mapped and one may not be
 * written. Translated code has four pages of its own, far from where addresses of random programs lead.
 */
import { TOY_HELPERS, TOY_STATE_OFFSET, TOY_STATE_SIZE, TOY_TARGET, type HelperDef } from '@wasm-tcg/ir';
import { ExitCode, FETCHED_BITS, GUEST_EXIT, JUMP_CACHE_BITS, JUMP_CACHE_ENTRY, PAGE_SIZE, type EnvLayout } from '@wasm-tcg/runtime';

const { tlbBits, indices, tlbOffset, entry } = TOY_TARGET.mmu;
const TLB_END = tlbOffset + (indices << (tlbBits + entry.sizeBits));
const TLB_GLOBAL = TLB_END + (indices << (tlbBits + 1));
const FETCHED = TLB_GLOBAL + (indices << tlbBits);
const JUMP_CACHE = FETCHED + (indices << (FETCHED_BITS - 3));

/** The toy target with what the runtime wants to know besides. */
export const FUZZ_LAYOUT: EnvLayout = {
  ...TOY_TARGET,
  stateOffset: TOY_TARGET.flagsOffset,
  tlbUsedOffset: TLB_END,
  tlbGlobalOffset: TLB_GLOBAL,
  fetchedOffset: FETCHED,
  jumpCacheOffset: JUMP_CACHE,
  jumpCacheBits: JUMP_CACHE_BITS,
  envSize: Math.ceil((JUMP_CACHE + (JUMP_CACHE_ENTRY.size << JUMP_CACHE_BITS)) / 65536) * 65536,
};

export const HELPERS = TOY_HELPERS;
/** Bytes at this offset from env that `ld` and `st` may touch. */
export const SCRATCH = { offset: TOY_STATE_OFFSET, size: TOY_STATE_SIZE } as const;

/** Exit codes that programs leave with. */
export const PROGRAM_EXIT = GUEST_EXIT + 8;
export const WAIT_EXIT = GUEST_EXIT + 9;
/** The flags every TB is translated for. */
export const FLAGS = 0x51;

export const DATA_PAGES = 16;
export const CODE_PAGES = 4;
export const UNMAPPED_PAGE = 13;
export const READ_ONLY_PAGE = 14;

/** Linear address of the first code page. */
export const codeBase = (wide: boolean): bigint => (wide ? 0x7ff0_4000_0000n : 0x4000_0000n);

export interface Mapped {
  readonly physPage: number;
  readonly writable: boolean;
}

/** What a linear address is mapped to; undefined: nothing. */
export function mapping(linear: bigint, wide: boolean): Mapped | undefined {
  const page = linear >> 12n;
  const code = page - (codeBase(wide) >> 12n);
  if (code >= 0n && code < BigInt(CODE_PAGES)) return { physPage: DATA_PAGES + Number(code), writable: false };
  const physPage = Number(page % BigInt(DATA_PAGES));
  return physPage === UNMAPPED_PAGE ? undefined : { physPage, writable: physPage !== READ_ONLY_PAGE };
}

export const RAM_BYTES = (DATA_PAGES + CODE_PAGES) * PAGE_SIZE;

/** Globals by name, as bits of their slots. */
export interface Globals {
  get(name: string): bigint;
  set(name: string, value: bigint): void;
}

/** A helper's result and the exit code it leaves with (0: it goes on). */
export interface HelperResult {
  readonly value: bigint;
  readonly exit: number;
}

const u32 = (value: bigint): bigint => BigInt.asUintN(32, value);

/** What the helpers do, for evaluator and generated code alike. */
export function runHelper(def: HelperDef, args: readonly bigint[], globals: Globals): HelperResult {
  const done = (value = 0n, exit = 0): HelperResult => ({ value, exit });
  const [a = 0n, b = 0n] = args;
  switch (def.name) {
    case 'mix': return done(u32((a ^ (b * 3n)) + 1n));
    case 'mix64': return done(BigInt.asUintN(64, (a ^ (b * 3n)) + 1n));
    case 'flags': return done(u32(globals.get('cc_dst') ^ globals.get('cc_src') ^ globals.get('cc_op')));
    case 'settle':
      globals.set('cc_src', u32(globals.get('cc_dst') ^ a));
      globals.set('cc_dst', 0n);
      return done();
    case 'check': return done(0n, (a & 7n) === 0n ? ExitCode.fault : 0);
    case 'wait': return done(0n, WAIT_EXIT);
    case 'set_mode': globals.set('mode', u32(a)); return done();
    case 'dump': {
      let hash = 0n;
      for (let i = 0; i < 8; i++) hash = u32(hash * 31n + globals.get(`r${i}`));
      return done(hash);
    }
    default: throw new RangeError(`The fuzzer's guest has no helper ${def.name}.`);
  }
}
