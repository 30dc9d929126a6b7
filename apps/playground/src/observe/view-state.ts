/** What the user chose to see in Observe. Kept while the view is closed. */
import { computed, signal } from '@preact/signals';
import type { PageRange } from './address-heat.ts';
import type { Span } from './hot-blocks.ts';

/** Lengths of the charts' window, ms. */
export const WINDOWS = { '30 s': 30_000, '2 min': 120_000, '10 min': 600_000 } as const;
export type WindowName = keyof typeof WINDOWS;

/** The address space now, or over the window's time. */
export type Picture = 'now' | 'history';
/** Colour by tier, or by how much is executed. */
export type Measure = 'tier' | 'time';

export class ViewState {
  readonly window = signal<WindowName>('2 min');
  readonly windowLength = computed((): number => WINDOWS[this.window.value]);
  readonly picture = signal<Picture>('now');
  readonly measure = signal<Measure>('tier');
  readonly span = signal<Span>('recent');
  /** Ranges zoomed into, the outermost first. */
  readonly zoom = signal<readonly PageRange[]>([]);
  /** Physical address that the memory view shows. */
  readonly address = signal(0);
  /** Panels that show their table instead of the picture. */
  readonly tables = signal<ReadonlySet<string>>(new Set());

  toggleTable(panel: string): void {
    const tables = new Set(this.tables.value);
    if (!tables.delete(panel)) tables.add(panel);
    this.tables.value = tables;
  }

  zoomIn(range: PageRange | undefined): void {
    if (range !== undefined) this.zoom.value = [...this.zoom.value, range];
  }

  /** @param depth ranges that stay; default: one fewer */
  zoomOut(depth: number = this.zoom.value.length - 1): void {
    this.zoom.value = this.zoom.value.slice(0, Math.max(0, depth));
  }
}
