/** Errors of this package. Each has a `code` for programs, a message that names the cause, and a `hint` that names the remedy. */

export type RuntimeErrorCode =
  /** createMachineMemory was asked for a machine that cannot be. */
  | 'bad-machine-size'
  /** The host could not provide the memory. */
  | 'out-of-memory'
  /** A region of physical memory that cannot be mapped as asked. */
  | 'bad-region'
  /** A physical address or length that is no such thing. */
  | 'bad-address'
  /** A row of a helper table contradicts itself or others. */
  | 'bad-helper'
  /** Helpers without a function, or with the wrong kind of one. */
  | 'missing-helper'
  /** The helper module and the host do not fit together. */
  | 'bad-instance'
  /** A TB that cannot be stored. */
  | 'bad-tb';

export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code: RuntimeErrorCode;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: RuntimeErrorCode, message: string, hint: string, options?: { readonly cause?: unknown }) {
    super(`${message} (${hint})`, options);
    this.code = code;
    this.hint = hint;
  }
}
