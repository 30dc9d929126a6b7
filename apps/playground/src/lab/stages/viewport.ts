/** Which rows of a long list are in sight: only those, and a few around, are rendered. All rows have one height. */
import { batch, signal } from '@preact/signals';

/** Rows rendered beyond each edge, so that a quick scroll does not show the ground. */
const OVERSCAN = 12;

export class Viewport {
  readonly #top = signal(0);
  readonly #height = signal(0);
  readonly #row = signal(20);

  /** Height of a row, px. */
  get rowHeight(): number {
    return this.#row.value;
  }

  /** What a scroll container measures. */
  measure(element: HTMLElement, rowHeight: number): void {
    batch(() => {
      this.#height.value = element.clientHeight;
      if (rowHeight > 0) this.#row.value = rowHeight;
    });
  }

  scrolled(top: number): void {
    // Whole rows: what is rendered changes no more often.
    this.#top.value = top - (top % this.#row.peek());
  }

  /** First row to render, and the one after the last. */
  range(rows: number): readonly [first: number, end: number] {
    const first = Math.max(0, Math.floor(this.#top.value / this.#row.value) - OVERSCAN);
    const end = Math.min(rows, Math.ceil((this.#top.value + this.#height.value) / this.#row.value) + OVERSCAN);
    return [Math.min(first, end), end];
  }

  /** Where to scroll so that a row is seen, with some around it; undefined: it is. */
  scrollTo(row: number): number | undefined {
    const height = this.#height.peek();
    const size = this.#row.peek();
    const top = this.#top.peek();
    const at = row * size;
    if (at >= top && at + 2 * size <= top + height) return undefined;
    return Math.max(0, at - Math.floor(height / 3));
  }
}
