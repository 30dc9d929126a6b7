/** Firefox through WebDriver BiDi, which Debian's firefox-esr speaks by itself. */
import puppeteer, { TimeoutError, type Page } from 'puppeteer-core';
import { PlaygroundTestError } from '../errors.ts';
import { Wrong } from '../rows.ts';
import { PATIENCE, type Tab, type Target } from '../tab.ts';
import { DESKTOP, type Browser } from './browser.ts';
import { cannotClick, notSeen } from './messages.ts';

export async function launchFirefox(program: string, { show }: { readonly show: boolean }): Promise<Browser> {
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: program, headless: !show }).catch((error: unknown) => {
    throw new PlaygroundTestError('browser', `${program} does not start`, String(error), { cause: error });
  });
  return {
    name: 'firefox',
    version: await browser.version(),
    newTab: async ({ address, scheme = 'light', size = DESKTOP, before }) => {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.setViewport(size);
      // BiDi cannot emulate the system's colours: the choice of the page is made instead.
      await page.evaluateOnNewDocument(`try { localStorage['wasm-tcg-theme'] ??= '${scheme}'; } catch { /* about:blank has none */ } ${before ?? ''}`);
      return openTab(page, address);
    },
    close: () => browser.close(),
  };
}

function openTab(page: Page, address: string): Tab {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`));
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  return {
    problems,
    open: async (fragment) => {
      await page.goto('about:blank');
      await page.goto(`${address}${fragment}`);
    },
    reload: async () => void (await page.reload()),
    evaluate: async (run, argument) => (await page.evaluate(run as (argument: unknown) => unknown, argument)) as ReturnType<typeof run>,
    waitFor: async (what, condition, argument, patience = PATIENCE) => {
      try {
        const handle = await page.waitForFunction(condition as (argument: unknown) => unknown, { timeout: patience, polling: 100 }, argument);
        return (await handle.jsonValue()) as ReturnType<typeof condition>;
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        throw new Wrong(notSeen(what, patience, problems));
      }
    },
    click: async (target, patience = PATIENCE) => {
      try {
        await page.locator(selectorOf(target)).setTimeout(patience).click();
      } catch (error) {
        throw cannotClick(target, error, problems);
      }
    },
    press: async (key) => {
      const keys = key.split('+') as Parameters<typeof page.keyboard.press>[0][];
      const last = keys.pop();
      for (const held of keys) await page.keyboard.down(held);
      if (last !== undefined) await page.keyboard.press(last);
      for (const held of keys.reverse()) await page.keyboard.up(held);
    },
    type: (text) => page.keyboard.type(text),
    picture: async (path) => void (await page.screenshot({ path: path as `${string}.png` })),
    close: () => page.browserContext().close(),
  };
}

function selectorOf({ testId, role, name, css }: Target): string {
  if (testId !== undefined) return `[data-testid=${JSON.stringify(testId)}]`;
  if (role !== undefined) return `::-p-aria(${name === undefined ? '' : `[name=${JSON.stringify(name)}]`}[role=${JSON.stringify(role)}])`;
  return css ?? 'body';
}
