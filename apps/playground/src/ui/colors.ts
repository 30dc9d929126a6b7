/** Design tokens as colours, for what is not styled by CSS: canvases and the terminal. */

/**
 * The values that tokens have now, as `rgb(…)`. Tokens are `light-dark()`, which only an element resolves; the browser works out styles once for all.
 * @param within where the tokens are defined
 */
export function tokenColors(tokens: readonly `--${string}`[], within: Element = document.documentElement): ReadonlyMap<`--${string}`, string> {
  const box = document.createElement('div');
  box.style.display = 'none';
  const probes = tokens.map((token) => {
    const probe = document.createElement('span');
    probe.style.color = `var(${token})`;
    box.append(probe);
    return [token, probe] as const;
  });
  within.append(box);
  const colors = new Map(probes.map(([token, probe]) => [token, getComputedStyle(probe).color]));
  box.remove();
  return colors;
}
