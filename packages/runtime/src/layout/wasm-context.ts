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
  /** Flushes of all TLBs, and of single pages, both modulo 2^32. */
  tlbFlushes: 'u32',
  tlbPageFlushes: 'u32',
  /** Mapping generation of each MMU index. The flags of a TB decide which one it is fetched by, so that those of user and kernel never meet. */
  generations: ['u32', 16],
  /** The last generation that was given to any index. */
  lastGeneration: 'u32',
  /** Bit per MMU index: something was verified, under its generation, by a page that is not global. */
  verifiedLocal: 'u32',
}, 16);
