/**
 * Ticks of a fixed frequency as a function of virtual nanoseconds, exact: `ticksAt(ns)` = floor(ns · hz / 1e9), and its inverse. A device's
 * counter is computed from it when somebody looks; nothing ever ticks.
 */

export const NS_PER_SECOND = 1_000_000_000;

/**
 * Devices with a faster clock than 2^22 Hz have a period of whole nanoseconds and divide by it: above, a remainder of one second times hz no longer fits in
 * the doubles that the divisions round.
 * @param ns integer ≥ 0
 * @param hz integer, 1 … 4,194,304
 */
export function ticksAt(ns: number, hz: number): number {
  const seconds = Math.floor(ns / NS_PER_SECOND);
  return seconds * hz + Math.floor(((ns - seconds * NS_PER_SECOND) * hz) / NS_PER_SECOND);
}

/** The first nanosecond at which {@link ticksAt} is `ticks` or more. */
export function nsOfTick(ticks: number, hz: number): number {
  const seconds = Math.floor(ticks / hz);
  return seconds * NS_PER_SECOND + Math.ceil(((ticks - seconds * hz) * NS_PER_SECOND) / hz);
}
