/** The summary at the end of a run: what ran in which tier, and what it cost. */
import type { MachineCounters } from '../api.ts';

const TIERS = [
  ['interpreter', 'tciInstructions'],
  ['TB modules', 'moduleInstructions'],
  ['regions', 'regionInstructions'],
] as const satisfies readonly (readonly [string, keyof MachineCounters])[];

/** 1234567 → "1.23 M". */
export function formatCount(value: number): string {
  for (const [unit, name] of [[1e9, ' G'], [1e6, ' M'], [1e4, ' k']] as const) {
    if (value >= unit) return `${(value / (name === ' k' ? 1e3 : unit)).toPrecision(3)}${name}`;
  }
  return String(value);
}

/** Reasons for leaving generated code, the most frequent first. */
const exits = (counters: MachineCounters): string =>
  Object.entries(counters.exits).sort(([, a], [, b]) => b - a).map(([name, count]) => `${count} ${name}`).join(', ');

const ms = (value: number): string => `${value.toFixed(1)} ms`;

/**
 * @param outcome how the run ended, for the first line
 * @param seconds wall-clock time of the run, translation and compilation included
 */
export function formatSummary(outcome: string, mode: string, counters: MachineCounters, seconds: number): string {
  const { instructions } = counters;
  const speed = seconds > 0 ? Math.round(instructions / seconds / 1e6) : 0;
  const tiers = TIERS.map(([name, key]) => {
    const share = instructions === 0 ? 0 : (100 * counters[key]) / instructions;
    return `  ${name.padEnd(12)} ${formatCount(counters[key]).padStart(12)} ${`${share.toFixed(1)} %`.padStart(8)}`;
  });
  const perInstruction = counters.translatedInstructions === 0 ? 0 : (1000 * counters.translateMs) / counters.translatedInstructions;
  return `wasm-tcg: ${outcome} after ${formatCount(instructions)} instructions in ${seconds.toFixed(2)} s (${speed} MIPS), mode ${mode}
  tier         instructions    share
${tiers.join('\n')}
  translated   ${counters.translatedTbs} TBs, ${counters.translatedInstructions} instructions in ${ms(counters.translateMs)} (${perInstruction.toFixed(2)} µs per instruction)
  compiled     ${counters.compiledModules} modules of ${counters.compiledModuleTbs} TBs, ${counters.compiledRegions} regions of ${counters.compiledRegionTbs} TBs, ${(counters.wasmBytes / 1024).toFixed(1)} KiB in ${ms(counters.compileMs)}
  exits        ${exits(counters)}
  events       ${counters.faults} faults, ${counters.invalidatedTbs} TBs invalidated, ${counters.retries} retries, ${counters.flushes} flushes, ${counters.tlbFills} TLB fills
`;
}
