/** Text of counters and of a profile: what `-d stats` prints. Rows and their order are those of api-counters.ts; what is zero is left out. */
import { COUNTER_GROUPS, type CounterName, type CounterRow, type MachineCounters } from '../api-counters.ts';
import type { ProfileEntry } from '../api-profile.ts';

const LABEL = 22;
const VALUE = 12;

/** 1234567 → "1.23 M". */
export function formatCount(value: number): string {
  for (const [unit, name] of [[1e9, ' G'], [1e6, ' M'], [1e4, ' k']] as const) {
    if (value >= unit) return `${(value / (name === ' k' ? 1e3 : unit)).toPrecision(3)}${name}`;
  }
  return String(value);
}

function formatValue(value: number, { unit }: CounterRow): string {
  if (unit === 'ms') return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
  if (unit === 'bytes' || unit === 'level') return `${(value / 1024).toFixed(0)} KiB`;
  return formatCount(value);
}

const line = (label: string, value: string, note = ''): string => `  ${label.padEnd(LABEL)} ${value.padStart(VALUE)}${note === '' ? '' : ` ${note}`}\n`;

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`.padStart(8);

/** Shares only of what is counted as the whole is. */
function formatGroup({ title, of, rows }: (typeof COUNTER_GROUPS)[number] & { readonly of?: CounterName }, counters: MachineCounters): string {
  const units = rows as Readonly<Record<string, CounterRow>>;
  const lines = (Object.entries(rows) as [CounterName, CounterRow][]).filter(([name]) => counters[name] !== 0).map(([name, row]) => {
    const whole = of === undefined || name === of || row.apart || units[of].unit !== row.unit ? 0 : counters[of];
    return line(row.label, formatValue(counters[name], row), whole === 0 ? '' : percent(counters[name], whole));
  });
  return lines.length === 0 ? '' : `${title}\n${lines.join('')}`;
}

/** Rates that say more than the counts they are made of. */
function formatRates(counters: MachineCounters): string {
  const rate = (label: string, part: number, whole: number, unit: string): string => (part === 0 || whole === 0 ? '' : line(label, (part / whole).toFixed(2), unit));
  const rows = [
    rate('speed', counters.instructions / 1000, counters.runMs, 'MIPS while running'),
    rate('per dispatch', counters.instructions, counters.dispatches, 'instructions'),
    rate('per interpreted TB', counters.tciInstructions, counters.tciTbs, 'instructions'),
    rate('per region call', counters.regionInstructions, counters.regionCalls, 'instructions'),
    rate('translation', 1000 * counters.translateMs, counters.translatedInstructions, 'µs per instruction'),
    rate('module', 1000 * (counters.compileMs - counters.regionMs), counters.compiledModuleTbs, 'µs per TB'),
    rate('region', 1000 * counters.regionMs, counters.compiledRegionTbs, 'µs per TB'),
    rate('TLB misses', 1000 * counters.tlbFills, counters.instructions, 'per 1000 instructions'),
  ];
  return `rates\n${rows.join('')}`;
}

function formatExits({ exits }: MachineCounters): string {
  const rows = Object.entries(exits).filter(([, count]) => count !== 0).sort(([, a], [, b]) => b - a);
  return rows.length === 0 ? '' : `exits to the host\n${rows.map(([name, count]) => line(name, formatCount(count))).join('')}`;
}

function formatPool({ pool }: MachineCounters): string {
  const rows = Object.entries(pool).filter(([, count]) => count !== 0);
  return rows.length === 0 ? '' : `instance pool\n${rows.map(([name, count]) => line(name, formatCount(count))).join('')}`;
}

/** All counters, and rates made of them, as a table of lines. */
export function formatStats(counters: MachineCounters): string {
  return [...COUNTER_GROUPS.map((group) => formatGroup(group, counters)), formatExits(counters), formatPool(counters), formatRates(counters)].join('');
}

/**
 * The blocks in which most instructions ran.
 * @param entries of {@link import('../api-profile.ts').Profiler.take}
 * @param most rows at most
 */
export function formatProfile(entries: readonly ProfileEntry[], most = 20): string {
  const all = entries.reduce((total, { hits }) => total + hits, 0);
  if (all === 0) return '';
  const rows = [...entries].sort((a, b) => b.hits - a.hits).slice(0, most).map(({ pc, insns, tier, user, hits }) =>
    `  ${percent(hits, all)}  ${`0x${pc.toString(16)}`.padEnd(18)} ${String(insns).padStart(3)} insns  ${tier.padEnd(6)} ${user ? 'user' : 'kernel'}\n`);
  return `hottest blocks, by instructions (${all} samples)\n${rows.join('')}`;
}
