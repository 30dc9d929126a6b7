/**
 * Where the host's time goes while a machine runs. What is rare is timed whole; what happens a hundred thousand times a second (a port access, a fault that is
 * delivered) is sampled, since asking a host for the time costs 30 … 100 ns. Nothing here is ever called from generated code.
 */

/** Calls that are all timed, at first. */
const EXACT = 1000;
/** Of how many calls one is timed, after that. A prime, so that calls which come in patterns are met in all their places. */
const SAMPLING = 17;
/** A call that takes longer, ms, stands for itself alone: a collection of garbage, or output that blocks. */
const TYPICAL = 0.1;

const NOT_TIMED = -1;

/** Time of many short calls, as an estimate. */
export class SampledTimer {
  /** Estimated ms of all calls. */
  ms = 0;
  calls = 0;
  readonly #clock: () => number;

  /** @param clock ms */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** @returns what {@link end} wants to have */
  begin(): number {
    const call = this.calls++;
    return call < EXACT || call % SAMPLING === 0 ? this.#clock() : NOT_TIMED;
  }

  end(began: number): void {
    if (began === NOT_TIMED) return;
    const took = this.#clock() - began;
    this.ms += this.calls <= EXACT || took > TYPICAL ? took : took * SAMPLING;
  }
}

/** The accounts of one machine. Those of work done inside of a run overlap nowhere. */
export class HostTime {
  /** ms inside of runs: generated code, and everything it needs. */
  runMs = 0;
  /** ms that the guest was halted and the machine waited. */
  idleMs = 0;
  /** ms for which the host's event loop had its turn. */
  yieldMs = 0;
  /** Faults and exceptions delivered. */
  readonly deliver: SampledTimer = new SampledTimer();
  /** Accesses to ports and device registers. */
  readonly device: SampledTimer = new SampledTimer();
  /** Alarms and interrupts, between two runs of guest code. */
  readonly alarms: SampledTimer = new SampledTimer();
  /** Stores that met translated code. */
  readonly codeWrite: SampledTimer = new SampledTimer();
}
