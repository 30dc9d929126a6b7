/** The conformance run: which groups, in which execution modes, and the lines it prints. */
import { groupNames, openGroup } from './files.ts';
import { RUN } from './format/vector.ts';
import type { Vector } from './format/vector.ts';
import { describeFailure, summarise } from './report.ts';
import { Runner, emptyTally } from './runner.ts';
import type { Target } from './target.ts';

export interface Options {
  /** Execution modes to run, in order. */
  readonly modes: readonly string[];
  /** Only groups whose name contains this. */
  readonly group?: string;
  /** Only forms whose name contains this. */
  readonly form?: string;
  /** Failures to print per group. */
  readonly show: number;
  /** Vectors per form, from the first, and a like part of the programs; all without it. */
  readonly perForm?: number;
  /** Folder of the vector files. */
  readonly folder?: string;
}

/** Groups that some options select. */
export function selectGroups({ group, folder }: Pick<Options, 'group' | 'folder'>): string[] {
  return groupNames(folder).filter((name) => group === undefined || name.includes(group));
}

/** Every program is a form of its own: of them, so many for each vector of other forms. */
const PROGRAMS_PER_VECTOR = 50;

function* selectVectors(vectors: Iterable<Vector>, { form, perForm }: Pick<Options, 'form' | 'perForm'>): Generator<Vector> {
  let programs = 0;
  for (const vector of vectors) {
    if (form !== undefined && !vector.form.includes(form)) continue;
    if (perForm !== undefined && vector.index >= perForm) continue;
    if (perForm !== undefined && vector.run === RUN.program && programs++ >= perForm * PROGRAMS_PER_VECTOR) return;
    yield vector;
  }
}

/** Vectors between two turns of the event loop, without which compiled code that was given up is never seen to be collected. */
const CHUNK = 500;

/** Splits an iteration; the part is to be used up before the next one. */
function* chunks<T>(all: Iterator<T>, size: number): Generator<Generator<T>> {
  let next = all.next();
  const part = function* (): Generator<T> {
    for (let i = 0; i < size && !next.done; i++) {
      yield next.value;
      next = all.next();
    }
  };
  while (!next.done) yield part();
}

/** Runs everything selected, prints through `print`, and returns the sums. */
export async function runConformance(options: Options, makeTarget: (mode: string) => Target, print: (line: string) => void): Promise<{ passed: number; failed: number }> {
  const sum = { passed: 0, failed: 0 };
  for (const mode of options.modes) {
    print(`mode ${mode}`);
    const target = makeTarget(mode);
    for (const name of selectGroups(options)) {
      const file = openGroup(name, options.folder);
      if (target.supports?.(file.header.mode) === false) continue;
      const runner = new Runner(target, file.header.mode);
      const tally = emptyTally();
      for (const part of chunks(selectVectors(file.vectors(), options), CHUNK)) {
        runner.runAll(part, tally, options.show);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      print(summarise(name, tally));
      for (const [form, count] of tally.failedForms) print(`  ${String(count).padStart(5)} × ${form}`);
      for (const failure of tally.failures) print(describeFailure(failure));
      sum.passed += tally.passed;
      sum.failed += tally.failed;
    }
    if (target.summary) print(target.summary());
  }
  return sum;
}
