/** What the user chose to see in Observe. Kept while the view is closed. */
import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { PageRange } from './address-heat.ts';
import type { Point } from './grid.ts';
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
  readonly #picture = signal<Picture>('now');
  readonly picture: ReadonlySignal<Picture> = this.#picture;
  readonly measure = signal<Measure>('tier');
  readonly span = signal<Span>('recent');
  readonly #zoom = signal<readonly PageRange[]>([]);
  /** Ranges zoomed into, the outermost first. */
  readonly zoom: ReadonlySignal<readonly PageRange[]> = this.#zoom;
  /** The cell that was chosen, and the one under the pointer. A cell of one picture or range is none of another. */
  readonly cursor = signal<Point | undefined>(undefined);
  readonly hover = signal<Point | undefined>(undefined);
  /** Physical address that the memory view shows. */
  readonly address = signal(0);
  /** Panels that show their table instead of the picture. */
  readonly tables = signal<ReadonlySet<string>>(new Set());

  /** @param run counts machines: a range of one may be none of another */
  constructor(run: ReadonlySignal<number>) {
    effect(() => {
      if (run.value >= 0) this.zoomOut(0);
    });
  }

  toggleTable(panel: string): void {
    const tables = new Set(this.tables.value);
    if (!tables.delete(panel)) tables.add(panel);
    this.tables.value = tables;
  }

  zoomIn(range: PageRange | undefined): void {
    if (range !== undefined) this.#zoomTo([...this.zoom.peek(), range]);
  }

  /** @param depth ranges that stay; default: one fewer */
  zoomOut(depth: number = this.zoom.peek().length - 1): void {
    this.#zoomTo(this.zoom.peek().slice(0, Math.max(0, depth)));
  }

  show(picture: Picture): void {
    this.#leaveCells();
    this.#picture.value = picture;
  }

  #zoomTo(ranges: readonly PageRange[]): void {
    this.#leaveCells();
    this.#zoom.value = ranges;
  }

  #leaveCells(): void {
    this.cursor.value = undefined;
    this.hover.value = undefined;
  }
}
