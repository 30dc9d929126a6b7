/** Samples as a run of the rig would give them, made up. */
import { noSamples, type BootSample, type Phase, type RunSample, type Samples } from '@wasm-tcg/bench';

/** [peer, program, seconds of the first run, seconds of the second of 4×, checksum, seconds …] */
export type Figures = readonly [peer: string, program: string, first: number, again: number, checksum?: string];

export const UNITS = 4;
export const TIMES = 4;

/** One row per round and peer; the n-th row of a peer and program belongs to round n. */
export function samplesOf(rows: readonly Figures[], boots: readonly (readonly [peer: string, way: string, seconds: number])[] = []): Samples {
  const samples = noSamples();
  const rounds = new Map<string, number>();
  const nextRound = (key: string): number => {
    const round = rounds.get(key) ?? 0;
    rounds.set(key, round + 1);
    return round;
  };
  for (const [peer, program, first, again, checksum = 'c0ffee'] of rows) {
    const round = nextRound(`${peer} ${program}`);
    const run = (phase: Phase, seconds: number, units: number): RunSample => ({
      bits: 32, round, peer, program, phase, units, seconds, guestSeconds: seconds, cpu: undefined, checksum, status: 0,
      instructions: peer === 'tiered' ? 1e6 * units : undefined,
    });
    samples.runs.push(run('first', first, UNITS), run('again', again, UNITS * TIMES));
  }
  for (const [peer, way, seconds] of boots) {
    const boot: BootSample = { bits: 32, round: nextRound(`${peer} ${way}`), peer, way, seconds, patching: 0.5, cpu: 1, instructions: undefined, peakBytes: 100 * 2 ** 20 };
    samples.boots.push(boot);
  }
  return samples;
}
