/** Random x86 programs through every mode of execution. */
import type { Suite } from '../suite.ts';
import { compareMachines, RunnerError } from './compare.ts';
import { X86Generator } from './generate.ts';
import { executions, Runner } from './machines.ts';
import { locate } from './locate.ts';
import { printX86, type X86Program } from './program.ts';
import { shrinkX86 } from './shrink.ts';

/** Programs that a machine runs before it is replaced: the one in stress mode then gets another seed. */
const PROGRAMS_PER_MACHINE = 50;

/** Machines that are kept from program to program, and made anew when one threw. */
class Machines {
  #runners: readonly Runner[] = [];
  #left = 0;

  /**
   * The reference, the stress mode, and one of the other modes in turn.
   * @param fresh whatever ran before must not matter
   */
  get(stress: number, fresh: boolean): readonly Runner[] {
    if (fresh || this.#left-- <= 0) {
      this.#left = PROGRAMS_PER_MACHINE;
      this.#runners = executions(stress).map(([name, options]) => new Runner(name, options));
    }
    const [reference, stressed, ...others] = this.#runners;
    return [reference, others[stress % others.length], stressed];
  }

  drop(): void {
    this.#left = 0;
  }
}

export function x86Suite(): Suite<X86Program> {
  const machines = new Machines();
  const generator = new X86Generator();
  const run = (program: X86Program, fresh: boolean): string | undefined => {
    try {
      const found = compareMachines(program, machines.get(program.stress, fresh));
      if (found !== undefined) machines.drop();
      return found;
    } catch (error) {
      machines.drop();
      if (!(error instanceof RunnerError)) throw error;
      const { cause } = error;
      const stack = cause instanceof Error ? (cause.stack ?? '').split('\n').slice(1, 8).map((line) => line.trim()) : [];
      return [error.message, ...stack].join('\n');
    }
  };
  const checkAlone = (program: X86Program): string | undefined => run(program, true);
  return {
    name: 'x86', generate: (seed) => generator.generate(seed), check: (program) => run(program, false), checkAlone, shrink: shrinkX86, print: printX86,
    explain: (program) => locate(program, checkAlone),
  };
}
