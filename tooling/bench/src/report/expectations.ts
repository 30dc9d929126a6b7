/** What the tiers have to reach, and whether they did. */
import type { KernelRow } from '../measure/kernels.ts';
import type { TranslationCost } from '../measure/costs.ts';
import { digits } from './table.ts';

const INTERPRETER_MIPS = 50;
const MODULES_MIPS = 200;
const TRANSLATION_MICROSECONDS = 1;

export interface Expectation {
  readonly text: string;
  readonly met: boolean;
  /** Values judged. */
  readonly of: number;
  /** What falls short. */
  readonly short: readonly string[];
}

/** Kernels whose instruction is a loop of its own (rep) or runs once per pass are no measure of a tier's speed. */
const UNTYPICAL = new Set(['strings', '10,000 TBs']);

export function expectations(rows: readonly KernelRow[], translation: readonly TranslationCost[]): Expectation[] {
  const typical = rows.filter(({ name }) => !UNTYPICAL.has(name));
  const reach = (text: string, of: readonly KernelRow[], speed: (row: KernelRow) => number, least: (row: KernelRow) => number): Expectation => {
    const short = of.filter((row) => speed(row) < least(row)).map((row) => `${row.name} ${row.bits}: ${digits(speed(row))}`);
    return { text: `${text} (${of.length - short.length} of ${of.length})`, met: short.length === 0, of: of.length, short };
  };
  const expected = (mips: number): readonly KernelRow[] => rows.filter((row) => row.expected === mips);
  const list: Expectation[] = [];
  const measured: Expectation[] = [
    reach(`interpreter ≥ ${INTERPRETER_MIPS} MIPS`, typical, (row) => row.speeds.tci.mips, () => INTERPRETER_MIPS),
    reach(`TB modules ≥ ${MODULES_MIPS} MIPS`, typical, (row) => row.speeds.modules.mips, () => MODULES_MIPS),
    reach('tiered ≥ 500 MIPS on loops', expected(500), (row) => row.speeds.tiered.mips, () => 500),
    reach('tiered ≥ 200 MIPS on call/ret and switch', expected(200), (row) => row.speeds.tiered.mips, () => 200),
  ];
  list.push(...measured.filter(({ of }) => of > 0));
  if (translation.length > 0) {
    const short = translation.filter(({ warm }) => warm > TRANSLATION_MICROSECONDS).map(({ bits, warm }) => `${bits}-bit: ${digits(warm)}`);
    list.push({ text: `translation ≤ ${TRANSLATION_MICROSECONDS} µs per guest instruction`, met: short.length === 0, of: translation.length, short });
  }
  return list;
}
