/** What goes wrong in this tool: a kernel that does not report, QEMU that is not there, an option that does not exist. */

export type TestKernelErrorCode = 'no-report' | 'tool-missing' | 'bad-option';

export class TestKernelError extends Error {
  override readonly name = 'TestKernelError';
  readonly code: TestKernelErrorCode;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: TestKernelErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
