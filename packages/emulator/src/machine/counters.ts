/** `machine.counters()`: one place that knows where each number comes from. */
import { X86Exit } from '@wasm-tcg/guest-x86';
import { ExitCode } from '@wasm-tcg/runtime';
import type { MachineCounters } from '../api.ts';
import type { MachineParts } from './parts.ts';

const EXIT_NAMES: ReadonlyMap<number, string> = new Map(
  [...Object.entries(ExitCode), ...Object.entries(X86Exit)].map(([name, code]) => [code, name]),
);

export function collectCounters(p: MachineParts): MachineCounters {
  const { exec, context, translator, tiering, maintenance, compiled, arena } = p;
  const tci = context.counter('tciInsns');
  const region = context.counter('regionInsns');
  const exits: Record<string, number> = {};
  for (const [code, count] of exec.exits) exits[EXIT_NAMES.get(code) ?? String(code)] = count;
  return {
    instructions: exec.now,
    tciInstructions: tci,
    // What faults gave back is in no tier's count, so this is the rest, and never negative.
    moduleInstructions: Math.max(0, exec.now - tci - region),
    regionInstructions: region,
    translatedTbs: translator.translatedTbs,
    translatedInstructions: translator.translatedInsns,
    translateMs: translator.translateMs,
    compiledModules: tiering.compiledModules,
    compiledModuleTbs: tiering.compiledModuleTbs,
    compiledRegions: tiering.compiledRegions,
    compiledRegionTbs: tiering.compiledRegionTbs,
    wasmBytes: tiering.wasmBytes,
    compileMs: tiering.compileMs,
    regionMs: tiering.regionMs,
    engineMs: tiering.engineMs,
    invalidatedTbs: maintenance.invalidated,
    flushes: exec.flushes,
    retries: exec.retries,
    faults: exec.faults,
    refusedRegions: exec.refused,
    dispatches: context.counter('dispatches'),
    lookups: context.counter('lookups'),
    lookupMisses: context.counter('lookupMisses'),
    slowPaths: context.counter('slowPaths'),
    tlbFills: context.counter('tlbFills'),
    tlbWriteFills: context.counter('tlbWriteFills'),
    tlbFetchFills: context.counter('tlbFetchFills'),
    tlbFlushes: context.get('tlbFlushes'),
    tlbPageFlushes: context.get('tlbPageFlushes'),
    exits,
    pool: compiled.pool.counters(),
    arenaBytes: arena.used,
  };
}
