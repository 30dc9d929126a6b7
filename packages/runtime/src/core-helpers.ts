/**
 * Core helpers: the exports of the runtime's own Wasm module (`assembly/`), one row each. Import sections of generated
 * modules, the helper registry, the types of {@link CoreExports} and a test of the built module derive from this table.
 *
 * Fault protocol of every row with `mayFault`: on a fault the guest's `tlb_fill` hook has written the fault record and
 * `context.exitCode`, the function has written `context.insnIndex`, nothing was stored, and the result means nothing. The
 * caller tests `context.exitCode` and leaves.
 *
 * `oi` is the access descriptor of `@wasm-tcg/ir` (`makeOi`): memop | mmuIndex << 8 | insnIndex << 16.
 */

export type WasmValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export interface WasmSignature {
  readonly params: readonly WasmValueType[];
  readonly results: readonly WasmValueType[];
}

/**
 * Who calls it: `code`, generated code and the interpreter; `guest`, the Wasm helpers of a guest (import module
 * "runtime"); `host`, JavaScript (i32 only: a BigInt crossing costs 12–33 ns).
 */
export type CoreCaller = 'code' | 'guest' | 'host';

export interface CoreHelperDef extends WasmSignature {
  readonly callers: readonly CoreCaller[];
  readonly mayFault?: true;
  readonly doc: string;
}

/** What an access wants of a page: the `access` argument of `tlb_fill` and of the translate functions. */
export const Access = {
  read: 0,
  write: 1,
  fetch: 2,
  /**
   * Flag beside read or write, only in `tlb_fill`: the address breaks the alignment that the memop demands. No page is to be filled:
   * the hook raises the guest's alignment fault and returns 0, or returns 1 to let the access go on. Bits 8–15 hold the
   * memop.
   */
  misaligned: 4,
  /**
   * Flag beside read or write, only in `tlb_fill`: the access goes on to the next page, whose translation comes after this one's. For guests
   * that refuse an address as a whole (non-canonical in x86) before they fault over its first page.
   */
  crossing: 8,
  /**
   * Flag beside read or write, only in `tlb_fill`: bytes of a page entered with {@link Prot.watch} are about to be read or written, all of them being
   * accessible. Nothing is to be filled; the result is ignored. Bits 8–15 hold the memop. An access that is then made anew (after retry, or as one of
   * a device) is announced twice.
   */
  watched: 16,
} as const;

/** Bits of the `prot` argument of `tlb_set_page`. */
export const Prot = {
  read: 1,
  write: 2,
  exec: 4,
  /** Loads from and stores to the page are announced: see {@link Access.watched}. */
  watch: 8,
  /** The page stays when the guest goes to another address space: see `tlb_flush_local`. */
  global: 16,
  /** Bits 8–15: log2 of the size of the guest's page when it is larger than 4 KiB, so that flushing any part of it flushes all. */
  sizeShift: 8,
} as const;

const I32_ENV = ['i32'] as const;
const NONE = [] as const;
const CODE = ['code'] as const;
const GUEST = ['guest'] as const;
const HOST = ['host'] as const;
const ANYBODY = ['code', 'guest', 'host'] as const;
const row = <const D extends CoreHelperDef>(def: D): D => def;

