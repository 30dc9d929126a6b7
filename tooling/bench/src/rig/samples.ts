/** What a run of the rig has measured: plain data, the JSON report's body. */
import type { Bits } from '../kernels/kernel.ts';
import type { BootFigures, RunFigures } from './session.ts';

/** `first`: 1× the work, in a guest that has not run the program yet. `again`: 4× the work, right behind it. */
export type Phase = 'first' | 'again';

export interface RunSample extends RunFigures {
  readonly bits: Bits;
  readonly round: number;
  readonly peer: string;
  readonly program: string;
  readonly phase: Phase;
  readonly units: number;
}

export interface BootSample extends BootFigures {
  readonly bits: Bits;
  readonly round: number;
  readonly peer: string;
  /** `bzImage`, or another way to boot. */
  readonly way: string;
}

/** Peak resident memory of a peer's process when it had run all programs of a round. */
export interface MemorySample {
  readonly bits: Bits;
  readonly round: number;
  readonly peer: string;
  readonly peakBytes: number;
}

/** Something that did not work; the rest was measured all the same. */
export interface Failure {
  readonly bits: Bits;
  readonly round: number;
  readonly peer: string;
  /** Program, or way to boot. */
  readonly what: string;
  readonly reason: string;
}

export interface Samples {
  readonly runs: RunSample[];
  readonly boots: BootSample[];
  readonly memory: MemorySample[];
  readonly failures: Failure[];
}

export const noSamples = (): Samples => ({ runs: [], boots: [], memory: [], failures: [] });
