/** Who goes first when there are fewer cores than threads: the guest, or the engine's compiler. */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { isMainThread } from 'node:worker_threads';

/** Nice value at which a thread gets a tenth of the processor time of one with 0, where both want it (`man 7 sched`). */
const BEHIND_THE_GUEST = 10;

/**
 * Lets the main thread go before all other threads of the process, most of which are the engine's compiler: Node has four of those, and with two cores they take half of one from the
 * guest for as long as much of what runs is new. Threads that are made later, workers among them, are not concerned.
 * @returns how many threads go behind now. None outside of Linux, where threads have no priority of their own, nor when a worker calls, which would put itself behind
 */
export function lowerCompilerPriority(): number {
  if (process.platform !== 'linux' || !isMainThread) return 0;
  let lowered = 0;
  for (const entry of threads()) {
    const id = Number(entry);
    if (id === process.pid) continue;
    try {
      setPriority(id, BEHIND_THE_GUEST);
      lowered++;
    } catch {
      // It has ended meanwhile, or has a still lower priority, which only root may raise.
    }
  }
  return lowered;
}

/** Ids of the process's threads; the main one's is that of the process. */
function threads(): string[] {
  try {
    return readdirSync('/proc/self/task');
  } catch {
    return [];
  }
}
