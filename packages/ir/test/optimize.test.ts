/**
 * Optimised and original TB do the same, and the optimised one is valid after every pass: random programs through the
 * evaluator, with all passes and with each one alone and each one left out.
 */
import { describe, expect, it } from 'vitest';
import {
  evalTb, Optimizer, parseTb, PASS_NAMES, printTb, randomTb, Rng, SlotAnalysis, HelperFacts, TempKind, outsAt, insAt, TOY_HELPERS, TOY_STATE_OFFSET,
  TOY_STATE_SIZE, TOY_TARGET, ToyMachine, verifyTb, type EvalResult, type OptimizeOptions, type TbIr,
} from '@wasm-tcg/ir';

const STATE = { offset: TOY_STATE_OFFSET, size: TOY_STATE_SIZE };

/** What the guest can see afterwards. */
function outcome(tb: TbIr, seed: number): { result: EvalResult; m: ToyMachine } {
  const rng = new Rng(seed ^ 0x5555);
  const m = new ToyMachine();
  m.randomise(() => rng.u32());
  if (!tb.wide) m.narrow();
  return { result: evalTb(tb, TOY_HELPERS, m), m };
}

/** State that matters: at a fault the restored globals come from the data word, unless it says that the frame is right. */
function compare(seed: number, original: TbIr, text: string, optimized: TbIr): void {
  const [a, b] = [outcome(original, seed), outcome(optimized, seed)];
  const where = `seed ${seed}\n${text}\n=>\n${printTb(optimized, TOY_HELPERS)}`;
  expect(b.result, where).toEqual(a.result);
  for (const [i, g] of TOY_TARGET.globals.entries()) {
    const isRestored = g.restored && a.result.kind === 'leave' && (i === TOY_TARGET.pc || a.result.data >= 0);
    if (i === TOY_TARGET.pc && a.result.kind === 'leave') continue;
    if (!isRestored) expect(b.m.global(g.name), `${g.name}, ${where}`).toBe(a.m.global(g.name));
  }
  expect(Buffer.compare(b.m.ram, a.m.ram), where).toBe(0);
  expect(Buffer.compare(b.m.area.subarray(TOY_STATE_OFFSET, TOY_STATE_OFFSET + TOY_STATE_SIZE), a.m.area.subarray(TOY_STATE_OFFSET, TOY_STATE_OFFSET + TOY_STATE_SIZE)), where).toBe(0);
}

function check(options: OptimizeOptions, seeds: number, first: number): void {
  const optimizer = new Optimizer(TOY_TARGET, TOY_HELPERS);
  for (let seed = first; seed < first + seeds; seed++) {
    const make = (): TbIr => randomTb(seed, TOY_TARGET, TOY_HELPERS, { state: STATE });
    const original = make();
    const text = printTb(original, TOY_HELPERS);
    const optimized = make();
    try {
      optimizer.optimize(optimized, { ...options, verify: true });
    } catch (e) {
      throw new Error(`seed ${seed}\n${text}\n=>\n${printTb(optimized, TOY_HELPERS)}`, { cause: e });
    }
    compare(seed, original, text, optimized);
  }
}

describe('random programs', () => {
  it('are valid, and read back from text', () => {
    for (let seed = 0; seed < 300; seed++) {
      const tb = randomTb(seed, TOY_TARGET, TOY_HELPERS, { state: STATE });
      const text = printTb(tb, TOY_HELPERS);
      expect(verifyTb(tb, TOY_HELPERS, { stage: 'source' }), text).toEqual([]);
      expect(printTb(parseTb(text, TOY_TARGET, TOY_HELPERS), TOY_HELPERS)).toBe(text);
    }
  });

  it('end in every way', () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 200; seed++) kinds.add(outcome(randomTb(seed, TOY_TARGET, TOY_HELPERS), seed).result.kind);
    expect([...kinds].sort()).toEqual(['exit_tb', 'goto_ptr', 'goto_tb', 'leave']);
  });
});

describe('the optimiser keeps the meaning', () => {
  it('with all passes', () => check({}, 1500, 1000));
  it.each(PASS_NAMES)('with %s alone', (pass) => check({ disable: PASS_NAMES.filter((p) => p !== pass) }, 250, 5000));
  it.each(PASS_NAMES)('without %s', (pass) => check({ disable: [pass] }, 250, 9000));
  it('when run twice', () => {
    const optimizer = new Optimizer(TOY_TARGET, TOY_HELPERS);
    for (let seed = 0; seed < 200; seed++) {
      const tb = randomTb(seed, TOY_TARGET, TOY_HELPERS, { state: STATE });
      optimizer.optimize(tb, { verify: true });
      const once = tb.ops;
      optimizer.optimize(tb, { verify: true });
      expect(tb.ops).toBeLessThanOrEqual(once);
      compare(seed, randomTb(seed, TOY_TARGET, TOY_HELPERS, { state: STATE }), '', tb);
    }
  });
});

describe('SlotAnalysis', () => {
  it('never has two live locals in one slot', () => {
    const facts = new HelperFacts(TOY_TARGET, TOY_HELPERS);
    const slots = new SlotAnalysis(facts);
    const optimizer = new Optimizer(TOY_TARGET, TOY_HELPERS);
    for (let seed = 0; seed < 300; seed++) {
      const tb = randomTb(seed, TOY_TARGET, TOY_HELPERS, { state: STATE });
      if (seed % 2) optimizer.optimize(tb);
      slots.run(tb);
      const owner = new Map<number, number>();
      const isLocal = (t: number): boolean => tb.tempKind[t] === TempKind.local;
      const each = (t: number, f: (slot: number) => void): void => {
        f(slots.slots[t]!);
        if (tb.tempType[t] === 4) f(slots.slots[t]! + 1);
      };
      const rng = new Rng(seed);
      const m = new ToyMachine();
      m.randomise(() => rng.u32());
      evalTb(tb, TOY_HELPERS, m, {
        onOp: (at) => {
          const { code } = tb;
          const outs = outsAt(code, at, facts);
          for (const t of code.subarray(at + 1 + outs, at + 1 + outs + insAt(code, at, facts))) {
            if (isLocal(t)) each(t, (slot) => expect(owner.get(slot), `seed ${seed}, op at ${at}, temp ${t}\n${printTb(tb, TOY_HELPERS)}`).toBe(t));
          }
          for (const t of code.subarray(at + 1, at + 1 + outs)) {
            if (!isLocal(t)) continue;
            each(t, (slot) => {
              expect(slot).toBeGreaterThanOrEqual(TOY_TARGET.globalSlots);
              owner.set(slot, t);
            });
            if (tb.tempType[t] === 4) expect(slots.slots[t]! % 2).toBe(0);
          }
        },
      });
    }
  });
});
