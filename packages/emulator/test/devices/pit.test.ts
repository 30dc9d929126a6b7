/** The 8254 and port 0x61, by their registers, at exact clocks. */
import { beforeEach, describe, expect, test } from 'vitest';
import { PIT_HZ, Pit } from '../../src/devices/pit.ts';
import { nsOfTick, ticksAt } from '../../src/devices/ticks.ts';
import { FakeBus, FakeClock, savedCopy } from './fake-bus.ts';

let bus: FakeBus;
let pit: Pit;

beforeEach(() => {
  bus = new FakeBus();
  pit = new Pit(bus);
});

/** Control word and count, low byte first. */
function program(channel: number, mode: number, count: number, options: { readonly bcd?: boolean } = {}): void {
  bus.outb(0x43, (channel << 6) | 0x30 | (mode << 1) | (options.bcd === true ? 1 : 0));
  bus.outb(0x40 + channel, count & 0xff);
  bus.outb(0x40 + channel, count >> 8);
}

/** Move to a clock of the PIT, counted from power-on. */
const toClock = (clock: number): void => bus.clock.advanceTo(nsOfTick(clock, PIT_HZ));

function count(channel: number): number {
  bus.outb(0x43, channel << 6);
  return bus.inb(0x40 + channel) | (bus.inb(0x40 + channel) << 8);
}

function status(channel: number): number {
  bus.outb(0x43, 0xe0 | (2 << channel));
  return bus.inb(0x40 + channel);
}

const out = (channel: number): number => status(channel) >> 7;
const gate2 = (level: number): void => bus.outb(0x61, level);

describe('counter 2, OUT and count by clock', () => {
  const rows: readonly { readonly mode: number; readonly count: number; readonly bcd?: boolean; readonly trigger?: boolean; readonly at: readonly (readonly [number, number, number])[] }[] = [
    // at: clock, OUT, count
    { mode: 0, count: 5, at: [[0, 0, 5], [4, 0, 1], [5, 1, 0], [6, 1, 0xffff], [70_000, 1, (5 - 70_000 + 0x20000) & 0xffff]] },
    { mode: 0, count: 0, at: [[1, 0, 0xffff], [0xffff, 0, 1], [0x10000, 1, 0]] },
    { mode: 0, count: 0x0100, bcd: true, at: [[1, 0, 0x0099], [100, 1, 0], [101, 1, 0x9999]] },
    { mode: 0, count: 0, bcd: true, at: [[1, 0, 0x9999], [9999, 0, 1], [10_000, 1, 0]] },
    { mode: 1, count: 5, trigger: true, at: [[0, 0, 5], [4, 0, 1], [5, 1, 0], [6, 1, 0xffff]] },
    { mode: 2, count: 4, at: [[0, 1, 4], [2, 1, 2], [3, 0, 1], [4, 1, 4], [7, 0, 1], [4003, 0, 1]] },
    { mode: 3, count: 6, at: [[0, 1, 6], [1, 1, 4], [2, 1, 2], [3, 0, 6], [5, 0, 2], [6, 1, 6]] },
    { mode: 3, count: 5, at: [[0, 1, 4], [1, 1, 2], [2, 1, 0], [3, 0, 4], [4, 0, 2], [5, 1, 4]] },
    { mode: 7, count: 6, at: [[1, 1, 4], [3, 0, 6]] },
    { mode: 4, count: 3, at: [[0, 1, 3], [2, 1, 1], [3, 0, 0], [4, 1, 0xffff]] },
    { mode: 5, count: 3, trigger: true, at: [[0, 1, 3], [2, 1, 1], [3, 0, 0], [4, 1, 0xffff]] },
  ];
  test.each(rows)('mode $mode, count $count', ({ mode, count: initial, bcd, trigger, at }) => {
    if (trigger !== true) gate2(1);
    program(2, mode, initial, { bcd: bcd ?? false });
    if (trigger === true) gate2(1);
    for (const [clock, level, value] of at) {
      toClock(clock);
      expect([clock, out(2), count(2)]).toEqual([clock, level, value]);
      expect((bus.inb(0x61) >> 5) & 1).toBe(level);
    }
  });
});

