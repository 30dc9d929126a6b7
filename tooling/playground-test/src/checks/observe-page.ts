/** What stories do in the Observe view. */
import type { Tab } from '../tab.ts';

/** As the view's test ids name them. */
export const CHARTS = ['mips', 'tiers', 'compile', 'instances', 'tlb', 'exits'] as const;
/** Time until there are samples to draw, ms. */
const SAMPLES_PATIENCE = 20_000;

/** Until every chart and the heat map show something. */
export async function observing(tab: Tab): Promise<void> {
  for (const chart of CHARTS) await drawn(tab, `observe-chart-${chart}`);
  await drawn(tab, 'observe-heat');
}

/** Until a canvas in an element has more than one colour. */
export function drawn(tab: Tab, testId: string): Promise<unknown> {
  return tab.waitFor(
    `a picture in ${testId}`,
    (id) =>
      [...document.querySelectorAll<HTMLCanvasElement>(`[data-testid="${id}"] canvas`)].some((canvas) => {
        const { width, height } = canvas;
        if (width === 0 || height === 0) return false;
        const pixels = canvas.getContext('2d')?.getImageData(0, 0, width, height).data;
        if (pixels === undefined) return false;
        const colours = new Set(new Uint32Array(pixels.buffer));
        return colours.size > 2;
      }),
    testId,
    SAMPLES_PATIENCE,
  );
}

/** Rows of a table; until there are some. */
export function tableRows(tab: Tab, testId: string): Promise<string[]> {
  return tab.waitFor(
    `rows in ${testId}`,
    (id) => {
      const rows = [...document.querySelectorAll(`[data-testid="${id}"] tbody tr`)].map((row) => row.textContent);
      return rows.length > 0 && rows;
    },
    testId,
    SAMPLES_PATIENCE,
  ) as Promise<string[]>;
}
