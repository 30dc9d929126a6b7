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
