/**
 * All legacy devices on one bus, hammered at random: nothing throws, every read is a value of its width, time does not run away, and a
 * board that was saved and loaded in between behaves the same from there on, read for read.
 */
import { expect, test } from 'vitest';
import { A20Gate } from '../../src/devices/a20-gate.ts';
import { AcpiPm } from '../../src/devices/acpi-pm.ts';
import { PcInterrupts } from '../../src/devices/apic/pc-interrupts.ts';
import { TestDevice } from '../../src/devices/debug-testdev.ts';
import type { Device, SavedValue } from '../../src/devices/device.ts';
import { FerrLatch } from '../../src/devices/ferr.ts';
import { Hpet } from '../../src/devices/hpet.ts';
import { I8042 } from '../../src/devices/i8042.ts';
import { Pit } from '../../src/devices/pit.ts';
import { Rtc } from '../../src/devices/rtc.ts';
import { SystemControl } from '../../src/devices/system-control.ts';
import { Uart16550 } from '../../src/devices/uart16550.ts';
import { HPET_BASE, IOAPIC_BASE, LAPIC_BASE } from '../../src/firmware/pc-map.ts';
import { FakeBus } from './fake-bus.ts';
import { damaged, generator } from './abuse.ts';

/** Ports that exist, so that chance finds them; the first two thirds of the accesses go there. */
const PORTS = [
  0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x60, 0x64, 0x70, 0x71, 0x92, 0xb2, 0xcf9, 0xf0, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc,
  0x3fd, 0x3fe, 0x2f8, 0x2f9, 0x2fa, 0x2fc, 0x600, 0x602, 0x604, 0x608, 0x620, 0x622, 0xe0, 0x2001, 0x200c,
] as const;
const PAGES = [LAPIC_BASE, IOAPIC_BASE, HPET_BASE, 0xff000000] as const;
/** Values that mean something to many registers. */
const VALUES = [0, 1, 2, 0x0b, 0x10, 0x11, 0x20, 0x30, 0x34, 0x43, 0x60, 0x80, 0xb0, 0xd3, 0xd4, 0xf4, 0xff, 0x1ff, 0x700, 0x20040, 0x8050] as const;

interface Board {
  readonly bus: FakeBus;
  readonly interrupts: PcInterrupts;
  readonly devices: readonly Device[];
  readonly sent: number[];
  readonly i8042: I8042;
  readonly uart: Uart16550;
}

function build(): Board {
  const bus = new FakeBus();
  const sent: number[] = [];
  const interrupts = new PcInterrupts(bus, { onInit: () => undefined });
  bus.wires = (line) => interrupts.line(line);
  const a20 = new A20Gate(() => undefined);
  const hpet = new Hpet(bus);
  const onTransmit = (bytes: Uint8Array): void => void sent.push(...bytes);
  const uart = new Uart16550(bus, { index: 0, onTransmit });
  const i8042 = new I8042(bus, { a20 });
  const devices = [
    interrupts, a20, hpet, new Pit(bus, { irq: hpet.legacyLine(bus.irq(0)) }), new SystemControl(bus, { a20 }), new FerrLatch(bus), new AcpiPm(bus),
    new Rtc(bus, { memory: { below4G: 2 ** 28, above4G: 0 }, irq: hpet.legacyLine(bus.irq(8)) }),
    uart, new Uart16550(bus, { index: 1, onTransmit, paced: true }), i8042, new TestDevice(bus),
  ];
  return { bus, interrupts, devices, sent, i8042, uart };
}

function checked(value: number, size: number, where: string): number {
  if (!(Number.isInteger(value) && value >= 0 && value < 2 ** (8 * size))) throw new Error(`${where} of ${size} bytes reads ${value}`);
  return value;
}

function step(board: Board, random: (below: number) => number): unknown {
  const { bus, interrupts, i8042, uart } = board;
  const sizes = [1, 2, 4] as const;
  const size = sizes[random(3)];
  const value = (random(2) === 0 ? VALUES[random(VALUES.length)] : random(2 ** 32)) % 2 ** (8 * size);
  const port = random(3) < 2 ? PORTS[random(PORTS.length)] : random(0x700);
  const address = PAGES[random(PAGES.length)] + random(random(2) === 0 ? 0x400 : 0x40) * (random(4) === 0 ? 1 : 4);
  switch (random(9)) {
    case 0: case 1:
      return checked(bus.ports.read(port, size), size, `port ${port}`);
    case 2: case 3:
      bus.ports.write(port, value, size);
      return undefined;
    case 4:
      return checked(bus.mmioRead(address, size), size, `address ${address}`);
    case 5:
      bus.mmioWrite(address, value, size);
      return undefined;
    case 6:
      if (interrupts.pending()) return interrupts.acknowledge();
      interrupts.takeNmi();
      return undefined;
    case 7:
      // Often a little, sometimes late: a host that does not serve timers on time.
      if (random(4) === 0) bus.clock.now += random(100_000);
      else bus.clock.jump(random(random(8) === 0 ? 2e9 : 20_000));
      return bus.clock.now;
    default: {
      const what = random(32);
      if (what < 16) i8042.keyboard.key(random(0x90), random(2) === 0);
      else if (what < 24) i8042.mouse.move(random(700) - 350, random(9) - 4, random(3) - 1, random(32));
      else if (what === 24) uart.receiveBreak();
      else uart.receive(Uint8Array.of(random(256), random(256)));
      return undefined;
    }
  }
}

/** For a quick comparison. */
const text = (saved: readonly SavedValue[]): string => JSON.stringify(saved, (_key, value: unknown) => (value instanceof Uint8Array ? String(value) : value));

test.each([1, 2, 3, 4, 5, 6])('seed %i', (seed) => {
  const random = generator(seed * 0x9e3779b9);
  const board = build();
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 1500; i++) step(board, random);

    const saved = structuredClone(board.devices.map((device) => device.save()));
    const copy = build();
    copy.bus.clock.now = board.bus.clock.now;
    copy.devices.forEach((device, index) => device.load(saved[index]));
    expect(text(copy.devices.map((device) => device.save()))).toBe(text(saved));
    expect(copy.interrupts.pending()).toBe(board.interrupts.pending());

    const same = random(2 ** 31) + 1;
    const [one, other] = [generator(same), generator(same)];
    board.sent.length = 0;
    const reads = Array.from({ length: 300 }, () => [step(board, one), step(copy, other)] as const);
    expect(reads.map(([, ofCopy]) => ofCopy)).toEqual(reads.map(([ofBoard]) => ofBoard));
    expect(copy.sent).toEqual(board.sent);
    // Serves what is due, and throws when that never ends.
    board.bus.clock.advance(0);
    expect(board.bus.clock.next).toBeGreaterThan(board.bus.clock.now);
  }
  for (const device of board.devices) device.reset();
  expect(board.interrupts.pending()).toBe(false);
});

test('a damaged snapshot is refused, whichever field it is', () => {
  const random = generator(77);
  const board = build();
  for (let i = 0; i < 3000; i++) step(board, random);
  let refused = 0;
  for (const device of board.devices) {
    for (const bad of damaged(device.save())) {
      expect(() => device.load(bad), `${device.id}: ${text([bad]).slice(0, 200)}`).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(400);
  for (let i = 0; i < 3000; i++) step(board, random);
});
