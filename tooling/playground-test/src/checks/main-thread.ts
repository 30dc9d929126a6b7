/** No task of the page's main thread may hold it for long: neither while people type, nor while Linux boots and prints, nor while charts are drawn. */
import type { ChromiumBrowser } from '../browser/chromium.ts';
import { formatTask, LONGEST_TASK, longTasks, TRACE_CATEGORIES } from '../measure/main-thread.ts';
import { Wrong } from '../rows.ts';
import { LINUX } from '../site/site.ts';
import { PROMPT } from '../speed/prompt.ts';
import type { Story, World } from '../story.ts';
import type { Tab } from '../tab.ts';
import { command, LINUX_PATIENCE, startGuest } from './guest.ts';
import { chooseUnit, labReady, openPanes, runnable, runToEnd, STAGES, stageShown } from './lab-page.ts';
import { observing } from './observe-page.ts';
import { chromiumTab, goToView, openView } from './pages.ts';

/** Tasks named in a row. */
const MOST_TASKS = 5;

/** Does something while the main thread is watched. @throws Wrong when it was held too long */
async function watched({ browser, tab }: World, run: () => Promise<unknown>): Promise<string> {
  const chromium = browser as ChromiumBrowser;
  await chromium.startTrace(chromiumTab(tab), TRACE_CATEGORIES);
  let trace = '';
  try {
    await run();
  } finally {
    trace = await chromium.stopTrace();
  }
  const tasks = longTasks(trace, 0);
  const long = tasks.filter(({ cpu }) => cpu > LONGEST_TASK);
  if (long.length > 0) throw new Wrong([`${long.length} tasks took more than ${LONGEST_TASK} ms`, ...long.slice(0, MOST_TASKS).map(formatTask)].join('\n'));
  return tasks.length === 0 ? 'nothing' : `longest ${formatTask(tasks[0])}`;
}

/** Types as a fast typist does, in the editor. */
async function typeProgram(tab: Tab): Promise<void> {
  await tab.click({ css: '[data-testid="lab-editor"] .cm-content' });
  await tab.press('Control+End');
  const before = await tab.evaluate(() => location.hash, undefined);
  for (let line = 0; line < 5; line++) {
    await tab.press('Enter');
    await tab.type(`mov ecx, ${line}`);
  }
  await tab.waitFor('an address with the new program', (hash) => location.hash !== hash, before);
  await runnable(tab);
}

export const MAIN_THREAD_STORIES: readonly Story[] = [
  {
    name: 'main thread, lab',
    steps: (world) => {
      const { tab } = world;
      return [
        { name: 'the Lab is open', run: () => labReady(tab) },
        { name: 'typing', seconds: 60, run: () => watched(world, () => typeProgram(tab)) },
        {
          name: 'all panes, wasm-tools included',
          seconds: 60,
          run: () =>
            watched(world, async () => {
              await openPanes(tab, STAGES);
              for (const stage of STAGES) await stageShown(tab, stage);
            }),
        },
        {
          name: 'a run, and a region with its graph',
          seconds: 60,
          run: () =>
            watched(world, async () => {
              await runToEnd(tab);
              await chooseUnit(tab, 'region');
              await tab.waitFor('the graph', () => document.querySelector('[data-testid="lab-graph"] svg .node') !== null, undefined);
            }),
        },
      ];
    },
  },
  {
    name: 'main thread, machine',
    linux: true,
    steps: (world) => {
      const { tab } = world;
      return [
        { name: 'the Machine view is open', run: () => openView(tab, 'machine') },
        { name: 'Linux boots', seconds: 120, run: () => watched(world, () => startGuest(tab, LINUX, PROMPT, LINUX_PATIENCE)) },
        { name: 'a guest that prints as fast as it can', seconds: 120, run: () => watched(world, () => command(tab, 'seq 1 30000; echo end=$((40 + 2))', /end=42/, 90_000)) },
        {
          name: 'Observe, for a while',
          seconds: 120,
          run: () =>
            watched(world, async () => {
              await goToView(tab, 'observe');
              await observing(tab);
              await goToView(tab, 'machine');
              await goToView(tab, 'observe');
              await observing(tab);
            }),
        },
      ];
    },
  },
];
