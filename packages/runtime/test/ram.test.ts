/** The host's way to physical memory: what is where, who is told, what is refused. */
import { NO_PAGE, createRam, type RegionSpec } from '@wasm-tcg/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEVICE_AT, RAM_BYTES, ROM_AT, takeLog, toyMachine, type ToyMachine } from './toy-guest.ts';

let toy: ToyMachine;
beforeEach(() => {
  toy = toyMachine();
});

const get = (at: number, size: number): number[] => {
  const out = new Uint8Array(size);
  toy.ram.read(at, out);
  return [...out];
};
/** A TB over the bytes from … to−1 of physical page 1. */
const code = (from: number, to: number): number => {
  const tb = toy.store.create({ physPage: 1, physPage2: NO_PAGE, pageOffset: from, size: to - from, flags: from, csBase: 0, insns: 1 });
  toy.store.insert(tb);
  takeLog(toy);
  return tb;
};

describe('reading and writing', () => {
  it('crosses pages and kinds', () => {
    const end = RAM_BYTES - 4 * 4096;
    toy.ram.write(end - 3, Uint8Array.of(1, 2, 3, 4, 5));
    expect(get(end - 4, 6)).toEqual([0, 1, 2, 3, 0xff, 0xff]);
    expect([toy.ram.kindAt(end - 1), toy.ram.kindAt(end), toy.ram.kindAt(ROM_AT), toy.ram.kindAt(DEVICE_AT + 4095)]).toEqual(['ram', 'none', 'rom', 'mmio']);
    expect(get(2 ** 40, 2)).toEqual([0xff, 0xff]);
    toy.ram.write(2 ** 40, Uint8Array.of(1));
    expect(() => toy.ram.kindAt(-1)).toThrow(expect.objectContaining({ code: 'bad-address' }));
  });

  it('keeps ROM from all but loaders, who have its code dropped first, at each of its addresses', () => {
    toy.ram.map({ kind: 'rom', physical: 0xc0000, size: 4096, offset: RAM_BYTES - 4 * 4096 });
    takeLog(toy);
    toy.ram.write(ROM_AT, Uint8Array.of(7));
    toy.ram.fill(ROM_AT, 1, 7);
    toy.ram.dma(ROM_AT, 1, 'to-guest', (bytes) => bytes.fill(7));
    expect([get(ROM_AT, 1), takeLog(toy)]).toEqual([[0], []]);
    toy.ram.write(ROM_AT + 5, Uint8Array.of(7), { rom: true });
    expect([get(0xc0005, 1), takeLog(toy)]).toEqual([[7], ['remap c0000+4096', 'remap ffff0000+4096']]);
  });

  it('splits device accesses by alignment', () => {
    toy.ram.write(DEVICE_AT + 1, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(takeLog(toy)).toEqual(['dev write 1/1=1', 'dev write 2/2=302', 'dev write 4/4=7060504', 'dev write 8/1=8']);
    expect(get(DEVICE_AT + 2, 4)).toEqual([2, 3, 4, 5]);
    toy.ram.fill(DEVICE_AT + 4094, 2, 0x11);
    expect(takeLog(toy).at(-1)).toBe('dev write ffe/2=1111');
  });

  it('transfers in bulk by page', () => {
    const seen: number[][] = [];
    toy.ram.dma(0xffe, 4, 'to-guest', (bytes, offset) => {
      seen.push([bytes.length, offset]);
      bytes.fill(offset + 1);
    });
    expect([seen, get(0xffd, 6)]).toEqual([[[2, 0], [2, 2]], [0, 1, 1, 3, 3, 0]]);
    const got: number[] = [];
    toy.ram.dma(0xffe, 4, 'from-guest', (bytes) => got.push(...bytes));
    toy.ram.dma(0x5000_0000, 2, 'from-guest', (bytes) => got.push(...bytes));
    toy.ram.dma(DEVICE_AT, 2, 'from-guest', (bytes) => got.push(...bytes));
    expect(got).toEqual([1, 1, 3, 3, 0xff, 0xff, 0xd3, 0xd2]);
    toy.ram.dma(DEVICE_AT, 2, 'to-guest', (bytes) => bytes.set([1, 2]));
    expect(takeLog(toy).at(-1)).toBe('dev write 0/2=201');
  });

  it.each([[-1, 1], [0.5, 1], [Number.NaN, 1], [2 ** 53, 1]])('refuses address %d', (at) => {
    expect(() => toy.ram.read(at, new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'bad-address' }));
  });
});

