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

/** Guest memory is the same random bytes for all. */
const BASE = ((): ToyMachine => {
  const rng = new Rng(1);
  const m = new ToyMachine();
  m.randomise(() => rng.u32());
  return m;
})();

/** What the guest can see afterwards. */
function outcome(tb: TbIr, seed: number): { result: EvalResult; m: ToyMachine } {
  const rng = new Rng(seed ^ 0x5555);
  const m = BASE.clone();
  m.randomiseArea(() => rng.u32());
  if (!tb.wide) m.narrow();
  return { result: evalTb(tb, TOY_HELPERS, m), m };
}

/** State that matters: at a fault the restored globals come from the data word, unless it says that the frame is right. */
function compare(seed: number, original: TbIr, optimized: TbIr): void {
  const [a, b] = [outcome(original, seed), outcome(optimized, seed)];
  const where = (): string => `seed ${seed}\n${printTb(original, TOY_HELPERS)}\n=>\n${printTb(optimized, TOY_HELPERS)}`;
  if (JSON.stringify(b.result) !== JSON.stringify(a.result)) expect(b.result, where()).toEqual(a.result);
  for (const [i, g] of TOY_TARGET.globals.entries()) {
    const isRestored = g.restored && a.result.kind === 'leave' && (i === TOY_TARGET.pc || a.result.data >= 0);
    if (i === TOY_TARGET.pc && a.result.kind === 'leave') continue;
    const [x, y] = [a.m.global(g.name), b.m.global(g.name)];
    if (!isRestored && x !== y) expect(y, `${g.name}, ${where()}`).toBe(x);
  }
  const state = (m: ToyMachine): Uint8Array => m.area.subarray(TOY_STATE_OFFSET, TOY_STATE_OFFSET + TOY_STATE_SIZE);
  if (Buffer.compare(b.m.ram, a.m.ram) !== 0) expect.fail(`memory, ${where()}`);
  if (Buffer.compare(state(b.m), state(a.m)) !== 0) expect.fail(`host memory, ${where()}`);
}

function check(options: OptimizeOptions, seeds: number, first: number): void {
  const optimizer = new Optimizer(TOY_TARGET, TOY_HELPERS);
  for (let seed = first; seed < first + seeds; seed++) {
    const make = (): TbIr => randomTb(seed, TOY_TARGET, TOY_HELPERS, { state: STATE });
    const original = make();
    const optimized = make();
    try {
      optimizer.optimize(optimized, { ...options, verify: true });
    } catch (e) {
      throw new Error(`seed ${seed}\n${printTb(original, TOY_HELPERS)}\n=>\n${printTb(optimized, TOY_HELPERS)}`, { cause: e });
    }
    compare(seed, original, optimized);
  }
}

