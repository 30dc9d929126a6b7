/** The 8259A pair, by its registers: initialisation, priorities, EOI and rotation, poll, trigger modes, cascade, spurious requests. */
import { describe, expect, test } from 'vitest';
import { PicPair } from '../../src/devices/pic.ts';
import { FakeBus, savedCopy } from './fake-bus.ts';

const MASTER = 0x20;
const SLAVE = 0xa0;
/** Read register commands: IRR, ISR. */
const IRR = 0x0a;
const ISR = 0x0b;

function machine(options: { readonly icw4?: number } = {}): { bus: FakeBus; pic: PicPair; outputs: boolean[]; pulse: (irq: number) => void } {
  const bus = new FakeBus();
  const outputs: boolean[] = [];
  const pic = new PicPair(bus, { onOutput: (level) => outputs.push(level) });
  initialise(bus, MASTER, [0x11, 0x08, 0x04, options.icw4 ?? 0x01]);
  initialise(bus, SLAVE, [0x11, 0x70, 0x02, 0x01]);
  const pulse = (irq: number): void => {
    pic.setLine(irq, true);
    pic.setLine(irq, false);
  };
  return { bus, pic, outputs, pulse };
}

function initialise(bus: FakeBus, port: number, words: readonly number[]): void {
  const [icw1, ...rest] = words;
  bus.outb(port, icw1);
  for (const word of rest) bus.outb(port + 1, word);
}

function readRegister(bus: FakeBus, port: number, command: number): number {
  bus.outb(port, command);
  return bus.inb(port);
}

test('a request reaches the processor with the vector of ICW2, is in service until EOI, and holds back lower ones', () => {
  const { bus, pic, pulse, outputs } = machine();
  pulse(4);
  expect(pic.intr).toBe(true);
  expect(readRegister(bus, MASTER, IRR)).toBe(0x10);
  expect(pic.acknowledge()).toBe(0x0c);
  expect(readRegister(bus, MASTER, IRR)).toBe(0);
  expect(readRegister(bus, MASTER, ISR)).toBe(0x10);
  pulse(6);
  expect(pic.intr).toBe(false);
  pulse(1);
  expect(pic.acknowledge()).toBe(0x09);
  bus.outb(MASTER, 0x20);
  expect(readRegister(bus, MASTER, ISR)).toBe(0x10);
  expect(pic.intr).toBe(false);
  bus.outb(MASTER, 0x64);
  expect(pic.acknowledge()).toBe(0x0e);
  expect(outputs).toEqual([true, false, true, false, true, false]);
});

test('masking holds a latched request back; unmasking lets it out', () => {
  const { bus, pic, pulse } = machine();
  bus.outb(MASTER + 1, 0xff);
  pulse(0);
  expect(pic.intr).toBe(false);
  expect(bus.inb(MASTER + 1)).toBe(0xff);
  bus.outb(MASTER + 1, 0xfe);
  expect(pic.acknowledge()).toBe(0x08);
});

test('the slave goes through the cascade; both need an EOI', () => {
  const { bus, pic, pulse } = machine();
  pulse(14);
  expect(readRegister(bus, MASTER, IRR)).toBe(0x04);
  expect(pic.acknowledge()).toBe(0x76);
  expect([readRegister(bus, MASTER, ISR), readRegister(bus, SLAVE, ISR)]).toEqual([0x04, 0x40]);
  pulse(8);
  // Normal nesting: the master's input 2 is in service, so that even a higher one of the slave waits.
  expect(pic.intr).toBe(false);
  bus.outb(SLAVE, 0x66);
  bus.outb(MASTER, 0x62);
  expect(pic.acknowledge()).toBe(0x70);
});

test('special fully nested mode lets a higher request of the slave through', () => {
  const { pic, pulse } = machine({ icw4: 0x11 });
  pulse(14);
  expect(pic.acknowledge()).toBe(0x76);
  pulse(15);
  expect(pic.intr).toBe(false);
  pulse(8);
  expect(pic.acknowledge()).toBe(0x70);
});

test('a level-triggered input requests as long as it is high, and is spurious 7 or 15 when it falls before INTA', () => {
  const { bus, pic } = machine();
  bus.outb(0x4d0, 0xff);
  bus.outb(0x4d1, 0xff);
  expect([bus.inb(0x4d0), bus.inb(0x4d1)]).toEqual([0xf8, 0xde]);
  pic.setLine(11, true);
  expect(pic.acknowledge()).toBe(0x73);
  expect(pic.intr).toBe(false);
  bus.outb(SLAVE, 0x20);
  bus.outb(MASTER, 0x20);
  expect(pic.intr).toBe(true);
  pic.setLine(11, false);
  expect(pic.intr).toBe(false);
  expect(pic.acknowledge()).toBe(0x0f);
  expect(readRegister(bus, MASTER, ISR)).toBe(0);
});

test('two level sources of the slave: after the EOI the second one follows', () => {
  const { bus, pic } = machine();
  bus.outb(0x4d1, 0x0c);
  pic.setLine(10, true);
  pic.setLine(11, true);
  expect(pic.acknowledge()).toBe(0x72);
  pic.setLine(10, false);
  bus.outb(SLAVE, 0x20);
  bus.outb(MASTER, 0x20);
  expect(pic.acknowledge()).toBe(0x73);
});

