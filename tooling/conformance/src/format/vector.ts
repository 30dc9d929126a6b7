/** What one recorded vector says. */
import type { Mode } from './environment.ts';

/** How far a vector runs. */
export const RUN = {
  /** One instruction; of a repeated string instruction one iteration. */
  one: 0,
  /** Until the instruction pointer leaves the first instruction: all iterations of a repeated string instruction. */
  past: 1,
  /** A program: until the instruction pointer equals `stop`. */
  program: 2,
} as const;
export type Run = (typeof RUN)[keyof typeof RUN];

/** Some bytes at a linear address. */
export interface Bytes {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** An exception, as the processor reports it. */
export interface Fault {
  /** Vector number: 0 #DE, 5 #BR, 6 #UD, 12 #SS, 13 #GP, 14 #PF, 17 #AC … */
  readonly vector: number;
  /** Error code, 0 for vectors that push none. */
  readonly error: number;
  /** Faulting linear address of a #PF, else 0. */
  readonly cr2: bigint;
}

/** State before, state after. */
export interface Vector {
  readonly mode: Mode;
  /** File the vector is from, such as `64-alu`. */
  readonly group: string;
  /** Instruction form, such as `add Ev,Gv 32 mem`. */
  readonly form: string;
  /** Number within the form, from 0. */
  readonly index: number;
  readonly run: Run;
  /** Linear, as all addresses of code here: 16-bit code has an offset that is less by the base of CS. */
  readonly codeAddress: bigint;
  readonly code: Uint8Array;
  /** Where a program ends; for others the address after the instruction. */
  readonly stop: bigint;
  /** Register words before and after, numbered as `WORD` says. */
  readonly before: BigUint64Array;
  readonly after: BigUint64Array;
  readonly flagsBefore: number;
  readonly flagsAfter: number;
  /** Flags which the manual leaves undefined here; `flagsAfter` has what the recording processor left. */
  readonly flagsUndefined: number;
  /** The manual leaves the destination undefined here; `after` and `writes` have what the recording processor left. */
  readonly resultUndefined: boolean;
  readonly ripAfter: bigint;
  /** Memory that differs from the base content before; the code is not repeated here. */
  readonly memory: readonly Bytes[];
  /** Memory that differs after from before, in rising address; everything else is unchanged. */
  readonly writes: readonly Bytes[];
  readonly fault: Fault | undefined;
  /** Whether x87 or SSE state was recorded; if not, words from `WORD.x87Control` on mean nothing. */
  readonly usesFp: boolean;
  /** Bits of the x87 status word (FSW) that the manual leaves undefined here. */
  readonly statusUndefined: number;
}
