/** What cannot be booted, or restored, is refused with a typed error before anything runs. */
import { describe, expect, it } from 'vitest';
import { compileModules, createPc, MachineError, type CpuModelName, type PcOptions } from '../../src/index.ts';
import { HLT, real, SPIN } from './programs.ts';

const modules = compileModules();
const SMALL: Partial<PcOptions> = { modules, memory: '4M', clock: { icount: 0 } };

async function refusal(options: PcOptions): Promise<MachineError> {
  const error = await createPc({ ...SMALL, ...options }).then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof MachineError)) throw new Error(`no MachineError but ${String(error)}`, { cause: error });
  expect(error.hint).not.toBe('');
  return error;
}

/** A bzImage's header with nothing behind it. */
function bzImage(size: number, setupSectors = 4): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes[0x1f1] = setupSectors;
  bytes.set([0x55, 0xaa], 0x1fe);
  bytes.set(new TextEncoder().encode('HdrS'), 0x202);
  bytes.set([0x0f, 0x02], 0x206);
  bytes[0x211] = 1;
  return bytes;
}

function elf(changes: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(0x200);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 2, true);
  view.setUint16(18, 3, true);
  view.setUint32(28, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, 1, true);
  changes(view);
  return bytes;
}

/** A Multiboot image of one HLT at 1 MiB; `bss` bytes of zeroes behind it. */
function multiboot(bss = 0): Uint8Array {
  const load = 0x10_0000;
  return new Uint8Array(new Uint32Array([0x1badb002, 0x10000, -(0x1badb002 + 0x10000), load, load, load + 36, load + 36 + bss, load + 32, 0xf4]).buffer);
}

describe('kernels', () => {
  const rows: readonly (readonly [string, Uint8Array])[] = [
    ['no bytes', new Uint8Array()],
    ['zeroes', new Uint8Array(4096)],
    ['text', new TextEncoder().encode('#!/bin/sh\n'.repeat(100))],
    ['a bzImage cut in its header', bzImage(0x210)],
    ['a bzImage cut in its setup code', bzImage(0x600)],
    ['a bzImage with no kernel behind the setup code', bzImage(5 * 512)],
    ['an ELF file cut in its header', elf(() => undefined).subarray(0, 20)],
    ['an ELF file whose program headers are outside', elf((view) => view.setUint32(28, 0x10000, true))],
    ['an ELF file for another processor', elf((view) => view.setUint16(18, 40, true))],
    ['a Multiboot image larger than RAM', multiboot(64 << 20)],
    ['a Multiboot image cut short', multiboot().subarray(0, 33)],
  ];

  it.each(rows)('%s', async (_what, kernel) => {
    expect((await refusal({ boot: { kernel } })).code).toBe('bad-image');
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('random damage %i is refused or booted, nothing else', async (seed) => {
    const kernel = multiboot();
    let state = seed;
    for (let i = 0; i < 4; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      kernel[(state >>> 8) % 32] = state >>> 24;
    }
    const result = await createPc({ ...SMALL, boot: { kernel } }).catch((error: unknown) => error);
    if (result instanceof Error) expect(result).toMatchObject({ code: 'bad-image' });
  });

  it('a module larger than RAM', async () => {
    const error = await refusal({ boot: { kernel: multiboot(), modules: [{ bytes: new Uint8Array(8 << 20) }] } });
    expect([error.code, error.hint]).toEqual(['bad-image', expect.stringContaining('memory')]);
  });

  it('a flat image outside RAM', async () => {
    expect((await refusal({ boot: { image: new Uint8Array(4096), loadAddress: 0x40_0000, mode: 'protected32' } })).code).toMatch(/bad-(image|option)/);
  });
});

it.each([
  ['memory', { memory: '1' }], ['memory', { memory: 'lots' }], ['memory', { memory: '4G' }], ['serial', { devices: { serial: 9 } }], ['icount', { clock: { icount: 99 } }],
  ['cpu.model', { cpu: { model: 'i860' as CpuModelName } }], ['boot.entry', { boot: { kernel: multiboot(), entry: 'vmlinux' as 'auto' } }], ['execution.batch', { execution: { batch: 65 } }],
  ['execution.slice', { execution: { slice: 0 } }], ['execution.recutDispatches', { execution: { recutDispatches: -1 } }],
] as const)(
  'an option out of range: %s',
  async (name, options) => {
    const error = await refusal({ boot: real(HLT), ...options });
    expect([error.code, error.message]).toEqual(['bad-option', expect.stringContaining(name)]);
  },
);

describe('snapshots', () => {
  const disk = (size: number): NonNullable<PcOptions['drives']> => [{ image: new Uint8Array(size) }];
  async function taken(): Promise<Uint8Array> {
    const vm = await createPc({ ...SMALL, boot: real(...SPIN), drives: disk(4096) });
    vm.runUntil({ instructions: 100 });
    return vm.snapshot();
  }

  it('goes on where it is whole', async () => {
    const vm = await createPc({ modules, from: await taken(), drives: disk(4096) });
    expect(vm.runUntil({ instructions: 10 }).kind).toBe('instructions');
  });

  it('is refused with other drives', async () => {
    const from = await taken();
    for (const drives of [[], disk(8192), [...disk(4096), ...disk(4096)], [{ image: new Uint8Array(4096), readonly: true }]]) {
      const error = await refusal({ from, drives });
      expect([error.code, error.message]).toEqual(['bad-snapshot', expect.stringContaining('4096 bytes')]);
    }
  });

  it('is refused when cut short or damaged', async () => {
    const whole = await taken();
    for (const length of [0, 7, 15, 16, 100, whole.length >> 1, whole.length - 1]) expect((await refusal({ from: whole.subarray(0, length), drives: disk(4096) })).code).toBe('bad-snapshot');
    for (let i = 0; i < 24; i++) {
      const damaged = whole.slice();
      const at = Math.floor((i / 24) * whole.length);
      damaged[at] = damaged[at]! ^ 0x5a;
      const result = await createPc({ modules, from: damaged, drives: disk(4096) }).catch((error: unknown) => error);
      // A digit in the readable header may still make sense.
      if (result instanceof Error) expect(result).toMatchObject({ code: expect.stringMatching(/^bad-(snapshot|option)$/) });
      else expect(at).toBeLessThan(1000);
    }
  });

  it('is refused when it is of another format', async () => {
    const other = await taken();
    other[8] = 77;
    expect((await refusal({ from: other, drives: disk(4096) })).message).toContain('format 77');
  });

  it('is refused when it is of another machine', async () => {
    const text = new TextDecoder('latin1').decode(await taken());
    const other = Uint8Array.from(text.replace('"machine":"pc"', '"machine":"pq"'), (c) => c.charCodeAt(0));
    expect((await refusal({ from: other, drives: disk(4096) })).code).toBe('bad-snapshot');
  });
});
