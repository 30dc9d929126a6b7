/** The PCI bus by its ports: configuration mechanism 1, BARs, interrupt routing, MSI-X. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Msix } from '../../src/devices/pci/msix.ts';
import { PciBus } from '../../src/devices/pci/pci-bus.ts';
import { PciFunction } from '../../src/devices/pci/pci-function.ts';
import { PIRQ_LINES, PciWindow, pciGsi, pciPirq } from '../../src/firmware/pc-map.ts';
import { FakeBus, savedCopy } from './fake-bus.ts';

const SLOT = 5;
const ISA_SLOT = 1;
const ENABLE = 0x80000000;
const Reg = { command: 4, bar0: 0x10, bar1: 0x14, capabilities: 0x34, line: 0x3c, pirq: 0x60 } as const;

let bus: FakeBus;
let pci: PciBus;
let device: PciFunction;
let messages: string[];

function build(): void {
  bus = new FakeBus();
  messages = [];
  pci = new PciBus(bus, { msi: (address, data) => void messages.push(`${address.toString(16)}=${data}`) });
  device = makeDevice('device');
  pci.add(SLOT, device);
}

function makeDevice(name: string): PciFunction {
  const made = new PciFunction({ vendor: 0x1234, device: 0xabcd, classCode: 0x0c0330, revision: 7, subsystemVendor: 0x55, subsystem: 0x66, pin: 0 });
  const handler = {
    read: (offset: number, size: number): number => offset * 16 + size,
    write: (offset: number, size: number, value: number): void => void messages.push(`${name} ${offset}.${size}=${value}`),
  };
  made.defineBar(0, { kind: 'memory', size: 0x4000, handler });
  made.defineBar(1, { kind: 'ports', size: 32, handler });
  return made;
}

beforeEach(build);

function select(slot: number, register: number): void {
  bus.outl(0xcf8, ENABLE + slot * 0x800 + (register & 0xfc));
}

function read(slot: number, register: number, size: 1 | 2 | 4 = 4): number {
  select(slot, register);
  return bus.ports.read(0xcfc + (register & 3), size);
}

function write(slot: number, register: number, value: number, size: 1 | 2 | 4 = 4): void {
  select(slot, register);
  bus.ports.write(0xcfc + (register & 3), value, size);
}

describe('configuration space', () => {
  test.each([
    ['host bridge', 0, 0x00, 4, 0x12378086],
    ['host bridge, class', 0, 0x08, 4, 0x06000002],
    ['ISA bridge', 1, 0x00, 4, 0x70008086],
    ['ISA bridge, class', 1, 0x0a, 2, 0x0601],
    ['vendor', SLOT, 0x00, 2, 0x1234],
    ['device', SLOT, 0x02, 2, 0xabcd],
    ['a byte', SLOT, 0x03, 1, 0xab],
    ['class and revision', SLOT, 0x08, 4, 0x0c033007],
    ['header type', SLOT, 0x0e, 1, 0],
    ['subsystem', SLOT, 0x2c, 4, 0x00660055],
    ['interrupt pin', SLOT, 0x3d, 1, 1],
    ['an empty slot', SLOT + 1, 0x00, 4, 0xffffffff],
    ['an empty slot, a byte', SLOT + 1, 0x0e, 1, 0xff],
  ] as const)('%s', (_name, slot, register, size, value) => {
    expect(read(slot, register, size)).toBe(value);
  });

  test.each([
    ['not enabled', SLOT * 0x800],
    ['another bus', ENABLE + 0x10000 + SLOT * 0x800],
    ['another function', ENABLE + SLOT * 0x800 + 0x100],
  ])('nothing there: %s', (_name, address) => {
    bus.outl(0xcf8, address);
    expect(bus.inl(0xcfc)).toBe(0xffffffff);
    bus.outl(0xcfc, 0);
  });

  test('the address register takes 32 bits only, as a probe for mechanism 1 expects', () => {
    bus.outl(0xcf8, 0x80000000);
    bus.outb(0xcfb, 1);
    bus.outw(0xcf8, 0x1234);
    expect(bus.inl(0xcf8)).toBe(0x80000000);
    bus.outl(0xcf8, 0xffffffff);
    expect(bus.inl(0xcf8)).toBe(0x80fffffc);
  });

  test('read-only registers keep their values', () => {
    const before = Array.from({ length: 64 }, (_, i) => read(SLOT, i * 4));
    for (const register of [0x00, 0x08, 0x2c, 0x30, 0x34, 0x40, 0xfc]) write(SLOT, register, 0xffffffff);
    write(SLOT, 0x3d, 0xff, 1);
    expect(Array.from({ length: 64 }, (_, i) => read(SLOT, i * 4))).toEqual(before);
    write(SLOT, Reg.command, 0xffffffff);
    expect(read(SLOT, Reg.command)).toBe(0x0547);
    write(SLOT, Reg.line, 0xab, 1);
    expect(read(SLOT, Reg.line, 2)).toBe(0x01ab);
  });

  test('BARs tell their size', () => {
    write(SLOT, Reg.bar0, 0xffffffff);
    write(SLOT, Reg.bar1, 0xffffffff);
    expect([read(SLOT, Reg.bar0), read(SLOT, Reg.bar1), read(SLOT, 0x18)]).toEqual([0xffffc000, 0xffffffe1, 0]);
  });
});

describe('decoding', () => {
  const at = 0xe1000000;
  test('follows command register and BARs', () => {
    write(SLOT, Reg.bar0, at);
    write(SLOT, Reg.bar1, 0xc100);
    expect([bus.mmioRead(at + 8), bus.inw(0xc104)]).toEqual([0xffffffff, 0xffff]);
    write(SLOT, Reg.command, 2, 2);
    expect([bus.mmioRead(at + 8, 2), bus.inw(0xc104)]).toEqual([0x82, 0xffff]);
    write(SLOT, Reg.command, 3, 2);
    expect([bus.mmioRead(at + 8), bus.inw(0xc104), bus.inb(0xc11f)]).toEqual([0x84, 0x42, 0xf1]);
    bus.mmioWrite(at + 0x3ffc, 99);
    bus.outb(0xc100, 7);
    expect(messages).toEqual(['device 16380.4=99', 'device 0.1=7']);
    write(SLOT, Reg.bar0, at + 0x4000);
    expect([bus.mmioRead(at + 8), bus.mmioRead(at + 0x4008)]).toEqual([0xffffffff, 0x84]);
    write(SLOT, Reg.command, 0, 2);
    expect([bus.mmioRead(at + 0x4008), bus.inw(0xc104)]).toEqual([0xffffffff, 0xffff]);
  });

  test.each([['RAM', 0x100000], ['ROM', 0xffff0000], ['the IOAPIC', 0xfec00000]])('the host bridge forwards nothing at %s', (_name, base) => {
    write(SLOT, Reg.bar0, base);
    write(SLOT, Reg.bar1, 0x3e0);
    write(SLOT, Reg.command, 3, 2);
    expect([bus.mmioRead(base & ~0x3fff), bus.inb(0x3e0)]).toEqual([0xffffffff, 0xff]);
  });

  test('what another BAR covered shows up again when that one goes away', () => {
    pci.add(SLOT + 1, makeDevice('other'));
    for (const slot of [SLOT, SLOT + 1]) {
      write(slot, Reg.bar0, at);
      write(slot, Reg.command, 2, 2);
    }
    write(SLOT + 1, Reg.command, 0, 2);
    bus.mmioWrite(at, 1);
    expect(messages).toEqual(['device 0.4=1']);
  });

  test('firmware assigns everything, without overlap, aligned, inside the windows', () => {
    pci.add(SLOT + 1, makeDevice('other'));
    pci.assignResources();
    const bars = [SLOT, SLOT + 1].map((slot) => [read(slot, Reg.bar0), read(slot, Reg.bar1), read(slot, Reg.command), read(slot, Reg.line, 1)]);
    expect(bars).toEqual([
      [PciWindow.memory.first, PciWindow.ports.first + 1, 3, PIRQ_LINES[pciPirq(SLOT, 0)]],
      [PciWindow.memory.first + 0x4000, PciWindow.ports.first + 33, 3, PIRQ_LINES[pciPirq(SLOT + 1, 0)]],
    ]);
    expect([0, 1, 2, 3].map((i) => read(ISA_SLOT, Reg.pirq + i, 1))).toEqual(PIRQ_LINES);
    expect(bus.mmioRead(PciWindow.memory.first + 0x4004, 1)).toBe(0x41);
    pci.reset();
    expect([read(SLOT, Reg.bar0), bus.mmioRead(PciWindow.memory.first)]).toEqual([0, 0xffffffff]);
  });
});

describe('INTx', () => {
  const gsi = pciGsi(SLOT, 0);
  const pirq = pciPirq(SLOT, 0);
  const levels = (): number[] => bus.lines.flatMap(({ level }, line) => (level ? [line] : []));

  test('goes to the IOAPIC, and through the ISA bridge to where the PIRQ leads', () => {
    device.setIntx(true);
    expect(levels()).toEqual([gsi]);
    pci.assignResources();
    expect(levels()).toEqual([PIRQ_LINES[pirq], gsi]);
    expect(read(SLOT, 6, 2) & 8).toBe(8);
    write(ISA_SLOT, Reg.pirq + pirq, 5, 1);
    expect(levels()).toEqual([5, gsi]);
    for (const nowhere of [0x85, 0, 1, 2, 8, 13]) {
      write(ISA_SLOT, Reg.pirq + pirq, nowhere, 1);
      expect(levels()).toEqual([gsi]);
    }
    write(SLOT, Reg.command, 0x400, 2);
    expect([levels(), read(SLOT, 6, 2) & 8]).toEqual([[], 8]);
    write(SLOT, Reg.command, 0, 2);
    device.setIntx(false);
    expect([levels(), read(SLOT, 6, 2) & 8]).toEqual([[], 0]);
  });

  test('a shared line is asserted while any device asserts it', () => {
    const other = makeDevice('other');
    pci.add(SLOT + 4, other);
    pci.assignResources();
    device.setIntx(true);
    other.setIntx(true);
    device.setIntx(false);
    expect(levels()).toEqual([PIRQ_LINES[pirq], pciGsi(SLOT + 4, 0)]);
    other.setIntx(false);
    expect(levels()).toEqual([]);
  });
});

describe('MSI-X', () => {
  const TABLE = 0xe2000000;
  const PENDING = TABLE + 0x800;
  let msix: Msix;
  let capability: number;

  beforeEach(() => {
    device = new PciFunction({ vendor: 1, device: 1, classCode: 0 });
    msix = new Msix(device, { vectors: 3, bar: 2, send: pci.msi });
    pci.add(SLOT + 1, device);
    capability = read(SLOT + 1, Reg.capabilities, 1);
    write(SLOT + 1, 0x18, TABLE);
    write(SLOT + 1, Reg.command, 6, 2);
  });
  const control = (value: number): void => write(SLOT + 1, capability + 2, value, 2);
  const entry = (vector: number, address: number, data: number, masked: number): void => [address, 0, data, masked].forEach((word, i) => bus.mmioWrite(TABLE + 16 * vector + 4 * i, word));

  test('the capability says where the table is', () => {
    expect([0, 4, 8].map((i) => read(SLOT + 1, capability + i))).toEqual([0x00020011, 0x00000002, 0x00000802]);
    control(0xffff);
    expect(read(SLOT + 1, capability + 2, 2)).toBe(0xc002);
  });

  test('a message per cause; what is masked waits', () => {
    entry(1, 0xfee00000, 0x41, 0);
    entry(2, 0xfee01000, 0x42, 1);
    expect(msix.enabled).toBe(false);
    control(0x8000);
    expect(msix.enabled).toBe(true);
    msix.raise(1);
    msix.raise(2);
    msix.raise(2);
    msix.raise(7);
    expect([messages, bus.mmioRead(PENDING)]).toEqual([['fee00000=65'], 4]);
    bus.mmioWrite(TABLE + 44, 0);
    expect([messages, bus.mmioRead(PENDING)]).toEqual([['fee00000=65', 'fee01000=66'], 0]);
    control(0xc000);
    msix.raise(1);
    expect(messages.length).toBe(2);
    write(SLOT + 1, Reg.command, 2, 2);
    control(0x8000);
    expect(messages.length).toBe(2);
    write(SLOT + 1, Reg.command, 6, 2);
    expect(messages.length).toBe(3);
  });

  test('snapshots', () => {
    entry(0, 0xfee00000, 0x41, 1);
    control(0x8000);
    msix.raise(0);
    const saved = msix.save();
    msix.reset();
    expect(bus.mmioRead(PENDING)).toBe(0);
    msix.load(saved);
    bus.mmioWrite(TABLE + 12, 0);
    expect(messages).toEqual(['fee00000=65']);
    expect(() => msix.load({ table: [], pending: 0 })).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
  });
});

test('a snapshot brings back registers, decoding and interrupts', () => {
  pci.assignResources();
  write(SLOT, Reg.bar0, 0xe3000000);
  write(ISA_SLOT, Reg.pirq + pciPirq(SLOT, 0), 5, 1);
  select(SLOT, Reg.bar0);
  device.setIntx(true);
  const saved = savedCopy(pci);
  build();
  device.setIntx(true);
  pci.load(saved);
  expect([bus.inl(0xcfc), bus.mmioRead(0xe3000004, 1), bus.lines[5]!.level]).toEqual([0xe3000000, 0x41, true]);
  expect(structuredClone(pci.save())).toEqual(saved);
  expect(() => pci.load({ address: 0, functions: [] })).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
});
