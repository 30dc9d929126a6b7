/** Light, dark, or as the system has it. The choice is an attribute of <html>, which styles/tokens.css reads. */
import { effect, signal, type Signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const KEY = 'wasm-tcg-theme';

/** A page that may not use storage (a sandboxed frame) still has a theme, for this visit. */
function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === value) ?? 'system';
  } catch {
    return 'system';
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Nothing to keep it in: the choice holds for this visit.
  }
}

export function createTheme(root: HTMLElement): Signal<Theme> {
  const theme = signal(stored());
  effect(() => {
    root.dataset['theme'] = theme.value;
    store(theme.value);
  });
  return theme;
}