describe('gate', () => {
  test.each([[0, 0], [4, 1]])('mode %i: low holds the count', (mode, level) => {
    gate2(1);
    program(2, mode, 10);
    toClock(4);
    gate2(0);
    toClock(100);
    expect([out(2), count(2)]).toEqual([level, 6]);
    gate2(1);
    toClock(105);
    expect([out(2), count(2)]).toEqual([level, 1]);
    toClock(106);
    expect([out(2), count(2)]).toEqual([1 - level, 0]);
  });

  test.each([2, 3])('mode %i: low forces OUT high, the rising edge starts a period', (mode) => {
    gate2(1);
    program(2, mode, 10);
    toClock(9);
    expect(out(2)).toBe(0);
    gate2(0);
    toClock(19);
    expect(out(2)).toBe(1);
    const held = count(2);
    toClock(21);
    expect(count(2)).toBe(held);
    gate2(1);
    expect(count(2)).toBe(10);
    toClock(30);
    expect(out(2)).toBe(0);
  });

  test('modes 1 and 5 wait for the edge, and start again at each; a count written meanwhile is taken then', () => {
    program(2, 1, 5);
    toClock(50);
    expect([status(2) & 0xc0]).toEqual([0xc0]);
    gate2(1);
    toClock(53);
    gate2(0);
    gate2(1);
    toClock(57);
    expect([out(2), count(2)]).toEqual([0, 1]);
    bus.outb(0x42, 20);
    bus.outb(0x42, 0);
    toClock(58);
    expect([out(2), status(2) & 0x40]).toEqual([1, 0x40]);
    gate2(0);
    gate2(1);
    expect([out(2), count(2), status(2) & 0x40]).toEqual([0, 20, 0]);
  });
});

describe('writing and reading counts', () => {
  test('a new count: mode 2 ends the period first, mode 3 the half period', () => {
    gate2(1);
    program(2, 2, 10);
    toClock(4);
    bus.outb(0x42, 4);
    bus.outb(0x42, 0);
    expect(status(2) & 0x40).toBe(0x40);
    toClock(9);
    expect([out(2), count(2)]).toEqual([0, 1]);
    toClock(13);
    expect([out(2), count(2), status(2) & 0x40]).toEqual([0, 1, 0]);

    program(2, 3, 10);
    const start = 13;
    toClock(start + 2);
    bus.outb(0x42, 4);
    bus.outb(0x42, 0);
    toClock(start + 5);
    expect([out(2), count(2)]).toEqual([0, 4]);
    toClock(start + 7);
    expect([out(2), count(2)]).toEqual([1, 4]);
  });

  test('mode 0: the first of two bytes stops the counter with OUT low', () => {
    gate2(1);
    program(2, 0, 3);
    toClock(3);
    expect(out(2)).toBe(1);
    bus.outb(0x42, 8);
    expect(out(2)).toBe(0);
    toClock(10);
    bus.outb(0x42, 0);
    toClock(17);
    expect([out(2), count(2)]).toEqual([0, 1]);
  });

  test('low or high byte alone', () => {
    gate2(1);
    bus.outb(0x43, 0x90);
    bus.outb(0x42, 0x20);
    toClock(1);
    expect([bus.inb(0x42), bus.inb(0x42), status(2) & 0x3f]).toEqual([0x1f, 0x1f, 0x10]);
    bus.outb(0x43, 0xa0);
    bus.outb(0x42, 0x20);
    expect([bus.inb(0x42), status(2) & 0x3f]).toEqual([0x20, 0x20]);
    toClock(2);
    expect(bus.inb(0x42)).toBe(0x1f);
  });

  test('a latched count stands still, a second latch is ignored, status is read before it', () => {
    gate2(1);
    program(2, 2, 0x1234);
    bus.outb(0x43, 0x80);
    toClock(0x34);
    bus.outb(0x43, 0x80);
    bus.outb(0x43, 0xe8);
    expect([bus.inb(0x42), bus.inb(0x42), bus.inb(0x42)]).toEqual([0xb4, 0x34, 0x12]);
    expect([bus.inb(0x42), bus.inb(0x42)]).toEqual([0x00, 0x12]);
    expect(bus.inb(0x43)).toBe(0xff);
  });

  test('read-back latches several counters at once', () => {
    for (const channel of [0, 1, 2]) program(channel, 2, 100 * (channel + 1));
    bus.outb(0x43, 0xde);
    toClock(7);
    expect([0x40, 0x41, 0x42].map((port) => bus.inb(port) | (bus.inb(port) << 8))).toEqual([100, 200, 300]);
  });
});

