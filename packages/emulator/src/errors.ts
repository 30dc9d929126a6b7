export type MachineErrorCode =
  | 'bad-option' | 'bad-address' | 'unmapped' | 'aborted' | 'bad-register' | 'not-running'
  /** A kernel, initrd or disk image that cannot be what it is given for: corrupt, truncated, too large, of the wrong kind. */
  | 'bad-image'
  /** A snapshot that is damaged, of another version, or of a machine that differs. */
  | 'bad-snapshot'
  /** What was waited for did not come. */
  | 'timeout';

/** Thrown by the public API for what a caller did wrong or a host could not provide. */
export class MachineError extends Error {
  readonly code: MachineErrorCode;
  /** What to do about it. */
  readonly hint: string;
  constructor(code: MachineErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MachineError';
    this.code = code;
    this.hint = hint;
  }
}
