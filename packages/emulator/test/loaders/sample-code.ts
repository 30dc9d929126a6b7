/**
 * Bytes like those of a program, the same on every machine: few different instructions, many calls of few functions, and runs of the bytes
 * that the x86 branch filter finds hard. The recorded archives in packed-samples.ts unpack to it.
 */
export function sampleCode(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const data = new DataView(bytes.buffer);
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const hard = [0xe8, 0xe9, 0x00, 0xff, 0xe8, 0xff] as const;
  let at = 0;
  while (at + 16 < size) {
    const kind = random(8);
    if (kind < 3) {
      // A call or jump to one of eight places.
      bytes[at] = 0xe8 + random(2);
      data.setInt32(at + 1, random(8) * 640 - (at + 5), true);
      at += 5;
    } else if (kind < 4) {
      for (let i = random(12); i >= 0; i--) bytes[at++] = hard[random(hard.length)]!;
    } else if (kind < 7) {
      bytes.set([0x48, 0x89, 0xc0 + random(64), 0x83, 0xc0 + random(8), random(16)], at);
      at += 6;
    } else {
      at += 3 + random(6);
    }
  }
  return bytes;
}

/** Bytes of the sample that was packed. */
export const SAMPLE_BYTES = 6000;