test('an edge-triggered input that stays high requests once', () => {
  const { bus, pic } = machine();
  pic.setLine(3, true);
  expect(pic.acknowledge()).toBe(0x0b);
  bus.outb(MASTER, 0x20);
  expect(pic.intr).toBe(false);
  pic.setLine(3, false);
  pic.setLine(3, true);
  expect(pic.intr).toBe(true);
});

test('ICW1 with LTIM makes all inputs level-triggered', () => {
  const { bus, pic } = machine();
  initialise(bus, MASTER, [0x19, 0x08, 0x04, 0x01]);
  pic.setLine(0, true);
  expect(pic.acknowledge()).toBe(0x08);
  bus.outb(MASTER, 0x20);
  expect(pic.intr).toBe(true);
});

describe('rotation', () => {
  const rows: readonly { readonly name: string; readonly commands: readonly number[]; readonly next: number }[] = [
    { name: 'plain EOI keeps IR0 on top', commands: [0x20], next: 0x09 },
    { name: 'rotate on non-specific EOI puts IR1 to the bottom', commands: [0xa0], next: 0x0a },
    { name: 'rotate on specific EOI', commands: [0xe1], next: 0x0a },
    { name: 'set priority: IR5 lowest, so IR6 highest', commands: [0x20, 0xc5], next: 0x0e },
    { name: 'a specific EOI of an input not in service changes nothing', commands: [0x63, 0x20], next: 0x09 },
  ];
  test.each(rows)('$name', ({ commands, next }) => {
    const { bus, pic, pulse } = machine();
    pulse(1);
    expect(pic.acknowledge()).toBe(0x09);
    for (const irq of [1, 4, 6]) pulse(irq);
    pic.setLine(10, true);
    for (const command of commands) bus.outb(MASTER, command);
    const vector = pic.acknowledge();
    expect(vector === 0x72 ? 0x0a : vector).toBe(next);
  });
});

test('auto-EOI leaves nothing in service; with rotation the served input goes to the bottom', () => {
  const { bus, pic, pulse } = machine({ icw4: 0x03 });
  pulse(0);
  expect(pic.acknowledge()).toBe(0x08);
  expect(readRegister(bus, MASTER, ISR)).toBe(0);
  bus.outb(MASTER, 0x80);
  for (const irq of [0, 1]) pulse(irq);
  expect(pic.acknowledge()).toBe(0x08);
  pulse(0);
  expect([pic.acknowledge(), pic.acknowledge()]).toEqual([0x09, 0x08]);
  bus.outb(MASTER, 0x00);
});

test('special mask mode: a masked input in service holds nobody back, and a non-specific EOI passes over it', () => {
  const { bus, pic, pulse } = machine();
  pulse(1);
  pic.acknowledge();
  bus.outb(MASTER + 1, 0x02);
  pulse(5);
  expect(pic.intr).toBe(false);
  bus.outb(MASTER, 0x68);
  expect(pic.acknowledge()).toBe(0x0d);
  bus.outb(MASTER, 0x20);
  expect(readRegister(bus, MASTER, ISR)).toBe(0x02);
  bus.outb(MASTER, 0x48);
  pulse(6);
  expect(pic.intr).toBe(false);
  bus.outb(MASTER, 0x20);
  expect(readRegister(bus, MASTER, ISR)).toBe(0);
  expect(pic.intr).toBe(true);
});

test('poll acknowledges by reading', () => {
  const { bus, pic, pulse } = machine();
  bus.outb(MASTER, 0x0c);
  expect(bus.inb(MASTER)).toBe(0);
  pulse(5);
  bus.outb(MASTER, 0x0c);
  expect(bus.inb(MASTER)).toBe(0x85);
  expect(pic.intr).toBe(false);
  expect(readRegister(bus, MASTER, ISR)).toBe(0x20);
});

test('an acknowledge without request is spurious: vector 7, nothing in service', () => {
  const { bus, pic } = machine();
  expect(pic.acknowledge()).toBe(0x0f);
  expect(readRegister(bus, MASTER, ISR)).toBe(0);
});

test('ICW1 forgets requests and masks; a line that stayed high needs a new edge', () => {
  const { bus, pic } = machine();
  bus.outb(MASTER + 1, 0xff);
  pic.setLine(1, true);
  initialise(bus, MASTER, [0x11, 0x20, 0x04, 0x01]);
  expect(bus.inb(MASTER + 1)).toBe(0);
  expect(pic.intr).toBe(false);
  pic.setLine(1, false);
  pic.setLine(1, true);
  expect(pic.acknowledge()).toBe(0x21);
});

test('save and load carry requests, service, modes and a half-done initialisation', () => {
  const first = machine();
  first.pulse(3);
  first.pic.acknowledge();
  first.pulse(1);
  initialise(first.bus, SLAVE, [0x11, 0x28]);
  const second = machine();
  second.pic.load(savedCopy(first.pic));
  expect(second.pic.intr).toBe(true);
  expect(second.pic.acknowledge()).toBe(0x09);
  second.bus.outb(SLAVE + 1, 0x02);
  second.bus.outb(SLAVE + 1, 0x01);
  second.bus.outb(MASTER, 0x20);
  second.bus.outb(MASTER, 0x20);
  second.pulse(9);
  expect(second.pic.acknowledge()).toBe(0x29);
  expect(() => second.pic.load({ master: 1 })).toThrow(/pic\.master is not an object/);
});

test('reset masks everything and lets INTR fall', () => {
  const { bus, pic, pulse } = machine();
  pulse(1);
  pic.reset();
  expect(pic.intr).toBe(false);
  expect(bus.inb(MASTER + 1)).toBe(0xff);
});
