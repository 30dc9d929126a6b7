/**
 * Public API: what a machine counts. One table: names, meanings and the order of the text (`-d stats`, debug/stats.ts) come from here; where each number is read is
 * machine/counters.ts, which the type checker holds complete. docs/performance.md says how to use them.
 */
import type { PoolCounters } from '@wasm-tcg/instance-pool';

/** What a counter counts; `level` is a state now, all others only grow. */
export type CounterUnit = 'count' | 'instructions' | 'ms' | 'bytes' | 'level';

export interface CounterRow {
  readonly unit: CounterUnit;
  /** Two or three words, for the text. */
  readonly label: string;
  /** No share of what the group's rows are shares of. */
  readonly apart?: true;
  readonly about: string;
}

export interface CounterGroup {
  readonly title: string;
  /** Counter that the group's rows are shares of. */
  readonly of?: string;
  readonly rows: Readonly<Record<string, CounterRow>>;
}

/** Groups of counters, in the order of the text. */
export const COUNTER_GROUPS = [
  {
    title: 'guest instructions by tier', of: 'instructions',
    rows: {
      instructions: { unit: 'instructions', label: 'all', about: 'Instructions retired, exact. A delivered exception or interrupt counts as one.' },
      tciInstructions: { unit: 'instructions', label: 'interpreter', about: 'Run by the interpreter.' },
      moduleInstructions: { unit: 'instructions', label: 'TB modules', about: 'Run in modules of TBs: the rest.' },
      regionInstructions: { unit: 'instructions', label: 'regions', about: 'Run in regions (what faults gave back is not deducted).' },
    },
  },
  {
    title: 'host time', of: 'runMs',
    rows: {
      runMs: { unit: 'ms', label: 'running', about: 'Inside of runs: generated code and everything done for it. The rows below are parts of it, but for the last two.' },
      generatedMs: { unit: 'ms', label: 'guest code', about: 'The rest: interpreter, compiled code, Wasm helpers, and going in and out of them.' },
      translateMs: { unit: 'ms', label: 'translate', about: 'Guest code to IR to interpreter code, when a TB is first met.' },
      emitMs: { unit: 'ms', label: 'emit', about: 'Choosing, translating again, optimising and writing WebAssembly for modules and regions.' },
      engineMs: { unit: 'ms', label: 'engine', about: 'The engine compiling that: new WebAssembly.Module.' },
      instantiateMs: { unit: 'ms', label: 'instantiate', about: 'The engine instantiating it, for the first time or again after an eviction.' },
      deliverMs: { unit: 'ms', label: 'deliver', about: 'Delivering faults (estimate: most calls are not timed).' },
      deviceMs: { unit: 'ms', label: 'devices', about: 'Ports and device registers (estimate).' },
      alarmMs: { unit: 'ms', label: 'alarms', about: 'Clock, due alarms and interrupts between two runs of guest code (estimate).' },
      codeWriteMs: { unit: 'ms', label: 'code writes', about: 'Stores that met translated code: finding and retiring TBs (estimate).' },
      flushMs: { unit: 'ms', label: 'flush', about: 'Dropping all translated code inside of a run, when the arena is full.' },
      idleMs: { unit: 'ms', label: 'idle', apart: true, about: 'Outside of runs: the guest was halted, and the machine slept until the next alarm.' },
      yieldMs: { unit: 'ms', label: 'event loop', apart: true, about: "Outside of runs: the host's event loop had its turn." },
    },
  },
  {
    title: 'compiled', of: 'compileMs',
    rows: {
      compileMs: { unit: 'ms', label: 'all', about: 'Building, compiling and installing modules and regions.' },
      regionMs: { unit: 'ms', label: 'of it, regions', about: 'The part of regions.' },
      regionEngineMs: { unit: 'ms', label: 'their engine time', about: 'The part of regions in new WebAssembly.Module.' },
      compiledModules: { unit: 'count', label: 'modules', apart: true, about: 'Modules of TBs.' },
      compiledModuleTbs: { unit: 'count', label: 'TBs in modules', about: 'TBs in them.' },
      compiledRegions: { unit: 'count', label: 'regions', about: 'Regions.' },
      compiledRegionTbs: { unit: 'count', label: 'TBs in regions', about: 'TBs in them; one may be in several.' },
      recutRegions: { unit: 'count', label: 'cut anew', about: 'Of compiledRegions: of code whose regions were left for each other too often.' },
      wasmBytes: { unit: 'bytes', label: 'Wasm', about: 'WebAssembly made.' },
      regionBytes: { unit: 'bytes', label: 'of it, regions', about: 'The part of regions.' },
    },
  },
  {
    title: 'translated', of: 'translatedTbs',
    rows: {
      translatedTbs: { unit: 'count', label: 'TBs', about: 'TBs made.' },
      translatedInstructions: { unit: 'instructions', label: 'instructions', about: 'Instructions in them.' },
      retranslatedTbs: { unit: 'count', label: 'made again', about: 'Of translatedTbs: at an address where a TB had been invalidated. At least: what is remembered is bounded.' },
      oneOffTbs: { unit: 'count', label: 'for one use', about: 'Of translatedTbs: of just as many instructions as a budget had left, of one instruction that accesses a device or is run again, or of code that is not in memory.' },
      flushedTbs: { unit: 'count', label: 'lost to flushes', apart: true, about: 'TBs that flushes of everything have dropped.' },
      flushes: { unit: 'count', label: 'flushes', apart: true, about: 'Times that all translated code was dropped: the arena was full, or the machine was reset.' },
      arenaBytes: { unit: 'level', label: 'arena, bytes', about: 'Bytes of TB headers, interpreter code and tables now.' },
    },
  },
  {
    title: 'invalidated', of: 'invalidatedTbs',
    rows: {
      invalidatedTbs: { unit: 'count', label: 'TBs', about: 'TBs given up one by one.' },
      invalidatedByStore: { unit: 'count', label: "guest's stores", about: 'By stores of the guest into code.' },
      invalidatedByHost: { unit: 'count', label: 'other writers', about: 'By other writers: DMA, page walks, loaders, the debugger.' },
      invalidatedByRemap: { unit: 'count', label: 'remapped', about: 'Since their physical pages were mapped otherwise.' },
      invalidatedByDevice: { unit: 'count', label: 'device accesses', about: 'To be made again, cut at an instruction that accesses a device.' },
      codeWrites: { unit: 'count', label: 'stores into code', apart: true, about: 'Stores of the guest that change bytes of TBs: each asks the host.' },
      revivedTbs: { unit: 'count', label: 'taken back', apart: true, about: 'TBs that were put back instead of made again, since their bytes were there again.' },
      livePatches: { unit: 'count', label: 'places read when run', apart: true, about: 'Places that the guest stored to so often that code reads them when it runs, where they are operands: then stores hit no TB any more.' },
      retries: { unit: 'count', label: 'retries', apart: true, about: 'Stores that hit the TB or region they were made by: the instruction was run again alone.' },
    },
  },
  {
    title: 'tb_exec', of: 'dispatches',
    rows: {
      dispatches: { unit: 'count', label: 'dispatches', about: 'TBs, module functions and regions entered by tb_exec. Jumps inside of modules and regions are none.' },
      tciTbs: { unit: 'count', label: 'TBs interpreted', about: 'Of dispatches: into the interpreter.' },
      moduleCalls: { unit: 'count', label: 'module calls', about: 'Of dispatches: calls of module functions. One goes on through the links of its module.' },
      regionCalls: { unit: 'count', label: 'region calls', about: 'Of dispatches: calls of regions. The next four are how they ended.' },
      regionDirect: { unit: 'count', label: '· direct or exit', about: 'A region went on at a linked TB outside of it, or left for the host.' },
      regionLookups: { unit: 'count', label: '· indirect', about: 'A region ended in an indirect jump or return whose target is not in it.' },
      regionLinks: { unit: 'count', label: '· unlinked', about: 'A region ended at a static target that had to be looked up: not linked yet, or on another page and not verified under this mapping.' },
      absentPages: { unit: 'count', label: '· page absent', about: 'In the last three: the target is in the region, but its page is not mapped yet in this process, or is another one.' },
      lookups: { unit: 'count', label: 'look-ups', about: 'Look-ups in the jump cache: indirect jumps, and static ones without a good link.' },
      lookupMisses: { unit: 'count', label: 'look-ups missed', about: 'Of lookups: not in the jump cache; the TLB and the hash were asked.' },
    },
  },
  {
    title: 'softmmu', of: 'slowPaths',
    rows: {
      slowPaths: { unit: 'count', label: 'slow accesses', about: 'Guest accesses that were not made inline. The rest of those below are misses.' },
      slowCrossing: { unit: 'count', label: 'page crossing', about: 'Of them: the access crosses into another page.' },
      slowMisaligned: { unit: 'count', label: 'misaligned', about: 'Of them: an access that has to be aligned is not.' },
      slowDevice: { unit: 'count', label: 'device memory', about: 'Of them: to a device, or where nothing is.' },
      slowCode: { unit: 'count', label: 'code page', about: 'Of them: a store to a page that holds translated code.' },
      slowNeighbour: { unit: 'count', label: 'neighbours', about: 'Of them: nothing is wrong with the access, but with one that is checked together with it, or was.' },
      slowOther: { unit: 'count', label: 'ROM, watched', about: 'Of them: stores to ROM, and watched pages.' },
    },
  },
  {
    title: 'TLB misses', of: 'tlbFills',
    rows: {
      tlbFills: { unit: 'count', label: 'all', about: 'TLB misses that asked for a page walk, whether or not the page was there.' },
      tlbWriteFills: { unit: 'count', label: 'of stores', about: 'Of them: for a store.' },
      tlbFetchFills: { unit: 'count', label: 'of fetches', about: 'Of them: for code (TBs looked up, regions checked). The others are for loads.' },
      missCold: { unit: 'count', label: 'cold', about: 'The entry was empty and had not held the page before the last flush.' },
      missConflict: { unit: 'count', label: 'conflict', about: 'The entry held another page.' },
      missAccess: { unit: 'count', label: 'access', about: 'The entry held the page, for other accesses: the first store to a clean page, or a fault.' },
      missPageFlush: { unit: 'count', label: 'after INVLPG', about: 'The entry had been flushed alone.' },
      missAfterCr3: { unit: 'count', label: 'after CR3', about: 'The entry held the page until a new CR3 dropped everything.' },
      missAfterControl: { unit: 'count', label: 'after CR0, CR4, EFER', about: 'The same, dropped by paging bits of control registers.' },
      missAfterLargePage: { unit: 'count', label: 'after large INVLPG', about: 'The same, dropped by an INVLPG near a large page.' },
      missAfterOther: { unit: 'count', label: 'after other flushes', about: 'The same, dropped by INVPCID, a debug register, A20, the host.' },
    },
  },
  {
    title: 'TLB flushes', of: 'tlbFlushes',
    rows: {
      tlbFlushes: { unit: 'count', label: 'of all entries', about: 'Flushes of everything, or of all but global pages (CR3); modulo 2^32.' },
      tlbFlushesCr3: { unit: 'count', label: 'CR3', about: 'Of them: a new CR3.' },
      tlbFlushesControl: { unit: 'count', label: 'CR0, CR4, EFER', about: 'Of them: paging bits of control registers.' },
      tlbFlushesLargePage: { unit: 'count', label: 'large INVLPG', about: 'Of them: an INVLPG near a large page.' },
      tlbFlushesOther: { unit: 'count', label: 'other', about: 'Of them: INVPCID, debug registers, A20, the host.' },
      tlbPageFlushes: { unit: 'count', label: 'of a page', apart: true, about: 'Flushes of one page (INVLPG), modulo 2^32.' },
    },
  },
  {
    title: 'events',
    rows: {
      faults: { unit: 'count', label: 'faults', about: 'Faults and exceptions delivered through the host.' },
      interrupts: { unit: 'count', label: 'interrupts', about: 'Interrupts from devices delivered (PC).' },
      deviceCalls: { unit: 'count', label: 'device accesses', about: 'Accesses to ports and device registers.' },
    },
  },
] as const satisfies readonly CounterGroup[];

type KeysOf<G> = G extends { readonly rows: infer R } ? keyof R : never;
/** Names of the counters. */
export type CounterName = KeysOf<(typeof COUNTER_GROUPS)[number]>;

/** Counters since creation; what each means: {@link COUNTER_GROUPS}. */
export interface MachineCounters extends Readonly<Record<CounterName, number>> {
  /** Exits of generated code to the host, by reason (names of ExitCode and X86Exit). */
  readonly exits: Readonly<Record<string, number>>;
  /** Compiled code: what lives (`modules`, `instances`, `bytes`), and totals of what was made, evicted and made again: see {@link PoolCounters}. */
  readonly pool: Readonly<PoolCounters>;
}
