/** What can be wrong with a vector file. */
export class FormatError extends Error {
  readonly code: 'truncated' | 'corrupt' | 'version' | 'unmapped';
  /** What to do about it. */
  readonly hint: string;

  constructor(code: FormatError['code'], message: string, hint = 'Record the vectors again: npm run record in tooling/native-recorder.') {
    super(message);
    this.name = 'FormatError';
    this.code = code;
    this.hint = hint;
  }
}
