/** What this emulator shall reach beside its peers, judged on a summary. Pure. */
import { bootOf, meanRatio, PHASES, ratios, type Summary } from './summary.ts';

/** The peer that is judged. */
export const OWN = 'tiered';
/** Geometric mean over the programs: times as fast as v86. */
const TIMES_V86 = 3;
/** And beside QEMU's native TCG. */
const TIMES_QEMU = 1;

export interface Judgement {
  readonly text: string;
  readonly met: boolean;
  /** What was measured, in words. */
  readonly measured: string;
}

const PHASE_NAMES = { first: 'first run', again: 'steady state' } as const;

/** One line per part of the goal that was measured. */
export function judge(summary: Summary): readonly Judgement[] {
  const lines: Judgement[] = [];
  for (const phase of PHASES) {
    const rows = summary.phases[phase];
    for (const [peer, times] of [['v86', TIMES_V86], ['qemu', TIMES_QEMU]] as const) {
      const mean = meanRatio(rows, peer, OWN);
      if (!Number.isNaN(mean)) lines.push({ text: `${PHASE_NAMES[phase]}: mean at least ${times} times as fast as ${peer}`, met: mean >= times, measured: `${mean.toFixed(2)}×` });
    }
    const beside = ratios(rows, 'v86', OWN);
    if (beside.length === 0) continue;
    const slower = beside.filter(({ ratio }) => ratio < 1).map(({ program, ratio }) => `${program} ${ratio.toFixed(2)}×`);
    lines.push({ text: `${PHASE_NAMES[phase]}: no program slower than in v86`, met: slower.length === 0, measured: slower.length === 0 ? 'none' : slower.join(', ') });
  }
  const [own, qemu] = [bootOf(summary, OWN), bootOf(summary, 'qemu')];
  if (own !== undefined && qemu !== undefined) {
    lines.push({ text: 'boot in the time QEMU needs', met: own.seconds <= qemu.seconds, measured: `${own.seconds.toFixed(1)} s, QEMU ${qemu.seconds.toFixed(1)} s` });
  }
  const [memory, theirs] = [summary.memory[OWN], summary.memory.v86];
  if (memory !== undefined && theirs !== undefined) {
    const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
    lines.push({ text: "peak memory not above v86's", met: memory <= theirs, measured: `${mib(memory)}, v86 ${mib(theirs)}` });
  }
  return lines;
}
