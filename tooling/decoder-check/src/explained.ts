/**
 * Differences from iced-x86 that are right, each with its reason. Everything else is a failure of the check.
 */

/** One compared string: signatures as in ours.ts; `undefined` where that decoder says the bytes are no instruction. */
export interface Difference {
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
  /** iced `Code` name, or `''`. */
  readonly code: string;
  readonly bits: number;
  readonly amd: boolean;
}

/** A rule that explains differences. */
export interface Explanation {
  readonly reason: string;
  readonly applies: (d: Difference) => boolean;
}

export const EXPLAINED: readonly Explanation[] = [];
