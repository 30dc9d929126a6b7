import { expect, it } from 'vitest';
import { Uart16550 } from '../../src/devices/uart16550.ts';
import { FakeBus } from './fake-bus.ts';

const BASE = 0x3f8;

it('a patient port keeps what is sent until the driver has opened it', () => {
  const bus = new FakeBus();
  const uart = new Uart16550(bus, { index: 0, onTransmit: () => undefined, patient: true });
  const out = (register: number, value: number): void => bus.ports.write(BASE + register, value, 1);
  const ready = (): boolean => (bus.ports.read(BASE + 5, 1) & 1) !== 0;
  uart.receive(new TextEncoder().encode('hello'));
  // As Linux looks for the port: all interrupts on for a moment, FIFOs cleared, registers read.
  out(1, 0x0f);
  expect(ready()).toBe(false);
  out(1, 0);
  out(2, 7);
  out(2, 0);
  bus.ports.read(BASE, 1);
  // As it opens it.
  out(4, 0x0b);
  expect(ready()).toBe(false);
  out(1, 5);
  expect(ready()).toBe(false);
  out(2, 1);
  out(2, 0x81);
  let text = '';
  while (ready()) text += String.fromCharCode(bus.ports.read(BASE, 1));
  expect(text).toBe('hello');
});
