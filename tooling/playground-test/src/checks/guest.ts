/** Booting guests in the Machine view and talking with them. */
import { PROMPT } from '../speed/prompt.ts';
import type { Tab } from '../tab.ts';
import { openView, textOf } from './pages.ts';

/** What the tiny guest prints last. */
export const TINY_LAST = /patched code\s+0000000000013948/;
/** Time a Linux guest has from the click to its shell, ms. */
export const LINUX_PATIENCE = 60_000;
/** Time a command has that does next to nothing, ms. */
const COMMAND_PATIENCE = 20_000;

/** Opens the Machine view and starts a guest. @returns seconds from the click until `pattern` was on the screen */
export async function bootGuest(tab: Tab, name: string, pattern: RegExp, patience: number): Promise<number> {
  await openView(tab, 'machine');
  return startGuest(tab, name, pattern, patience);
}

/** Starts a guest by its button, in the Machine view as it is open. */
export async function startGuest(tab: Tab, name: string, pattern: RegExp, patience: number): Promise<number> {
  await tab.waitFor(`a button that boots ${name}`, (id) => document.querySelector<HTMLButtonElement>(`[data-testid="${id}"]`)?.disabled === false, `machine-start-${name}`);
  const started = performance.now();
  await tab.click({ testId: `machine-start-${name}` });
  await textOf(tab, 'machine-screen', pattern, patience);
  return (performance.now() - started) / 1000;
}

export const bootLinux = (tab: Tab, name: string, patience = LINUX_PATIENCE): Promise<number> => bootGuest(tab, name, PROMPT, patience);

/** Types a command at the guest's prompt. @returns what stood on the screen when the answer was there */
export async function command(tab: Tab, line: string, answer: RegExp, patience = COMMAND_PATIENCE): Promise<string> {
  await tab.click({ testId: 'machine-terminal' });
  await tab.type(line);
  await tab.press('Enter');
  return textOf(tab, 'machine-screen', answer, patience);
}
