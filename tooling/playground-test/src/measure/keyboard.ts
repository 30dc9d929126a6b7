/** Goes through a page with Tab, as people without a mouse do, and tells what cannot be reached, what cannot be left and where the focus cannot be seen. */
import type { Page } from 'playwright-core';
import { Wrong } from '../rows.ts';

/** More stops than this nobody tabs through: lists are one stop, with arrows inside. */
const MOST_STOPS = 150;

export interface WalkOptions {
  /** Keys that leave what keeps Tab for itself (an editor, a terminal). */
  readonly leave: readonly string[];
}

interface Walk {
  readonly seen: Set<Element>;
  readonly wanted: Element[];
  readonly dim: Set<Element>;
  last: Element | null;
}

type WalkWindow = Window & { walk?: Walk };

/** @throws Wrong */
export async function walkWithTab(page: Page, { leave }: WalkOptions): Promise<string> {
  await page.evaluate(beginWalk);
  let stops = 0;
  for (;;) {
    await page.keyboard.press('Tab');
    let state = await page.evaluate(noteStop);
    if (state.same) {
      for (const key of leave) await page.keyboard.press(key);
      await page.keyboard.press('Tab');
      state = await page.evaluate(noteStop);
      if (state.same) throw new Wrong(`the focus cannot leave ${state.name}`);
    }
    if (state.done) break;
    if (++stops > MOST_STOPS) throw new Wrong(`more than ${MOST_STOPS} stops; now at ${state.name}`);
  }
  const { missed, dim } = await page.evaluate(endWalk);
  const problems = [...missed.map((name) => `Tab does not reach ${name}`), ...dim.map((name) => `the focus is not to be seen on ${name}`)];
  if (problems.length > 0) throw new Wrong(problems.join('\n'));
  return `${stops} stops`;
}

function beginWalk(): void {
  const focusable = 'a[href], button, input, select, textarea, summary, [tabindex], [contenteditable="true"]';
  const groups = new Set<string>();
  const wanted = [...document.querySelectorAll<HTMLElement>(focusable)].filter((element) => {
    if (element.tabIndex < 0 || element.matches(':disabled') || element.closest('[inert]') !== null) return false;
    if (!element.checkVisibility({ visibilityProperty: true })) return false;
    if (!(element instanceof HTMLInputElement) || element.type !== 'radio') return true;
    // One stop per group of radio buttons.
    const chosen = document.querySelector(`input[type=radio][name="${CSS.escape(element.name)}"]:checked`);
    if (chosen !== null ? chosen !== element : groups.has(element.name)) return false;
    groups.add(element.name);
    return true;
  });
  // From the top: without the focus anywhere, Tab would go on from where the focus was last.
  const first = wanted[0];
  first?.focus();
  (window as WalkWindow).walk = { seen: new Set(first === undefined ? [] : [first]), wanted, dim: new Set(), last: first ?? null };
}

function noteStop(): { readonly same: boolean; readonly done: boolean; readonly name: string } {
  const { walk } = window as WalkWindow;
  const at = document.activeElement;
  if (walk === undefined || at === null || at === document.body) return { same: false, done: true, name: 'the page' };
  const name = `<${at.tagName.toLowerCase()} class="${at.className}"> ${at.getAttribute('aria-label') ?? at.textContent.slice(0, 40)}`;
  const same = at === walk.last;
  const done = !same && walk.seen.has(at);
  walk.seen.add(at);
  walk.last = at;
  // An editor or a terminal shows its own cursor; hidden controls show the focus on what stands for them.
  if (at.closest('.cm-editor, .xterm') === null) {
    const around = [at, at.parentElement, at.parentElement?.parentElement].filter((element) => element instanceof Element);
    const shown = around.some((element) => {
      const style = getComputedStyle(element);
      return (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    });
    if (!shown) walk.dim.add(at);
  }
  return { same, done, name };
}

function endWalk(): { readonly missed: readonly string[]; readonly dim: readonly string[] } {
  const { walk } = window as WalkWindow;
  const name = (element: Element): string => element.outerHTML.slice(0, 140);
  const missed = (walk?.wanted ?? []).filter((element) => element.isConnected && walk?.seen.has(element) !== true && element.checkVisibility({ visibilityProperty: true }) && !element.matches(':disabled'));
  return { missed: missed.map(name), dim: [...(walk?.dim ?? [])].map(name) };
}
