/** axe-core's judgement of the page as it is: what it calls serious or critical. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { Wrong } from '../rows.ts';

const SERIOUS = ['serious', 'critical'];
/** Elements named per finding. */
const MOST_ELEMENTS = 4;

/** @throws Wrong with the findings */
export async function checkAccessibility(page: Page): Promise<string> {
  const there = await page.evaluate(() => 'axe' in window);
  if (!there) await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const results = await page.evaluate(() => (window as unknown as { readonly axe: { run(): Promise<AxeResults> } }).axe.run());
  const serious = results.violations.filter(({ impact }) => SERIOUS.includes(impact ?? ''));
  if (serious.length > 0) {
    throw new Wrong(
      serious
        .map(({ id, help, nodes }) => [`${id}: ${help} (${nodes.length})`, ...nodes.slice(0, MOST_ELEMENTS).map(({ target, html }) => `  ${target.join(' ')}: ${html.slice(0, 160)}`)].join('\n'))
        .join('\n'),
    );
  }
  return `${results.passes.length} rules, ${results.violations.length} minor findings`;
}
