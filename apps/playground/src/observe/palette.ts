/** The theme's colours for canvases, read again when the theme changes. */
import { useSignal, useSignalEffect, type ReadonlySignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Theme } from '../app/theme.ts';
import { tokenColors } from '../ui/colors.ts';
import { parseColor, type Lab } from './color.ts';

/** Colours of lines and legends, by what they stand for. */
const INKS = {
  tci: '--tier-tci',
  module: '--tier-module',
  region: '--tier-region',
  accent: '--accent',
  series1: '--series-1',
  series2: '--series-2',
  series3: '--series-3',
  series4: '--series-4',
  series5: '--series-5',
  series6: '--series-6',
  series7: '--series-7',
} as const satisfies Readonly<Record<string, `--${string}`>>;
const OTHERS = ['--muted', '--border', '--heat-0', '--heat-1', '--heat-2', '--heat-3'] as const;
type Token = (typeof INKS)[Ink] | (typeof OTHERS)[number];
export type Ink = keyof typeof INKS;

export interface Palette {
  readonly ink: Readonly<Record<Ink, string>>;
  readonly muted: string;
  readonly border: string;
  /** Tiers in the order tci, module, region. */
  readonly tiers: readonly [Lab, Lab, Lab];
  /** Nothing … most. */
  readonly heat: readonly [Lab, Lab, Lab, Lab];
}

function readPalette(): Palette {
  const colors = tokenColors([...Object.values(INKS), ...OTHERS]);
  const color = (token: Token): string => colors.get(token) ?? '';
  const lab = (token: Token): Lab => parseColor(color(token));
  const inks = Object.fromEntries(Object.entries(INKS).map(([name, token]) => [name, color(token)])) as Record<Ink, string>;
  return {
    ink: inks,
    muted: color('--muted'),
    border: color('--border'),
    tiers: [lab('--tier-tci'), lab('--tier-module'), lab('--tier-region')],
    heat: [lab('--heat-0'), lab('--heat-1'), lab('--heat-2'), lab('--heat-3')],
  };
}

/** The palette of the theme, or of the system where that decides. */
export function usePalette(theme: ReadonlySignal<Theme>): ReadonlySignal<Palette> {
  const first = useMemo(readPalette, []);
  const palette = useSignal(first);
  useSignalEffect(() => {
    // The theme's own effect, which sets the attribute, was there first.
    const update = (): void => {
      palette.value = readPalette();
    };
    if (theme.value !== 'system') {
      update();
      return;
    }
    const dark = matchMedia('(prefers-color-scheme: dark)');
    update();
    dark.addEventListener('change', update);
    return () => dark.removeEventListener('change', update);
  });
  return palette;
}
