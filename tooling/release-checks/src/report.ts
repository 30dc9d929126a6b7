/** Results of checks, printed as they come and counted at the end. */

export class Report {
  passed = 0;
  failed = 0;
  readonly #print: (text: string) => void;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  /** Records one check. `problems` empty means that it passed. */
  add(name: string, problems: readonly string[]): void {
    if (problems.length === 0) {
      this.passed++;
      this.#print(`ok      ${name}\n`);
      return;
    }
    this.failed++;
    this.#print(`FAILED  ${name}\n`);
    for (const problem of problems) this.#print(`${problem.trimEnd().replace(/^/gm, '        ')}\n`);
  }

  /** The closing line. */
  summary(): string {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}
