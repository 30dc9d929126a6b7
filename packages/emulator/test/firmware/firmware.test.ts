import { describe, expect, it } from 'vitest';
import { firmwareAccesses } from '../../src/firmware/device-state.ts';
import { planFirmware } from '../../src/firmware/firmware.ts';
import { PlannedRam, thrown } from '../loaders/images.ts';

const MIB = 2 ** 20;
const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
const ramOf = (serialPorts: readonly number[] = [0]): PlannedRam => new PlannedRam(planFirmware({ ramBytes: 32 * MIB, serialPorts }).segments);

describe('memory map', () => {
  it.each([2 * MIB, 64 * MIB, 3 * 2 ** 30])('covers %d bytes without gap above 1 MiB and without overlap', (ramBytes) => {
    const { e820 } = planFirmware({ ramBytes, serialPorts: [] });
    for (const [i, { base, size }] of e820.entries()) expect(base + size).toBeLessThanOrEqual(e820[i + 1]?.base ?? ramBytes);
    const high = e820.filter(({ base }) => base >= MIB);
    expect(high.reduce((total, { size }) => total + size, MIB)).toBe(ramBytes);
    expect(e820.map(({ type }) => type)).toEqual([1, 2, 2, 1, 3, 4]);
  });

  it.each([0, MIB, 2 * MIB + 1])('refuses %d bytes of RAM', (ramBytes) => {
    expect(thrown(() => planFirmware({ ramBytes, serialPorts: [] })).code).toBe('bad-option');
  });
});

describe('BIOS data area', () => {
  it('lists the serial ports, the size of conventional memory and where the extended area is', () => {
    const ram = ramOf([0, 2]);
    expect([ram.u16(0x400), ram.u16(0x402), ram.u16(0x404)]).toEqual([0x3f8, 0x3e8, 0]);
    expect((ram.u16(0x410) >> 9) & 7).toBe(2);
    expect(ram.u16(0x413)).toBe(639);
    expect(ram.u16(0x40e) << 4).toBe(0x9fc00);
    expect(ram.u8(0x9fc00)).toBe(1);
  });
});

describe('MP table', () => {
  it('is found by its pointer, sums to 0, and routes every interrupt once', () => {
    const ram = ramOf();
    const pointer = Array.from({ length: 0x1000 }, (_, i) => 0xf0000 + i * 16).find((at) => ram.u32(at) === 0x5f504d5f)!;
    expect(sum(ram.bytes(pointer, 16))).toBe(0);
    expect([ram.u8(pointer + 8), ram.u8(pointer + 9)]).toEqual([1, 4]);
    const table = ram.u32(pointer + 4);
    const length = ram.u16(table + 4);
    expect(sum(ram.bytes(table, length))).toBe(0);
    expect(ram.u32(table + 36)).toBe(0xfee00000);
    const entries: number[][] = [];
    let at = table + 44;
    for (let i = 0; i < ram.u16(table + 34); i++) {
      const size = ram.u8(at) === 0 ? 20 : 8;
      entries.push([...ram.bytes(at, size)]);
      at += size;
    }
    expect(at).toBe(table + length);
    const of = (type: number): number[][] => entries.filter(([first]) => first === type);
    expect([of(0).length, of(1).length, of(2).length, of(4).length]).toEqual([1, 2, 1, 2]);
    const isa = of(3).filter((entry) => entry[4] === 1);
    expect(isa.map((entry) => [entry[5], entry[7]])).toEqual(
      [[0, 2], [1, 1], [3, 3], [4, 4], [5, 5], [6, 6], [7, 7], [8, 8], [9, 9], [12, 12], [13, 13], [14, 14], [15, 15]]);
    expect(of(3).filter((entry) => entry[4] === 0).every((entry) => entry[2] === 0xf && entry[7]! >= 16)).toBe(true);
  });
});

describe('what firmware programs', () => {
  it('MTRRs: write-back, the hole below 4 GiB uncached, of the width of physical addresses', () => {
    const msrs = new Map(firmwareAccesses(40).msrs.map(({ index, value }) => [index, value]));
    expect([msrs.get(0x2ff), msrs.get(0x200), msrs.get(0x201)]).toEqual([0xc06n, 0xe0000000n, 0xffe0000800n]);
    expect([msrs.get(0x250), msrs.get(0x259), msrs.get(0x26f)]).toEqual([0x0606060606060606n, 0n, 0x0505050505050505n]);
    expect(firmwareAccesses(36).msrs.find(({ index }) => index === 0x201)?.value).toBe(0xfe0000800n);
  });

  it('ELCR: 9, 10, 11 level', () => {
    const { ports } = firmwareAccesses(36);
    expect(ports.filter(({ port }) => port >= 0x4d0 && port <= 0x4d1).map(({ value }) => value)).toEqual([0, 0x0e]);
  });
});
