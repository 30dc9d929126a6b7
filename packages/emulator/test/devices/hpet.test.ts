/** HPET by its registers. */
import { beforeEach, describe, expect, test } from 'vitest';
import { HPET_ID, Hpet } from '../../src/devices/hpet.ts';
import { HPET_BASE } from '../../src/firmware/pc-map.ts';
import { FakeBus, savedCopy } from './fake-bus.ts';

const CONFIG = 0x10;
const STATUS = 0x20;
const COUNTER = 0xf0;
const timer = (index: number): number => 0x100 + 0x20 * index;
const VALUE = 8;
const ENABLE = 1;
const LEGACY = 2;
const Bit = { level: 2, interrupts: 4, periodic: 8, setValue: 0x40, narrow: 0x100, route: (line: number): number => line << 9 } as const;
const TICK = 10;

let bus: FakeBus;
let hpet: Hpet;
beforeEach(() => {
  bus = new FakeBus();
  hpet = new Hpet(bus);
});
const get = (register: number): number => bus.mmioRead(HPET_BASE + register);
const set = (register: number, value: number): void => bus.mmioWrite(HPET_BASE + register, value);

test('capabilities', () => {
  expect([get(0), get(4), get(timer(0)), get(timer(2) + 4), get(timer(3)), HPET_ID]).toEqual([0x8086a201, 10_000_000, 0x30, 0x00f00000, 0, 0x8086a201]);
  expect(bus.mmioRead(HPET_BASE + 2, 2)).toBe(0x8086);
});

test('the counter stands until it is enabled, keeps its value when stopped, carries into its high half', () => {
  bus.clock.advance(1000);
  expect(get(COUNTER)).toBe(0);
  set(CONFIG, ENABLE);
  bus.clock.advance(1005);
  expect(get(COUNTER)).toBe(100);
  set(CONFIG, 0);
  bus.clock.advance(1000);
  expect(get(COUNTER)).toBe(100);
  set(COUNTER, 0xfffffffe);
  set(COUNTER + 4, 7);
  set(CONFIG, ENABLE);
  bus.clock.advance(3 * TICK);
  expect([get(COUNTER), get(COUNTER + 4)]).toEqual([1, 8]);
});

