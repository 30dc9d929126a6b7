/** `npm run playground:test`: rows on standard output, progress on standard error. */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from './browser/browser.ts';
import { launchChromium } from './browser/chromium.ts';
import { launchFirefox } from './browser/firefox.ts';
import { provideBrowser, surroundings } from './browser/provide.ts';
import { storiesOf } from './checks/table.ts';
import { PlaygroundTestError } from './errors.ts';
import { parseOptions, USAGE, type Options } from './options.ts';
import { Report } from './rows.ts';
import { readExamples } from './site/examples.ts';
import { ROOT } from './site/root.ts';
import { buildSite, openSite } from './site/site.ts';
import { chooseStories, runStory } from './story.ts';

/** No browser here: nothing was checked. As boot-check says it of a guest. */
const EXIT_NOT_RUN = 3;
const WORK = join(ROOT, '.cache', 'playground-test');

const say = (line: string): void => void process.stderr.write(`playground-test: ${line}\n`);
const print = (text: string): void => void process.stdout.write(text);

async function main(): Promise<boolean> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    print(USAGE);
    return true;
  }
  const stories = chooseStories(storiesOf(await readExamples()), options);
  if (options.list || stories.length === 0) {
    print(stories.map(({ name }) => `${name}\n`).join(''));
    if (!options.list) throw new PlaygroundTestError('usage', `no story of ${options.browser} has a name with ${options.only.join(' or ')}`, '--list names them.');
    return true;
  }
  const program = await provideBrowser(options.browser, surroundings(), say);
  const folder = options.site ?? join(WORK, 'site');
  if (options.site === undefined) await buildSite(folder, options, say);
  const site = await openSite(folder);
  const temporary = await mkdtemp(join(tmpdir(), 'wasm-tcg-playground-'));
  const report = new Report(print);
  const began = performance.now();
  try {
    const browser = await launch(program, options);
    stop.signal.addEventListener('abort', () => void browser.close());
    try {
      say(`${browser.name} ${browser.version}, load ${loadavg()[0].toFixed(2)}`);
      for (const story of stories) {
        await runStory(story, { browser, site, screens: options.screens ?? join(WORK, 'screens'), temporary }, report);
        if (stop.signal.aborted) return false;
      }
    } finally {
      await browser.close().catch(() => undefined);
    }
  } finally {
    await site.close();
    await rm(temporary, { recursive: true, force: true });
  }
  say(`${((performance.now() - began) / 1000).toFixed(0)} s, ${report.count('not run')} not run`);
  print(`\n${report.closingLine()}\n`);
  return report.count('failed') === 0;
}

function launch(program: string, { browser, show }: Options): Promise<Browser> {
  return browser === 'firefox' ? launchFirefox(program, { show }) : launchChromium(program, { show });
}

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  if (stop.signal.aborted) {
    say('interrupted');
  } else if (error instanceof PlaygroundTestError) {
    process.stderr.write(`playground-test: ${error.message}\n${error.hint}\n`);
    process.exitCode = error.code === 'no-browser' ? EXIT_NOT_RUN : error.code === 'usage' ? 2 : 1;
  } else {
    throw error;
  }
}
if (stop.signal.aborted) process.exitCode = 130;
