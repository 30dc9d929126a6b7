/** MC146818 and CMOS by their registers: the calendar, setting it, UIP, the three interrupts, what firmware put into CMOS. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Rtc } from '../../src/devices/rtc.ts';
import { FakeBus, FakeClock, savedCopy } from './fake-bus.ts';

const MIB = 1024 * 1024;
const SECOND = 1e9;
const TIME = [0, 2, 4, 6, 7, 8, 9, 0x32] as const;
const PIE = 0x40;
const AIE = 0x20;
const UIE = 0x10;

let bus: FakeBus;
let rtc: Rtc;
let masks: boolean[];

function build(epoch?: number): { bus: FakeBus; rtc: Rtc } {
  const newBus = new FakeBus({ clock: new FakeClock(epoch) });
  const memory = { below4G: 512 * MIB, above4G: 0 };
  return { bus: newBus, rtc: new Rtc(newBus, { memory, cells: { 0x10: 0x40 }, onNmiMask: (masked) => masks.push(masked) }) };
}

beforeEach(() => {
  masks = [];
  ({ bus, rtc } = build());
});

function get(cell: number): number {
  bus.outb(0x70, cell);
  return bus.inb(0x71);
}
function set(cell: number, value: number): void {
  bus.outb(0x70, cell);
  bus.outb(0x71, value);
}
const hex = (cells: readonly number[]): string => cells.map((cell) => get(cell).toString(16).padStart(2, '0')).join(' ');
const irq = (): boolean => bus.lines[8].level;

describe('calendar', () => {
  test('begins at the host’s time, in BCD and 24 hours, and runs over the leap day', () => {
    expect(hex(TIME)).toBe('58 59 23 05 29 02 24 20');
    bus.clock.advance(2 * SECOND);
    expect(hex(TIME)).toBe('00 00 00 06 01 03 24 20');
  });

  test.each([
    [0x06, '3a 3b 17 05 1d 02 18 14'],
    [0x04, '3a 3b 8b 05 1d 02 18 14'],
    [0x00, '58 59 91 05 29 02 24 20'],
  ])('register B = %i: its format', (b, text) => {
    set(0x0b, b);
    expect(hex(TIME)).toBe(text);
  });

  test.each([[0, '12'], [1, '01'], [11, '11'], [12, '92'], [13, '81'], [23, '91']])('hour %i on the 12-hour clock', (hour, text) => {
    ({ bus, rtc } = build(Date.UTC(2030, 5, 1, hour) * 1e6));
    set(0x0b, 0);
    expect(hex([4])).toBe(text);
    set(0x0b, 0x80);
    set(0x0b, 0);
    bus.clock.advance(SECOND);
    expect(hex([4])).toBe(text);
  });

  test('a fraction of a second at power-on counts', () => {
    ({ bus, rtc } = build(Date.UTC(2030, 0, 1) * 1e6 + 750_000_000));
    bus.clock.advance(249_999_000);
    expect(get(0)).toBe(0);
    bus.clock.advance(2000);
    expect(get(0)).toBe(1);
  });

  test('setting: with SET time stands, then goes on from what was written', () => {
    set(0x0b, 0x82);
    const written = [0x30, 0x45, 0x12, 0x02, 0x31, 0x12, 0x99, 0x19];
    TIME.forEach((cell, index) => set(cell, written[index]));
    bus.clock.advance(100 * SECOND);
    expect(hex(TIME)).toBe('30 45 12 02 31 12 99 19');
    set(0x0b, 0x02);
    bus.clock.advance(SECOND);
    expect(hex(TIME)).toBe('31 45 12 02 31 12 99 19');
    bus.clock.advance(12 * 3600 * SECOND);
    // The weekday is the guest's own: 31 December 1999 was a Friday, it said Monday.
    expect(hex(TIME)).toBe('31 45 00 03 01 01 00 20');
  });

  test('a register written while it runs', () => {
    set(2, 0x30);
    bus.clock.advance(3 * SECOND);
    expect(hex(TIME)).toBe('01 31 23 05 29 02 24 20');
  });

  test('what no calendar has counts on', () => {
    set(0x0b, 0x82);
    set(7, 0x31);
    set(4, 0xff);
    set(0x0b, 0x02);
    expect(get(8)).toBe(0x03);
  });

  test('divider reset holds the time; the first update comes half a second after it', () => {
    bus.clock.advance(0.3 * SECOND);
    set(0x0a, 0x70);
    bus.clock.advance(10 * SECOND);
    expect([get(0), get(0x0a)]).toEqual([0x58, 0x70]);
    set(0x0a, 0x26);
    bus.clock.advance(0.5 * SECOND - 1);
    expect(get(0)).toBe(0x58);
    bus.clock.advance(1);
    expect(get(0)).toBe(0x59);
  });

  test('UIP warns for 244 µs before the second ends', () => {
    bus.clock.advance(SECOND - 244_001);
    expect(get(0x0a)).toBe(0x26);
    bus.clock.advance(1);
    expect([get(0x0a), get(0)]).toEqual([0xa6, 0x58]);
    bus.clock.advance(244_000);
    expect([get(0x0a), get(0)]).toEqual([0x26, 0x59]);
    set(0x0b, 0x82);
    bus.clock.advance(SECOND - 1);
    expect(get(0x0a)).toBe(0x26);
  });
});

describe('interrupts', () => {
  test('update-ended, each second, until C is read', () => {
    set(0x0b, 0x02 | UIE);
    bus.clock.advance(SECOND - 1);
    expect(irq()).toBe(false);
    bus.clock.advance(1);
    expect([irq(), get(0x0c), irq(), get(0x0c)]).toEqual([true, 0xd0, false, 0]);
    bus.clock.advance(5 * SECOND);
    expect(bus.lines[8].edges).toBe(2);
    set(0x0b, 0x92);
    expect(get(0x0b)).toBe(0x82);
  });

  test.each([[1, 256], [2, 128], [3, 8192], [6, 1024], [15, 2]])('periodic, rate %i: %i Hz', (rate, hz) => {
    set(0x0a, 0x20 | rate);
    set(0x0b, 0x02 | PIE);
    let count = 0;
    while (bus.clock.next < SECOND + 1) {
      bus.clock.advanceTo(bus.clock.next);
      expect(get(0x0c) & 0xc0).toBe(0xc0);
      count++;
    }
    expect(count).toBe(hz);
  });

  test('flags come without their enables too, and nothing is armed for them', () => {
    bus.clock.advance(SECOND);
    expect([bus.clock.next, irq(), get(0x0c), get(0x0c)]).toEqual([Infinity, false, 0x50, 0]);
    // A flag that is up already interrupts when it is enabled.
    bus.clock.advance(SECOND);
    set(0x0b, 0x02 | UIE);
    expect(irq()).toBe(true);
  });

  test.each([
    ['exact', [0x01, 0x00, 0x00], 3], ['any second of a minute', [0xff, 0x00, 0x00], 2], ['any', [0xc0, 0xff, 0xff], 1],
    ['next day', [0x57, 0x59, 0x23], 86_399], ['minute of any hour', [0x30, 0x15, 0xff], 2 + 15 * 60 + 30],
    ['hour', [0x00, 0x00, 0x05], 2 + 5 * 3600], ['this minute', [0x59, 0x59, 0x23], 1],
  ])('alarm: %s', (_name, [second, minute, hour], after) => {
    for (const [cell, value] of [[1, second], [3, minute], [5, hour]]) set(cell, value);
    get(0x0c);
    set(0x0b, 0x02 | AIE);
    expect(bus.clock.next).toBe(after * SECOND);
    bus.clock.advance(after * SECOND);
    expect([irq(), get(0x0c) & 0xa0]).toEqual([true, 0xa0]);
  });

  test('an alarm that no time matches never rings; one that rang unwatched shows in C', () => {
    set(5, 0x24);
    set(0x0b, 0x02 | AIE);
    expect(bus.clock.next).toBe(Infinity);
    set(0x0b, 0x02);
    for (const cell of [1, 3, 5]) set(cell, 0x00);
    get(0x0c);
    bus.clock.advance(10 * SECOND);
    expect(get(0x0c) & 0x20).toBe(0x20);
  });
});

describe('CMOS', () => {
  test('memory sizes, equipment, checksum', () => {
    const word = (cell: number): number => get(cell) | (get(cell + 1) << 8);
    expect([word(0x15), word(0x17), word(0x30), word(0x34), word(0x5b), get(0x5d), get(0x14), get(0x0d)])
      .toEqual([640, 65_535, 65_535, (512 - 16) * 16, 0, 0, 0x26, 0x80]);
    let sum = 0;
    for (let cell = 0x10; cell <= 0x2d; cell++) sum += get(cell);
    expect((get(0x2e) << 8) | get(0x2f)).toBe(sum);
    const big = new FakeBus();
    new Rtc(big, { memory: { below4G: 8 * MIB, above4G: 2 ** 34 } });
    const cell = (index: number): number => {
      big.outb(0x70, index);
      return big.inb(0x71);
    };
    expect([0x30, 0x31, 0x34, 0x5b, 0x5c, 0x5d].map(cell)).toEqual([0x00, 0x1c, 0, 0, 0, 4]);
  });

  test('cells keep what is written; the index wraps at 128 and carries the NMI mask', () => {
    set(0x40, 0x5a);
    bus.outb(0x70, 0xc0);
    expect([bus.inb(0x71), masks, bus.inb(0x70)]).toEqual([0x5a, [true], 0xff]);
    get(0x40);
    expect(masks).toEqual([true, false]);
    set(0x0d, 0);
    expect(get(0x0d)).toBe(0x80);
  });
});

test('reset: interrupts off, time and cells stay', () => {
  set(0x40, 1);
  set(0x0b, 0x7e);
  bus.clock.advance(SECOND);
  rtc.reset();
  expect([irq(), bus.clock.next, get(0x0b), get(0x0c), get(0x40), get(0)]).toEqual([false, Infinity, 0x06, 0, 1, 59]);
});

test('save and load: time, formats, flags, alarms', () => {
  set(2, 0x10);
  set(6, 0x01);
  set(0x0b, 0x02 | PIE | UIE);
  bus.clock.advance(0.7 * SECOND);
  get(0x0c);
  const saved = savedCopy(rtc);
  const { now } = bus.clock;
  const text = hex(TIME);
  const { next } = bus.clock;
  ({ bus, rtc } = build(5e17));
  bus.clock.now = now;
  rtc.load(saved);
  expect([hex(TIME), bus.clock.next]).toEqual([text, next]);
  bus.clock.advance(SECOND);
  expect(get(0x0c)).toBe(0xd0);
  expect(() => rtc.load({ ...(saved as object), cells: new Uint8Array(3) })).toThrow(/rtc\.cells/);
});
