/** Medians, ratios, wrong results, the verdict, the table. */
import { describe, expect, it } from 'vitest';
import { formatRig, isGood, judge, meanRatio, ratios, summarise, type RigReport, type Samples } from '@wasm-tcg/bench';
import { samplesOf, TIMES, UNITS, type Figures } from './rig-figures.ts';

const FAST: readonly Figures[] = [
  ['native', 'sieve', 0.1, 0.4], ['qemu', 'sieve', 1, 4], ['v86', 'sieve', 4, 16], ['tiered', 'sieve', 1, 3.2],
  ['native', 'fib', 0.1, 0.4], ['qemu', 'fib', 2, 8], ['v86', 'fib', 4, 16], ['tiered', 'fib', 1, 2],
];

describe('a summary', () => {
  it('has medians over the rounds, per 1× of the work', () => {
    const { phases } = summarise(32, samplesOf([['tiered', 'fib', 1, 2], ['tiered', 'fib', 3, 8], ['tiered', 'fib', 2, 4]]), UNITS);
    expect(phases.first).toEqual([{ program: 'fib', cells: { tiered: { seconds: 2, spread: 0.5, mips: 2 } } }]);
    expect(phases.again[0].cells.tiered.seconds).toBe(1);
  });

  it('knows other widths apart', () => {
    expect(summarise(64, samplesOf(FAST), UNITS).phases.first).toEqual([]);
  });

  it('has ratios for programs that both ran', () => {
    const { phases } = summarise(32, samplesOf([...FAST, ['v86', 'vm', 1, 4]]), UNITS);
    expect(ratios(phases.first, 'v86', 'tiered')).toEqual([{ program: 'sieve', ratio: 4 }, { program: 'fib', ratio: 4 }]);
    expect(meanRatio(phases.again, 'qemu', 'tiered')).toBeCloseTo(Math.sqrt(1.25 * 4));
    expect(meanRatio(phases.again, 'tci', 'tiered')).toBeNaN();
  });

  it('has none for a program that is over before the clock has moved', () => {
    const { phases } = summarise(32, samplesOf([...FAST, ['v86', 'vm', 0, 4], ['tiered', 'vm', 1, 0]]), UNITS);
    expect(ratios(phases.first, 'v86', 'tiered').map(({ program }) => program)).toEqual(['sieve', 'fib']);
    expect(meanRatio(phases.again, 'v86', 'tiered')).toBe(meanRatio(summarise(32, samplesOf(FAST), UNITS).phases.again, 'v86', 'tiered'));
    expect(phases.again.find(({ program }) => program === 'vm')?.cells.tiered.mips).toBeUndefined();
  });

  const wrong: [what: string, rows: readonly Figures[], change: (samples: Samples) => void, expected: readonly string[]][] = [
    ['nothing', FAST, () => undefined, []],
    ["a checksum that is not the processor's", [['native', 'fib', 1, 1], ['v86', 'fib', 1, 1, 'bad'], ['qemu', 'fib', 1, 1, 'bad']], () => undefined, ['v86 fib checksum bad instead of c0ffee', 'qemu fib checksum bad instead of c0ffee']],
    ['without a native run the odd one out', [['qemu', 'fib', 1, 1], ['v86', 'fib', 1, 1, 'bad'], ['tiered', 'fib', 1, 1]], () => undefined, ['v86 fib checksum bad instead of c0ffee']],
    ['an exit status', FAST, ({ runs }) => runs.splice(0, 1, { ...runs[0], status: 139 }), ['native sieve exit status 139']],
    ['no checksum', [['qemu', 'fib', 1, 1], ['tiered', 'fib', 1, 1]], ({ runs }) => runs.splice(0, 1, { ...runs[0], checksum: undefined }), ['qemu fib checksum missing instead of c0ffee']],
  ];
  it.each(wrong)('finds wrong results: %s', (_what, rows, change, expected) => {
    const samples = samplesOf(rows);
    change(samples);
    const summary = summarise(32, samples, UNITS);
    expect(summary.wrong.map(({ peer, program, text }) => `${peer} ${program} ${text}`)).toEqual(expected);
    for (const { peer, program } of summary.wrong) expect(summary.phases.first.find((row) => row.program === program)?.cells[peer]).toBeUndefined();
  });
});

