/** The IR fuzzer finds what it is there to find: tiers that are wrong on purpose. */
import { Op, opCode, opLength, verifyTb, type TbIr } from '@wasm-tcg/ir';
import { describe, expect, it } from 'vitest';
import { compareTiers } from '../src/ir/compare.ts';
import { generateProgram } from '../src/ir/generate.ts';
import { HELPERS } from '../src/ir/guest.ts';
import { parseProgram, printProgram, type IrProgram } from '../src/ir/program.ts';
import { shrinkProgram } from '../src/ir/shrink.ts';
import { irSuite } from '../src/ir/suite.ts';
import { INTERPRETER, type Tier } from '../src/ir/tiers.ts';
import { allVariants } from '../src/ir/variants.ts';
import { World } from '../src/ir/world.ts';

const programs = Array.from({ length: 40 }, (_, seed) => generateProgram(seed));
const hasOp = (tb: TbIr, op: number): boolean => {
  for (let at = 0; at < tb.length; at += 1 + opLength(tb.code[at])) if (opCode(tb.code[at]) === op) return true;
  return false;
};

/** Runs a program on IR in which every `xor` is an `or`. */
const WRONG: Tier = {
  ...INTERPRETER,
  name: 'wrong',
  prepare: (world, program, lowered) => {
    INTERPRETER.prepare(world, program, lowered.map((tb) => {
      const copy = tb.code.slice();
      for (let at = 0; at < tb.length; at += 1 + opLength(copy[at])) if (opCode(copy[at]) === Op.xor) copy[at] += Op.or - Op.xor;
      return Object.assign(Object.create(Object.getPrototypeOf(tb) as object) as TbIr, tb, { code: copy });
    }));
  },
};

describe('generated IR', () => {
  it('is valid, the same for the same seed, and survives its text form', () => {
    for (const [seed, program] of programs.entries()) {
      for (const { tb } of program.tbs) expect(verifyTb(tb, HELPERS, { stage: 'source' })).toEqual([]);
      const text = printProgram(program, ['why it is here']);
      expect(printProgram(generateProgram(seed), ['why it is here'])).toBe(text);
      expect(printProgram(parseProgram(text), ['why it is here'])).toBe(text);
    }
  });

  it('has every op but those that only regions have', () => {
    const missing = new Set(Object.keys(Op));
    for (let seed = 0; seed < 400 && missing.size > 1; seed++) {
      const { tbs } = generateProgram(seed);
      for (const name of missing) if (tbs.some(({ tb }) => hasOp(tb, Op[name as 'add']))) missing.delete(name);
    }
    expect([...missing].sort()).toEqual(['br', 'pages_there']);
  });
});

it('a tier that computes something else is found, and the program made small', () => {
  const world = new World();
  const [plain] = allVariants();
  const wrong = (program: IrProgram): boolean => compareTiers(world, program, [plain], [WRONG]) !== undefined;
  const found = programs.filter(wrong);
  expect(found.length).toBeGreaterThan(0);
  const small = shrinkProgram(found[0], wrong, () => false);
  expect(wrong(small)).toBe(true);
  expect(small.tbs.reduce((sum, { tb }) => sum + tb.ops, 0)).toBeLessThan(12);
  expect(small.tbs.some(({ tb }) => hasOp(tb, Op.xor))).toBe(true);
});

it('all tiers agree on a few programs', () => {
  const suite = irSuite();
  for (const program of programs.slice(0, 12)) expect(suite.check(program)).toBeUndefined();
});
