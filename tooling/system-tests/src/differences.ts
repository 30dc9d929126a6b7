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
  'qemu-limits': {
    wrong: 'qemu',
    why: 'QEMU checks neither limit nor type of a segment (nor whether its selector is null) in data accesses, stack accesses and fetches',
    section: 'vol. 3A, 5.3; vol. 3B, 20.1.1',
  },
  'qemu-code-accessed': {
    wrong: 'qemu',
    why: 'QEMU does not set the accessed bit of the descriptor that a far transfer loads into CS',
    section: 'vol. 3A, 3.4.5.1',
  },
  'qemu-call-limit': {
    wrong: 'qemu',
    why: 'QEMU names the selector in the error code of a far call beyond the limit of its segment',
    section: 'vol. 2, CALL: #GP(0)',
  },
  'qemu-ext': {
    wrong: 'qemu',
    why: 'QEMU never sets EXT in the error code of an exception that another one led to',
    section: 'vol. 3A, 6.13',
  },
  'qemu-icebp': {
    wrong: 'qemu',
    why: 'QEMU raises #UD at F1',
    section: 'vol. 2, INT1',
  },
  'qemu-ltr-null': {
    wrong: 'qemu',
    why: 'QEMU takes a null selector in LTR',
    section: 'vol. 2, LTR: #GP(0)',
  },
  'qemu-lock': {
    wrong: 'qemu',
    why: 'QEMU ignores LOCK before most instructions that do not take it, and before register forms of some that do',
    section: 'vol. 2, LOCK',
  },
  'qemu-invalid-forms': {
    wrong: 'qemu',
    why: 'QEMU decodes reserved values of the reg field of 8F and C6/C7 like the defined one',
    section: 'vol. 2, table A-6 (groups 1A and 11)',
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type DifferenceKey = keyof typeof DIFFERENCES;
