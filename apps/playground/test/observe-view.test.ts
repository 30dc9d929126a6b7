/** What Observe does between samples and pictures: holding, memory as text, keys, and the way into the Lab. */
import { signal } from '@preact/signals';
import { describe, expect, it } from 'vitest';
import type { MachineController } from '../src/machine/controller.ts';
import type { CodeAt, MachineSample } from '../src/machine/protocol.ts';
import { decodeLink } from '../src/lab/link.ts';
import { parseRoute } from '../src/app/route.ts';
import type { HotBlock } from '../src/observe/hot-blocks.ts';
import { MemoryReader } from '../src/observe/memory-reader.ts';
import { alignView, memoryLines, parseAddress } from '../src/observe/memory-text.ts';
import { Observation } from '../src/observe/observation.ts';
import { labAddress } from '../src/observe/open-in-lab.ts';
import { shortcut } from '../src/observe/shortcuts.ts';
import { ViewState } from '../src/observe/view-state.ts';
import { MachineController as Controller } from '../src/machine/controller.ts';
import { entry, sample } from './observe-samples.ts';

/** A controller that only hears what a test says. */
function heard(): { readonly machine: MachineController; readonly say: (at: number, hits: number) => void; readonly begin: (mib: number) => void } {
  const run = signal(0);
  const config = signal<MachineController['config']['value']>(undefined);
  const listeners: ((sample: MachineSample) => void)[] = [];
  const real = new Controller({ connect: () => { throw new Error('no worker'); }, guests: async () => [] });
  const machine = Object.assign(Object.create(real) as MachineController, { run, config, samples: real.samples, onSample: (listener: (sample: MachineSample) => void) => listeners.push(listener) });
  return {
    machine,
    say: (at, hits) => {
      for (const listener of listeners) listener({ ...sample(at, {}), profile: [entry(4096, 'tci', hits)], pages: [{ page: 1, tci: hits, module: 0, region: 0 }] });
    },
    begin: (mib) => {
      run.value++;
      config.value = { source: { kind: 'guest', name: 'x' }, model: 'max', memory: mib, mode: 'tiered', clock: 'host', append: '' };
    },
  };
}

describe('the observation', () => {
  it('begins anew with every machine', () => {
    const { machine, say, begin } = heard();
    const observation = new Observation(machine);
    begin(16);
    say(250, 3);
    expect([observation.heat.pages, observation.blocks.total('all'), observation.end]).toEqual([4096, 3, 250]);
    begin(1);
    expect([observation.heat.pages, observation.blocks.total('all')]).toEqual([256, 0]);
  });

  it('stands still while it is held, and then has missed nothing', () => {
    const { machine, say, begin } = heard();
    const observation = new Observation(machine);
    begin(1);
    say(250, 1);
    const shown = observation.version.peek();
    observation.hold(true);
    say(500, 2);
    say(750, 4);
    expect([observation.version.peek(), observation.end, observation.blocks.total('all')]).toEqual([shown, 250, 1]);
    observation.hold(false);
    expect([observation.end, observation.blocks.total('all')]).toEqual([750, 7]);
    expect(observation.heat.cells({ first: 0, count: 256 }, 256).code[0]).toBe(4);
    expect(observation.version.peek()).toBeGreaterThan(shown);
  });
});

describe('keys', () => {
  it.each<[string, (state: ViewState, observation: Observation) => unknown, unknown]>([
    ['1', (state) => state.windowLength.value, 30_000],
    ['3', (state) => state.windowLength.value, 600_000],
    ['m', (state) => state.picture.value, 'history'],
    ['c', (state) => state.measure.value, 'time'],
    ['t', (state) => [...state.tables.value], ['heat']],
    ['h', (_state, observation) => observation.held.value, true],
  ])('%s', (key, read, want) => {
    const [state, observation] = [new ViewState(signal(0)), new Observation(heard().machine)];
    shortcut(key, observation, state)!();
    expect(read(state, observation)).toEqual(want);
  });

  it.each(['x', '4', '0', 'Enter'])('%s is none', (key) => {
    expect(shortcut(key, new Observation(heard().machine), new ViewState(signal(0)))).toBeUndefined();
  });
});

