/** Whether a page fits its width. */
import type { Page } from 'playwright-core';
import { Wrong } from '../rows.ts';

/** Elements named when it does not. */
const MOST_ELEMENTS = 6;

/** @throws Wrong when the page scrolls sideways, with what sticks out */
export async function checkWidth(page: Page): Promise<string> {
  const { width, content, out } = await page.evaluate((most) => {
    const inScroller = (element: Element): boolean => {
      for (let parent = element.parentElement; parent !== null && parent !== document.body; parent = parent.parentElement) {
        if (getComputedStyle(parent).overflowX !== 'visible') return true;
      }
      return false;
    };
    const sticking = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !inScroller(element));
    return {
      width: innerWidth,
      content: document.documentElement.scrollWidth,
      out: sticking.slice(0, most).map((element) => `${element.outerHTML.slice(0, 120)} ends at ${Math.round(element.getBoundingClientRect().right)}`),
    };
  }, MOST_ELEMENTS);
  if (content > width) throw new Wrong([`the page is ${content} px wide in a window of ${width}`, ...out].join('\n'));
  return `${content} px`;
}
