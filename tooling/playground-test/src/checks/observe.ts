/** The Observe view on a running Linux: charts, heat, hot blocks, tables in place of pictures, and the way into the Lab. */
import { Wrong } from '../rows.ts';
import { LINUX } from '../site/site.ts';
import type { Story } from '../story.ts';
import { bootGuest, TINY_LAST } from './guest.ts';
import { stageShown } from './lab-page.ts';
import { CHARTS, drawn, observing, tableRows } from './observe-page.ts';
import { goToView, openView, viewShown } from './pages.ts';

const observe: Story = {
  name: 'observe',
  linux: true,
  steps: ({ tab }) => [
    {
      name: 'every picture shows a Linux that boots',
      seconds: 120,
      run: async () => {
        await openView(tab, 'machine');
        await tab.click({ testId: `machine-start-${LINUX}` });
        await tab.waitFor('the terminal', () => document.querySelector('[data-testid="machine-terminal"]') !== null, undefined, 60_000);
        await goToView(tab, 'observe');
        await observing(tab);
      },
    },
    {
      name: 'every picture is a table, too',
      seconds: 120,
      run: async () => {
        const counts: string[] = [];
        for (const panel of [...CHARTS, 'heat']) {
          await tab.click({ testId: `observe-toggle-${panel}` });
          counts.push(`${panel} ${(await tableRows(tab, panel === 'heat' ? 'observe-heat-table' : `observe-table-${panel}`)).length}`);
          await tab.click({ testId: `observe-toggle-${panel}` });
        }
        return `rows: ${counts.join(', ')}`;
      },
    },
    {
      name: 'the hottest block opens in the Lab with its bytes',
      run: async () => {
        const [hottest = ''] = await tableRows(tab, 'observe-top');
        await tab.click({ css: '[data-testid="observe-top"] tbody tr:first-child button[title="Open in the Lab"]' });
        await viewShown(tab, 'lab');
        const lines = await stageShown(tab, 'x86');
        if (lines.length < 2) throw new Wrong(`no instructions of ${hottest}`);
        return `${hottest.slice(0, 40)}: ${lines.length} lines`;
      },
    },
    {
      name: 'the machine went on meanwhile',
      seconds: 90,
      run: async () => {
        await goToView(tab, 'machine');
        await tab.waitFor('the prompt', () => document.querySelector('[data-testid="machine-screen"]')?.textContent.includes('wasm-tcg:~#') === true, undefined, 60_000);
      },
    },
  ],
};

const ended: Story = {
  name: 'observe, ended',
  steps: ({ tab }) => [
    {
      name: 'what the tiny guest did is still to be seen',
      seconds: 60,
      run: async () => {
        await bootGuest(tab, 'tiny', TINY_LAST, 30_000);
        await goToView(tab, 'observe');
        await drawn(tab, 'observe-chart-mips');
      },
    },
  ],
};

const empty: Story = {
  name: 'observe, off',
  steps: ({ tab }) => [
    {
      name: 'says what it is, and boots the tiny guest',
      seconds: 60,
      run: async () => {
        await openView(tab, 'observe');
        await tab.click({ role: 'button', name: 'Boot the tiny guest' });
        await drawn(tab, 'observe-chart-mips');
      },
    },
  ],
};

export const OBSERVE_STORIES: readonly Story[] = [observe, ended, empty];
