/** What stories do in the Lab. */
import { Wrong } from '../rows.ts';
import type { Tab } from '../tab.ts';
import { openView } from './pages.ts';

export const STAGES = ['x86', 'ir', 'opt', 'tci', 'wat'] as const;
export type Stage = (typeof STAGES)[number];

/** Time a listing has, and wasm-tools when it is loaded for the first time, ms. */
const LISTING_PATIENCE = 20_000;
const WAT_PATIENCE = 30_000;

/** Opens the Lab with what it shows by itself. */
export async function labReady(tab: Tab): Promise<void> {
  await openView(tab, 'lab');
  await stageShown(tab, 'x86');
}

/** Until a pane shows code. @returns its lines, as far as they are on the screen */
export function stageShown(tab: Tab, stage: Stage): Promise<string[]> {
  return tab.waitFor(
    `code in the pane ${stage}`,
    (name) => {
      const rows = [...document.querySelectorAll(`[data-testid="lab-pane-${name}"] .code-row`)].map((row) => row.textContent);
      return rows.length > 0 && rows;
    },
    stage,
    stage === 'wat' ? WAT_PATIENCE : LISTING_PATIENCE,
  ) as Promise<string[]>;
}

/** Opens panes that are closed. */
export async function openPanes(tab: Tab, stages: readonly Stage[]): Promise<void> {
  await tab.click({ role: 'tab', name: 'Stages' });
  const titles: Readonly<Record<Stage, string>> = { x86: 'x86', ir: 'IR', opt: 'IR optimised', tci: 'TCI', wat: 'WAT' };
  for (const stage of stages) {
    const open = await tab.evaluate((name) => document.querySelector(`[data-testid="lab-pane-${name}"]`) !== null, stage);
    if (!open) await tab.click({ role: 'button', name: titles[stage] });
  }
}

/** What is listed: the buttons are radio buttons under labels. */
export const chooseUnit = (tab: Tab, unit: 'tb' | 'batch' | 'region'): Promise<void> => tab.click({ css: `label:has(> input[type=radio][value=${unit}])` });

/** Chooses an example by its id; until the program is another one and is ready to run. */
export async function chooseExample(tab: Tab, id: string): Promise<void> {
  await tab.waitFor('the examples', (wanted) => [...document.querySelectorAll<HTMLOptionElement>('[data-testid="lab-examples"] option')].some(({ value }) => value === wanted), id);
  await tab.evaluate((wanted) => {
    const choice = document.querySelector('[data-testid="lab-examples"]');
    const select = choice instanceof HTMLSelectElement ? choice : choice?.querySelector('select');
    if (select === null || select === undefined) return;
    select.value = wanted;
    select.dispatchEvent(new Event('change', { bubbles: true }));
  }, id);
  await runnable(tab);
}

/**
 * Replaces the source.
 * @param good it assembles: wait until it is ready to run
 */
export async function setProgram(tab: Tab, text: string, good = true): Promise<void> {
  await tab.click({ css: '[data-testid="lab-editor"] .cm-content' });
  await tab.press('Control+A');
  const before = await tab.evaluate(() => location.hash, undefined);
  // Pasted over what is there: what is typed, the editor may indent.
  await tab.evaluate((source) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', source);
    document.querySelector('[data-testid="lab-editor"] .cm-content')?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
  // The address follows later than the machine begins with the new program.
  await tab.waitFor('an address with the new program', (hash) => location.hash !== hash, before);
  if (good) await runnable(tab);
}

/** Until the machine waits at the program's first instruction and can be told to run. */
export function runnable(tab: Tab): Promise<unknown> {
  return tab.waitFor(
    'a machine at its first instruction',
    () => document.querySelector('[data-testid="lab-status"]')?.textContent.includes('At the first instruction') === true && document.querySelector('.controls button:disabled') === null,
    undefined,
    LISTING_PATIENCE,
  );
}

/** Runs the program to its end. @returns how it ended, as the page says it */
export async function runToEnd(tab: Tab, patience?: number): Promise<string> {
  await tab.click({ role: 'button', name: 'Run' });
  return (await tab.waitFor(
    'the end of the run',
    () => {
      const text = document.querySelector('[data-testid="lab-status"]')?.textContent ?? '';
      return /Halted|Faulted|Shut down|Stopped/.test(text) && text;
    },
    undefined,
    patience,
  )) as string;
}

/** A register as the page shows it. */
export async function register(tab: Tab, name: string): Promise<bigint> {
  const text = await tab.evaluate((wanted) => {
    const field = [...document.querySelectorAll<HTMLInputElement>('[data-testid="lab-registers"] input')].find((input) => (input.getAttribute('aria-label') ?? '').split(',')[0] === wanted);
    return field?.value ?? '';
  }, name);
  const digits = text.replaceAll(/[^0-9a-f]/gi, '');
  if (digits === '') throw new Wrong(`no register ${name}`);
  return BigInt(`0x${digits}`);
}
