/** Long runs in pieces, between which the worker hears what the page wants. */
import type { LabMachine } from './machine/lab-machine.ts';

/** ms that a piece should take: short enough that a stop feels immediate. */
const SLICE_MS = 20;
const FIRST_SLICE = 2_000;
const LONGEST_SLICE = 20_000_000;
/** ms between two reports. */
const REPORT_MS = 150;

/** Something that runs, and that anybody may stop: it looks between two pieces. */
export interface Job {
  stopped: boolean;
}

export interface SliceRun {
  /** The program has come to an end of its own, as opposed to the limit or a stop. */
  readonly finished: boolean;
  /** ms in which the machine ran. */
  readonly milliseconds: number;
}

/**
 * Run a machine until it ends, the limit is reached, or the job is stopped.
 * @param limit instructions
 * @param report called a few times a second
 */
export async function runSlices(lab: LabMachine, limit: number, job: Job, report: (milliseconds: number) => void): Promise<SliceRun> {
  const end = lab.instructions + limit;
  let slice = FIRST_SLICE;
  let milliseconds = 0;
  let reported = performance.now();
  while (lab.canRun && lab.instructions < end && !job.stopped) {
    const from = performance.now();
    lab.advance(Math.min(slice, end - lab.instructions));
    const to = performance.now();
    milliseconds += to - from;
    slice = nextSlice(slice, to - from);
    if (to - reported >= REPORT_MS) {
      reported = to;
      report(milliseconds);
    }
    if (lab.canRun) await turnOfEvents();
  }
  return { finished: !lab.canRun, milliseconds };
}

/** Aim at {@link SLICE_MS}, by at most a factor of 2 at once: a first measurement is mostly compilation. */
function nextSlice(slice: number, milliseconds: number): number {
  const factor = Math.min(2, Math.max(0.5, SLICE_MS / Math.max(milliseconds, 0.01)));
  return Math.min(LONGEST_SLICE, Math.max(1, Math.round(slice * factor)));
}

function turnOfEvents(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
