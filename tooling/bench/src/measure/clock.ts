/**
 * Time that a busy machine does not distort much: the lesser of the clock and the processor time of this process. Processor
 * time leaves out what other processes took, and the clock what V8's own threads did beside us.
 */

/** Starts a measurement; the function returned gives the seconds since. */
export function stopwatch(): () => number {
  const wall = performance.now();
  const used = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(used);
    return Math.min((performance.now() - wall) / 1e3, (user + system) / 1e6);
  };
}
