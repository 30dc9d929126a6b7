/** Keyboard controller, keyboard and mouse by ports 0x60 and 0x64, with the steps of Linux's probe. */
import { beforeEach, describe, expect, test } from 'vitest';
import { A20Gate } from '../../src/devices/a20-gate.ts';
import { PAUSE_KEY } from '../../src/devices/i8042-keyboard.ts';
import { toSet1 } from '../../src/devices/i8042-scancodes.ts';
import { I8042 } from '../../src/devices/i8042.ts';
import { FakeBus, savedCopy } from './fake-bus.ts';

const FULL = 1;
const AUX = 0x20;
const KEY_A = 0x1c;
const KEY_RIGHT = 0xe074;

let bus: FakeBus;
let a20: A20Gate;
let kbc: I8042;

beforeEach(() => {
  bus = new FakeBus();
  a20 = new A20Gate(() => undefined);
  kbc = new I8042(bus, { a20 });
});

const command = (value: number, ...data: readonly number[]): void => {
  bus.outb(0x64, value);
  for (const byte of data) bus.outb(0x60, byte);
};
const keyboard = (...bytes: readonly number[]): number[] => {
  for (const byte of bytes) bus.outb(0x60, byte);
  return drain();
};
const mouse = (...bytes: readonly number[]): number[] => {
  for (const byte of bytes) command(0xd4, byte);
  return drain();
};
const status = (): number => bus.inb(0x64);
/** Read the output buffer until it stays empty. */
function drain(): number[] {
  const bytes: number[] = [];
  while ((status() & FULL) !== 0 && bytes.length < 600) bytes.push(bus.inb(0x60));
  return bytes;
}
const reply = (value: number, ...data: readonly number[]): number[] => {
  command(value, ...data);
  return drain();
};
/** Keyboard, mouse and interrupts of both on, without translation. */
const open = (mode = 0x07): void => command(0x60, mode);

describe('controller', () => {
  test('what Linux probes: flush, self-test, command byte, AUX loop, no multiplexer, AUX switch', () => {
    expect(drain()).toEqual([]);
    expect(reply(0xaa)).toEqual([0x55]);
    expect(reply(0x20)).toEqual([0x65]);
    expect(status() & 0x14).toBe(0x14);
    for (const byte of [0x5a, 0xf0, 0x56, 0xa4]) {
      command(0xd3, byte);
      expect([status() & (FULL | AUX), bus.inb(0x60)]).toEqual([FULL | AUX, byte]);
    }
    command(0xa7);
    expect(reply(0x20)[0] & 0x20).toBe(0x20);
    command(0xa8);
    expect(reply(0x20)[0] & 0x20).toBe(0);
    command(0x60, 0x46);
    command(0xd3, 0xa5);
    expect([bus.lines[12].level, bus.lines[1].level, bus.inb(0x60), bus.lines[12].level]).toEqual([true, false, 0xa5, false]);
  });

  test.each([[0xab, 0], [0xa9, 0], [0xa4, 0xf1], [0xc0, 0xa0], [0xe0, 0], [0xd0, 0xcf]])('command %i answers %i', (value, answer) => {
    expect(reply(value)).toEqual([answer]);
  });

  test('status tells a command from data; unknown commands answer nothing', () => {
    command(0xb0);
    expect(status() & 0x09).toBe(0x08);
    bus.outb(0x60, 0xee);
    expect(status() & 0x09).toBe(0x01);
    expect(drain()).toEqual([0xee]);
  });

  test('the RAM behind the command byte', () => {
    command(0x67, 0x5a);
    expect([reply(0x27), reply(0x26)]).toEqual([[0x5a], [0]]);
  });

  test('A20 by the output port and by its own commands', () => {
    command(0xd1, 0x01);
    expect([a20.open, reply(0xd0)[0] & 2]).toEqual([false, 0]);
    command(0xd1, 0x03);
    expect(a20.open).toBe(true);
    command(0xdd);
    expect(a20.open).toBe(false);
    command(0xdf);
    expect([a20.open, bus.asked]).toEqual([true, []]);
  });

  test('reset: by the pulse of line 0, by the output port', () => {
    command(0xff);
    expect(bus.asked).toEqual([]);
    command(0xfe);
    command(0xd1, 0x02);
    expect(bus.asked).toEqual(['reset', 'reset']);
  });

  test('own answers come before what devices send; loops raise the line of their port', () => {
    open();
    kbc.keyboard.key(KEY_A, true);
    kbc.keyboard.key(KEY_A, false);
    command(0x20);
    expect(drain()).toEqual([KEY_A, 0x07, 0xf0, KEY_A]);
    command(0xd2, 0x33);
    expect([bus.lines[1].level, status() & AUX, drain()]).toEqual([true, 0, [0x33]]);
  });
});