describe('translated code', () => {
  const writers: readonly (readonly [string, (at: number, size: number) => void])[] = [
    ['write', (at, size) => toy.ram.write(at, new Uint8Array(size))],
    ['fill', (at, size) => toy.ram.fill(at, size, 0)],
    ['dma', (at, size) => toy.ram.dma(at, size, 'to-guest', () => undefined)],
  ];

  it.each(writers)('is announced before %s changes it', (_, write) => {
    code(0x840, 0x880);
    write(0x1800, 0x40);
    write(0x1880, 0x40);
    write(0x2840, 0x40);
    expect(takeLog(toy)).toEqual([]);
    write(0x187f, 1);
    write(0x800, 0x2000);
    expect(takeLog(toy)).toEqual(['host code 187f+1', 'host code 1000+4096']);
  });

  it('reading says nothing', () => {
    code(0, 64);
    get(0x1000, 64);
    toy.ram.dma(0x1000, 64, 'from-guest', () => undefined);
    expect(takeLog(toy)).toEqual([]);
  });

  it('is dropped before its page becomes another, so that no code bit stays behind', () => {
    const tb = code(0x100, 0x140);
    const ram = createRam(toy.machine, {
      codeWrite: () => undefined,
      beforeRemap: () => toy.store.retire(tb),
    });
    ram.unmap(0x1000, 4096);
    const { u32 } = toy.machine.views();
    const { codeBitmap } = toy.machine.map;
    expect([...u32.subarray(codeBitmap >>> 2, (codeBitmap >>> 2) + 8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('regions', () => {
  const handler = { read: () => 0, write: () => undefined };
  const bad: readonly (readonly [string, RegionSpec])[] = [
    ['part of a page', { kind: 'ram', physical: 0x100, size: 4096, offset: 0 }],
    ['no bytes', { kind: 'mmio', physical: 0, size: 0, handler }],
    ['addresses above 4 GiB', { kind: 'mmio', physical: 0xffff_f000, size: 8192, handler }],
    ['more RAM than there is', { kind: 'ram', physical: 0, size: RAM_BYTES + 4096, offset: 0 }],
    ['RAM at a second address', { kind: 'ram', physical: 0x100000, size: 4096, offset: 0x3000 }],
  ];

  it.each(bad)('refuse %s and change nothing', (_, spec) => {
    expect(() => toy.ram.map(spec)).toThrow(expect.objectContaining({ code: 'bad-region', name: 'RuntimeError' }));
    expect([takeLog(toy), toy.ram.kindAt(0)]).toEqual([[], 'ram']);
  });

  it('can be moved, and say so', () => {
    toy.ram.write(0x3000, Uint8Array.of(42));
    toy.ram.unmap(0x3000, 4096);
    expect(get(0x3000, 1)).toEqual([0xff]);
    toy.ram.map({ kind: 'ram', physical: 0x100000, size: 4096, offset: 0x3000 });
    expect([get(0x100000, 1), takeLog(toy)]).toEqual([[42], ['remap 3000+4096', 'remap 100000+4096']]);
    toy.ram.map({ kind: 'ram', physical: 0x100000, size: 4096, offset: 0x3000 });
    expect(get(0x100000, 1)).toEqual([42]);
  });

  it('of devices give their ids back when the last page is gone', () => {
    for (let i = 0; i < 50; i++) {
      toy.ram.map({ kind: 'mmio', physical: 0x9000_0000, size: 8192, handler: { read: () => i, write: () => undefined } });
      expect(get(0x9000_1000, 1)).toEqual([i]);
      if (i % 2) toy.ram.unmap(0x9000_0000, 4096);
    }
    expect(get(0x9000_1000, 1)).toEqual([49]);
    const { u32 } = toy.machine.views();
    expect(u32[(toy.machine.map.physMap >>> 2) + 0x90001] >>> 12).toBeLessThan(5);
  });
});
