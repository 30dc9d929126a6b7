/** Every example does what it says, in every mode, and has all stages to show. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionMode } from '@wasm-tcg/emulator';
import { EXAMPLES } from '../src/lab/examples.ts';
import type { MachineView } from '../src/lab/protocol.ts';
import { LabEngine } from '../src/lab/worker/engine.ts';

const MODES: readonly ExecutionMode[] = ['tci', 'tb-per-module', 'tiered'];
const LIMIT = 20_000_000;
const nothing = (): void => undefined;

function registersOf({ registers }: MachineView, names: readonly string[]): Record<string, bigint | undefined> {
  return Object.fromEntries(names.map((name) => [name, registers.find((register) => register.name === name)?.value]));
}

describe.each(EXAMPLES)('$id', ({ program, end, unit, shows }) => {
  const engine = new LabEngine();

  beforeAll(async () => {
    const { assembled } = await engine.load(program);
    expect(assembled.problems).toEqual([]);
  });

  it.each(MODES)('ends as it should in mode %s', async (mode) => {
    await engine.reset();
    const view = await engine.run(mode, LIMIT, nothing);
    expect(view.status).toBe(end.status);
    expect(registersOf(view, Object.keys(end.registers))).toEqual(end.registers);
    expect(view.output).toBe(end.output ?? '');
    if (end.fault !== undefined) expect(view.fault).toMatchObject(end.fault);
  });

  it('comes to the same in all modes', async () => {
    const runs = await engine.compare(LIMIT, nothing);
    expect(new Set(runs.map(({ digest }) => digest)).size).toBe(1);
    expect(new Set(runs.map(({ instructions }) => instructions)).size).toBe(1);
    expect(new Set(runs.map(({ ended }) => ended)).size).toBe(1);
    expect(runs.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  });

  it('ends the same step by step', async () => {
    await engine.reset();
    const run = await engine.run('tiered', LIMIT, nothing);
    if (run.instructions > 5000) return;
    let view = await engine.reset();
    while (view.status === 'ready' || view.status === 'stopped') view = await engine.step(1);
    expect({ ...view, registers: view.registers.map(({ name, value }) => [name, value]) }).toEqual({ ...run, registers: run.registers.map(({ name, value }) => [name, value]) });
  });

  it('has every stage', async () => {
    await engine.reset();
    for (const wanted of new Set([unit, 'tb', 'batch', 'region'] as const)) {
      const listing = await engine.listing(wanted);
      expect(listing.blocks.length).toBeGreaterThan(0);
      expect(listing.blocks[0].insns.length).toBeGreaterThan(0);
      expect(listing.ir.length).toBeGreaterThan(0);
      expect(listing.opt.length).toBeGreaterThan(0);
      expect(listing.tci.length).toBeGreaterThan(0);
      expect(listing.sizes.wasm).toBeGreaterThan(0);
      expect(listing.blocks.flatMap(({ insns }) => insns).every(({ line }) => line !== undefined || program.text === '')).toBe(true);
    }
  });

  it('is said in one sentence, and fits the editor', () => {
    expect(shows).toMatch(/^[A-Z][^.]*\.$/);
    for (const line of program.text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(64);
  });
});
