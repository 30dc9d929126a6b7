import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Browser } from '../src/browser/browser.ts';
import { Report, Wrong } from '../src/rows.ts';
import type { Site } from '../src/site/site.ts';
import { judgeBoots, median } from '../src/speed/boot-time.ts';
import { runStory, type Story } from '../src/story.ts';
import type { Tab } from '../src/tab.ts';

const screens = mkdtempSync(join(tmpdir(), 'playground-story-'));
afterAll(() => rmSync(screens, { recursive: true }));

const done = (): Promise<void> => Promise.resolve();
const fails = (): Promise<void> => Promise.reject(new Wrong('no'));

/** Rows of a story in a tab that does nothing, as `outcome name`. */
async function rowsOf(story: Omit<Story, 'name'>, problems: readonly string[] = []): Promise<string[]> {
  const tab = { problems, picture: done, close: done } as unknown as Tab;
  const browser: Browser = { name: 'chromium', version: '1', newTab: () => Promise.resolve(tab), close: done };
  const site: Site = { folder: '', address: '', isolatedAddress: '', linux: undefined, close: done };
  const report = new Report(() => undefined);
  await runStory({ ...story, name: 's' }, { browser, site, screens, temporary: '' }, report);
  return report.rows.map(({ outcome, name, detail }) => `${outcome} ${name}${detail === '' ? '' : `: ${detail}`}`);
}

describe('a story', () => {
  it('fails what comes after a failure, unless the failed step stands alone', async () => {
    const steps = () => [{ name: 'a', alone: true, run: fails }, { name: 'b', run: done }, { name: 'c', run: fails }, { name: 'd', run: done }];
    expect(await rowsOf({ steps })).toEqual(['failed s: a: no', 'passed s: b', 'failed s: c: no', 'failed s: d: not reached', 'passed s: no errors on the console']);
  });

  it('fails on what the console said', async () => {
    expect(await rowsOf({ steps: () => [] }, ['console: oh'])).toEqual(['failed s: no errors on the console: console: oh']);
  });

  it('is not run without the guest that it needs', async () => {
    expect((await rowsOf({ linux: true, steps: () => [{ name: 'a', run: fails }] }))[0]).toContain('not run s: the site has no linux');
  });
});

describe('boot times', () => {
  it('are compared by their medians', () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(judgeBoots({ page: [10, 90, 12], node: [10, 10, 1], load: [0, 1] })).toContain('1.20 times');
    expect(() => judgeBoots({ page: [14, 14, 14], node: [10, 10, 10], load: [0, 1] })).toThrow(/1\.40 times .*at most 1\.3/);
    expect(() => judgeBoots({ page: [], node: [10], load: [0, 1] })).toThrow(Wrong);
  });
});
