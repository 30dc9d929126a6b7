/** Statistics, judgement and text of the report, and the command's usage errors. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ALTERNATIVE_NAMES, expectations, formatReport, formatTable, geometricMean, median, spread, type Alternative, type KernelRow, type Report, type Speed } from '@wasm-tcg/bench';

function row(name: string, mips: Readonly<Record<Alternative, number>>, expected?: number): KernelRow {
  const speed = (value: number): Speed => ({ mips: value, spread: 0.05, interpreter: 0.25, modules: 0.25, regions: 0.5 });
  const speeds = Object.fromEntries(ALTERNATIVE_NAMES.map((alternative) => [alternative, speed(mips[alternative])])) as Record<Alternative, Speed>;
  return { name, bits: 64, speeds, native: 3000, expected };
}

const FAST = row('alu', { tci: 60, 'tb-per-module': 100, modules: 250, tiered: 600 }, 500);
const SLOW = row('sort', { tci: 40, 'tb-per-module': 100, modules: 150, tiered: 400 }, 500);
const TRANSLATION = { bits: 64, cold: 20, warm: 0.9, instructionsPerTb: 5, arenaBytesPerTb: 280 } as const;

it('statistics', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(spread([90, 100, 110])).toBeCloseTo(0.1);
  expect(geometricMean([1, 100])).toBeCloseTo(10);
});

describe('expectations', () => {
  it('are met', () => {
    const list = expectations([FAST], [TRANSLATION]);
    expect(list.map(({ met }) => met)).toEqual([true, true, true, true]);
  });

  it('name what falls short', () => {
    const list = expectations([FAST, SLOW], [{ ...TRANSLATION, warm: 1.2 }]);
    expect(list.map(({ met }) => met)).toEqual([false, false, false, false]);
    expect(list.map(({ short }) => short)).toEqual([['sort 64: 40.0'], ['sort 64: 150'], ['sort 64: 400'], ['64-bit: 1.20']]);
  });

  it('say nothing of what was not measured', () => {
    expect(expectations([], [])).toEqual([]);
    expect(expectations([{ ...SLOW, name: 'strings', expected: undefined }], [])).toEqual([]);
  });
});

it('a table has a width per column', () => {
  expect(formatTable([['name', 'n'], ['a', '100'], ['long name', '5']])).toBe('name         n\n---------  ---\na          100\nlong name    5');
});

it('the report has every row and the reason of a missing column', () => {
  const report: Report = {
    date: '2026-01-02T03:04:05.000Z', node: '20.0.0', v8: '11', cpu: 'a processor', repetitions: 3, kernels: [FAST, { ...SLOW, native: undefined }],
    nativeMissing: ['no native column for 64-bit code: gcc cannot be run'], translation: [TRANSLATION],
    batches: [{ batch: 8, tbsPerModule: 8, compile: 10, wall: 12, wasmBytes: 400, residentBytes: 2048 }],
    engine: [{ kind: 'region', modules: 3, bytes: 1000, baseline: 50, optimising: 500 }], expectations: expectations([FAST, SLOW], [TRANSLATION]),
  };
  const text = formatReport(report);
  expect(text).toMatch(/^2026-01-02, Node 20\.0\.0 \(V8 11\), a processor; medians of 3/);
  expect(text).toMatch(/^alu +64 +60\.0 +100 +250 +600 +5 +6\.00 +3000 +5\.00 +25\/25\/50 +25\/25 +25\/25$/m);
  expect(text).toMatch(/^sort +64 .* – +– /m);
  expect(text).toContain('gcc cannot be run');
  expect(text).toMatch(/^8 +8\.00 +10\.0 +12\.0 +400 +2\.0$/m);
  expect(text).toMatch(/^NOT MET {2}interpreter ≥ 50 MIPS \(1 of 2\)\n +short: sort 64: 40\.0$/m);
});

describe('the command', () => {
  const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
  const loader = `
    const { importTypeScript } = await import(${JSON.stringify(path('../../../scripts/lib/load-typescript.mjs'))});
    await importTypeScript(${JSON.stringify(path('../src/main.ts'))});`;
  it.each([
    [['--programs', 'sieve,sive'], 2, /no program sive/],
    [['tires'], 2, /no benchmark tires/],
    [['tiers', '--quik'], 2, /--quik/],
    [['tiers', '--section', 'kernels,speed'], 2, /no section speed/],
    [['--help'], 0, /usage: npm run bench \[-- options\]/],
    [['tiers', '--help'], 0, /usage: npm run bench -- tiers/],
  ])('%j', (args, status, text) => {
    const result = spawnSync(process.execPath, ['--input-type=module', '--eval', loader, '--', 'bench', ...args], { encoding: 'utf8' });
    expect(`${result.stdout}${result.stderr}`).toMatch(text);
    expect(result.status).toBe(status);
  }, 30_000);
});
