/** What tests mistreat devices with: repeatable randomness, and damage to what they saved. */
import type { SavedValue } from '../../src/devices/device.ts';

/** Marsaglia's xorshift32. @returns integers from 0 to below − 1 */
export function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** For every leaf of a saved state, the state in which something else stands in its place. */
export function* damaged(saved: SavedValue): Generator<SavedValue> {
  if (saved === null || typeof saved !== 'object' || saved instanceof Uint8Array) {
    yield 'damage';
    return;
  }
  for (const key of Object.keys(saved)) {
    const part = (saved as Readonly<Record<string, SavedValue>>)[key]!;
    for (const bad of damaged(part)) yield Array.isArray(saved) ? saved.map((value, index) => (String(index) === key ? bad : value)) : { ...saved, [key]: bad };
  }
}
