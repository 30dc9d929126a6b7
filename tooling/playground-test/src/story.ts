/** What a story is: steps in one tab, a row each. What comes after a step that failed and that it builds on is not reached, and counts as failed. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, TabOptions } from './browser/browser.ts';
import type { BrowserName } from './browser/names.ts';
import type { Report } from './rows.ts';
import { LINUX, type Site } from './site/site.ts';
import type { Tab } from './tab.ts';

/** What a story finds. */
export interface World {
  readonly tab: Tab;
  readonly browser: Browser;
  readonly site: Site;
  /** For pictures. */
  readonly screens: string;
  /** For files; removed at the end. */
  readonly temporary: string;
}

export interface Step {
  readonly name: string;
  /** Limit, seconds; default {@link STEP_SECONDS}. */
  readonly seconds?: number;
  /** What comes after it makes sense without it, too. */
  readonly alone?: boolean;
  /** @returns a figure for the row */
  run(): Promise<string | void>;
}

export interface Story {
  readonly name: string;
  /** Part of the short run. */
  readonly short?: boolean;
  /** Default: Chromium alone. */
  readonly browsers?: readonly BrowserName[];
  /** Needs the site's Linux guest. */
  readonly linux?: boolean;
  /** Wants the headers that give a page shared memory. */
  readonly isolated?: boolean;
  readonly tab?: Omit<TabOptions, 'address'>;
  steps(world: World): readonly Step[];
}

const STEP_SECONDS = 30;

export interface Chosen {
  readonly browser: BrowserName;
  readonly short: boolean;
  readonly only: readonly string[];
}

export function chooseStories(stories: readonly Story[], { browser, short, only }: Chosen): readonly Story[] {
  return stories.filter(
    (story) =>
      (story.browsers ?? ['chromium']).includes(browser) &&
      (!short || story.short === true) &&
      (only.length === 0 || only.some((text) => story.name.includes(text))),
  );
}

/** Runs one story and closes it with a row on what the console said. */
export async function runStory(story: Story, make: Omit<World, 'tab'>, report: Report): Promise<void> {
  const { browser, site, screens } = make;
  if (story.linux === true && site.linux === undefined) {
    report.add({ outcome: 'not run', name: story.name, seconds: 0, detail: `the site has no ${LINUX}: it was built without guests, or their packages cannot be had here` });
    return;
  }
  const address = story.isolated === true ? site.isolatedAddress : site.address;
  const tab = await browser.newTab({ ...story.tab, address });
  try {
    const steps = story.steps({ ...make, tab });
    for (const [index, { name, seconds = STEP_SECONDS, alone = false, run }] of steps.entries()) {
      if (await report.step(`${story.name}: ${name}`, seconds, run)) continue;
      if (alone || report.rows.at(-1)?.outcome === 'not run') continue;
      await mkdir(screens, { recursive: true });
      await tab.picture(join(screens, `failed-${story.name.replaceAll(/\W+/g, '-')}.png`)).catch(() => undefined);
      for (const left of steps.slice(index + 1)) report.add({ outcome: 'failed', name: `${story.name}: ${left.name}`, seconds: 0, detail: 'not reached' });
      break;
    }
    report.add({ outcome: tab.problems.length === 0 ? 'passed' : 'failed', name: `${story.name}: no errors on the console`, seconds: 0, detail: tab.problems.join('\n') });
  } finally {
    await tab.close().catch(() => undefined);
  }
}
