/** Why nothing could be checked; a check that fails is no error but a row. */
export type PlaygroundTestErrorCode =
  | 'usage'
  /** No browser, and no way to get one. */
  | 'no-browser'
  /** There is a browser, and it does not start. */
  | 'browser'
  /** The site could not be built. */
  | 'build';

export class PlaygroundTestError extends Error {
  readonly code: PlaygroundTestErrorCode;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: PlaygroundTestErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PlaygroundTestError';
    this.code = code;
    this.hint = hint;
  }
}