describe('interrupt line 0', () => {
  test('mode 2: an edge each period', () => {
    program(0, 2, 1193);
    const before = bus.lines[0].edges;
    toClock(1192);
    expect(bus.lines[0].edges - before).toBe(0);
    toClock(1193);
    expect(bus.lines[0].edges - before).toBe(1);
    toClock(11_930);
    expect([bus.lines[0].edges - before, bus.lines[0].level]).toEqual([10, false]);
  });

  test('mode 3: a new count takes over at the half period, and the edges follow it', () => {
    program(0, 3, 100);
    toClock(10);
    bus.outb(0x40, 20);
    bus.outb(0x40, 0);
    const before = bus.lines[0].edges;
    toClock(59);
    expect(bus.lines[0].edges - before).toBe(0);
    toClock(60);
    expect(bus.lines[0].edges - before).toBe(1);
    toClock(80);
    expect(bus.lines[0].edges - before).toBe(2);
  });

  test.each([[0, 50], [4, 51]])('mode %i: one edge at clock %i', (mode, clock) => {
    program(0, mode, 50);
    const before = bus.lines[0].edges;
    toClock(clock - 1);
    expect(bus.lines[0].edges - before).toBe(0);
    toClock(clock);
    expect(bus.lines[0].edges - before).toBe(1);
    toClock(200_000);
    expect([bus.lines[0].edges - before, bus.clock.next]).toEqual([1, Infinity]);
  });

  test('a host that was late gives one edge, and the next on time', () => {
    program(0, 2, 1000);
    const before = bus.lines[0].edges;
    bus.clock.jump(nsOfTick(3500, PIT_HZ));
    expect(bus.lines[0].edges - before).toBe(1);
    toClock(3999);
    expect(bus.lines[0].edges - before).toBe(1);
    toClock(4000);
    expect(bus.lines[0].edges - before).toBe(2);
  });

  test('an edge that is due but not yet served survives a new control word', () => {
    program(0, 4, 1000);
    const before = bus.lines[0].edges;
    bus.clock.now = nsOfTick(1500, PIT_HZ);
    program(0, 4, 1000);
    expect(bus.lines[0].edges - before).toBe(1);
  });
});

test('port 0x61 keeps its low bits; the refresh bit toggles each 15 µs', () => {
  bus.outb(0x61, 0xff);
  expect(bus.inb(0x61) & 0xcf).toBe(0x0f);
  let toggles = 0;
  for (let last = bus.inb(0x61) & 0x10, i = 0; i < 1000; i++) {
    bus.clock.advance(1000);
    if ((bus.inb(0x61) & 0x10) !== last) toggles++;
    last = bus.inb(0x61) & 0x10;
  }
  expect(toggles).toBe(66);
});

test('save and load in the middle of a period, of a write, of a latched read', () => {
  program(0, 2, 1000);
  program(2, 3, 777);
  gate2(1);
  toClock(300);
  bus.outb(0x43, 0x80);
  bus.inb(0x42);
  bus.outb(0x40, 0xff);
  const saved = savedCopy(pit);
  const old = bus;
  bus = new FakeBus({ clock: new FakeClock() });
  bus.clock.now = old.clock.now;
  const other = new Pit(bus);
  other.load(saved);
  expect(bus.inb(0x42)).toBe(old.inb(0x42));
  expect([out(2), bus.clock.next]).toEqual([1, nsOfTick(1000, PIT_HZ)]);
  bus.outb(0x40, 0x01);
  toClock(1000 + 0x1ff);
  expect(bus.lines[0].edges).toBe(2);
  other.reset();
  expect([bus.clock.next, bus.inb(0x61) & 0x0f]).toEqual([Infinity, 0]);
});

test.each([PIT_HZ, 3_579_545, 32_768])('ticks of %i Hz: nsOfTick is the first nanosecond of a tick', (hz) => {
  for (const tick of [0, 1, 2, hz - 1, hz, hz + 1, 12_345_678_901, hz * 9_000_000 - 1]) {
    const ns = nsOfTick(tick, hz);
    expect(ticksAt(ns, hz)).toBe(tick);
    if (ns > 0) expect(ticksAt(ns - 1, hz)).toBe(tick - 1);
  }
});
