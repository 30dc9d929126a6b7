/** What can be wrong with what the page asks for; crosses the border of the worker with code and hint. */

export type LabErrorCode = 'not-loaded' | 'bad-program' | 'bad-argument' | 'wasm-tools';

export class LabError extends Error {
  readonly code: LabErrorCode;
  readonly hint: string;

  constructor(code: LabErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LabError';
    this.code = code;
    this.hint = hint;
  }
}