describe('keyboard', () => {
  test.each([
    ['reset', [0xff], [0xfa, 0xaa]], ['identify', [0xf2], [0xfa, 0xab, 0x83]], ['echo', [0xee], [0xee]], ['lights', [0xed, 2], [0xfa, 0xfa]],
    ['rate', [0xf3, 0x20], [0xfa, 0xfa]], ['set?', [0xf0, 0], [0xfa, 0xfa, 2]], ['set 1', [0xf0, 1, 0xf0, 0], [0xfa, 0xfa, 0xfa, 0xfa, 1]],
    ['set 3 is not there', [0xf0, 3, 2], [0xfa, 0xfe, 0xfa]], ['unknown', [0x42], [0xfe]], ['set 3 command', [0xf8], [0xfa]],
    ['resend', [0xee, 0xfe], [0xee, 0xee]], ['a command instead of a parameter', [0xed, 0xf2], [0xfa, 0xfa, 0xab, 0x83]],
  ])('%s', (_name, bytes, answer) => {
    open();
    expect(bytes.flatMap((byte) => keyboard(byte))).toEqual(answer);
  });

  test('lights', () => {
    keyboard(0xed, 5);
    expect(kbc.keyboard.leds).toBe(5);
  });

  test.each([
    ['set 2', 0x07, 2, [KEY_A, 0xf0, KEY_A, 0xe0, 0x74, 0xe0, 0xf0, 0x74]],
    ['set 2, translated', 0x47, 2, [0x1e, 0x9e, 0xe0, 0x4d, 0xe0, 0xcd]],
    ['set 1', 0x07, 1, [0x1e, 0x9e, 0xe0, 0x4d, 0xe0, 0xcd]],
  ])('keys in %s', (_name, mode, set, bytes) => {
    open();
    keyboard(0xf0, set);
    open(mode);
    for (const key of [KEY_A, KEY_RIGHT]) for (const pressed of [true, false]) kbc.keyboard.key(key, pressed);
    expect(drain()).toEqual(bytes);
  });

  test.each([[0x07, [0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77]], [0x47, [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]]])('Pause, command byte %i', (mode, bytes) => {
    open(mode);
    kbc.keyboard.key(PAUSE_KEY, true);
    kbc.keyboard.key(PAUSE_KEY, false);
    expect(drain()).toEqual(bytes);
  });

  test('translation: a permutation of 1 … 127, F7 and SysRq, the rest as it is', () => {
    const codes = Array.from({ length: 127 }, (_, index) => toSet1(index + 1));
    expect([...codes].sort((a, b) => a - b)).toEqual(Array.from({ length: 127 }, (_, index) => index + 1));
    // Escape, 1, Q, A, Enter, Space, left Shift, F1, F11, F12.
    const keys = [0x76, 0x16, 0x15, 0x1c, 0x5a, 0x29, 0x12, 0x05, 0x78, 0x07];
    expect(keys.map(toSet1)).toEqual([0x01, 0x02, 0x10, 0x1e, 0x1c, 0x39, 0x2a, 0x3b, 0x57, 0x58]);
    expect([0x83, 0x84, 0xaa, 0xfa, 0xfe].map(toSet1)).toEqual([0x41, 0x54, 0xaa, 0xfa, 0xfe]);
  });

  test('line 1 has an edge for each byte, and only while its interrupt is on', () => {
    open();
    const { edges } = bus.lines[1];
    kbc.keyboard.key(KEY_A, true);
    kbc.keyboard.key(KEY_A, false);
    drain();
    expect(bus.lines[1].edges - edges).toBe(3);
    open(0x06);
    kbc.keyboard.key(KEY_A, true);
    expect([bus.lines[1].level, status() & FULL]).toEqual([false, FULL]);
  });

  test('switched off: the port keeps keys back, the keyboard refuses them; a write switches the port on', () => {
    open(0x17);
    expect(kbc.keyboard.key(KEY_A, true)).toBe(true);
    expect(status() & FULL).toBe(0);
    command(0xae);
    expect(drain()).toEqual([KEY_A]);
    command(0xad);
    expect(keyboard(0xf5)).toEqual([0xfa]);
    expect(kbc.keyboard.key(KEY_A, true)).toBe(false);
    expect(keyboard(0xf4)).toEqual([0xfa]);
    expect(kbc.keyboard.key(KEY_A, true)).toBe(true);
  });

  test('a full buffer loses whole keys', () => {
    open(0x17);
    let taken = 0;
    while (kbc.keyboard.key(KEY_RIGHT, false)) taken++;
    open(0x07);
    expect(drain()).toEqual(Array.from({ length: taken }, () => [0xe0, 0xf0, 0x74]).flat());
  });
});

