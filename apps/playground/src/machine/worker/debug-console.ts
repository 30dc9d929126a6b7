/** The debug port's text for a terminal: guests end lines there with LF alone. */

const LF = 10;
const CR = 13;

/** @returns what takes the guest's bytes, one by one */
export function debugConsole(push: (bytes: Uint8Array) => void): (byte: number) => void {
  let last = 0;
  return (byte) => {
    push(byte === LF && last !== CR ? Uint8Array.of(CR, LF) : Uint8Array.of(byte));
    last = byte;
  };
}
