/** The rig's report as text. Pure. */
import { digits, formatTable } from '../../report/table.ts';
import { OWN, judge } from '../goal.ts';
import type { RigReport } from '../report.ts';
import { meanRatio, ratioOf, type Row, type Summary } from '../summary.ts';

/** Whom the judged peer is compared with. */
const RIVALS = ['v86', 'qemu'] as const;
const MIB = 2 ** 20;

export function formatRig(report: RigReport): string {
  const { date, cpu, cores, load, rounds, units, times, peers, missing } = report;
  const head = [
    `${date.slice(0, 10)}, ${cpu}, ${cores} cores, load ${load.map((value) => value.toFixed(1)).join(' to ')}; medians of ${rounds} interleaved rounds, 1× is ${units} units`,
    ...peers.map(({ name, version }) => `  ${name.padEnd(16)} ${version}`),
    ...missing.map(({ peer, bits, reason }) => `  ${peer.padEnd(16)} not for ${bits}-bit programs: ${reason}`),
  ];
  return `${[head.join('\n'), ...report.summaries.map((summary) => formatSummary(summary, times)), formatFailures(report)].filter((part) => part !== '').join('\n\n')}\n`;
}

function formatSummary(summary: Summary, times: number): string {
  const { bits, phases } = summary;
  return [
    `${bits}-bit, first run: seconds for 1× the work in a guest that has not run the program yet\n\n${phaseTable(summary, phases.first)}`,
    `${bits}-bit, steady state: seconds per 1× of a second run of ${times}×\n\n${phaseTable(summary, phases.again)}`,
    `${bits}-bit, what warming up costs: seconds of the first run beyond the steady state\n\n${warmUpTable(summary)}`,
    ...(summary.boots.length === 0 ? [] : [`${bits}-bit boots to the shell, and peak resident memory\n\n${bootTable(summary)}`]),
    ...(summary.wrong.length === 0 ? [] : [`WRONG RESULTS\n${summary.wrong.map(({ program, peer, text }) => `  ${program} on ${peer}: ${text}`).join('\n')}`]),
    judgements(summary),
  ].filter((part) => part !== '').join('\n\n');
}

function phaseTable({ peers }: Summary, rows: readonly Row[]): string {
  const rivals = peers.includes(OWN) ? RIVALS.filter((rival) => peers.includes(rival)) : [];
  const head = ['program', ...peers, ...rivals.map((rival) => `${rival}/${OWN}`), ...(peers.includes(OWN) ? ['MIPS', '± %'] : [])];
  const lines = rows.map((row) => {
    const { program, cells } = row;
    const own = cells[OWN];
    const ratio = (rival: string): string => digits(ratioOf(row, rival, OWN) ?? NaN);
    return [
      program, ...peers.map((peer) => seconds(cells[peer]?.seconds)), ...rivals.map(ratio),
      ...(peers.includes(OWN) ? [digits(own?.mips ?? NaN), own === undefined ? '–' : (100 * own.spread).toFixed(0)] : []),
    ];
  });
  // A peer on which a program is missing has no mean, so that all means are over the same programs.
  const base = peers.includes('native') ? 'native' : peers[0];
  const mean = (peer: string): string => (rows.every(({ cells }) => cells[peer] !== undefined && cells[base] !== undefined) ? `${digits(meanRatio(rows, peer, base))}×` : '–');
  const last = [`mean, ${base} = 1`, ...peers.map(mean), ...rivals.map((rival) => digits(meanRatio(rows, rival, OWN))), ...(peers.includes(OWN) ? ['', ''] : [])];
  return formatTable([head, ...lines, last]);
}

function warmUpTable({ peers, phases }: Summary): string {
  const shown = peers.filter((peer) => peer !== 'native');
  const lines = phases.first.map(({ program, cells }) => {
    const steady = phases.again.find((row) => row.program === program)?.cells ?? {};
    return [program, ...shown.map((peer) => {
      const [a, b] = [cells[peer], steady[peer]];
      return a === undefined || b === undefined ? '–' : signed(a.seconds - b.seconds);
    })];
  });
  return formatTable([['program', ...shown], ...lines]);
}

function bootTable({ boots, memory }: Summary): string {
  const mib = (bytes: number | undefined): string => (bytes === undefined ? '–' : (bytes / MIB).toFixed(0));
  const lines = boots.map(({ peer, way, seconds: total, patching, cpu, instructions, peakBytes }) => [
    peer, way, digits(total), seconds(patching), digits(cpu ?? NaN), instructions === undefined ? '–' : (instructions / 1e6).toFixed(0),
    instructions === undefined ? '–' : digits(instructions / total / 1e6), mib(peakBytes), way === 'bzImage' ? mib(memory[peer]) : '–',
  ]);
  return formatTable([['peer', 'way', 'shell s', 'of it patching', 'CPU s', 'M instructions', 'MIPS', 'MiB at the shell', 'MiB at the end'], ...lines]);
}

function judgements(summary: Summary): string {
  return judge(summary).map(({ text, met, measured }) => `${met ? 'met    ' : 'NOT MET'}  ${text}: ${measured}`).join('\n');
}

function formatFailures({ failures }: RigReport): string {
  return failures.length === 0 ? '' : `FAILED\n${failures.map(({ bits, round, peer, what, reason }) => `  ${peer}, ${bits}-bit, round ${round + 1}, ${what}: ${reason}`).join('\n')}`;
}

const seconds = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3));
const signed = (value: number): string => `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(3)}`;
