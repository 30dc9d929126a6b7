/** Chooses programs and their start states, and shapes their recordings. */
import { FLAG, FLAGS_ALWAYS, FLAGS_ARITHMETIC, REGIONS, RUN, WORD, WORD_COUNT, baseRegisters } from '@wasm-tcg/conformance';
import type { Form, Mode, State } from '@wasm-tcg/conformance';
import { architectural } from '../generate.ts';
import type { Plan } from '../generate.ts';
import { Random } from '../random.ts';
import { ProgramBuilder } from './program.ts';
import type { Program } from './program.ts';

/** Programs per mode; two start states each. */
const PROGRAMS = 1500;
const STATES = 2;

/** Two nested loops of 6 rounds around 30 instructions stay below this. */
const MAX_STEPS = 5000;

interface Chosen {
  readonly program: Program;
  readonly codeAddress: bigint;
  readonly seed: number;
  readonly states: readonly { readonly words: BigUint64Array; readonly flags: number }[];
}

/** Programs of a mode; the same seed chooses the same ones. */
export function planPrograms(mode: Mode, seed: number): Plan {
  const chosen = Array.from({ length: PROGRAMS }, (_, n) => choose(mode, new Random(seed, `program ${mode} ${n}`)));
  const cases = chosen.flatMap(({ program, codeAddress, states }) => states.map(({ words, flags }) => ({
    run: RUN.program, maxSteps: MAX_STEPS, words, flags, codeAddress, code: program.code, stop: codeAddress + BigInt(program.code.length), memory: [], usesFp: false,
  })));
  return {
    cases,
    assemble: (outcomes) => {
      let next = 0;
      return chosen.map(({ program, codeAddress, seed: registers, states }, n): Form => ({
        name: `program ${n}`, seed: registers, usesFp: false, statusUndefined: 0, run: RUN.program,
        encodings: [{
          codeAddress, code: program.code, stop: codeAddress + BigInt(program.code.length),
          vectors: states.map(({ words, flags }): State => {
            const outcome = outcomes[next++];
            if (!outcome || outcome.end === 'limit') throw new RangeError(`program ${n} did not end`);
            return {
              before: words, after: outcome.words, flagsBefore: flags, flagsAfter: outcome.flags, resultUndefined: false,
              flagsUndefined: program.undefinedAt.get(Number(outcome.rip - codeAddress)) ?? 0,
              ripAfter: outcome.rip, memory: [], writes: outcome.writes, fault: outcome.fault && architectural(outcome.fault),
            };
          }),
        }],
      }));
    },
  };
}

function choose(mode: Mode, rng: Random): Chosen {
  const program = new ProgramBuilder(rng, mode).build();
  const { code, data, stack } = REGIONS;
  const room = code.length - program.code.length - 0x40;
  const codeAddress = code.address + BigInt(rng.chance(0.1) ? Math.max(0x40, 0x1000 - rng.below(program.code.length)) : 0x100 + rng.below(Math.min(room, 0xd00)));
  const registers = rng.u32();
  const states = Array.from({ length: STATES }, (_, i) => {
    const words = new BigUint64Array(WORD_COUNT);
    baseRegisters(mode, registers + i, words);
    for (let n = 0; n < (mode === 64 ? 16 : 8); n++) if (rng.chance(0.3)) words[n] = rng.operand(mode);
    // Now and then a pointer leads over the end of the data.
    for (const n of program.pointers) words[n] = data.address + BigInt(rng.chance(0.03) ? data.length + 0xe00 : 0x800 + rng.below(0x3000));
    words[program.index] = BigInt(rng.below(64));
    words[WORD.rsp] = stack.address + 0x800n + BigInt(rng.below(0x1000));
    return { words, flags: FLAGS_ALWAYS | (rng.u32() & FLAGS_ARITHMETIC & ~FLAG.DF) };
  });
  return { program, codeAddress, seed: registers, states };
}
