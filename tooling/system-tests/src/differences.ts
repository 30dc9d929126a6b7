/**
 * Where an oracle does not do what the manual says: each row explains a class of results that are not followed. A case that names a row is
 * recorded from the other oracle; the recorder refuses a row that is not needed (both agree) and a disagreement without a row.
 *
 * Sections are of the Intel SDM unless they say otherwise.
 */

export type Oracle = 'qemu' | 'bochs';

export interface Difference {
  /** Who is not followed. */
  readonly wrong: Oracle;
  readonly why: string;
  /** Where the manual decides. */
  readonly section: string;
}

export const DIFFERENCES = {
} as const satisfies Readonly<Record<string, Difference>>;

export type DifferenceKey = keyof typeof DIFFERENCES;
