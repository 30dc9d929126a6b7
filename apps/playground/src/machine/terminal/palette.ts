/** The terminal's colours from the tokens of machine.css, which know light and dark. */
import type { ITheme } from '@xterm/xterm';
import { tokenColors } from '../../ui/colors.ts';

const ANSI = [
  'black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white',
  'brightBlack', 'brightRed', 'brightGreen', 'brightYellow', 'brightBlue', 'brightMagenta', 'brightCyan', 'brightWhite',
] as const satisfies readonly (keyof ITheme)[];

const ROLES = {
  background: '--terminal-ground',
  foreground: '--text',
  cursor: '--accent',
  cursorAccent: '--terminal-ground',
  selectionBackground: '--current',
  selectionForeground: '--text',
  scrollbarSliderBackground: '--terminal-slider',
  scrollbarSliderHoverBackground: '--terminal-slider-hover',
  scrollbarSliderActiveBackground: '--terminal-slider-hover',
} as const satisfies Partial<Record<keyof ITheme, `--${string}`>>;

const TOKENS: readonly (readonly [keyof ITheme, `--${string}`])[] = [
  ...Object.entries(ROLES) as readonly [keyof typeof ROLES, `--${string}`][],
  ...ANSI.map((name, index) => [name, `--ansi-${index}`] as const),
];

/** @param within an element that machine.css applies to */
export function terminalTheme(within: Element): ITheme {
  const colors = tokenColors(TOKENS.map(([, token]) => token), within);
  return Object.fromEntries(TOKENS.map(([name, token]) => [name, colors.get(token)]));
}