export const CORE_HELPERS = {
  // ---- slow paths of guest accesses ----------------------------------------------------------------------------------
  ld_slow: row({ params: ['i32', 'i64', 'i32'], results: ['i64'], callers: CODE, mayFault: true,
    doc: '(env, addr, oi) → value of 1–8 bytes at addr, zero- or sign-extended to 64 bits as the memop says' }),
  st_slow: row({ params: ['i32', 'i64', 'i64', 'i32'], results: NONE, callers: CODE, mayFault: true,
    doc: '(env, addr, value, oi): store the low 1–8 bytes. Leaves with ExitCode.fault or retry, with nothing stored' }),
  ld_slow128: row({ params: ['i32', 'i64', 'i32'], results: NONE, callers: CODE, mayFault: true,
    doc: '(env, addr, oi): load 16 bytes into the first cell of context.ret' }),
  st_slow128: row({ params: ['i32', 'i64', 'i32'], results: NONE, callers: CODE, mayFault: true,
    doc: '(env, addr, oi): store the 16 bytes of the first cell of context.arg' }),
  rmw_ld_slow: row({ params: ['i32', 'i64', 'i32'], results: ['i64'], callers: CODE, mayFault: true,
    doc: '(env, addr, oi) → value, after checking write permission; faults as a write would. The token is 0: store with rmw_st_slow' }),
  rmw_st_slow: row({ params: ['i32', 'i64', 'i64', 'i32'], results: NONE, callers: CODE, mayFault: true,
    doc: '(env, addr, value, oi): the store of an rmw_ld_slow of the same instruction. May leave with ExitCode.retry' }),
  probe_slow: row({ params: ['i32', 'i64', 'i32', 'i32'], results: NONE, callers: CODE, mayFault: true,
    doc: '(env, addr, oi, write): fault as the load (write = 0) or store (1) would; touches no byte' }),

  // ---- finding and entering TBs --------------------------------------------------------------------------------------
  region_check: row({ params: ['i32', 'i32', 'i32'], results: ['i32'], callers: CODE,
    doc: '(env, descriptor, pages) → 1: each of these pages (a bit each) of the region descriptor is mapped as recorded, for its base, and in its set of ' +
      'verified pages now; 0: one is not. Raises no fault' }),
  tb_find: row({ params: I32_ENV, results: ['i32'], callers: ['code', 'host'], mayFault: true,
    doc: '(env) → header of the TB that the frame\'s pc, csBase and flags name, or 0 (none: context.exitCode still 0; or its fetch faulted: ' +
      'exitCode = fetchFault). Sets page_base in the frame, and the jump cache entry when found' }),

  // ---- TLB -----------------------------------------------------------------------------------------------------------
  tlb_flush: row({ params: I32_ENV, results: NONE, callers: ANYBODY, doc: '(env): drop all entries of all MMU indices, renew all mapping generations' }),
  tlb_flush_local: row({ params: I32_ENV, results: NONE, callers: GUEST,
    doc: '(env): another address space: drop all entries but global ones; renew the mapping generations under which anything but global pages was fetched' }),
  tlb_flush_page: row({ params: ['i32', 'i64'], results: NONE, callers: ['code', 'guest'],
    doc: '(env, addr): drop the page of addr in all MMU indices (all pages when it lies in a larger guest page), renew the mapping generations under which it was fetched' }),
  tlb_flush_page_host: row({ params: ['i32', 'i32', 'i32'], results: NONE, callers: HOST, doc: '(env, addrLo, addrHi): tlb_flush_page for JavaScript' }),
  tlb_bump_generation: row({ params: I32_ENV, results: NONE, callers: ['guest', 'host'],
    doc: '(env): renew all mapping generations and keep the TLB: for what changes the meaning of jump cache and links, but no translation' }),
  tlb_set_page: row({ params: ['i32', 'i64', 'i32', 'i32', 'i32'], results: NONE, callers: GUEST,
    doc: '(env, linear address [low 12 bits ignored], physical page number, prot [Prot], mmuIndex): enter a translation. For tlb_fill' }),
  tlb_protect_code: row({ params: ['i32', 'i32'], results: NONE, callers: HOST,
    doc: '(env, physical page number): send all stores to the page to the slow path; the host calls it for each vCPU when a page gets its first TB' }),
  guest_translate: row({ params: ['i32', 'i64', 'i32', 'i32'], results: ['i64'], callers: GUEST,
    doc: '(env, addr, access, mmuIndex) → physical address, or −1; raises no fault' }),
  guest_translate_host: row({ params: ['i32', 'i32', 'i32', 'i32', 'i32'], results: ['i32'], callers: HOST,
    doc: '(env, addrLo, addrHi, access, mmuIndex) → 1: physical address in the first 8 bytes of context.ret; 0: not mapped. Raises no fault' }),

  // ---- memory for the Wasm helpers of guests -----------------------------------------------------------------------------
  // insnIndex of the context must be right already, as it is in a helper with mayFault. A store may end in ExitCode.retry.
  guest_ld8: row({ params: ['i32', 'i64', 'i32'], results: ['i32'], callers: GUEST, mayFault: true, doc: '(env, addr, mmuIndex) → zero-extended byte' }),
  guest_ld16: row({ params: ['i32', 'i64', 'i32'], results: ['i32'], callers: GUEST, mayFault: true, doc: '(env, addr, mmuIndex) → zero-extended 16 bits' }),
  guest_ld32: row({ params: ['i32', 'i64', 'i32'], results: ['i32'], callers: GUEST, mayFault: true, doc: '(env, addr, mmuIndex) → 32 bits' }),
  guest_ld64: row({ params: ['i32', 'i64', 'i32'], results: ['i64'], callers: GUEST, mayFault: true, doc: '(env, addr, mmuIndex) → 64 bits' }),
  guest_st8: row({ params: ['i32', 'i64', 'i32', 'i32'], results: NONE, callers: GUEST, mayFault: true, doc: '(env, addr, value, mmuIndex)' }),
  guest_st16: row({ params: ['i32', 'i64', 'i32', 'i32'], results: NONE, callers: GUEST, mayFault: true, doc: '(env, addr, value, mmuIndex)' }),
  guest_st32: row({ params: ['i32', 'i64', 'i32', 'i32'], results: NONE, callers: GUEST, mayFault: true, doc: '(env, addr, value, mmuIndex)' }),
  guest_st64: row({ params: ['i32', 'i64', 'i64', 'i32'], results: NONE, callers: GUEST, mayFault: true, doc: '(env, addr, value, mmuIndex)' }),
  guest_probe: row({ params: ['i32', 'i64', 'i32', 'i32', 'i32'], results: ['i32'], callers: GUEST, mayFault: true,
    doc: '(env, addr, bytes 1…4096, write, mmuIndex) → 1: the whole range may be read (write = 0) or written (1); 0: it faulted' }),
  guest_span: row({ params: ['i32', 'i64', 'i32', 'i32', 'i32'], results: ['i32'], callers: GUEST,
    doc: '(env, addr, bytes ≥ 1 on one page, write, mmuIndex) → host address of bytes that may be read (write = 0) or written (1) directly: the TLB has their ' +
      'page, it is memory and not watched, and a write meets no translated code; 0: they have to be accessed one by one. Raises no fault, fills nothing' }),
  phys_ld8: row({ params: ['i32', 'i64'], results: ['i32'], callers: GUEST, doc: '(env, physical address) → zero-extended byte; all ones where nothing is' }),
  phys_ld32: row({ params: ['i32', 'i64'], results: ['i32'], callers: GUEST, doc: '(env, 4-byte aligned physical address) → 32 bits; all ones where nothing is' }),
  phys_ld64: row({ params: ['i32', 'i64'], results: ['i64'], callers: GUEST, doc: '(env, 8-byte aligned physical address) → 64 bits; all ones where nothing is' }),
  phys_cas32: row({ params: ['i32', 'i64', 'i32', 'i32'], results: ['i32'], callers: GUEST,
    doc: '(env, 4-byte aligned physical address, expected, replacement) → 1: replaced, 0: another value was there. For accessed and dirty bits: ' +
      'invalidates TBs whose code it changes, and always stores; where no RAM is it changes nothing and says 1' }),
  phys_cas64: row({ params: ['i32', 'i64', 'i64', 'i64'], results: ['i32'], callers: GUEST, doc: '(env, 8-byte aligned physical address, expected, replacement): as phys_cas32' }),

  // ---- wide arithmetic -------------------------------------------------------------------------------------------------
  udiv128: row({ params: ['i32', 'i64', 'i64', 'i64'], results: ['i64'], callers: ['code', 'guest'],
    doc: '(env, hi, lo, divisor) → quotient of the unsigned division; also in bytes 0–7 of context.ret, the remainder in bytes 8–15. ' +
      'Divisor 0 or quotient overflow: both 0' }),
  sdiv128: row({ params: ['i32', 'i64', 'i64', 'i64'], results: ['i64'], callers: ['code', 'guest'],
    doc: '(env, hi, lo, divisor) → quotient of the signed division, rounded to zero; results and failures as udiv128' }),
  mulu_hi64: row({ params: ['i64', 'i64'], results: ['i64'], callers: ['code', 'guest'], doc: '(a, b) → high half of the unsigned product. Pure' }),
  muls_hi64: row({ params: ['i64', 'i64'], results: ['i64'], callers: ['code', 'guest'], doc: '(a, b) → high half of the signed product. Pure' }),

  // ---- set-up ------------------------------------------------------------------------------------------------------------
  configure: row({ params: NONE, results: NONE, callers: HOST, doc: '(): read the memory map from machineInfo. Called once by instantiateRuntime' }),
  set_hooks: row({ params: ['i32'], results: NONE, callers: HOST,
    doc: '(index in the shared table of the guest\'s tlb_fill, (env i32, addr i64, access i32, mmuIndex i32, probe i32) → i32)' }),
} as const;
CORE_HELPERS satisfies Record<string, CoreHelperDef>;

export type CoreHelperName = keyof typeof CORE_HELPERS;

/** Core helper names in table order. */
export const CORE_HELPER_NAMES = Object.keys(CORE_HELPERS) as readonly CoreHelperName[];

type JsValue<T> = T extends 'i64' ? bigint : number;
type JsValues<P extends readonly WasmValueType[]> = { -readonly [K in keyof P]: JsValue<P[K]> };
type JsResult<R extends readonly WasmValueType[]> = R extends readonly [infer T] ? JsValue<T> : void;

/** The exports as JavaScript sees them. Host code calls only those whose callers include `host`: they take no bigint. */
export type CoreExports = {
  readonly [K in CoreHelperName]: (
    ...args: JsValues<(typeof CORE_HELPERS)[K]['params']>
  ) => JsResult<(typeof CORE_HELPERS)[K]['results']>;
};
