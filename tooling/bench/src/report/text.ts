/** The report as text. */
import type { BatchCost, TranslationCost } from '../measure/costs.ts';
import type { EngineCost } from '../measure/engine.ts';
import type { KernelRow } from '../measure/kernels.ts';
import { ALTERNATIVE_NAMES } from '../measure/modes.ts';
import { geometricMean } from '../measure/stats.ts';
import type { Expectation } from './expectations.ts';
import { digits, formatTable, percent } from './table.ts';

export interface Report {
  /** ISO date, versions of Node and V8, kind of processor. */
  readonly date: string;
  readonly node: string;
  readonly v8: string;
  readonly cpu: string;
  readonly repetitions: number;
  readonly kernels: readonly KernelRow[];
  /** Why the native column is empty, by width. */
  readonly nativeMissing: readonly string[];
  readonly translation: readonly TranslationCost[];
  readonly batches: readonly BatchCost[];
  readonly engine: readonly EngineCost[];
  readonly expectations: readonly Expectation[];
}

export function formatReport(report: Report): string {
  const { date, node, v8, cpu, repetitions } = report;
  const sections = [`${date.slice(0, 10)}, Node ${node} (V8 ${v8}), ${cpu}; medians of ${repetitions} interleaved repetitions`];
  if (report.kernels.length > 0) sections.push(kernelTable(report.kernels), ...report.nativeMissing);
  if (report.translation.length > 0) sections.push(translationTable(report.translation));
  if (report.batches.length > 0) sections.push(batchTable(report.batches));
  if (report.engine.length > 0) sections.push(engineTable(report.engine));
  sections.push(report.expectations.map(expectationLine).join('\n'));
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function kernelTable(rows: readonly KernelRow[]): string {
  const head = ['kernel', 'bits', 'tci', 'tb-per-module', 'modules', 'tiered', '± %', '×tb-p-m', 'native', 'nat/tiered', 'tiered: i/m/r %', 'modules: i/m %', 'tb-p-m: i/m %'];
  const lines = rows.map(({ name, bits, speeds, native }) => {
    const { tiered, modules } = speeds;
    const baseline = speeds['tb-per-module'];
    return [
      name, String(bits), ...ALTERNATIVE_NAMES.map((alternative) => digits(speeds[alternative].mips)), (100 * tiered.spread).toFixed(0),
      digits(tiered.mips / baseline.mips), native === undefined ? '–' : digits(native), native === undefined ? '–' : digits(native / tiered.mips),
      [tiered.interpreter, tiered.modules, tiered.regions].map(percent).join('/'), [modules.interpreter, modules.modules].map(percent).join('/'),
      [baseline.interpreter, baseline.modules].map(percent).join('/'),
    ];
  });
  const means = ALTERNATIVE_NAMES.map((name) => geometricMean(rows.map(({ speeds }) => speeds[name].mips)));
  const natives = rows.flatMap(({ native }) => native ?? []);
  const native = natives.length === rows.length ? geometricMean(natives) : NaN;
  const last = ['geometric mean', '', ...means.map(digits), '', digits(means[3] / means[1]), digits(native), digits(native / means[3])];
  return `Million guest instructions per second\n\n${formatTable([head, ...lines, [...last, ...head.slice(last.length).map(() => '')]])}`;
}

function translationTable(costs: readonly TranslationCost[]): string {
  const rows = costs.map(({ bits, cold, warm, instructionsPerTb, arenaBytesPerTb }) => [
    `${bits}-bit`, digits(cold), digits(warm), digits(instructionsPerTb), digits(arenaBytesPerTb),
  ]);
  return `Translation, µs per guest instruction\n\n${formatTable([['code', 'cold', 'warm', 'instructions/TB', 'arena bytes/TB'], ...rows])}`;
}

function batchTable(costs: readonly BatchCost[]): string {
  const rows = costs.map((cost) => [
    `${cost.batch}`, digits(cost.tbsPerModule), digits(cost.compile), digits(cost.wall), digits(cost.wasmBytes), (cost.residentBytes / 1024).toFixed(1),
  ]);
  const head = ['batch', 'TBs/module', 'emit+compile µs/TB', 'with first call µs/TB', 'Wasm bytes/TB', 'resident KiB/TB'];
  return `Compiling TBs\n\n${formatTable([head, ...rows])}`;
}

function engineTable(costs: readonly EngineCost[]): string {
  const rows = costs.map((cost) => [cost.kind, String(cost.modules), digits(cost.bytes), digits(cost.baseline), digits(cost.optimising)]);
  return `V8 alone, µs per module (medians)\n\n${formatTable([['what', 'modules', 'bytes', 'Liftoff', 'TurboFan'], ...rows])}`;
}

function expectationLine({ text, met, short }: Expectation): string {
  const shown = short.length > 8 ? [...short.slice(0, 8), `and ${short.length - 8} more`] : short;
  return `${met ? 'met    ' : 'NOT MET'}  ${text}${shown.length === 0 ? '' : `\n           short: ${shown.join(', ')}`}`;
}
