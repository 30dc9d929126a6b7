/** What can go wrong in the pool. Every error says what was expected and what to do. */

export type InstancePoolErrorCode =
  /** A limit is out of its range. */
  | 'BAD_LIMIT'
  /** `add` without room; `canCompile` was not asked or its answer ignored. */
  | 'POOL_FULL'
  /** One module has more bytes than the pool may ever promise room for. */
  | 'MODULE_TOO_LARGE'
  /** The handle's module has been dropped. */
  | 'STALE_HANDLE'
  /** `add`, `acquire` or `clear` was called from inside one of the host's callbacks. */
  | 'REENTRANT'
  /** More members were killed than the module has. */
  | 'NO_LIVE_MEMBER'
  /** The host's `instantiate` threw; see `cause`. */
  | 'INSTANTIATE_FAILED';

export class InstancePoolError extends Error {
  override readonly name = 'InstancePoolError';
  readonly code: InstancePoolErrorCode;
  /** What the caller can do about it. */
  readonly hint: string;

  constructor(code: InstancePoolErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}
