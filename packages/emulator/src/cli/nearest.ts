/** The known word that was probably meant, for error messages. */

/** Words further away than this are not offered: a third of the length, at least two edits. */
function limit(word: string): number {
  return Math.max(2, Math.floor(word.length / 3));
}

/** Edits (insert, delete, replace, swap of neighbours) from a to b: optimal string alignment distance. */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const cells = new Uint16Array((a.length + 1) * width);
  for (let i = 0; i <= a.length; i++) cells[i * width] = i;
  for (let j = 0; j <= b.length; j++) cells[j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const at = i * width + j;
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(cells[at - width] + 1, cells[at - 1] + 1, cells[at - width - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, cells[at - 2 * width - 2] + 1);
      cells[at] = best;
    }
  }
  return cells[cells.length - 1];
}

/** The nearest of `known`, or undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let found: string | undefined;
  let best = limit(word) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}
