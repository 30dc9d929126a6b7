/** 16550A by its registers, and the steps of Linux's probe (drivers/tty/serial/8250: what it writes and what it wants to read). */
import { beforeEach, describe, expect, test } from 'vitest';
import { Uart16550 } from '../../src/devices/uart16550.ts';
import { FakeBus, savedCopy } from './fake-bus.ts';

const DATA = 0x3f8;
const IER = 0x3f9;
const IIR = 0x3fa;
const FCR = 0x3fa;
const LCR = 0x3fb;
const MCR = 0x3fc;
const LSR = 0x3fd;
const MSR = 0x3fe;
const SCRATCH = 0x3ff;
/** One character of 8N1 at 115,200 baud, ns. */
const CHARACTER = Math.ceil(1e10 / 115_200);

let bus: FakeBus;
let sent: number[];

function build(options: { readonly paced?: boolean; readonly index?: number } = {}): { bus: FakeBus; uart: Uart16550 } {
  const newBus = new FakeBus();
  const uart = new Uart16550(newBus, { index: options.index ?? 0, paced: options.paced ?? false, onTransmit: (bytes) => sent.push(...bytes) });
  newBus.outb(LCR, 0x80);
  newBus.outb(DATA, 1);
  newBus.outb(IER, 0);
  newBus.outb(LCR, 3);
  return { bus: newBus, uart };
}

let uart: Uart16550;
beforeEach(() => {
  sent = [];
  ({ bus, uart } = build());
});

const irq = (): boolean => bus.lines[4].level;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
function readAll(): string {
  let all = '';
  while ((bus.inb(LSR) & 1) !== 0) all += String.fromCharCode(bus.inb(DATA));
  return all;
}

describe('what Linux probes', () => {
  test('IER holds four bits, the scratch register eight', () => {
    bus.outb(IER, 0);
    expect(bus.inb(IER) & 0x0f).toBe(0);
    bus.outb(IER, 0xff);
    expect(bus.inb(IER)).toBe(0x0f);
    bus.outb(SCRATCH, 0xa5);
    expect(bus.inb(SCRATCH)).toBe(0xa5);
  });

  test('loopback: MCR comes back in MSR', () => {
    const rows = [[0x1a, 0x90], [0x11, 0x20], [0x12, 0x10], [0x14, 0x40], [0x18, 0x80], [0x10, 0]] as const;
    for (const [mcr, msr] of rows) {
      bus.outb(MCR, mcr);
      expect(bus.inb(MSR) & 0xf0).toBe(msr);
    }
    bus.outb(MCR, 0xe0);
    expect([bus.inb(MCR), bus.inb(MSR) & 0xf0]).toEqual([0, 0xb0]);
  });

  test('FCR: FIFO bits in IIR say 16550A, and no EFR answers behind LCR', () => {
    expect(bus.inb(IIR)).toBe(0x01);
    bus.outb(FCR, 1);
    expect(bus.inb(IIR)).toBe(0xc1);
    bus.outb(LCR, 0xbf);
    expect(bus.inb(FCR)).not.toBe(0);
    bus.outb(LCR, 0);
    bus.outb(FCR, 0);
    expect(bus.inb(IIR)).toBe(0x01);
  });

  test('enabling the THRE interrupt raises it each time; reading IIR takes it back', () => {
    for (let i = 0; i < 3; i++) {
      bus.outb(IER, 2);
      expect([irq(), bus.inb(LSR) & 0x60, bus.inb(IIR), irq(), bus.inb(IIR)]).toEqual([true, 0x60, 0x02, false, 0x01]);
      bus.outb(IER, 0);
    }
  });

  test('divisor latch', () => {
    bus.outb(LCR, 0x83);
    bus.outb(DATA, 0x34);
    bus.outb(IER, 0x12);
    expect([bus.inb(DATA), bus.inb(IER)]).toEqual([0x34, 0x12]);
    bus.outb(LCR, 3);
    expect([bus.inb(DATA), bus.inb(IER), sent]).toEqual([0, 0, []]);
  });

  test('ports of absent serial ports read as ones', () => {
    expect([0x2f8, 0x2fd, 0x3ef, 0x2e8].map((port) => bus.inb(port))).toEqual([0xff, 0xff, 0xff, 0xff]);
  });
});

