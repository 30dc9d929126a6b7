/**
 * Errors across the border of a worker. Comlink would keep message and stack only; a person needs what to do about it, and code the `code`.
 */
import { transferHandlers } from 'comlink';

/** An error that happened in a worker, or with it. */
export class WorkerError extends Error {
  readonly code: string;
  /** What to do about it; may be empty. */
  readonly hint: string;

  constructor(message: string, code: string, hint: string) {
    super(message);
    this.name = 'WorkerError';
    this.code = code;
    this.hint = hint;
  }
}

interface Thrown {
  readonly value: unknown;
}

interface Portable {
  readonly message: string;
  readonly code: string;
  readonly hint: string;
  readonly stack: string;
}

/** What every error becomes for people: message, hint and code, whatever was thrown. */
export function describeError(error: unknown): Portable {
  if (!(error instanceof Error)) return { message: String(error), code: 'unknown', hint: '', stack: '' };
  const { code, hint } = error as { code?: unknown; hint?: unknown };
  return {
    message: error.message,
    code: typeof code === 'string' ? code : error.name,
    hint: typeof hint === 'string' ? hint : '',
    stack: error.stack ?? '',
  };
}

/** Call once on each side of a worker, before the first call. */
export function installErrorTransfer(): void {
  const original = transferHandlers.get('throw');
  if (original === undefined) throw new TypeError('comlink has no handler of thrown values');
  transferHandlers.set('throw', {
    canHandle: (value: unknown): value is Thrown => original.canHandle(value),
    serialize: ({ value }: Thrown) => [describeError(value), []],
    deserialize: (portable: Portable): never => {
      const error = new WorkerError(portable.message, portable.code, portable.hint);
      if (portable.stack !== '') error.stack = portable.stack;
      throw error;
    },
  });
}