describe('mouse', () => {
  beforeEach(() => open());

  test.each([
    ['reset', [0xff], [0xfa, 0xaa, 0]], ['identify', [0xf2], [0xfa, 0]], ['status', [0xe9], [0xfa, 0, 2, 100]], ['resolution', [0xe8, 3, 0xe9], [0xfa, 0xfa, 0xfa, 0, 3, 100]],
    ['unknown', [0x11], [0xfc]], ['wrap', [0xee, 0xf2, 0x11, 0xec, 0xf2], [0xfa, 0xf2, 0x11, 0xfa, 0xfa, 0]],
    ['settings', [0xe7, 0xf0, 0xf4, 0xe9, 0xf6, 0xe9], [0xfa, 0xfa, 0xfa, 0xfa, 0x70, 2, 100, 0xfa, 0xfa, 0, 2, 100]],
    ['wheel', [0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf2], [0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 3]],
    ['resend', [0xf2, 0xfe], [0xfa, 0, 0xfa, 0]],
  ])('%s', (_name, bytes, answer) => {
    expect(bytes.flatMap((byte) => mouse(byte))).toEqual(answer);
  });

  test('packets: movement, buttons, line 12; large movements take several', () => {
    kbc.mouse.move(1, 1, 0, 0);
    expect(status() & FULL).toBe(0);
    mouse(0xf4);
    kbc.mouse.move(5, -3, 0, 1);
    expect([bus.lines[12].level, status() & AUX]).toEqual([true, AUX]);
    expect(drain()).toEqual([0x29, 5, 0xfd]);
    kbc.mouse.move(-300, 0, 0, 0);
    expect(drain()).toEqual([0x18, 1, 0, 0x18, 0xd3, 0]);
    expect(drain()).toEqual([]);
  });

  test('wheel and five buttons', () => {
    mouse(0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf3, 200, 0xf3, 200, 0xf3, 80, 0xf4);
    kbc.mouse.move(0, 0, -1, 0x1a);
    expect(drain()).toEqual([0x0a, 0, 0, 0x3f]);
  });

  test('remote mode reports when asked', () => {
    mouse(0xf0, 0xf4);
    kbc.mouse.move(2, 3, 0, 4);
    expect(drain()).toEqual([]);
    expect(mouse(0xeb)).toEqual([0xfa, 0x0c, 2, 3]);
  });

  test('scaling 2:1', () => {
    mouse(0xe7, 0xf4);
    kbc.mouse.move(4, -9, 0, 0);
    expect(drain()).toEqual([0x28, 6, 0xee]);
  });
});

test('save and load in the middle of everything', () => {
  open();
  keyboard(0xed);
  mouse(0xf4);
  kbc.keyboard.key(KEY_A, false);
  kbc.mouse.move(7, 0, 0, 0);
  bus.outb(0x64, 0xd4);
  const saved = savedCopy(kbc);
  bus = new FakeBus();
  kbc = new I8042(bus, { a20 });
  kbc.load(saved);
  expect([bus.lines[1].level, drain()]).toEqual([true, [0xf0, KEY_A, 0x08, 7, 0]]);
  bus.outb(0x60, 0xf2);
  expect(drain()).toEqual([0xfa, 0]);
  expect(keyboard(4)).toEqual([0xfa]);
  expect(kbc.keyboard.leds).toBe(4);
  kbc.reset();
  expect([reply(0x20), bus.lines[1].level]).toEqual([[0x65], false]);
  expect(() => kbc.load({ ...(saved as object), mouse: null })).toThrow(/i8042\.mouse/);
});
