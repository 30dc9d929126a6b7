/**
 * The one error class of this package. Wrong use of the encoder is a programming error of the caller, so it is reported
 * at the call that makes it (a module that V8 refuses later tells nobody which emit call was wrong).
 */

/** What went wrong; stable names, to be matched by callers. */
export const CODEGEN_ERRORS = {
  'bad-signature': 'a signature string has an unknown letter or no ">"',
  'bad-index': 'an index is negative, not an integer or out of range',
  'bad-label': 'a branch names a label that is not open',
  'unbalanced': 'blocks and ends do not match',
  'body-order': 'function bodies are not written one after the other, in the order of declaration',
  'import-order': 'an import comes after a definition of the same kind, whose index it would move',
  'too-large': 'a limit that all engines share is exceeded',
  'bad-ir': 'an op has operands or attributes its row does not allow',
  'bad-graph': 'a control-flow graph names a node that does not exist',
} as const;
CODEGEN_ERRORS satisfies Record<string, string>;

export type CodegenErrorCode = keyof typeof CODEGEN_ERRORS;

/** Thrown by every public function of the package; `code` says what, `message` why, `hint` what to do. */
export class CodegenError extends Error {
  readonly code: CodegenErrorCode;
  readonly hint: string;

  constructor(code: CodegenErrorCode, cause: string, hint: string) {
    super(`${cause} (${code}: ${CODEGEN_ERRORS[code]})`);
    this.name = 'CodegenError';
    this.code = code;
    this.hint = hint;
  }
}
