/** What keys are on a serial line: for the row of keys on screens without a keyboard. */

export const SCREEN_KEYS = ['Esc', 'Tab', 'Up', 'Down', 'Left', 'Right'] as const;
export type ScreenKey = (typeof SCREEN_KEYS)[number];

const FINAL: Readonly<Partial<Record<ScreenKey, string>>> = { Up: 'A', Down: 'B', Right: 'C', Left: 'D' };

/**
 * As a VT100 sends them.
 * @param application the program has switched cursor keys to application mode (DECCKM)
 */
export function keySequence(key: ScreenKey, application: boolean): string {
  if (key === 'Esc') return '\u001b';
  if (key === 'Tab') return '\t';
  return `\u001b${application ? 'O' : '['}${FINAL[key] ?? ''}`;
}

/** `c` → Ctrl-C. Characters that have no control code, and everything longer than one character, stay as they are. */
export function controlOf(text: string): string {
  if (text.length !== 1) return text;
  if (text === ' ') return '\0';
  if (text === '?') return '\u007f';
  const code = text.toUpperCase().charCodeAt(0);
  return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code & 0x1f) : text;
}