describe('the goal', () => {
  const verdict = (samples: Samples): readonly string[] => judge(summarise(32, samples, UNITS)).map(({ text, met, measured }) => `${met ? 'yes' : 'no'}: ${text}: ${measured}`);

  it('is met', () => {
    const samples = samplesOf(FAST, [['qemu', 'bzImage', 5], ['tiered', 'bzImage', 5], ['tiered', 'unpacked', 3]]);
    samples.memory.push({ bits: 32, round: 0, peer: 'v86', peakBytes: 420 * 2 ** 20 }, { bits: 32, round: 0, peer: 'tiered', peakBytes: 400 * 2 ** 20 });
    expect(verdict(samples)).toEqual([
      'yes: first run: mean at least 3 times as fast as v86: 4.00×',
      'yes: first run: mean at least 1 times as fast as qemu: 1.41×',
      'yes: first run: no program slower than in v86: none',
      'yes: steady state: mean at least 3 times as fast as v86: 6.32×',
      'yes: steady state: mean at least 1 times as fast as qemu: 2.24×',
      'yes: steady state: no program slower than in v86: none',
      'yes: boot in the time QEMU needs: 5.0 s, QEMU 5.0 s',
      "yes: peak memory not above v86's: 400 MiB, v86 420 MiB",
    ]);
  });

  it('is missed, and says where', () => {
    const samples = samplesOf([...FAST, ['v86', 'shell', 1, 4], ['tiered', 'shell', 20, 80]], [['qemu', 'bzImage', 5], ['tiered', 'bzImage', 5.2]]);
    expect(verdict(samples)).toEqual(expect.arrayContaining([
      'no: first run: mean at least 3 times as fast as v86: 0.93×',
      'no: steady state: no program slower than in v86: shell 0.05×',
      'no: boot in the time QEMU needs: 5.2 s, QEMU 5.0 s',
    ]));
  });

  it('says nothing of peers that did not run', () => {
    expect(verdict(samplesOf([['tiered', 'fib', 1, 2]]))).toEqual([]);
  });
});

describe('the report', () => {
  const reportOf = (samples: Samples): RigReport => ({
    date: '2026-01-02T03:04:05.000Z', cpu: 'a processor', cores: 2, load: [0.5, 2.25], rounds: 1, units: UNITS, times: TIMES, kernels: { 32: '6.1' },
    peers: [{ name: 'v86', version: 'v86 0.5 (Node 20)' }], missing: [{ peer: 'v86', bits: 64, reason: 'v86 has no 64-bit mode' }],
    failures: samples.failures, summaries: [summarise(32, samples, UNITS)], samples,
  });

  it('has a table per phase with ratios and means, the boots, the verdict', () => {
    const report = reportOf(samplesOf(FAST, [['v86', 'bzImage', 11.7]]));
    const text = formatRig(report);
    expect(isGood(report)).toBe(true);
    expect(text).toMatch(/^2026-01-02, a processor, 2 cores, load 0\.5 to 2\.3; medians of 1 interleaved rounds, 1× is 4 units\n {2}v86 +v86 0\.5 \(Node 20\)\n {2}v86 +not for 64-bit programs: v86 has no 64-bit mode/);
    expect(text).toMatch(/^program +native +qemu +v86 +tiered +v86\/tiered +qemu\/tiered +MIPS +± %$/m);
    expect(text).toMatch(/^sieve +0\.100 +1\.000 +4\.000 +1\.000 +4\.00 +1\.00 +4\.00 +0$/m);
    expect(text).toMatch(/^sieve +0\.100 +1\.000 +4\.000 +0\.800 +5\.00 +1\.25 +5\.00 +0$/m);
    expect(text).toMatch(/^mean, native = 1 +1\.00× +14\.1× +40\.0× +10\.0× +4\.00 +1\.41$/m);
    expect(text).toMatch(/^sieve +0\.000 +0\.000 +0\.200$/m);
    expect(text).toMatch(/^v86 +bzImage +11\.7 +0\.500 +1\.00 +– +– +100 +–$/m);
    expect(text).toMatch(/^met +first run: mean at least 3 times/m);
  });

  it('shows what failed and what was wrong', () => {
    const samples = samplesOf([...FAST, ['native', 'vm', 1, 1], ['v86', 'vm', 1, 1, 'bad'], ['tiered', 'vm', 1, 1]]);
    samples.failures.push({ bits: 32, round: 1, peer: 'qemu', what: 'vm', reason: 'it stopped' });
    const report = reportOf(samples);
    const text = formatRig(report);
    expect(isGood(report)).toBe(false);
    expect(text).toMatch(/^ {2}vm on v86: checksum bad instead of c0ffee$/m);
    expect(text).toMatch(/^ {2}qemu, 32-bit, round 2, vm: it stopped$/m);
    expect(text).toMatch(/^vm +1\.000 +– +– +1\.000 +– +–/m);
    // A mean over fewer programs is none to compare.
    expect(text).toMatch(/^mean, native = 1 +1\.00× +– +– /m);
  });
});