describe('random programs', () => {
  it('are valid, and read back from text', () => {
    for (let seed = 0; seed < 300; seed++) {
      const tb = randomTb(seed, TOY_TARGET, TOY_HELPERS, { state: STATE });
      const text = printTb(tb, TOY_HELPERS);
      expect(verifyTb(tb, TOY_HELPERS, { stage: 'source' })).toEqual([]);
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
  it('with all passes', () => check({}, 500, 1000));
  it.each(PASS_NAMES)('with %s alone', (pass) => check({ disable: PASS_NAMES.filter((p) => p !== pass) }, 150, 5000));
  it.each(PASS_NAMES)('without %s', (pass) => check({ disable: [pass] }, 150, 9000));
  it('when run twice', () => {
    const optimizer = new Optimizer(TOY_TARGET, TOY_HELPERS);
    for (let seed = 0; seed < 200; seed++) {
      const tb = randomTb(seed, TOY_TARGET, TOY_HELPERS, { state: STATE });
      optimizer.optimize(tb, { verify: true });
      const once = tb.ops;
      optimizer.optimize(tb, { verify: true });
      expect(tb.ops).toBeLessThanOrEqual(once);
      compare(seed, randomTb(seed, TOY_TARGET, TOY_HELPERS, { state: STATE }), tb);
    }
  });
});

/** What random programs meet too rarely. Each is run from many states, with all passes and with each one alone. */
const DIRECTED: readonly (readonly [string, string])[] = [
  ['a helper writes a global whose value was known', `
    insn_start 0, 0
    mov.i32 cc_dst, $5
    add.i32 cc_src, r0, r1
    call settle(r0)
    add.i32 r1, cc_dst, $1
    sub.i32 r2, cc_src, r1
    goto_tb 0, 4`],
  ['a local lives on after the global it was moved to is written again', `
    insn_start 0, 0
    add.i32 t0, r0, r1
    mov.i32 r0, t0
    mov.i32 r0, r2
    mov.i32 r1, t0
    add.i32 r3, t0, r0
    goto_tb 0, 4`],
  ['a local lives on after a helper has written the global it was moved to', `
    insn_start 0, 0
    add.i32 t0, r0, r1
    mov.i32 cc_dst, t0
    call settle($0)
    mov.i32 r1, t0
    goto_tb 0, 4`],
  ['a global is read in a helper between the local and the move', `
    insn_start 0, 0
    add.i32 t0, r0, r1
    call t1 = dump()
    mov.i32 r0, t0
    mov.i32 r2, t1
    goto_tb 0, 4`],
  ['two moves of results into one global', `
    insn_start 0, 0
    add.i32 t0, r0, r1
    add.i32 t1, r2, t0
    mov.i32 r0, t0
    xor.i32 r3, t0, r0
    mov.i32 r0, t1
    goto_tb 0, 4`],
  ['a narrower sign extension of a sign extension', `
    insn_start 0, 0
    sextract.i32 t0, r0, 0, 8
    sextract.i32 t1, t0, 0, 7
    mov.i32 r1, t1
    sextract.i32 t0, r2, 3, 9
    sextract.i32 r3, t0, 0, 9
    sar.i32 t1, t0, $2
    sextract.i32 r4, t1, 0, 6
    sextract.i32 r5, t1, 0, 7
    goto_tb 0, 4`],
  ['facts of a branch inside facts of a branch', `
    insn_start 0, 0
    mov.i32 r0, $1
    brcond.i32 r1, $0, lt, L0
    mov.i32 r0, $2
    goto_tb 0, 4
    L0:
    brcond.i32 r2, $0, lt, L1
    mov.i32 r3, $7
    goto_tb 1, 8
    L1:
    add.i32 r4, r0, $3
    add.i32 r5, r3, $3
    exit_tb 64, 4`],
  ['facts of two branches to one label', `
    insn_start 0, 0
    mov.i32 r0, $1
    brcond.i32 r1, $0, lt, L0
    mov.i32 r0, $2
    brcond.i32 r2, $0, lt, L0
    goto_tb 0, 4
    L0:
    add.i32 r4, r0, $3
    exit_tb 64, 4`],
  ['a loop in which a global changes after it was known', `
    insn_start 0, 0
    mov.i32 r0, $3
    mov.i32 r1, $0
    L0:
    add.i32 r1, r1, r0
    sub.i32 r0, r0, $1
    brcond.i32 r0, $0, ne, L0
    goto_tb 0, 4`],
  ['an output that is an input of the op that is looked through', `
    insn_start 0, 0
    add.i32 r0, r0, $5
    add.i32 r1, r0, $6
    and.i32 r2, r2, $0xff
    extract.i32 r3, r2, 0, 16
    xor.i32 r2, r2, r3
    add2.i32 r4, t0, r4, r5, $1, $2
    add.i32 r6, r4, t0
    goto_tb 0, 4`],
  ['what comes before a fault', `
    insn_start 0, 4
    add.i32 t0, r0, r1
    mov.i32 cc_dst, t0
    mov.i32 cc_op, $3
    mov.i32 r0, t0
    insn_start 1, -1
    and.i32 t1, r1, $0xffff
    guest_ld.i32 t0, t1, u32, 0
    mov.i32 cc_dst, t0
    mov.i32 cc_op, $4
    mov.i32 r2, t0
    goto_tb 0, 4`],
];

describe('directed programs', () => {
  const optimizer = new Optimizer(TOY_TARGET, TOY_HELPERS);
  const variants: OptimizeOptions[] = [{}, ...PASS_NAMES.map((pass) => ({ disable: PASS_NAMES.filter((p) => p !== pass) })), { disable: ['copyProp'] }, { disable: ['liveness'] }];
  it.each(DIRECTED)('%s', (_, body) => {
    const make = (): TbIr => parseTb(`tb toy narrow\nlocal t0:i32 t1:i32\n${body}`, TOY_TARGET, TOY_HELPERS);
    for (const options of variants) {
      const optimized = make();
      optimizer.optimize(optimized, { ...options, verify: true });
      for (let seed = 0; seed < 20; seed++) compare(seed, make(), optimized);
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
      const m = BASE.clone();
      evalTb(tb, TOY_HELPERS, m, {
        onOp: (at) => {
          const { code } = tb;
          const outs = outsAt(code, at, facts);
          for (const t of code.subarray(at + 1 + outs, at + 1 + outs + insAt(code, at, facts))) {
            if (isLocal(t)) each(t, (slot) => { if (owner.get(slot) !== t) expect.fail(`seed ${seed}, op at ${at}, temp ${t}\n${printTb(tb, TOY_HELPERS)}`); });
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
