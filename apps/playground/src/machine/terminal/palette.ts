/** The terminal's colours from the tokens of machine.css, which know light and dark. */
import type { ITheme } from '@xterm/xterm';
import { tokenColor } from '../../ui/colors.ts';

const ANSI = [
  'black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white',
  'brightBlack', 'brightRed', 'brightGreen', 'brightYellow', 'brightBlue', 'brightMagenta', 'brightCyan', 'brightWhite',
] as const satisfies readonly (keyof ITheme)[];

/** @param within an element that machine.css applies to */
export function terminalTheme(within: Element): ITheme {
  const color = (name: `--${string}`): string => tokenColor(name, within);
  return {
    ...Object.fromEntries(ANSI.map((name, index) => [name, color(`--ansi-${index}`)])),
    background: color('--terminal-ground'),
    foreground: color('--text'),
    cursor: color('--accent'),
    cursorAccent: color('--terminal-ground'),
    selectionBackground: color('--current'),
    selectionForeground: color('--text'),
    scrollbarSliderBackground: color('--terminal-slider'),
    scrollbarSliderHoverBackground: color('--terminal-slider-hover'),
    scrollbarSliderActiveBackground: color('--terminal-slider-hover'),
  };
}
