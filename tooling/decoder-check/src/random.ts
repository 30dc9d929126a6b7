/**
 * The byte strings that are compared. Deterministic in the seed, the same in every engine.
 */

/** Distance of two strings in a batch; the last byte can never belong to an instruction (15-byte limit). */
export const STRIDE = 16;

/** A seeded generator of uniform 32-bit numbers (mulberry32). */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const PREFIXES = [0x66, 0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** Opcode maps as byte sequences before the opcode; `null` stands for a VEX prefix. */
const MAPS: readonly (readonly number[] | null)[] = [[], [0x0f], [0x0f], [0x0f, 0x38], [0x0f, 0x3a], null];

function structured(next: () => number, out: Uint8Array, at: number, bits: number): void {
  let n = at;
  // Mostly no or few prefixes; now and then enough to pass the length limit.
  const kind = next() % 16;
  const count = kind < 6 ? 0 : kind < 11 ? 1 : kind < 14 ? 2 : kind < 15 ? 3 : next() % 14;
  const rexEarly = bits === 64 && next() % 16 === 0;
  for (let i = 0; i < count; i++) {
    if (rexEarly && i === count - 1) out[n++] = 0x40 | (next() & 15);
    out[n++] = PREFIXES[next() % PREFIXES.length];
  }
  const map = MAPS[next() % MAPS.length];
  if (map === null) {
    // Legal maps and vvvv often enough; outside 64-bit mode the two top bits must be set, or it is LES/LDS.
    const inverted = bits === 64 ? (next() & 0xe0) : 0xc0 | (next() & 0x20);
    const vvvv = next() % 3 === 0 ? 0x78 : next() & 0x78;
    const last = (next() & 0x83) | vvvv | (next() % 8 === 0 ? 4 : 0);
    if (next() % 4 === 0) {
      out[n++] = 0xc5;
      out[n++] = (inverted & 0x80) | last | (bits === 64 ? 0 : 0xc0);
    } else {
      out[n++] = 0xc4;
      out[n++] = inverted | (next() % 8 === 0 ? next() & 31 : 1 + (next() % 3));
      out[n++] = last;
    }
  } else {
    if (bits === 64 && next() % 3 === 0) out[n++] = 0x40 | (next() & 15);
    for (const byte of map) out[n++] = byte;
  }
  out[n++] = next();
  const modrm = next();
  out[n++] = next() % 3 === 0 ? modrm | 0xc0 : modrm;
  for (; n < at + STRIDE; n++) out[n] = next() >>> 8;
}

/** Fill `out` with strings `STRIDE` bytes apart: one in four uniformly random, the others prefixes + opcode + ModRM + random. */
export function fillBatch(next: () => number, out: Uint8Array, bits: number): void {
  for (let at = 0; at < out.length; at += STRIDE) {
    if (next() % 4 === 0) for (let i = 0; i < STRIDE; i++) out[at + i] = next() >>> 8;
    else structured(next, out.subarray(0, at + STRIDE), at, bits);
  }
}
