/** What stories do again and again. */
import type { ChromiumTab } from '../browser/browser.ts';
import { Wrong } from '../rows.ts';
import type { Tab } from '../tab.ts';

export const VIEWS = ['lab', 'machine', 'observe'] as const;
export type View = (typeof VIEWS)[number];
export const TITLES: Readonly<Record<View, string>> = { lab: 'Lab', machine: 'Machine', observe: 'Observe' };

/** Until a view's own code has been loaded and shown. */
export function viewShown(tab: Tab, view: View): Promise<unknown> {
  return tab.waitFor(
    `the ${TITLES[view]} view is shown`,
    (title) => document.querySelector('main h1')?.textContent === title && document.querySelector('main > :not(h1)') !== null && !document.querySelector('main')?.textContent.includes('Loading…'),
    TITLES[view],
  );
}

export async function openView(tab: Tab, view: View, query = ''): Promise<void> {
  await tab.open(`#/${view}${query === '' ? '' : `?${query}`}`);
  await viewShown(tab, view);
}

/** By the navigation: the page stays, and what runs in it. */
export async function goToView(tab: Tab, view: View): Promise<void> {
  await tab.click({ role: 'link', name: TITLES[view] });
  await viewShown(tab, view);
}

/** Text of an element, when it matches. */
export function textOf(tab: Tab, testId: string, pattern: RegExp, patience?: number): Promise<string> {
  return tab.waitFor(
    `${testId} says ${pattern}`,
    ({ id, source, flags }) => {
      const element = document.querySelector(`[data-testid="${id}"]`);
      const text = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? element.value : (element?.textContent ?? '');
      return new RegExp(source, flags).test(text) ? text : '';
    },
    { id: testId, source: pattern.source, flags: pattern.flags },
    patience,
  );
}

/** Until a notice says something. @returns all that it says */
export function notice(tab: Tab, pattern: RegExp, patience?: number): Promise<string> {
  return tab.waitFor(
    `a notice that says ${pattern}`,
    ({ source, flags }) => [...document.querySelectorAll<HTMLElement>('main .notice')].map(({ innerText }) => innerText.replaceAll('\n', ' ')).find((text) => new RegExp(source, flags).test(text)) ?? '',
    { source: pattern.source, flags: pattern.flags },
    patience,
  );
}

export function expectEqual(what: string, got: unknown, wanted: unknown): void {
  if (got !== wanted) throw new Wrong(`${what} is ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`);
}

/** @throws TypeError when the story is not for Chromium alone */
export function chromiumTab(tab: Tab): ChromiumTab {
  if (!('page' in tab)) throw new TypeError('this story asks for more than every browser can be driven to do');
  return tab as ChromiumTab;
}
