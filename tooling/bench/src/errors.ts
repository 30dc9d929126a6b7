/** What a benchmark cannot go on from. */
export type BenchErrorCode = 'usage' | 'native' | 'wrong-result' | 'stopped';

export class BenchError extends Error {
  readonly code: BenchErrorCode;
  readonly hint: string;

  constructor(code: BenchErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BenchError';
    this.code = code;
    this.hint = hint;
  }
}
