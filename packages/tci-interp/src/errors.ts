export type TciErrorCode = 'too-many-opcodes' | 'no-variant' | 'frame-full' | 'bad-word';

/** Thrown by the TCI encoder, disassembler and generator. */
export class TciError extends Error {
  readonly code: TciErrorCode;
  /** What to do about it. */
  readonly hint: string;
  constructor(code: TciErrorCode, message: string, hint: string) {
    super(message);
    this.name = 'TciError';
    this.code = code;
    this.hint = hint;
  }
}