describe('transmitter', () => {
  test('a byte is out at once; the THRE interrupt has an edge for each', () => {
    bus.outb(IER, 2);
    bus.inb(IIR);
    const edges = bus.lines[4].edges;
    for (const byte of text('hi')) {
      bus.outb(DATA, byte);
      expect([irq(), bus.inb(IIR), irq()]).toEqual([true, 2, false]);
    }
    expect([sent, bus.lines[4].edges - edges]).toEqual([[0x68, 0x69], 2]);
  });

  test('paced: takes its time; THR empties into the shift register, then the line', () => {
    ({ bus, uart } = build({ paced: true }));
    bus.outb(IER, 2);
    bus.inb(IIR);
    bus.outb(DATA, 1);
    expect([bus.inb(LSR) & 0x60, bus.inb(IIR)]).toEqual([0x20, 2]);
    bus.outb(DATA, 2);
    expect([bus.inb(LSR) & 0x60, bus.inb(IIR), sent]).toEqual([0, 1, []]);
    bus.clock.advance(CHARACTER);
    expect([sent, bus.inb(LSR) & 0x60, irq(), bus.inb(IIR)]).toEqual([[1], 0x20, true, 2]);
    bus.clock.advance(CHARACTER);
    expect([sent, bus.inb(LSR) & 0x60, irq()]).toEqual([[1, 2], 0x60, false]);
  });

  test('paced with FIFO: sixteen wait, a seventeenth replaces the last, clearing loses them', () => {
    ({ bus, uart } = build({ paced: true }));
    bus.outb(FCR, 1);
    for (let byte = 0; byte < 18; byte++) bus.outb(DATA, byte);
    bus.clock.advance(CHARACTER * 3);
    expect(sent).toEqual([0, 1, 2]);
    bus.outb(FCR, 5);
    bus.clock.advance(CHARACTER * 20);
    expect(sent).toEqual([0, 1, 2, 3]);
    for (let byte = 20; byte < 38; byte++) bus.outb(DATA, byte);
    bus.clock.advance(CHARACTER * 20);
    expect(sent.slice(4)).toEqual([...Array.from({ length: 16 }, (_, i) => 20 + i), 37]);
  });
});

describe('receiver', () => {
  test('without FIFO: one byte at a time, none lost', () => {
    bus.outb(IER, 1);
    expect([uart.receive(text('abc')), uart.backlog]).toEqual([3, 3]);
    expect([irq(), bus.inb(IIR), bus.inb(LSR) & 3]).toEqual([true, 4, 1]);
    expect(readAll()).toBe('abc');
    expect([irq(), bus.inb(IIR), uart.backlog]).toEqual([false, 1, 0]);
  });

  test('FIFO: interrupt at the trigger level, timeout below it after four characters', () => {
    bus.outb(FCR, 0x81);
    bus.outb(IER, 1);
    uart.receive(text('1234567'));
    expect([irq(), bus.inb(IIR)]).toEqual([false, 0xc1]);
    uart.receive(text('8'));
    expect([irq(), bus.inb(IIR)]).toEqual([true, 0xc4]);
    expect(bus.inb(DATA)).toBe(0x31);
    expect(irq()).toBe(false);
    bus.clock.advance(4 * CHARACTER - 1);
    expect(irq()).toBe(false);
    bus.clock.advance(1);
    expect([irq(), bus.inb(IIR), bus.inb(DATA), irq()]).toEqual([true, 0xcc, 0x32, false]);
    expect(readAll()).toBe('345678');
    expect(bus.clock.next).toBe(Infinity);
  });

  test.each([[0x01, 1], [0x41, 4], [0x81, 8], [0xc1, 14]])('FCR %i: trigger level %i', (fcr, level) => {
    bus.outb(FCR, fcr);
    bus.outb(IER, 1);
    uart.receive(new Uint8Array(level - 1));
    expect(irq()).toBe(false);
    uart.receive(new Uint8Array(1));
    expect(irq()).toBe(true);
  });

  test('a flood waits outside of the FIFO', () => {
    bus.outb(FCR, 0x81);
    const flood = 'x'.repeat(5000);
    uart.receive(text(flood));
    expect([bus.inb(LSR) & 2, readAll()]).toEqual([0, flood]);
  });

  test('clearing the FIFO loses what is in it, not what waits', () => {
    bus.outb(FCR, 1);
    uart.receive(text('0123456789abcdefXYZ'));
    bus.outb(FCR, 3);
    expect(readAll()).toBe('XYZ');
  });

  test('loopback brings bytes back; the seventeenth is an overrun', () => {
    bus.outb(FCR, 1);
    bus.outb(MCR, 0x10);
    bus.outb(IER, 4);
    for (let byte = 0; byte < 17; byte++) bus.outb(DATA, 0x41 + byte);
    expect([sent, irq(), bus.inb(IIR), bus.inb(LSR), irq(), bus.inb(LSR)]).toEqual([[], true, 0xc6, 0x63, false, 0x61]);
    expect(readAll()).toBe('ABCDEFGHIJKLMNOP');
    uart.receive(text('!'));
    expect(bus.inb(LSR) & 1).toBe(0);
    bus.outb(MCR, 0);
    expect(readAll()).toBe('!');
  });

  test('overrun without FIFO: the new byte replaces the old one', () => {
    bus.outb(MCR, 0x10);
    bus.outb(DATA, 1);
    bus.outb(DATA, 2);
    expect([bus.inb(LSR) & 3, bus.inb(DATA)]).toEqual([3, 2]);
  });

  test('a break is a zero with break and framing error, told when it is the oldest', () => {
    bus.outb(FCR, 1);
    bus.outb(IER, 5);
    uart.receive(text('a'));
    uart.receiveBreak();
    expect([bus.inb(LSR), bus.inb(IIR), bus.inb(DATA)]).toEqual([0xe1, 0xc4, 0x61]);
    expect([bus.inb(IIR), bus.inb(LSR), bus.inb(LSR), bus.inb(DATA), irq()]).toEqual([0xc6, 0xf9, 0x61, 0, false]);
    bus.outb(MCR, 0x10);
    bus.outb(LCR, 0x43);
    expect(bus.inb(LSR) & 0x19).toBe(0x19);
  });
});

