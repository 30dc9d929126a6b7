/** What a run says at its end: a summary of a few lines, and with `-d stats` everything that was counted. */
import type { MachineCounters } from '../api-counters.ts';
import type { ProfileEntry } from '../api-profile.ts';
import { formatCount, formatProfile, formatStats } from '../debug/stats.ts';

/** Instructions between two samples of the profiler under `-d stats`: some hundred a second, which cost nothing that can be measured. */
export const STATS_INTERVAL = 500_000;

const TIERS = [
  ['interpreter', 'tciInstructions'],
  ['TB modules', 'moduleInstructions'],
  ['regions', 'regionInstructions'],
] as const satisfies readonly (readonly [string, keyof MachineCounters])[];

/** Reasons for leaving generated code, the most frequent first. */
const exits = (counters: MachineCounters): string =>
  Object.entries(counters.exits).sort(([, a], [, b]) => b - a).map(([name, count]) => `${count} ${name}`).join(', ');

const ms = (value: number): string => `${value.toFixed(1)} ms`;

const headline = (outcome: string, mode: string, { instructions }: MachineCounters, seconds: number): string =>
  `wasm-tcg: ${outcome} after ${formatCount(instructions)} instructions in ${seconds.toFixed(2)} s (${seconds > 0 ? Math.round(instructions / seconds / 1e6) : 0} MIPS), mode ${mode}\n`;

/** All counters, and the blocks that the profiler met. */
export function formatReport(outcome: string, mode: string, counters: MachineCounters, seconds: number, profile: readonly ProfileEntry[]): string {
  return `${headline(outcome, mode, counters, seconds)}${formatStats(counters)}${formatProfile(profile)}`;
}

/**
 * @param outcome how the run ended, for the first line
 * @param seconds wall-clock time of the run, translation and compilation included
 */
export function formatSummary(outcome: string, mode: string, counters: MachineCounters, seconds: number): string {
  const { instructions } = counters;
  const tiers = TIERS.map(([name, key]) => {
    const share = instructions === 0 ? 0 : (100 * counters[key]) / instructions;
    return `  ${name.padEnd(12)} ${formatCount(counters[key]).padStart(12)} ${`${share.toFixed(1)} %`.padStart(8)}`;
  });
  const perInstruction = counters.translatedInstructions === 0 ? 0 : (1000 * counters.translateMs) / counters.translatedInstructions;
  return `${headline(outcome, mode, counters, seconds)}  tier         instructions    share
${tiers.join('\n')}
  translated   ${counters.translatedTbs} TBs, ${counters.translatedInstructions} instructions in ${ms(counters.translateMs)} (${perInstruction.toFixed(2)} µs per instruction)
  compiled     ${counters.compiledModules} modules of ${counters.compiledModuleTbs} TBs, ${counters.compiledRegions} regions of ${counters.compiledRegionTbs} TBs, ${(counters.wasmBytes / 1024).toFixed(1)} KiB in ${ms(counters.compileMs)}
  exits        ${exits(counters)}
  events       ${counters.faults} faults, ${counters.invalidatedTbs} TBs invalidated, ${counters.retries} retries, ${counters.flushes} flushes, ${counters.tlbFills} TLB fills
`;
}
