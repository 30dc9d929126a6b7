/** Each state of each view, for who has no mouse, no good eyes, no wide screen: axe-core, Tab, 390 px, both themes, with pictures. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DESKTOP, PHONE, type ChromiumTab } from '../browser/browser.ts';
import { checkAccessibility } from '../measure/axe.ts';
import { walkWithTab } from '../measure/keyboard.ts';
import { checkWidth } from '../measure/layout.ts';
import { LINUX } from '../site/site.ts';
import type { Step, Story } from '../story.ts';
import type { Tab } from '../tab.ts';
import { bootGuest, bootLinux, TINY_LAST } from './guest.ts';
import { labReady } from './lab-page.ts';
import { observing } from './observe-page.ts';
import { chromiumTab, goToView, openView, VIEWS } from './pages.ts';

interface State {
  readonly name: string;
  /** Brings a fresh page there. */
  readonly reach: (tab: Tab) => Promise<void>;
  readonly linux?: boolean;
  /** Keys that leave what keeps Tab for itself. */
  readonly leave: readonly string[];
}

const REACH_SECONDS = 120;
/** Keys after which Tab leaves: CodeMirror's way; and the terminal's own. */
const OUT_OF_EDITOR = ['Escape'];
const OUT_OF_TERMINAL = ['Control+Shift+ArrowDown'];

const STATES: readonly State[] = [
  { name: 'lab', reach: labReady, leave: OUT_OF_EDITOR },
  { name: 'machine, off', reach: (tab) => openView(tab, 'machine'), leave: OUT_OF_EDITOR },
  { name: 'machine, ended', reach: async (tab) => void (await bootGuest(tab, 'tiny', TINY_LAST, 30_000)), leave: OUT_OF_TERMINAL },
  { name: 'machine, running', linux: true, reach: async (tab) => void (await bootLinux(tab, LINUX)), leave: OUT_OF_TERMINAL },
  { name: 'observe, off', reach: (tab) => openView(tab, 'observe'), leave: OUT_OF_EDITOR },
  {
    name: 'observe, running',
    linux: true,
    reach: async (tab) => {
      await bootLinux(tab, LINUX);
      await goToView(tab, 'observe');
      await observing(tab);
    },
    leave: OUT_OF_EDITOR,
  },
];

const THEMES = ['light', 'dark'] as const;
const SIZES = { desktop: DESKTOP, phone: PHONE } as const;

async function look(tab: ChromiumTab, theme: (typeof THEMES)[number], size: keyof typeof SIZES): Promise<void> {
  await tab.page.emulateMedia({ colorScheme: theme });
  await tab.page.setViewportSize(SIZES[size]);
  // Two frames: what follows a size or a theme by an observer has followed.
  await tab.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))), undefined);
}

const access: readonly Story[] = STATES.map(({ name, reach, linux = false, leave }) => ({
  name: `access: ${name}`,
  linux,
  steps: (world) => {
    const tab = chromiumTab(world.tab);
    const looks = (sizes: readonly (keyof typeof SIZES)[], what: string, run: (theme: string, size: string) => Promise<string | void>): Step[] =>
      sizes.flatMap((size) => THEMES.map((theme) => ({ name: `${what}, ${theme}, ${size}`, alone: true, run: async () => (await look(tab, theme, size), run(theme, size)) })));
    return [
      { name: 'is reached', seconds: REACH_SECONDS, run: () => reach(tab) },
      ...looks(['desktop', 'phone'], 'a picture', async (theme, size) => {
        await mkdir(world.screens, { recursive: true });
        await tab.picture(join(world.screens, `${name.replace(', ', '-')}-${theme}-${size}.png`));
      }),
      ...looks(['desktop', 'phone'], 'axe finds nothing serious', () => checkAccessibility(tab.page)),
      { name: 'does not scroll sideways at 390 px', alone: true, run: async () => (await look(tab, 'light', 'phone'), checkWidth(tab.page)) },
      { name: 'Tab reaches everything', seconds: 60, alone: true, run: async () => (await look(tab, 'light', 'desktop'), walkWithTab(tab.page, { leave })) },
      ...looks(['desktop'], 'the help dialog: axe finds nothing serious, Escape closes it', async () => {
        await tab.click({ role: 'button', name: 'Help' });
        await tab.waitFor('a dialog', () => document.querySelector('dialog[open]') !== null, undefined);
        const found = await checkAccessibility(tab.page);
        await tab.press('Escape');
        await tab.waitFor('the focus is back on the button', () => document.querySelector('dialog[open]') === null && document.activeElement?.getAttribute('aria-label') === 'Help', undefined);
        return found;
      }),
    ];
  },
}));

/** For the short run: each view as it opens. */
const axe: Story = {
  name: 'axe',
  short: true,
  steps: ({ tab }) =>
    VIEWS.map((view) => ({
      name: `nothing serious in ${view}`,
      alone: true,
      run: async () => {
        await (view === 'lab' ? labReady(tab) : openView(tab, view));
        return checkAccessibility(chromiumTab(tab).page);
      },
    })),
};

export const ACCESS_STORIES: readonly Story[] = [axe, ...access];
