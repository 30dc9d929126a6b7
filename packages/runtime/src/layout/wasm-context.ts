/**
 * wasmContext: what tb_exec, generated code, helpers and the host tell each other, one per vCPU, at `env + 0`.
 */
import { defStruct } from './struct.ts';

export const WASM_CONTEXT = defStruct('wasmContext', {
  /** Address of this vCPU's area (= env), so that a helper handed only the context finds the rest. */
  env: 'ptr',
  /** Header of the TB that runs, or ran last. A region writes the member's header before a slow path or helper. */
  tbPtr: 'ptr',
  /** TCI stream position of the running op, 0 in compiled code (a helper's "getpc"). */
  tciTbPtr: 'ptr',
  /** Index, inside the TB of tbPtr, of the guest instruction that called a slow path or a helper that may fault or exit. */
  insnIndex: 'u32',
  /**
   * Guest instructions that may still run. A TB subtracts its length at entry and leaves with ExitCode.budget, its
   * subtraction undone, when the rest is too small. To have generated code leave soon, a helper moves the whole budget to
   * {@link budgetHeld}.
   */
  budget: 'i32',
  budgetHeld: 'i32',
  /** {@link ExitCode}; 0 while generated code runs. Whoever sets it makes generated code leave after the current op. */
  exitCode: 'u32',
  /** Meaning depends on the exit code: fault vector, port number, … */
  exitData: 'u32',
  /** Fault record: guest error code and linear address of the access. */
  faultError: 'u32',
  faultAccess: 'u32',
  faultAddress: 'u64',
  /**
   * What links, jump cache entries and regions were verified under is good while this is the same. It is that of the MMU index that code is fetched by now
   * (an entry of {@link generations}): who changes that index copies it. Renewed whenever a page that code was fetched from since may be mapped otherwise
   * (control register writes, INVLPG, A20). Never 0.
   */
  mappingGeneration: 'u32',
  /** Link slot to patch, `header | slot + 2`, when tb_exec leaves with ExitCode.translate after a goto_tb; else 0. */
  linkFrom: 'u32',
  /**
   * Not 0: tb_exec interprets TBs that have a region. Regions are left when fewer instructions remain than their longest way
   * through; the host has those last ones run without them.
   */
  noRegions: 'u32',
  /**
   * Header of the TB that tb_exec ran last, or was about to run, when it left: the one it called or interpreted, and not one that its function went on to (a
   * member of its region or module), which is {@link tbPtr}. 0: none.
   */
  dispatched: 'ptr',
  /** Arguments and results that do not fit i32 when host functions are called; 16-byte vectors of slow paths. */
  arg: ['v128', 4],
  ret: ['v128', 2],
  /** tb_exec's own counters: dispatches, jump cache hits and misses, instructions run by TCI. */
  dispatches: 'u64',
  lookups: 'u64',
  lookupMisses: 'u64',
  tciInsns: 'u64',
  /** Instructions run in regions (what a fault gives back is not deducted). */
  regionInsns: 'u64',
  /** Softmmu counters: slow path calls, TLB fills. */
  slowPaths: 'u64',
  tlbFills: 'u64',
  /** Count of TLB entries in the used list of each MMU index; see tlb. */
  tlbUsed: ['u32', 16],
  /**
   * One range that covers all guest pages larger than 4 KiB in the TLBs: an address is in it when `addr & mask == base`.
   * Mask all ones, base all ones: none.
   */
  largePageBase: 'u64',
  largePageMask: 'u64',
  /** Of tlbFills, those for a store and those for a fetch; the others are for loads. */
  tlbWriteFills: 'u64',
  tlbFetchFills: 'u64',
  /** Flushes of all TLBs (whole, or but for global pages), and of single pages, both modulo 2^32. */
  tlbFlushes: 'u32',
  tlbPageFlushes: 'u32',
  /** Mapping generation of each MMU index. The flags of a TB decide which one it is fetched by, so that those of user and kernel never meet. */
  generations: ['u32', 16],
  /** The last generation that was given to any index. */
  lastGeneration: 'u32',
  /** Bit per MMU index: something was verified, under its generation, by a page that is not global. */
  verifiedLocal: 'u32',
  /** {@link TlbFlushCause} of the next flush of everything, written by who is about to ask for it; the flush puts `other` back. And that of the last one. */
  tlbFlushCause: 'u32',
  tlbLastFlush: 'u32',
  /** tlbFlushes by {@link TlbFlushCause}. */
  tlbFlushesBy: ['u64', 4],
  /** Of tlbFills, by {@link TlbMiss}. */
  tlbMisses: ['u64', 8],
  /** Accesses that came to the slow path for another reason than a miss, by {@link SlowReason}; one may have several. */
  slowReasons: ['u64', 6],
  /** TBs interpreted. What tb_exec dispatched is these, the calls of regions (the sum of regionReturns), and the calls of module functions. */
  tciTbs: 'u64',
  /** What regions returned to tb_exec, by {@link RegionReturn}. */
  regionReturns: ['u64', 4],
  /** Times that a way inside of a region led to a page that was not in place: not mapped yet, or mapped elsewhere. */
  absentPages: 'u64',
  /**
   * Virtual time, for helpers that are asked for it; all f64. Instructions retired when all of the budget is used up, so that those retired by now are that less `budget` and
   * `budgetHeld`. And a time in ns, how many had been retired then, ns per instruction since, and what time may not pass. Whoever runs the CPU keeps the first, its clock the others.
   */
  insnsAtEnd: 'u64',
  clockTime: 'u64', clockInsns: 'u64', clockRate: 'u64', clockCeiling: 'u64',
}, 16);

/** Why all TLB entries were dropped. */
export const TlbFlushCause = { other: 0, cr3: 1, control: 2, largePage: 3 } as const;
export type TlbFlushCause = (typeof TlbFlushCause)[keyof typeof TlbFlushCause];

/**
 * Why the entry of an address did not serve an access.
 *
 * - `cold`: it has held nothing since the last flush of everything, and not this page before that
 * - `conflict`: it holds another page
 * - `access`: it holds the page, but not for this access: the first store to a clean page, or a fault
 * - `pageFlush`: its page has been flushed (INVLPG), this one or one that shares the entry
 * - `flushed` + {@link TlbFlushCause}: it held the page until everything was flushed, the last time for this cause
 */
export const TlbMiss = { cold: 0, conflict: 1, access: 2, pageFlush: 3, flushed: 4 } as const;

/** Why an access that hits the TLB is not made inline. */
export const SlowReason = { crossing: 0, misaligned: 1, device: 2, code: 3, other: 4, none: 5 } as const;

/** What a region returned: the low two bits of what tb_exec got (see TB_RETURN_LOOKUP …). */
export const RegionReturn = {
  /** The header of the TB to go on with; or TB_RETURN_EXIT: to the host, as {@link ExitCode} says. */
  direct: 0,
  /** An indirect jump: looked up in the jump cache. */
  lookup: 1,
  /** A static target that had to be looked up: no link yet, or one to another page not verified under this mapping. */
  link0: 2,
  link1: 3,
} as const;
