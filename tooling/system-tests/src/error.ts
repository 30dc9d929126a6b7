/** What goes wrong in this tool: a program that cannot be read, an oracle that does not run, records that make no sense. */

export type SystemTestErrorCode = 'bad-program' | 'bad-vectors' | 'bad-records' | 'tool-missing' | 'assembler' | 'bad-option';

export class SystemTestError extends Error {
  override readonly name = 'SystemTestError';
  readonly code: SystemTestErrorCode;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: SystemTestErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
