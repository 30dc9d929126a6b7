/** LZ4 in the legacy frame that `lz4 -l` and Linux use: a magic number, then blocks of up to 8 MiB, each behind its compressed size (LZ4 frame format 1.6, "Legacy frame"). */
import { badImage, ImageReader, RELOAD_HINT } from '../image-reader.ts';
import { copyMatch } from './copy-match.ts';

const MIN_MATCH = 4;

/**
 * @param size bytes of output; blocks after them are not read
 * @throws MachineError `bad-image` when the data is damaged or ends early
 */
export function unpackLz4(bytes: Uint8Array, size: number): Uint8Array {
  const input = new ImageReader(bytes, 'lz4 data');
  const output = new Uint8Array(size);
  let from = 4;
  let at = 0;
  while (at < size) {
    const blockBytes = input.u32(from);
    at = block(input.slice(from + 4, blockBytes), output, at);
    from += 4 + blockBytes;
  }
  return output;
}

/** Sequences of literals and a match (LZ4 block format). The last one has no match. @returns where the output goes on */
function block(input: Uint8Array, output: Uint8Array, start: number): number {
  let from = 0;
  let at = start;
  const length = (nibble: number): number => {
    let total = nibble;
    if (nibble === 15) {
      let more: number;
      do {
        if (from >= input.length) damaged();
        more = input[from++]!;
        total += more;
      } while (more === 255);
    }
    return total;
  };
  while (from < input.length) {
    const token = input[from++]!;
    const literals = length(token >> 4);
    if (from + literals > input.length || at + literals > output.length) damaged();
    output.set(input.subarray(from, from + literals), at);
    from += literals;
    at += literals;
    if (from === input.length) return at;
    if (from + 2 > input.length) damaged();
    const distance = input[from]! | (input[from + 1]! << 8);
    from += 2;
    const match = length(token & 15) + MIN_MATCH;
    if (distance === 0 || distance > at - start || at + match > output.length) damaged();
    copyMatch(output, at, distance, match);
    at += match;
  }
  return at;
}

function damaged(): never {
  badImage('the lz4 data is damaged', RELOAD_HINT);
}
