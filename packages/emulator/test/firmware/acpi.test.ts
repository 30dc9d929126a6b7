import { describe, expect, it } from 'vitest';
import { device, eisaId, integer, method, name, path, pkg } from '../../src/firmware/acpi/aml/encode.ts';
import { irq, memory32, portWindow, ports } from '../../src/firmware/acpi/aml/resources.ts';
import { planFirmware, type FirmwareConfig } from '../../src/firmware/firmware.ts';
import { pciGsi, pciPirq, PIRQ_LINES } from '../../src/firmware/pc-map.ts';
import { PlannedRam, thrown } from '../loaders/images.ts';
import { readAml, type AmlValue } from './aml-reader.ts';

const MIB = 2 ** 20;
const HEADER = 36;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 0xff, 0);

const firmware = (config: Partial<FirmwareConfig> = {}) => {
  const plan = planFirmware({ ramBytes: 64 * MIB, serialPorts: [0], ...config });
  const ram = new PlannedRam(plan.segments);
  const table = (at: number): Uint8Array => ram.bytes(at, ram.u32(at + 4));
  const signature = (at: number): string => Buffer.from(ram.bytes(at, 4)).toString();
  const rsdt = table(ram.u32(plan.rsdp + 16));
  const listed = Array.from({ length: (rsdt.length - HEADER) / 4 }, (_, i) => new DataView(rsdt.buffer).getUint32(HEADER + i * 4, true));
  const find = (wanted: string): number => listed.find((at) => signature(at) === wanted) ?? -1;
  return { ...plan, ram, table, signature, listed, find };
};

describe('AML', () => {
  it.each([
    ['integers', integer(0), '00'],
    ['', integer(1), '01'],
    ['', integer(0xff), '0aff'],
    ['', integer(0x100), '0b0001'],
    ['', integer(0x89abcdef), '0cefcdab89'],
    ['names', path('\\_S5'), '5c5f53355f'],
    ['', path('A.BCDE'), '2e415f5f5f42434445'],
    ['', path('\\A.B.C'), '5c2f03415f5f5f425f5f5f435f5f5f'],
    ['EisaId', eisaId('PNP0A03'), '0c41d00a03'],
    ['', eisaId('PNP0501'), '0c41d00501'],
    ['Package', pkg(integer(5), integer(0)), '120502' + '0a05' + '00'],
    ['Name', name('X', integer(1)), '08585f5f5f01'],
    ['Method', method('_PRT', 0), '14065f50525400'],
    ['Device', device('D', name('_ADR', integer(0))), '5b820b445f5f5f085f41445200'],
    ['IRQ', irq(1), '220200'],
    ['', irq(12), '220010'],
    ['IO', ports(0x60, 1), '47016000600001' + '01'],
    ['Memory32Fixed', memory32(0xfed00000, 0x400), '860900' + '00' + '0000d0fe' + '00040000'],
    ['WordIO', portWindow({ first: 0xd00, last: 0xffff }), '880d00010c030000000dffff000000f3'],
  ])('%s %#', (_what, bytes, expected) => {
    expect(hex(bytes)).toBe(expected);
  });

  it('measures blocks of more than 63 bytes and of more than 4095 in two and three bytes', () => {
    const of = (count: number): string => hex(pkg(...Array.from({ length: count }, () => integer(0)))).slice(0, 10);
    expect(of(61)).toBe('123f3d0000');
    expect(of(62)).toBe('1241043e00');
    const large = hex(device('D', ...Array.from({ length: 20 }, () => pkg(...Array.from({ length: 250 }, () => integer(0))))));
    // 4 + 20 × 254 bytes inside and 3 of its own.
    expect(large.slice(0, 10)).toBe(`5b82${(0x80 | (5087 & 0xf)).toString(16)}${(5087 >> 4 & 0xff).toString(16)}${(5087 >> 12).toString(16).padStart(2, '0')}`);
  });

  it.each(['ABCDE', '1A', 'a', ''])('refuses the name %j', (text) => {
    expect(thrown(() => path(text)).code).toBe('bad-option');
  });
});

