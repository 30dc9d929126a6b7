/** Design tokens as colours, for what is not styled by CSS: canvases and the terminal. */

/** The value that a token has now, as `rgb(…)`. Tokens are `light-dark()`, which only an element resolves. */
export function tokenColor(token: `--${string}`, within: Element = document.documentElement): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  probe.style.display = 'none';
  within.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Many at once: the browser works out styles once, and not for each. */
export function tokenColors(tokens: readonly `--${string}`[]): ReadonlyMap<`--${string}`, string> {
  const box = document.createElement('div');
  box.style.display = 'none';
  const probes = tokens.map((token) => {
    const probe = document.createElement('span');
    probe.style.color = `var(${token})`;
    box.append(probe);
    return [token, probe] as const;
  });
  document.documentElement.append(box);
  const colors = new Map(probes.map(([token, probe]) => [token, getComputedStyle(probe).color]));
  box.remove();
  return colors;
}
