/** Sums of numbers and names in hex sources: `msg`, `msg+2`, `end - start`, `0x10`, `$` (the address of the line's first byte). */

export class ExpressionError extends Error {}

const TERM = /\s*([+-])?\s*(0x[0-9a-f]+|\d+|\$|[a-z_.][\w.]*)\s*/iy;

/**
 * @param symbols addresses of labels
 * @param here value of `$`
 * @throws ExpressionError with what to tell its author
 */
export function evaluate(text: string, symbols: ReadonlyMap<string, number>, here: number): number {
  TERM.lastIndex = 0;
  let sum = 0;
  for (let first = true; first || TERM.lastIndex < text.length; first = false) {
    const at = TERM.lastIndex;
    const match = TERM.exec(text);
    if (match === null || (!first && match[1] === undefined)) throw new ExpressionError(`“${text.slice(at).trim()}” is neither a number nor a name`);
    const value = termValue(match[2], symbols, here);
    sum += match[1] === '-' ? -value : value;
  }
  return sum;
}

function termValue(term: string, symbols: ReadonlyMap<string, number>, here: number): number {
  if (term === '$') return here;
  if (/^\d/.test(term)) return Number(term);
  const value = symbols.get(term);
  if (value === undefined) throw new ExpressionError(`${term} is not defined`);
  return value;
}
