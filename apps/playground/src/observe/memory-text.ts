/** Memory as lines of hex digits and characters, with what has changed since the last look. */

/** A run of bytes of a line that have changed, or have not. */
export interface HexRun {
  readonly changed: boolean;
  /** `00 1f a0`, without a blank at the end. */
  readonly text: string;
}

export interface MemoryLine {
  readonly address: number;
  readonly runs: readonly HexRun[];
  /** Printable ASCII as it is, anything else as a dot. */
  readonly text: string;
}

const digits = (byte: number): string => byte.toString(16).padStart(2, '0');
const character = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');

/** @param before the same memory at the last look; another length, or nothing: no byte counts as changed */
export function memoryLines(address: number, bytes: Uint8Array, perLine: number, before?: Uint8Array): MemoryLine[] {
  const old = before?.length === bytes.length ? before : bytes;
  const lines: MemoryLine[] = [];
  for (let start = 0; start < bytes.length; start += perLine) {
    const end = Math.min(bytes.length, start + perLine);
    const runs: { changed: boolean; text: string }[] = [];
    let text = '';
    for (let at = start; at < end; at++) {
      const changed = bytes[at] !== old[at];
      const run = runs.at(-1);
      if (run?.changed === changed) run.text += ` ${digits(bytes[at]!)}`;
      else runs.push({ changed, text: digits(bytes[at]!) });
      text += character(bytes[at]!);
    }
    lines.push({ address: address + start, runs, text });
  }
  return lines;
}

/** An address as people type it: hex, with or without `0x`, maybe grouped. `undefined`: it is none, or not below `size`. */
export function parseAddress(text: string, size: number): number | undefined {
  const match = /^\s*(?:0x)?([\da-f][\da-f_' ]*)h?\s*$/i.exec(text);
  if (match === null) return undefined;
  const address = Number.parseInt(match[1]!.replaceAll(/[_' ]/g, ''), 16);
  return address < size ? address : undefined;
}

/** Where a view begins so that it starts with a whole line and does not reach past the end. */
export function alignView(address: number, perLine: number, length: number, size: number): number {
  const last = Math.max(0, size - length);
  const wanted = Math.min(Math.max(0, address), last);
  return wanted - (wanted % perLine);
}
