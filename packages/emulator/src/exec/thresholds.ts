/**
 * When code moves up a tier. N* = (emit + compile cost) / (time saved per execution); the bench sweeps these.
 */
import type { ExecutionMode, ExecutionOptions } from '../api.ts';

export interface ExecutionConfig {
  readonly mode: ExecutionMode;
  /**
   * Executions in the interpreter before a TB is queued for a module. All that is made of a TB of 6 instructions (its IR anew, Wasm, V8's baseline code and, on another
   * thread, its optimised code) costs some 100 µs of the guest's time and four times that of another thread's, and an execution becomes ~80 ns shorter.
   */
  readonly moduleThreshold: number;
  /**
   * Instructions in which a TB has to reach {@link moduleThreshold}; one that takes longer is counted anew. 100,000 instructions per execution reach what each fork and exec of a
   * shell script runs; what is run less often would not be in the host's caches.
   */
  readonly moduleWindow: number;
  /** The same for {@link regionThreshold}. */
  readonly regionWindow: number;
  /** Regions are made at all. */
  readonly regions: boolean;
  /**
   * A TB that is run once in so many instructions or fewer is hot: its region goes over whatever it runs through, though that be compiled a second time. Leaving a region for another costs as much as some
   * ten instructions.
   */
  readonly hotInterval: number;
  /** Executions before a TB whose module was evicted gets it back: re-instantiation costs 2–3 µs. */
  readonly returnThreshold: number;
  /** TBs of a module, 1 … 64. A module costs 30–80 µs apart from its TBs. */
  readonly batch: number;
  /**
   * Queued TBs that are compiled without waiting any longer. Blocks of one loop get warm at about the same time, and regions are cut well only when all of them are known: cut 32 at a
   * time, an interpreted shell was compiled into three times as much code.
   */
  readonly queue: number;
  /** Slices after which fewer are compiled all the same, and after which the hot ones among them are. */
  readonly queueAge: number;
  readonly hotAge: number;
  /** Executions of a TB in its module before a region is grown from it. */
  readonly regionThreshold: number;
  /** Guest instructions per slice: how long V8's baseline code may run before the optimised one, once it is there, is entered. */
  readonly slice: number;
  /** TBs in a region, and guest instructions, at most. */
  readonly regionTbs: number;
  readonly regionInsns: number;
  /** Times that regions are left for other code before the ways between TBs are counted anew: some 20 ms of it. */
  readonly recutDispatches: number;
  /** Instructions between two such times beyond which there is little to be had: leaving a region costs as much as some ten. */
  readonly recutInterval: number;
  /** Such times that are to be seen while ways are counted, and the most instructions that are interpreted for it: 10 ms. */
  readonly recutHops: number;
  readonly recutInsns: number;
  /**
   * Such times that are worth as much as compiling a TB: to leave one region and enter another takes 20 ns; emitting and baseline code take 0.1 ms per TB, V8's optimiser four times that on another thread, and the
   * region runs as baseline code meanwhile.
   */
  readonly recutCost: number;
  /** Guest instructions per TB, at most. */
  readonly tbInsns: number;
  /**
   * Stores to the same bytes of code, within {@link patchWindow} instructions, before code is made that reads those bytes when it runs. Such code is slower by
   * a load (a patched jump by a look-up), a store into other code costs some µs.
   */
  readonly patchThreshold: number;
  /** Instructions. Pages that a guest reuses for other code are written at longer intervals. */
  readonly patchWindow: number;
  /**
   * Stores that retire a TB, none later than {@link restlessWindow} instructions after the one before, until it is kept for when its bytes are put back, and left out of
   * regions of others. Keeping one costs about as much as forgetting it.
   */
  readonly restlessThreshold: number;
  /** Executions in the interpreter of a TB that a store retires, from which on the next one there is optimised before it is first run. */
  readonly warmThreshold: number;
  readonly restlessWindow: number;
  readonly optimise: boolean;
  /** Run the IR optimiser before a TB is first interpreted, too: it costs a third of a translation, and most TBs run a few times only. */
  readonly optimiseCold: boolean;
  readonly verify: boolean;
  /** Seed of the stress mode, 0 = off. */
  readonly stress: number;
}

export const DEFAULT_SLICE = 65_536;
/** A threshold that means no regions: more executions than there will be. */
export const NO_REGIONS = 0x3fff_ffff;

export function executionConfig(options: ExecutionOptions = {}): ExecutionConfig {
  const stress = options.stress ?? 0;
  const never = 0xffffffff;
  const mode = options.mode ?? 'tiered';
  return {
    mode,
    moduleWindow: mode === 'tiered' && !stress ? 200_000_000 : Infinity,
    regionWindow: mode === 'tiered' && !stress ? 10_000_000 : Infinity,
    moduleThreshold: mode === 'tci' ? never : stress ? 1 : (options.moduleThreshold ?? 2000),
    returnThreshold: mode === 'tci' ? never : stress ? 1 : 32,
    batch: mode === 'tb-per-module' ? 1 : stress ? 3 : (options.batch ?? 32),
    queue: mode === 'tb-per-module' ? 1 : stress ? 3 : (options.batch ?? 256),
    queueAge: 32,
    hotAge: 4,
    regions: mode === 'tiered' && (options.regionThreshold ?? 0) < NO_REGIONS,
    hotInterval: stress ? 0 : 200,
    regionThreshold: mode !== 'tiered' ? never : stress ? 1 : (options.regionThreshold ?? 3000),
    slice: stress ? 64 : (options.slice ?? DEFAULT_SLICE),
    regionTbs: 64,
    regionInsns: 512,
    recutDispatches: stress ? 10 : (options.recutDispatches ?? 1_000_000),
    recutInterval: stress ? Infinity : 250,
    recutHops: stress ? 20 : Math.min(10_000, options.recutDispatches ?? 10_000),
    recutInsns: 1 << 19,
    recutCost: stress ? 0 : 10_000,
    tbInsns: 64,
    patchThreshold: stress ? 1 : (options.patchThreshold ?? 4),
    patchWindow: stress ? Infinity : 1_000_000,
    warmThreshold: stress ? 1 : 64,
    restlessThreshold: stress ? 1 : 3,
    restlessWindow: stress ? Infinity : 20_000_000,
    optimise: options.optimise ?? true,
    optimiseCold: mode === 'tci' && (options.optimise ?? true),
    verify: options.verify ?? false,
    stress,
  };
}
