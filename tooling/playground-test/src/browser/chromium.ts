/** Chromium through playwright. */
import { chromium, errors, type Locator, type Page } from 'playwright-core';
import { PlaygroundTestError } from '../errors.ts';
import { Wrong } from '../rows.ts';
import { PATIENCE, type Target } from '../tab.ts';
import { DESKTOP, type Browser, type ChromiumTab, type TabOptions } from './browser.ts';
import { cannotClick, notSeen } from './messages.ts';

export interface ChromiumBrowser extends Browser {
  newTab(options: TabOptions): Promise<ChromiumTab>;
  /** What the main threads did between the two calls, as a trace (`measure/main-thread.ts`). */
  startTrace(tab: ChromiumTab, categories: readonly string[]): Promise<void>;
  stopTrace(): Promise<string>;
}

export async function launchChromium(program: string, { show }: { readonly show: boolean }): Promise<ChromiumBrowser> {
  const browser = await chromium
    .launch({ executablePath: program, headless: !show, args: ['--no-sandbox', '--disable-gpu'] })
    .catch((error: unknown) => {
      throw new PlaygroundTestError('browser', `${program} does not start`, String(error), { cause: error });
    });
  return {
    name: 'chromium',
    version: browser.version(),
    newTab: async (options) => {
      const { address, scheme = 'light', size = DESKTOP, before } = options;
      const context = await browser.newContext({ viewport: size, colorScheme: scheme, acceptDownloads: true });
      if (before !== undefined) await context.addInitScript(before);
      return openTab(await context.newPage(), address);
    },
    startTrace: (tab, categories) => browser.startTracing(tab.page, { screenshots: false, categories: [...categories] }),
    stopTrace: async () => (await browser.stopTracing()).toString(),
    close: () => browser.close(),
  };
}

function openTab(page: Page, address: string): ChromiumTab {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  page.on('crash', () => problems.push('the page crashed'));
  const find = ({ testId, role, name, css }: Target): Locator => {
    if (testId !== undefined) return page.getByTestId(testId);
    if (role !== undefined) return page.getByRole(role, name === undefined ? {} : { name, exact: true });
    return page.locator(css ?? 'body');
  };
  return {
    page,
    problems,
    open: async (fragment) => {
      // A change of the fragment alone would load nothing.
      await page.goto('about:blank');
      await page.goto(`${address}${fragment}`);
    },
    reload: async () => void (await page.reload()),
    evaluate: (run, argument) => page.evaluate(run as (argument: unknown) => ReturnType<typeof run>, argument),
    waitFor: async (what, condition, argument, patience = PATIENCE) => {
      try {
        const handle = await page.waitForFunction(condition as (argument: unknown) => ReturnType<typeof condition>, argument, { timeout: patience });
        return (await handle.jsonValue()) as ReturnType<typeof condition>;
      } catch (error) {
        if (!(error instanceof errors.TimeoutError)) throw error;
        throw new Wrong(notSeen(what, patience, problems));
      }
    },
    click: async (target, patience = PATIENCE) => {
      try {
        await find(target).click({ timeout: patience });
      } catch (error) {
        throw cannotClick(target, error, problems);
      }
    },
    press: (key) => page.keyboard.press(key),
    type: (text) => page.keyboard.type(text),
    picture: async (path) => void (await page.screenshot({ path })),
    close: () => page.context().close(),
  };
}
