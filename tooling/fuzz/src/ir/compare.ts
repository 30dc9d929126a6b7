/** One program in every tier: what differs from the evaluator, as text. */
import type { TbIr } from '@wasm-tcg/ir';
import { ExitCode } from '@wasm-tcg/runtime';
import type { IrProgram, Start } from './program.ts';
import { FUZZ_LAYOUT } from './guest.ts';
import { EVALUATOR, type Tier } from './tiers.ts';
import type { Variant } from './variants.ts';
import type { Outcome, World } from './world.ts';

export interface Mismatch {
  /** Tier and variant. */
  readonly where: string;
  readonly start: Start;
  /** First differences, one per line. */
  readonly text: string;
}

const hex = (bytes: Uint8Array): string => [...bytes].reverse().map((b) => b.toString(16).padStart(2, '0')).join('');

/** Differences, at most a handful; empty when there are none. */
export function differences(expected: Outcome, actual: Outcome): string[] {
  const found: string[] = [];
  for (const field of ['exitCode', 'tb', 'insn', 'fault', 'budget'] as const) {
    if (expected[field] !== actual[field]) found.push(`${field}: ${actual[field]}, expected ${expected[field]}`);
  }
  for (const [index, g] of FUZZ_LAYOUT.globals.entries()) {
    // Whoever enters the next TB sets the page base: it is only known inside of one.
    if (index === FUZZ_LAYOUT.pageBase && expected.insn < 0) continue;
    const [from, to] = [g.slot * 8, g.slot * 8 + (g.type === 'v128' ? 16 : 8)];
    const [want, have] = [hex(expected.frame.subarray(from, to)), hex(actual.frame.subarray(from, to))];
    if (want !== have) found.push(`${g.name}: ${have}, expected ${want}`);
  }
  for (const area of ['scratch', 'ram'] as const) {
    const [want, have] = [expected[area], actual[area]];
    if (Buffer.compare(want, have) === 0) continue;
    const at = want.findIndex((byte, i) => byte !== have[i]);
    found.push(`${area} at 0x${at.toString(16)}: ${hex(have.subarray(at, at + 8))}, expected ${hex(want.subarray(at, at + 8))}`);
  }
  return found.slice(0, 8);
}

/**
 * Run a program from each of its start states. The evaluator on the IR as it is says what is right; on the IR of each other variant it
 * says the same (but for where a budget ends, since passes drop instructions that cannot be reached), and the tiers say what it says.
 *
 * @returns the first mismatch, or undefined
 */
export function compareTiers(world: World, program: IrProgram, variants: readonly Variant[], tiers: readonly Tier[]): Mismatch | undefined {
  let first: readonly Outcome[] | undefined;
  for (const variant of variants) {
    const lowered = program.tbs.map(({ tb }) => variant.lower(tb));
    const expected = outcomes(world, program, lowered, EVALUATOR);
    for (const tier of [EVALUATOR, ...tiers]) {
      const right = tier === EVALUATOR ? (first ??= expected) : expected;
      const actual = tier === EVALUATOR ? expected : outcomes(world, program, lowered, tier);
      for (const [n, start] of program.starts.entries()) {
        const byBudget = tier === EVALUATOR && (right[n].exitCode === ExitCode.budget || actual[n].exitCode === ExitCode.budget);
        const found = byBudget ? [] : differences(right[n], actual[n]);
        if (found.length > 0) return { where: `${tier.name}, IR ${variant.name}`, start, text: found.join('\n') };
      }
    }
  }
  return undefined;
}

function outcomes(world: World, program: IrProgram, lowered: readonly TbIr[], tier: Tier): readonly Outcome[] {
  tier.prepare(world, program, lowered);
  return program.starts.map((start) => {
    world.reset(start);
    tier.run(world);
    return world.outcome();
  });
}
