/** What all formats of the Lempel-Ziv family do: repeat bytes of their output. */

/** From this many bytes on a call is cheaper than a loop. */
const LONG = 48;

/** Copies `length` bytes from `distance` before `at` to `at`. What is copied may reach into itself: then it repeats. */
export function copyMatch(output: Uint8Array, at: number, distance: number, length: number): void {
  if (length >= LONG && distance >= length) {
    output.copyWithin(at, at - distance, at - distance + length);
    return;
  }
  for (let i = 0; i < length; i++) output[at + i] = output[at + i - distance]!;
}