test('modem status: deltas, their interrupt, and the trailing edge of ring', () => {
  bus.inb(MSR);
  bus.outb(IER, 8);
  bus.outb(MCR, 0x16);
  expect([irq(), bus.inb(IIR), bus.inb(MSR), irq(), bus.inb(MSR)]).toEqual([true, 0, 0x5a, false, 0x50]);
  bus.outb(MCR, 0x12);
  expect(bus.inb(MSR)).toBe(0x14);
});

test('priorities of causes: line status, data, THRE, modem status', () => {
  bus.inb(MSR);
  bus.outb(MCR, 0x1a);
  bus.outb(DATA, 1);
  bus.outb(DATA, 2);
  bus.outb(IER, 0x0f);
  expect([bus.inb(IIR), bus.inb(LSR) & 2, bus.inb(IIR), bus.inb(DATA), bus.inb(IIR), bus.inb(IIR), bus.inb(MSR) & 0x0f, bus.inb(IIR)])
    .toEqual([6, 2, 4, 2, 2, 0, 2, 1]);
});

test('COM2 is at 0x2F8 on line 3', () => {
  ({ bus, uart } = build({ index: 1 }));
  expect(uart.id).toBe('uart1');
  bus.outb(0x2f9, 2);
  expect(bus.lines[3].level).toBe(true);
});

test('save and load: FIFO, queue, pending causes, a byte on its way out', () => {
  ({ bus, uart } = build({ paced: true }));
  bus.outb(FCR, 0xc1);
  bus.outb(IER, 3);
  uart.receive(text('0123456789abcdefg'));
  bus.inb(DATA);
  uart.receive(text('tail'));
  bus.outb(DATA, 0x55);
  bus.clock.advance(1000);
  const saved = savedCopy(uart);
  const { now } = bus.clock;
  ({ bus, uart } = build({ paced: true }));
  bus.clock.now = now;
  uart.load(saved);
  expect([irq(), readAll(), sent]).toEqual([true, '123456789abcdefgtail', []]);
  bus.clock.advance(CHARACTER - 1000);
  expect(sent).toEqual([0x55]);
  expect(() => uart.load({ ...(saved as object), ier: 16 })).toThrow(/uart0\.ier/);
});

test('reset: quiet, and what the line still has to bring comes', () => {
  bus.outb(FCR, 0x81);
  bus.outb(IER, 0x0f);
  uart.receive(text('0123456789abcdefZ'));
  uart.reset();
  expect([irq(), bus.inb(IER), bus.inb(IIR), bus.inb(LSR), bus.inb(MSR)]).toEqual([false, 0, 1, 0x61, 0xb0]);
  expect(bus.inb(DATA)).toBe(0x5a);
});
