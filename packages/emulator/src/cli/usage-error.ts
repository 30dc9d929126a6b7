/** A command line that cannot be run: exit code 2. */
import { nearest } from './nearest.ts';

export class UsageError extends Error {
  readonly code = 'usage' as const;
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

/** `word` is none of `known`: names the nearest, or all when none is near. */
export function unknown(what: string, word: string, known: readonly string[]): UsageError {
  const near = nearest(word, known);
  const hint = near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean ${near}?`;
  return new UsageError(`unknown ${what} ${word}`, hint);
}

/** `word` if it is one of `known`. @throws UsageError that names the nearest */
export function oneOf<T extends string>(what: string, word: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === word);
  if (found === undefined) throw unknown(what, word, known);
  return found;
}
