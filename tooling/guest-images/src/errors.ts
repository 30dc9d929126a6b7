/** What making a guest's boot files can fail with. */
export type GuestImageErrorCode =
  /** A command line or an option that makes no sense. */
  | 'usage'
  /** No source has the package. */
  | 'unavailable'
  /** A download broke off, or a server said no. */
  | 'download'
  /** Bytes that are not the ones the lock file or the package index names. */
  | 'wrong-hash'
  /** A package, archive or module that is not what its format says. */
  | 'malformed'
  /** A package without a file the guest needs. */
  | 'missing-file'
  /** The lock file does not say what it should. */
  | 'lock';

export class GuestImageError extends Error {
  readonly code: GuestImageErrorCode;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: GuestImageErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GuestImageError';
    this.code = code;
    this.hint = hint;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
