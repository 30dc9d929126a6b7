/** Debug console, debug exit, pc-testdev. */
import { beforeEach, expect, test } from 'vitest';
import { DebugConsole, DebugExit } from '../../src/devices/debug-ports.ts';
import { TestDevice } from '../../src/devices/debug-testdev.ts';
import { FakeBus, savedCopy } from './fake-bus.ts';

let bus: FakeBus;
beforeEach(() => {
  bus = new FakeBus();
});

test('debug console: reads its number, writes bytes', () => {
  const bytes: number[] = [];
  new DebugConsole(bus, { onOutput: (byte) => bytes.push(byte) });
  bus.outb(0xe9, 0x41);
  bus.outw(0xe9, 0x4342);
  expect([bus.inb(0xe9), bytes]).toEqual([0xe9, [0x41, 0x42]]);
});

test.each([[1, 0x10, 'exit 33'], [2, 0x1234, 'exit 9321'], [4, 0, 'exit 1'], [4, 0xffffffff, 'exit 4294967295']] as const)('debug exit, %i bytes of %i', (size, value, asked) => {
  new DebugExit(bus, { port: 0xf4, size: 4 });
  bus.ports.write(0xf4, value, size);
  expect([bus.asked, bus.inb(0xf4), bus.inb(0xf8)]).toEqual([[asked], 0, 0xff]);
});

test('debug exit is at 0x501 by default', () => {
  new DebugExit(bus, {});
  bus.outb(0x502, 3);
  bus.outb(0x503, 3);
  expect(bus.asked).toEqual(['exit 7']);
});

test('test device: the scratch register in all widths', () => {
  new TestDevice(bus);
  bus.outl(0xe0, 0x12345678);
  expect([bus.inb(0xe1), bus.inw(0xe2), bus.inl(0xe8), bus.inb(0xeb)]).toEqual([0x56, 0x1234, 0x12345678, 0x12]);
  bus.outb(0xe3, 0xfe);
  bus.outw(0xe8, 0xabcd);
  expect(bus.inl(0xe0)).toBe(0xfe34abcd);
  bus.outl(0xe4, 0x1000);
  expect(bus.inl(0xe4)).toBe(0xffffffff);
});

test('test device: interrupt lines, scratch MMIO, save, load, reset', () => {
  const device = new TestDevice(bus);
  bus.outb(0x200e, 1);
  bus.outb(0x2017, 0x80);
  expect([bus.lines[14].level, bus.lines[23].level]).toEqual([true, true]);
  bus.outb(0x2017, 0);
  expect(bus.lines[23].level).toBe(false);
  bus.mmioWrite(0xff00fffc, 0x11223344);
  bus.mmioWrite(0xff00ffff, 0x99aa, 2);
  expect([bus.mmioRead(0xff00fffc), bus.mmioRead(0xff00fffe, 2)]).toEqual([0xaa223344, 0xaa22]);
  const saved = savedCopy(device);
  device.reset();
  expect([bus.lines[14].level, bus.inl(0xe0)]).toEqual([false, 0]);
  device.load(saved);
  expect(bus.lines[14].level).toBe(true);
});