describe('zoom', () => {
  it('goes in range by range, and out one by one or to any', () => {
    const run = signal(0);
    const state = new ViewState(run);
    for (const first of [1, 2, 3]) state.zoomIn({ first, count: 64 });
    state.zoomIn(undefined);
    expect(state.zoom.value.map(({ first }) => first)).toEqual([1, 2, 3]);
    state.zoomOut();
    expect(state.zoom.value).toHaveLength(2);
    state.zoomOut(0);
    state.zoomOut();
    expect(state.zoom.value).toEqual([]);
    state.zoomIn({ first: 5, count: 64 });
    state.cursor.value = { x: 1, y: 1 };
    run.value++;
    expect([state.zoom.value, state.cursor.value]).toEqual([[], undefined]);
  });
});

describe('memory as text', () => {
  it('has lines, characters and marks of what has changed', () => {
    const bytes = Uint8Array.of(0x41, 0, 0x42, 0x7f, 0xff);
    const before = Uint8Array.of(0x41, 1, 0x43, 0x7f, 0xff);
    expect(memoryLines(0x10, bytes, 4, before)).toEqual([
      { address: 0x10, text: 'A.B.', runs: [{ changed: false, text: '41' }, { changed: true, text: '00 42' }, { changed: false, text: '7f' }] },
      { address: 0x14, text: '.', runs: [{ changed: false, text: 'ff' }] },
    ]);
    expect(memoryLines(0, bytes, 8, Uint8Array.of(1)).flatMap(({ runs }) => runs.filter(({ changed }) => changed))).toEqual([]);
  });

  it.each([
    ['1000', 0x1000],
    [' 0x00A0_0000 ', 0xa00000],
    ['7c00h', 0x7c00],
    ['', undefined],
    ['xyz', undefined],
    ['ffffffff', undefined],
    ['-1', undefined],
  ])('%j is the address %s', (text, want) => {
    expect(parseAddress(text, 2 ** 28)).toBe(want);
  });

  it.each([
    [0x123, 0x120],
    [-5, 0],
    [1e9, 0xf00],
  ])('a view of 256 bytes at %i begins at %i', (address, want) => {
    expect(alignView(address, 16, 256, 4096)).toBe(want);
  });

  it('is read from shared memory without asking, and not past its end', async () => {
    const buffer = new SharedArrayBuffer(64);
    new Uint8Array(buffer).set([1, 2, 3], 16);
    const asked: number[] = [];
    const machine = { memory: async () => ({ size: 32, shared: { buffer, ramOffset: 16 } }), readMemory: async (at: number) => (asked.push(at), undefined) };
    const reader = (await MemoryReader.open(machine))!;
    expect([reader.isShared, await reader.read(0, 3), (await reader.read(30, 100))!.length, asked]).toEqual([true, Uint8Array.of(1, 2, 3), 2, []]);
  });

  it('is asked of the worker otherwise', async () => {
    const machine = { memory: async () => ({ size: 32 }), readMemory: async (at: number, length: number) => new Uint8Array(length).fill(at) };
    const reader = (await MemoryReader.open(machine))!;
    expect([reader.isShared, await reader.read(7, 2)]).toEqual([false, Uint8Array.of(7, 7)]);
  });

  it('of no machine is none', async () => {
    expect(await MemoryReader.open({ memory: async () => undefined, readMemory: async () => undefined })).toBeUndefined();
  });
});

describe('a hot block', () => {
  const block: HotBlock = { key: 'k', pc: 0x401000n, physical: 0x9000, user: true, insns: 2, tci: 1, module: 0, region: 0, hits: 1, share: 1 };

  it('opens in the Lab with its bytes', async () => {
    const code: CodeAt = { pc: block.pc, bits: 64, bytes: Uint8Array.of(0x48, 0x01, 0xd8, 0xf4), model: 'max' };
    const { view, query } = parseRoute(await labAddress({ codeAt: async () => code }, block));
    const { program } = await decodeLink(query.get('s')!);
    expect([view, program.bits, program.syntax, program.model]).toEqual(['lab', 64, 'hex', 'max']);
    expect(program.text).toContain('48 01 d8');
  });

  it('that is not there any more is an error with a hint', async () => {
    await expect(labAddress({ codeAt: async () => undefined }, block)).rejects.toMatchObject({ code: 'no-code', hint: expect.stringContaining('Start') });
  });
});