describe('comparators', () => {
  test('one-shot, edge, on a routed line', () => {
    set(timer(2), Bit.interrupts | Bit.route(21));
    set(timer(2) + VALUE, 500);
    set(timer(2) + VALUE + 4, 0);
    set(CONFIG, ENABLE);
    bus.clock.advance(500 * TICK - 1);
    expect(bus.lines[21].edges).toBe(0);
    bus.clock.advance(1);
    expect([bus.lines[21].edges, bus.lines[21].level, get(STATUS)]).toEqual([1, false, 0]);
    bus.clock.advance(1e9);
    expect(bus.lines[21].edges).toBe(1);
  });

  test('level: the line is high until the status is cleared', () => {
    set(timer(1), Bit.interrupts | Bit.level | Bit.narrow | Bit.route(20));
    set(timer(1) + VALUE, 10);
    set(CONFIG, ENABLE);
    bus.clock.advance(10 * TICK);
    expect([bus.lines[20].level, get(STATUS)]).toEqual([true, 2]);
    set(STATUS, 1);
    expect(bus.lines[20].level).toBe(true);
    set(STATUS, 2);
    expect([bus.lines[20].level, get(STATUS)]).toEqual([false, 0]);
    // 32 bits: again when the low half comes round.
    bus.clock.advance(2 ** 32 * TICK);
    expect(bus.lines[20].level).toBe(true);
  });

  test('periodic as Linux sets it: value with the bit, then the period', () => {
    set(CONFIG, ENABLE | LEGACY);
    bus.clock.advance(33 * TICK);
    set(timer(0), Bit.interrupts | Bit.periodic | Bit.setValue | Bit.narrow);
    set(timer(0) + VALUE, 100);
    set(timer(0) + VALUE, 40);
    expect([get(timer(0)), get(timer(0) + VALUE)]).toEqual([Bit.interrupts | Bit.periodic | Bit.narrow | 0x30, 100]);
    bus.clock.advance(67 * TICK - 1);
    expect(bus.lines[0].edges).toBe(0);
    bus.clock.advance(1);
    expect([bus.lines[0].edges, get(timer(0) + VALUE)]).toEqual([1, 140]);
    bus.clock.advance(400 * TICK);
    expect([bus.lines[0].edges, get(timer(0) + VALUE)]).toEqual([11, 540]);
    bus.clock.jump(95 * TICK);
    expect([bus.lines[0].edges, get(timer(0) + VALUE), bus.clock.next]).toEqual([12, 620, 620 * TICK]);
  });

  test('periodic with 64 bits: both halves of the value go by the bit', () => {
    set(timer(0), Bit.periodic | Bit.setValue);
    set(timer(0) + VALUE, 5);
    set(timer(0) + VALUE + 4, 1);
    expect([get(timer(0) + VALUE), get(timer(0) + VALUE + 4), get(timer(0)) & Bit.setValue]).toEqual([5, 1, 0]);
    set(timer(0) + VALUE, 9);
    expect(get(timer(0) + VALUE)).toBe(5);
  });

  test('a match that is due but not served is not lost by a write', () => {
    set(timer(0), Bit.interrupts | Bit.route(22));
    set(timer(0) + VALUE, 10);
    set(timer(0) + VALUE + 4, 0);
    set(CONFIG, ENABLE);
    bus.clock.now += 25 * TICK;
    set(CONFIG, ENABLE);
    expect(bus.lines[22].edges).toBe(1);
  });

  test('no interrupt without its enable, without a route, or while the counter stands', () => {
    set(timer(0) + VALUE, 10);
    set(timer(0) + VALUE + 4, 0);
    expect(bus.clock.next).toBe(Infinity);
    set(CONFIG, ENABLE);
    bus.clock.advance(20 * TICK);
    set(timer(1), Bit.interrupts | Bit.route(4));
    set(timer(1) + VALUE, 50);
    set(timer(1) + VALUE + 4, 0);
    bus.clock.advance(100 * TICK);
    expect(bus.lines.map(({ edges }) => edges).filter((edges) => edges !== 0)).toEqual([]);
  });
});

test('legacy replacement cuts PIT and RTC off their lines, and gives them back', () => {
  const pit = hpet.legacyLine(bus.irq(3));
  pit.set(true);
  expect(bus.lines[3].level).toBe(true);
  set(CONFIG, LEGACY);
  expect(bus.lines[3].level).toBe(false);
  pit.set(false);
  pit.set(true);
  expect(bus.lines[3].edges).toBe(1);
  set(CONFIG, 0);
  expect(bus.lines[3].level).toBe(true);
});

test('save and load: counter with its fraction, comparators, level interrupts, a match that is due', () => {
  set(timer(0), Bit.interrupts | Bit.periodic | Bit.setValue | Bit.narrow | Bit.route(20));
  set(timer(0) + VALUE, 100);
  set(timer(0) + VALUE, 100);
  set(timer(1), Bit.interrupts | Bit.level | Bit.route(23));
  set(timer(1) + VALUE, 50);
  set(timer(1) + VALUE + 4, 0);
  set(CONFIG, ENABLE);
  bus.clock.advance(60 * TICK + 3);
  bus.clock.now += 45 * TICK;
  const saved = savedCopy(hpet);
  const { now } = bus.clock;
  bus = new FakeBus();
  hpet = new Hpet(bus);
  bus.clock.now = now;
  hpet.load(saved);
  expect([bus.lines[23].level, get(STATUS), get(COUNTER), bus.clock.next]).toEqual([true, 2, 105, 100 * TICK]);
  bus.clock.fireDue();
  expect([bus.lines[20].edges, bus.clock.next]).toEqual([1, 200 * TICK]);
  bus.clock.advance(7);
  expect(get(COUNTER)).toBe(106);
  hpet.reset();
  expect([get(CONFIG), get(STATUS), get(COUNTER), bus.lines[23].level, bus.clock.next]).toEqual([0, 0, 0, false, Infinity]);
  expect(() => hpet.load({ ...(saved as object), comparators: [] })).toThrow(/hpet\.comparators/);
});