describe('tables', () => {
  const all = firmware({ hpet: 0x8086a201, serialPorts: [0, 1, 2, 3] });

  it('are found from the RSDP, whose two checksums are right', () => {
    const { ram, rsdp } = all;
    expect(rsdp % 16).toBe(0);
    expect(rsdp).toBeGreaterThanOrEqual(0xe0000);
    expect(Buffer.from(ram.bytes(rsdp, 8)).toString()).toBe('RSD PTR ');
    expect([sum(ram.bytes(rsdp, 20)), sum(ram.bytes(rsdp, 36))]).toEqual([0, 0]);
    const xsdt = all.table(Number(ram.u64(rsdp + 24)));
    const xlisted = Array.from({ length: (xsdt.length - HEADER) / 8 }, (_, i) => Number(new DataView(xsdt.buffer).getBigUint64(HEADER + i * 8, true)));
    expect(xlisted).toEqual(all.listed);
    expect(all.listed.map(all.signature)).toEqual(['FACP', 'APIC', 'HPET']);
  });

  it('have checksums that hold and lie in ACPI ranges of the memory map, the FACS in NVS', () => {
    const { ram, rsdp, listed, table } = all;
    const fadt = all.find('FACP');
    const roots = [ram.u32(rsdp + 16), Number(ram.u64(rsdp + 24)), ram.u32(fadt + 40)];
    for (const at of [...listed, ...roots]) {
      expect(sum(table(at)), all.signature(at)).toBe(0);
      const range = all.e820.find(({ base, size }) => at >= base && at + table(at).length <= base + size);
      expect(range?.type, all.signature(at)).toBe(3);
    }
    const facs = ram.u32(fadt + 36);
    expect([facs % 64, all.signature(facs), all.e820.find(({ base, size }) => facs >= base && facs < base + size)?.type]).toEqual([0, 'FACS', 4]);
    expect(new PlannedRam(all.segments).overlaps()).toEqual([]);
  });

  it('FADT: fixed hardware, reset register, no VGA unless there is one', () => {
    const { ram, find } = all;
    const at = find('FACP');
    expect(all.table(at).length).toBe(244);
    const dword = (offset: number): number => ram.u32(at + offset);
    expect([ram.u16(at + 46), dword(48), ram.u8(at + 52), ram.u8(at + 53)]).toEqual([9, 0xb2, 0xf1, 0xf0]);
    expect([dword(56), dword(64), dword(76), dword(80)]).toEqual([0x600, 0x604, 0x608, 0x620]);
    expect([...ram.bytes(at + 88, 5)]).toEqual([4, 2, 0, 4, 4]);
    expect([ram.u8(at + 116), ram.u64(at + 120), ram.u8(at + 128), (dword(112) >> 10) & 1]).toEqual([1, 0xcf9n, 6, 1]);
    expect([ram.u64(at + 152), ram.u64(at + 176), ram.u64(at + 212)]).toEqual([0x600n, 0x604n, 0x608n]);
    expect([ram.u64(at + 132), ram.u64(at + 140)]).toEqual([0n, BigInt(dword(40))]);
    expect(ram.u16(at + 109)).toBe(7);
    // Fixed power button, no fixed sleep button, 32-bit timer.
    expect([4, 5, 8].map((bit) => (dword(112) >> bit) & 1)).toEqual([0, 1, 1]);
    const withVga = firmware({ vga: true });
    expect(withVga.ram.u16(withVga.find('FACP') + 109)).toBe(3);
  });

  it('MADT: a local APIC per processor, the IOAPIC, the timer on GSI 2, the SCI level, LINT1', () => {
    const two = firmware({ cpus: 2 });
    const body = two.table(two.find('APIC')).subarray(HEADER);
    const entries: string[] = [];
    for (let at = 8; at < body.length; at += body[at + 1]!) entries.push(hex(body.subarray(at, at + body[at + 1]!)));
    expect(hex(body.subarray(0, 8))).toBe('0000e0fe01000000');
    expect(entries).toEqual([
      '0008000001000000', '0008010101000000', '010c02000000c0fe00000000', '020a0000020000000000', '020a0009090000000d00', '0406ff000001',
    ]);
  });

  it('HPET only when there is one', () => {
    expect(firmware().find('HPET')).toBe(-1);
    const { ram, find } = all;
    expect([ram.u32(find('HPET') + 36), ram.u64(find('HPET') + 44)]).toEqual([0x8086a201, 0xfed00000n]);
  });
});

