/** Random IR through all tiers, with and without the optimiser. */
import { CodegenError } from '@wasm-tcg/wasm-codegen';
import type { Suite } from '../suite.ts';
import { compareTiers } from './compare.ts';
import { EndlessError } from './evaluate.ts';
import { generateProgram } from './generate.ts';
import { printProgram, type IrProgram } from './program.ts';
import { regionTier } from './region-tier.ts';
import { shrinkProgram } from './shrink.ts';
import { INTERPRETER, moduleTier, REFERENCE, type Tier } from './tiers.ts';
import { allVariants } from './variants.ts';
import { World } from './world.ts';

/** What a run compares with the evaluator. Made anew for each suite: tiers keep builders. */
export function allTiers(): readonly Tier[] {
  return [
    REFERENCE,
    INTERPRETER,
    moduleTier({ name: 'loop-if, one each', scheme: 'loop-if', batch: 1 }),
    moduleTier({ name: 'structured, counting', batch: 64, profile: 0 }),
    moduleTier({ name: 'structured, linked', batch: 64, links: true, tailCalls: true }),
    regionTier({ name: 'as merged', optimise: false, leaveOut: 0 }),
    regionTier({ name: 'optimised', optimise: true, leaveOut: 0 }),
    regionTier({ name: 'optimised, some TBs outside', optimise: true, leaveOut: 3 }),
    regionTier({ name: 'optimised, some pages elsewhere', optimise: true, leaveOut: 0, isTorn: true }),
  ];
}

/** Worlds are made anew now and then: functions pile up in the table of one. */
const PROGRAMS_PER_WORLD = 300;

export function irSuite(): Suite<IrProgram> {
  const tiers = allTiers();
  const [plain, optimised, ...single] = allVariants();
  let world = new World();
  let programs = 0;
  const check = (program: IrProgram): string | undefined => {
    if (++programs % PROGRAMS_PER_WORLD === 0) world = new World();
    try {
      // One of the passes alone per program, chosen by the program so that a replay chooses the same.
      const alone = single[program.starts[0].seed % single.length];
      const mismatch = compareTiers(world, program, [plain, optimised, alone], tiers);
      return mismatch && `${mismatch.where}, start seed=${mismatch.start.seed} budget=${mismatch.start.budget}\n${mismatch.text}`;
    } catch (error) {
      if (error instanceof EndlessError) return undefined;
      world = new World();
      return crashText(error);
    }
  };
  return { name: 'ir', generate: generateProgram, check, shrink: shrinkProgram, print: printProgram };
}

/** An exception is a mismatch too: no valid program may raise one. */
function crashText(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const hint = error instanceof CodegenError ? ` (${error.hint})` : '';
  return `${error.name}: ${error.message}${hint}\n${(error.stack ?? '').split('\n').slice(1, 6).map((line) => line.trim()).join('\n')}`;
}
