import { describe, expect, it } from 'vitest';
import { compareTiers } from '../src/ir/compare.ts';
import { generateProgram } from '../src/ir/generate.ts';
import { parseProgram, printProgram } from '../src/ir/program.ts';
import { INTERPRETER, moduleTier, REFERENCE } from '../src/ir/tiers.ts';
import { plainVariant } from '../src/ir/variants.ts';
import { World } from '../src/ir/world.ts';

describe('random IR', () => {
  it('runs', () => {
    const world = new World();
    const tiers = [REFERENCE, INTERPRETER, moduleTier({ name: 'loop-if', scheme: 'loop-if', batch: 1 }), moduleTier({ name: 'structured', batch: 64 })];
    for (let seed = 0; seed < 100; seed++) {
      const program = generateProgram(seed);
      const m = compareTiers(world, program, [plainVariant()], tiers);
      if (m) console.log(seed, m);
      const text = printProgram(program, []);
      expect(printProgram(parseProgram(text), [])).toBe(text);
    }
  });
});
