/** The rig's report as data: what `--out` writes. */
import type { Bits } from '../kernels/kernel.ts';
import type { Failure, Samples } from './samples.ts';
import type { Summary } from './summary.ts';

export interface RigReport {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  /** Load average of a minute at the start and at the end. */
  readonly load: readonly number[];
  readonly rounds: number;
  /** Units of work of `1×`. */
  readonly units: number;
  /** The second run does this multiple. */
  readonly times: number;
  readonly kernels: Readonly<Partial<Record<Bits, string>>>;
  readonly peers: readonly { readonly name: string; readonly version: string }[];
  readonly missing: readonly { readonly peer: string; readonly bits: Bits; readonly reason: string }[];
  readonly failures: readonly Failure[];
  readonly summaries: readonly Summary[];
  readonly samples: Samples;
}

/** Everything ran, and gave the right results. */
export const isGood = ({ failures, summaries }: RigReport): boolean => failures.length === 0 && summaries.every(({ wrong }) => wrong.length === 0);