describe('DSDT', () => {
  const aml = (config: Partial<FirmwareConfig> = {}): ReadonlyMap<string, AmlValue> => {
    const { ram, table, find } = firmware(config);
    return readAml(table(ram.u32(find('FACP') + 40)).slice(HEADER));
  };

  it('routes INTx of every slot as the devices do, with and without IOAPIC', () => {
    const names = aml();
    const routes = (table: string): readonly (readonly number[])[] => names.get(`\\_SB_.PCI0.${table}`) as readonly number[][];
    const expected = (line: (slot: number, pin: number) => number): readonly (readonly number[])[] =>
      Array.from({ length: 31 * 4 }, (_, i) => [((i >> 2) + 1) * 0x10000 + 0xffff, i & 3, 0, line((i >> 2) + 1, i & 3)]);
    expect(routes('PRTA')).toEqual(expected(pciGsi));
    expect(routes('PRTP')).toEqual(expected((slot, pin) => PIRQ_LINES[pciPirq(slot, pin)]!));
    // If (\PICF) { Return (PRTA) } Return (PRTP)
    expect((names.get('\\_SB_.PCI0._PRT') as { method: Uint8Array }).method).toEqual(
      Uint8Array.from([0, 0xa0, 11, 0x5c, ...Buffer.from('PICF'), 0xa4, ...Buffer.from('PRTA'), 0xa4, ...Buffer.from('PRTP')]));
  });

  it('names the devices of the ISA bus, of the COM ports those that exist', () => {
    const devices = (names: ReadonlyMap<string, AmlValue>): readonly string[] =>
      [...names.keys()].filter((key) => key.endsWith('._HID')).map((key) => key.slice('\\_SB_.'.length, -'._HID'.length));
    expect(devices(aml())).toEqual(['PCI0', 'PCI0.ISA_.KBD_', 'PCI0.ISA_.MOU_', 'PCI0.ISA_.RTC_', 'PCI0.ISA_.COM1']);
    expect(devices(aml({ serialPorts: [1, 3], hpet: 1 }))).toEqual(
      ['PCI0', 'PCI0.ISA_.KBD_', 'PCI0.ISA_.MOU_', 'PCI0.ISA_.RTC_', 'PCI0.ISA_.COM2', 'PCI0.ISA_.COM4', 'HPET']);
    const com2 = aml({ serialPorts: [1] }).get('\\_SB_.PCI0.ISA_.COM2._CRS') as Uint8Array;
    expect(hex(com2)).toBe('4701f802f80201082208007900');
  });

  it('says how to switch off', () => {
    expect(aml().get('\\_S5_')).toEqual([5, 5, 0, 0]);
  });
});

describe('lines of PCI', () => {
  it('GSIs are 16 … 23, neighbours differ; PIRQs are wired as on the PIIX', () => {
    const gsis = Array.from({ length: 32 * 4 }, (_, i) => pciGsi(i >> 2, i & 3));
    expect([Math.min(...gsis), Math.max(...gsis)]).toEqual([16, 23]);
    expect([pciGsi(1, 0), pciGsi(2, 0), pciGsi(1, 1)]).toEqual([16, 17, 17]);
    expect([pciPirq(1, 0), pciPirq(1, 3), pciPirq(2, 0), pciPirq(0, 0)]).toEqual([0, 3, 1, 3]);
  });
});
