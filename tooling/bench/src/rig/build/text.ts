/** The text that busybox's tools work on: the same in every run. */

const BYTES = 48 * 1024;
const WORDS = 4000;
const WORDS_PER_LINE = 11;
const LETTERS = 'etaoinshrdlucmfwypvbgkjqxz';

/** Words of a made-up language, the first ones more often, as in real ones. */
export function makeText(): string {
  let state = 20_261_122;
  const random = (below: number): number => {
    // Lehmer's generator modulo 2^31 - 1: exact in doubles.
    state = (state * 48_271) % 0x7fff_ffff;
    return state % below;
  };
  const vocabulary = Array.from({ length: WORDS }, () => Array.from({ length: 2 + random(8) }, () => LETTERS[Math.min(random(26), random(26))]).join(''));
  const lines: string[] = [];
  for (let length = 0; length < BYTES; ) {
    const line = Array.from({ length: WORDS_PER_LINE }, () => vocabulary[Math.min(random(WORDS), random(WORDS), random(WORDS))]).join(' ');
    lines.push(line);
    length += line.length + 1;
  }
  return `${lines.join('\n')}\n`.slice(0, BYTES);
}
