import { describe, expect, it } from 'vitest';
import { formatRow, NotRun, Report, Wrong } from '../src/rows.ts';

const printed = (run: (report: Report) => Promise<unknown>): Promise<string> => {
  let text = '';
  let clock = 0;
  return run(new Report((part) => (text += part), () => (clock += 500))).then(() => text);
};

describe('rows', () => {
  it('say what came out, how long it took, and why', async () => {
    const text = await printed(async (report) => {
      expect(await report.step('a: b', 1, () => Promise.resolve('12 things'))).toBe(true);
      expect(await report.step('a: c', 1, () => Promise.reject(new Wrong('no\nnot at all')))).toBe(false);
      expect(await report.step('a: d', 1, () => Promise.reject(new NotRun('nothing to boot')))).toBe(false);
      expect(report.closingLine()).toBe('1 passed, 1 failed');
      expect(report.count('not run')).toBe(1);
    });
    expect(text).toBe('passed     0.5 s  a: b: 12 things\nfailed     0.5 s  a: c: no\n                  not at all\nnot run    0.5 s  a: d: nothing to boot\n');
  });

  it('end a step that does not end', async () => {
    const text = await printed((report) => report.step('a: b', 0.01, () => new Promise(() => undefined)));
    expect(text).toContain('failed     0.5 s  a: b: not done after 0.01 s');
  });

  it('show where an unexpected error came from, but not pages of it', () => {
    const text = formatRow({ outcome: 'failed', name: 'a', seconds: 1, detail: Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n') });
    expect(text.split('\n')).toHaveLength(27);
    expect(text).toContain('…');
  });
});
