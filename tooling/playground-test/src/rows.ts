/** What was checked: a row each, printed as it ends, and the closing line that the scripts of this repository add up. */

export type Outcome = 'passed' | 'failed' | 'not run';

export interface Row {
  readonly outcome: Outcome;
  /** Story and step. */
  readonly name: string;
  readonly seconds: number;
  /** A figure, or why not. */
  readonly detail: string;
}

/** Thrown by a step that cannot be had here, as the guest's packages without a network: neither passed nor failed. */
export class NotRun extends Error {}

/** Thrown by a step whose check says no: its message is the row's, without a stack. */
export class Wrong extends Error {}

export class Report {
  readonly rows: Row[] = [];
  readonly #print: (text: string) => void;
  readonly #now: () => number;

  /** @param now ms */
  constructor(print: (text: string) => void, now: () => number = () => performance.now()) {
    this.#print = print;
    this.#now = now;
  }

  /**
   * One row. @returns whether what comes after it makes sense
   * @param seconds limit; the step is failed then, and left to itself
   */
  async step(name: string, seconds: number, run: () => Promise<string | void>): Promise<boolean> {
    const started = this.#now();
    const took = (): number => (this.#now() - started) / 1000;
    try {
      const detail = await withLimit(run(), seconds);
      this.add({ outcome: 'passed', name, seconds: took(), detail: detail ?? '' });
      return true;
    } catch (error) {
      const outcome = error instanceof NotRun ? 'not run' : 'failed';
      this.add({ outcome, name, seconds: took(), detail: messageOf(error) });
      return false;
    }
  }

  add(row: Row): void {
    this.rows.push(row);
    this.#print(formatRow(row));
  }

  count(outcome: Outcome): number {
    return this.rows.filter((row) => row.outcome === outcome).length;
  }

  /** Alone on a line, for scripts. */
  closingLine(): string {
    return `${this.count('passed')} passed, ${this.count('failed')} failed`;
  }
}

/** Longest text of a row: what a browser's driver says of a timeout can be pages. */
const MOST_LINES = 24;

export function formatRow({ outcome, name, seconds, detail }: Row): string {
  const [first = '', ...rest] = detail.split('\n');
  const more = rest.length > MOST_LINES ? [...rest.slice(0, MOST_LINES), '…'] : rest;
  const head = `${outcome.padEnd(7)} ${seconds.toFixed(1).padStart(6)} s  ${name}`;
  return [first === '' ? head : `${head}: ${first}`, ...more.map((line) => `${' '.repeat(18)}${line}`)].map((line) => `${line.trimEnd()}\n`).join('');
}

function messageOf(error: unknown): string {
  if (error instanceof Wrong || error instanceof NotRun) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function withLimit<T>(work: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Wrong(`not done after ${seconds} s`)), seconds * 1000);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
