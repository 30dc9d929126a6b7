/** `machine.counters()`: where each number of the table in api-counters.ts is read. */
import { X86Exit } from '@wasm-tcg/guest-x86';
import { ExitCode, RegionReturn, SlowReason, TlbFlushCause, TlbMiss } from '@wasm-tcg/runtime';
import type { CounterName, MachineCounters } from '../api-counters.ts';
import type { MachineParts } from './parts.ts';

const EXIT_NAMES: ReadonlyMap<number, string> = new Map(
  [...Object.entries(ExitCode), ...Object.entries(X86Exit)].map(([name, code]) => [code, name]),
);

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);

export function collectCounters(p: MachineParts): MachineCounters {
  const { exec, context, translator, tiering, maintenance, compiled, arena, time } = p;
  const tciInstructions = context.counter('tciInsns');
  const regionInstructions = context.counter('regionInsns');
  const dispatches = context.counter('dispatches');
  const tciTbs = context.counter('tciTbs');
  const returned = Object.values(RegionReturn).map((kind) => context.counter('regionReturns', kind));
  const regionCalls = returned.reduce((total, count) => total + count, 0);
  const { invalidated } = maintenance;
  /** What is timed inside of runs, without overlap. */
  const work = {
    translateMs: translator.translateMs,
    emitMs: tiering.emitMs,
    engineMs: tiering.engineMs,
    instantiateMs: compiled.instantiateMs,
    deliverMs: time.deliver.ms,
    deviceMs: time.device.ms,
    alarmMs: time.alarms.ms,
    codeWriteMs: time.codeWrite.ms,
    flushMs: exec.flushMs,
  };
  const counters: Record<CounterName, number> = {
    instructions: exec.now,
    tciInstructions,
    // What faults gave back is in no tier's count, so this is the rest, and never negative.
    moduleInstructions: Math.max(0, exec.now - tciInstructions - regionInstructions),
    regionInstructions,
    runMs: time.runMs,
    // Not negative: estimates may say more than there was, and what is asked for inside of a run is not in runMs yet.
    generatedMs: Math.max(0, time.runMs - sum(work)),
    ...work,
    idleMs: time.idleMs,
    yieldMs: time.yieldMs,
    compileMs: tiering.compileMs,
    regionMs: tiering.regionMs,
    regionEngineMs: tiering.regionEngineMs,
    compiledModules: tiering.compiledModules,
    compiledModuleTbs: tiering.compiledModuleTbs,
    compiledRegions: tiering.compiledRegions,
    compiledRegionTbs: tiering.compiledRegionTbs,
    recutRegions: tiering.recutRegions,
    wasmBytes: tiering.wasmBytes,
    regionBytes: tiering.regionBytes,
    translatedTbs: translator.translatedTbs,
    translatedInstructions: translator.translatedInsns,
    retranslatedTbs: translator.retranslatedTbs,
    oneOffTbs: translator.oneOffTbs,
    flushedTbs: exec.flushedTbs,
    flushes: exec.flushes,
    arenaBytes: arena.used,
    invalidatedTbs: sum(invalidated),
    invalidatedByStore: invalidated.store,
    invalidatedByHost: invalidated.host,
    invalidatedByRemap: invalidated.remap,
    invalidatedByDevice: invalidated.device,
    codeWrites: maintenance.codeWrites,
    revivedTbs: p.versions.revived,
    livePatches: p.patched.marked,
    retries: exec.retries,
    dispatches,
    tciTbs,
    // A TB that is left for the host before it runs (hot, budget) has been dispatched, and is none of them: it counts here.
    moduleCalls: Math.max(0, dispatches - tciTbs - regionCalls),
    regionCalls,
    regionDirect: returned[RegionReturn.direct]!,
    regionLookups: returned[RegionReturn.lookup]!,
    regionLinks: returned[RegionReturn.link0]! + returned[RegionReturn.link1]!,
    absentPages: context.counter('absentPages'),
    lookups: context.counter('lookups'),
    lookupMisses: context.counter('lookupMisses'),
    slowPaths: context.counter('slowPaths'),
    slowCrossing: context.counter('slowReasons', SlowReason.crossing),
    slowMisaligned: context.counter('slowReasons', SlowReason.misaligned),
    slowDevice: context.counter('slowReasons', SlowReason.device),
    slowCode: context.counter('slowReasons', SlowReason.code),
    slowOther: context.counter('slowReasons', SlowReason.other),
    slowNeighbour: context.counter('slowReasons', SlowReason.none),
    tlbFills: context.counter('tlbFills'),
    tlbWriteFills: context.counter('tlbWriteFills'),
    tlbFetchFills: context.counter('tlbFetchFills'),
    missCold: context.counter('tlbMisses', TlbMiss.cold),
    missConflict: context.counter('tlbMisses', TlbMiss.conflict),
    missAccess: context.counter('tlbMisses', TlbMiss.access),
    missPageFlush: context.counter('tlbMisses', TlbMiss.pageFlush),
    missAfterCr3: context.counter('tlbMisses', TlbMiss.flushed + TlbFlushCause.cr3),
    missAfterControl: context.counter('tlbMisses', TlbMiss.flushed + TlbFlushCause.control),
    missAfterLargePage: context.counter('tlbMisses', TlbMiss.flushed + TlbFlushCause.largePage),
    missAfterOther: context.counter('tlbMisses', TlbMiss.flushed + TlbFlushCause.other),
    tlbFlushes: context.get('tlbFlushes'),
    tlbFlushesCr3: context.counter('tlbFlushesBy', TlbFlushCause.cr3),
    tlbFlushesControl: context.counter('tlbFlushesBy', TlbFlushCause.control),
    tlbFlushesLargePage: context.counter('tlbFlushesBy', TlbFlushCause.largePage),
    tlbFlushesOther: context.counter('tlbFlushesBy', TlbFlushCause.other),
    tlbPageFlushes: context.get('tlbPageFlushes'),
    faults: exec.faults,
    interrupts: exec.interrupts,
    deviceCalls: time.device.calls,
  };
  const exits: Record<string, number> = {};
  for (const [code, count] of exec.exits) exits[EXIT_NAMES.get(code) ?? String(code)] = count;
  return { ...counters, exits, pool: compiled.pool.counters() };
}
