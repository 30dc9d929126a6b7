/** Why a guest could not be checked at all; a check that fails is no error but a result. */
export type BootCheckErrorCode =
  | 'usage'
  /** The guest did not come to the point that was waited for. */
  | 'timeout'
  /** The kernel gave up. */
  | 'panic'
  /** The machine stopped before it was asked to. */
  | 'stopped'
  /** The machine could not be made or run. */
  | 'machine';

export class BootCheckError extends Error {
  readonly code: BootCheckErrorCode;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: BootCheckErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BootCheckError';
    this.code = code;
    this.hint = hint;
  }
}
