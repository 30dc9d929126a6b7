/** How fast a machine has been just now, and which tier did it: what the status line says. */
import type { KeptSample, SampleRing } from './sample-ring.ts';

export interface Speed {
  /** Million instructions per second of the page's clock. */
  readonly mips: number;
  /** Shares of those instructions, 0 … 1; all 0 when there were none. */
  readonly tci: number;
  readonly module: number;
  readonly region: number;
}

const IDLE: Speed = { mips: 0, tci: 0, module: 0, region: 0 };

/** ms that are looked at: long enough to be readable, short enough to follow what happens. */
export const SPEED_WINDOW = 1000;

/** Counters of another machine, or a clock that stood still, are no measurement. */
export function speedBetween(from: KeptSample, to: KeptSample): Speed {
  const ms = to.at - from.at;
  const count = (key: 'instructions' | 'tciInstructions' | 'moduleInstructions' | 'regionInstructions'): number => to.counters[key] - from.counters[key];
  const total = count('instructions');
  if (ms <= 0 || total <= 0) return IDLE;
  const share = (instructions: number): number => Math.min(1, Math.max(0, instructions / total));
  const tci = share(count('tciInstructions'));
  const region = share(count('regionInstructions'));
  return { mips: total / ms / 1000, tci, region, module: Math.max(0, 1 - tci - region) };
}

/** Over the last {@link SPEED_WINDOW} ms of samples. */
export function recentSpeed(samples: SampleRing): Speed {
  const last = samples.at(-1);
  if (last === undefined) return IDLE;
  let from = samples.at(-2);
  for (let back = 3; from !== undefined && last.at - from.at < SPEED_WINDOW; back++) {
    const earlier = samples.at(-back);
    if (earlier === undefined) break;
    from = earlier;
  }
  return from === undefined ? IDLE : speedBetween(from, last);
}
