/** What the command line program needs of the process around it. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { TerminalInput } from './terminal.ts';
import { UsageError } from './usage-error.ts';

export interface CliHost {
  /** What the guest writes, and what was asked for (`--help`). */
  stdout(bytes: Uint8Array): void;
  /** Progress, summary, errors, and the log without `-D`. */
  stderr(text: string): void;
  /** What is typed. Without it the guest gets no input. */
  readonly stdin?: TerminalInput;
  /** Ends the run at the next pause. */
  readonly signal: AbortSignal;
}

export const ExitStatus = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const;

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws UsageError that names the option */
export function readInput(option: string, path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${option}: ${reason(error)}`, 'Give the path of a file that can be read.', { cause: error });
  }
}

/** A file that is written piece by piece. */
export interface OutputFile {
  write(data: string | Uint8Array): void;
  close(): void;
}

/** @throws UsageError that names the option */
export function openOutput(option: string, path: string): OutputFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'w');
  } catch (error) {
    throw new UsageError(`${option}: ${reason(error)}`, 'Give a file that can be written.', { cause: error });
  }
  return {
    write: (data) => void (typeof data === 'string' ? writeSync(descriptor, data) : writeSync(descriptor, data)),
    close: () => closeSync(descriptor),
  };
}

/** Where the log goes: `-D FILE`, or standard error. */
export function openLog(path: string | undefined, host: CliHost): OutputFile {
  if (path !== undefined) return openOutput('-D', path);
  return { write: (data) => host.stderr(typeof data === 'string' ? data : new TextDecoder().decode(data)), close: () => undefined };
}
