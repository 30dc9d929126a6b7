/**
 * The user's terminal as a guest's console: raw mode while the machine runs, the escape key Ctrl-A, and the old mode back whatever happens. Input that is no
 * terminal (a pipe) goes to the guest as it is.
 */
import type { Readable } from 'node:stream';

/** What a terminal's input has; a pipe lacks the last two. */
export interface TerminalInput extends Pick<Readable, 'on' | 'off' | 'resume' | 'pause'> {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

export type TerminalCommand = 'quit' | 'help' | 'break' | 'info' | 'save' | 'reset';

const ESCAPE = 0x01;
/** Keys behind Ctrl-A. Ctrl-A twice is Ctrl-A. */
const KEYS: Readonly<Record<string, readonly [TerminalCommand, string]>> = {
  x: ['quit', 'end the run'],
  h: ['help', 'this list'],
  '?': ['help', 'this list'],
  b: ['break', 'send a break'],
  i: ['info', 'counters so far, as -d stats has them'],
  s: ['save', 'write a snapshot (-savevm FILE)'],
  r: ['reset', 'reset the machine'],
};

export const KEY_HELP: string = Object.entries(KEYS)
  .filter(([key]) => key !== '?')
  .map(([key, [, about]]) => `Ctrl-A ${key.toUpperCase()}  ${about}\r\n`)
  .concat('Ctrl-A Ctrl-A  send Ctrl-A\r\n')
  .join('');

/** Splits what is typed into bytes for the guest and commands. */
export class EscapeFilter {
  #escaped = false;

  /** @returns bytes for the guest */
  feed(bytes: Uint8Array, command: (command: TerminalCommand) => void): Uint8Array {
    const out: number[] = [];
    for (const byte of bytes) {
      if (!this.#escaped) {
        if (byte === ESCAPE) this.#escaped = true;
        else out.push(byte);
        continue;
      }
      this.#escaped = false;
      const row = KEYS[String.fromCharCode(byte).toLowerCase()];
      if (row !== undefined) command(row[0]);
      else if (byte === ESCAPE) out.push(ESCAPE);
    }
    return Uint8Array.from(out);
  }
}

export interface TerminalHandlers {
  readonly bytes: (bytes: Uint8Array) => void;
  readonly command: (command: TerminalCommand) => void;
  /** The input has ended. */
  readonly end: () => void;
}

/**
 * Take the terminal over.
 * @returns what gives it back; may be called more than once
 */
export function openTerminal(input: TerminalInput, handlers: TerminalHandlers): () => void {
  const raw = input.isTTY === true && input.setRawMode !== undefined;
  const filter = new EscapeFilter();
  const onData = (chunk: Uint8Array | string): void => {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    const forGuest = raw ? filter.feed(bytes, handlers.command) : bytes;
    if (forGuest.length > 0) handlers.bytes(forGuest);
  };
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    input.off('data', onData);
    input.off('end', handlers.end);
    process.off('exit', close);
    if (raw) input.setRawMode?.(false);
    input.pause();
  };
  if (raw) input.setRawMode?.(true);
  // An error that ends the process must not leave the user with a terminal that does not echo.
  process.on('exit', close);
  input.on('data', onData);
  input.on('end', handlers.end);
  input.resume();
  return close;
}
