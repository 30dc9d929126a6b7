/** fw_cfg by its ports and by DMA. */
import { beforeEach, describe, expect, test } from 'vitest';
import { FwCfg, FwCfgKey, fwCfgNumber } from '../../src/devices/fw-cfg.ts';
import { FakeBus, savedCopy } from './fake-bus.ts';

let bus: FakeBus;
let device: FwCfg;
const LONG = Uint8Array.from({ length: 70_000 }, (_, i) => i * 7);

beforeEach(() => {
  bus = new FakeBus({ ramBytes: 0x40000 });
  device = new FwCfg(bus, {
    items: new Map([[FwCfgKey.ramSize, fwCfgNumber(0x1_8000_0000, 8)], [FwCfgKey.cpus, fwCfgNumber(3, 2)]]),
    files: new Map([['etc/zeta', LONG], ['etc/alpha', Uint8Array.of(1, 2, 3)]]),
  });
});

const bytes = (count: number): number[] => Array.from({ length: count }, () => bus.inb(0x511));
const text = (values: readonly number[]): string => String.fromCharCode(...values);

describe('ports', () => {
  test.each([
    ['signature', FwCfgKey.signature, [0x51, 0x45, 0x4d, 0x55]],
    ['id: ports and DMA', FwCfgKey.id, [3, 0, 0, 0]],
    ['RAM size', FwCfgKey.ramSize, [0, 0, 0, 0x80, 1, 0, 0, 0]],
    ['CPUs, then zeros past the end', FwCfgKey.cpus, [3, 0, 0, 0]],
    ['an item that is not there', 0x1234, [0, 0]],
    ['first file by name', 0x20, [1, 2, 3]],
  ] as const)('%s', (_name, key, value) => {
    bus.outw(0x510, key);
    expect(bytes(value.length)).toEqual(value);
    bus.outw(0x510, key | 0x4000);
    bus.outb(0x511, 99);
    expect(bytes(1)).toEqual(value.slice(0, 1));
  });

  test('directory', () => {
    bus.outw(0x510, FwCfgKey.directory);
    expect(bytes(4)).toEqual([0, 0, 0, 2]);
    const entries = [bytes(64), bytes(64)];
    expect(entries.map((entry) => [entry.slice(0, 8), text(entry.slice(8)).replace(/\0+$/, '')])).toEqual([
      [[0, 0, 0, 3, 0, 0x20, 0, 0], 'etc/alpha'],
      [[0, 1, 0x11, 0x70, 0, 0x21, 0, 0], 'etc/zeta'],
    ]);
  });

  test('the DMA register reads as its signature', () => {
    expect([bus.inl(0x514), bus.inl(0x518), bus.inb(0x519), bus.inw(0x516)]).toEqual([0x554d4551, 0x47464320, 0x43, 0x554d]);
  });
});

describe('DMA', () => {
  const ACCESS = 0x100;
  function dma(control: number, length: number, address: number, high = 0): number {
    const view = new DataView(bus.ram.buffer);
    [control, length, Math.floor(address / 2 ** 32), address % 2 ** 32].forEach((word, i) => view.setUint32(ACCESS + 4 * i, word));
    bus.outl(0x514, high);
    const swapped = new DataView(new ArrayBuffer(4));
    swapped.setUint32(0, ACCESS);
    bus.outl(0x518, swapped.getUint32(0, true));
    return view.getUint32(ACCESS);
  }
  const SELECT = (key: number): number => key * 0x10000 + 8;

  test('reads, skips, and goes on where it was', () => {
    expect(dma(SELECT(0x21) + 2, 10, 0x1000)).toBe(0);
    expect(dma(4, 5, 0)).toBe(0);
    expect(dma(2, 65_555, 0x2000)).toBe(0);
    expect(bus.ram.subarray(0x1000, 0x100a)).toEqual(LONG.subarray(0, 10));
    expect(Buffer.compare(bus.ram.subarray(0x2000, 0x2000 + 65_555), LONG.subarray(15, 15 + 65_555))).toBe(0);
    bus.ram.fill(0xee, 0x1000, 0x1010);
    expect(dma(SELECT(0x20) + 2, 5, 0x1000)).toBe(0);
    expect([...bus.ram.subarray(0x1000, 0x1006)]).toEqual([1, 2, 3, 0, 0, 0xee]);
  });

  test.each([
    ['a write', SELECT(3) + 16, 4, 0x1000],
    ['an address above 4 GiB', SELECT(3) + 2, 4, 2 ** 32],
    ['an address that wraps', SELECT(3) + 2, 8, 0xfffffffc],
  ])('%s is an error', (_name, control, length, address) => {
    expect(dma(control, length, address)).toBe(1);
  });

  test('a structure above 4 GiB is not looked at, and the high half is used once', () => {
    const control = SELECT(3) + 2;
    expect(dma(control, 4, 0x1000, 0x01000000)).toBe(control);
    expect(dma(control, 4, 0x1000)).toBe(0);
  });
});

test('snapshots and reset', () => {
  bus.outw(0x510, FwCfgKey.ramSize);
  bytes(3);
  const saved = savedCopy(device);
  device.reset();
  expect(text(bytes(4))).toBe('QEMU');
  device.load(saved);
  expect(bytes(2)).toEqual([0x80, 1]);
  expect(() => device.load({ key: -1, offset: 0, dmaHigh: 0 })).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
});
