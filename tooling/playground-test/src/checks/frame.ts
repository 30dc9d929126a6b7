/** The frame around the views: navigation, theme, and what it says in a browser that lacks something. */
import type { Story } from '../story.ts';
import { expectEqual, goToView, openView, TITLES, VIEWS } from './pages.ts';

const theme = (): string => document.documentElement.dataset['theme'] ?? '';

const frame: Story = {
  name: 'frame',
  browsers: ['chromium', 'firefox'],
  short: true,
  steps: ({ tab }) => [
    {
      name: 'every view opens by the navigation, below a path',
      run: async () => {
        await openView(tab, 'lab');
        for (const view of ['observe', 'machine', 'lab'] as const) await goToView(tab, view);
      },
    },
    {
      name: 'every view opens by its address, any other address is the Lab',
      run: async () => {
        for (const view of VIEWS) await openView(tab, view);
        await tab.open('#/nowhere?x=%');
        await tab.waitFor('the Lab', (title) => document.querySelector('main h1')?.textContent === title, TITLES.lab);
      },
    },
    {
      name: 'the choice of colours outlives a reload',
      run: async () => {
        await tab.evaluate(() => {
          const choice = document.querySelector<HTMLSelectElement>('.site-bar select');
          if (choice === null) return;
          choice.value = 'dark';
          choice.dispatchEvent(new Event('change', { bubbles: true }));
        }, undefined);
        await tab.waitFor('a dark page', () => document.documentElement.dataset['theme'] === 'dark', undefined);
        await tab.reload();
        await tab.waitFor('the page', () => document.querySelector('main h1') !== null, undefined);
        if (tab.problems.length === 0) expectEqual('the theme', await tab.evaluate(theme, undefined), 'dark');
      },
    },
  ],
};

/** What is taken from the page before its own code runs, and what it has to be called. */
const LACKING = [
  { global: 'WebAssembly', named: 'WebAssembly', fatal: true },
  { global: 'Worker', named: 'Web Workers', fatal: true },
  { global: 'CompressionStream', named: 'CompressionStream', fatal: false },
] as const;

const lacking: readonly Story[] = LACKING.map(({ global, named, fatal }) => ({
  name: `without ${global}`,
  tab: { before: `delete globalThis.${global};` },
  steps: ({ tab }) => [
    {
      name: `the page names ${named}${fatal ? '' : ', and works'}`,
      run: async () => {
        await tab.open('#/lab');
        await tab.waitFor(`a notice of ${named}`, (name) => [...document.querySelectorAll('main .notice')].some((notice) => notice.textContent.includes(`has no ${name}`)), named);
        if (!fatal) await openView(tab, 'lab');
      },
    },
  ],
}));

export const FRAME_STORIES: readonly Story[] = [frame, ...lacking];
