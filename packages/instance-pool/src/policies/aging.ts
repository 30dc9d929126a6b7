/**
 * `aging` (default): an age byte per slot, shifted right at every scan with the reference mark entering on top
 * (Tanenbaum, "Modern Operating Systems", 3.4.7), and the lowest ages go first, a small slice at a time.
 *
 * What ran since the last scan outlives everything that did not. A scan visits each slot twice and frees 1/32 of the
 * limit, so an eviction costs about 64 visits of one byte, and no pause is longer than one slice.
 */
import type { EvictionPolicy, PolicyView } from '../policy.ts';

/** A slice is this part of the limit: small pauses, yet the scan is shared by many evictions. */
const SLICE_SHIFT = 5;

/** The mark of a use enters here, so eight scans without use bring any age to 0. */
const USED = 0x80;

export function aging(): EvictionPolicy {
  const histogram = new Uint32Array(256);
  /** Where the next scan starts: equal ages take turns. */
  let hand = 0;

  /** Ages all candidates and counts them by age. */
  function shift(view: PolicyView): number {
    histogram.fill(0);
    let candidates = 0;
    for (let slot = 0; slot < view.capacity; slot++) {
      if (!view.isCandidate(slot)) continue;
      const age = (view.age[slot] >> 1) | (view.takeReference(slot) ? USED : 0);
      view.age[slot] = age;
      histogram[age]++;
      candidates++;
    }
    return candidates;
  }

  return {
    name: 'aging',
    newAge: USED,
    batch: (limit) => Math.max(1, limit >> SLICE_SHIFT),
    pick(view: PolicyView, count: number, out: Int32Array): number {
      const wanted = Math.min(count, shift(view));
      if (wanted === 0) return 0;
      // Everything below `threshold` goes; of those at it, as many as are still wanted, from the hand on.
      let threshold = 0;
      let below = 0;
      while (below + histogram[threshold] < wanted) below += histogram[threshold++];
      let atThreshold = wanted - below;
      let picked = 0;
      const start = hand < view.capacity ? hand : 0;
      for (let i = 0, slot = start; i < view.capacity && picked < wanted; i++) {
        if (view.isCandidate(slot)) {
          const age = view.age[slot];
          if (age < threshold || (age === threshold && atThreshold-- > 0)) out[picked++] = slot;
        }
        if (++slot === view.capacity) slot = 0;
        hand = slot;
      }
      return picked;
    },
  };
}
