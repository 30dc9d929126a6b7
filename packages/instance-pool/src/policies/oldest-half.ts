/**
 * `oldest-half`: at the limit, give up the older half, by the time the instance was made.
 *
 * QEMU's policy, kept as the baseline. It needs no marks, but throws away code that is in use, in one long pause:
 * a loop that is older than half of the pool is recompiled or re-instantiated at every flush.
 */
import type { EvictionPolicy, PolicyView } from '../policy.ts';

export function oldestHalf(capacity: number): EvictionPolicy {
  const order = new Int32Array(capacity);
  return {
    name: 'oldest-half',
    newAge: 0,
    batch: (limit) => Math.max(1, Math.ceil(limit / 2)),
    pick(view: PolicyView, count: number, out: Int32Array): number {
      let candidates = 0;
      for (let slot = 0; slot < view.capacity; slot++) {
        if (view.isCandidate(slot)) order[candidates++] = slot;
      }
      order.subarray(0, candidates).sort((a, b) => view.born[a] - view.born[b]);
      const picked = Math.min(count, candidates);
      for (let i = 0; i < picked; i++) out[i] = order[i];
      return picked;
    },
  };
}
