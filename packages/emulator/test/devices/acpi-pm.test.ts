/** ACPI power management, reset ports, A20 and FERR, by their ports. */
import { beforeEach, describe, expect, test } from 'vitest';
import { A20Gate } from '../../src/devices/a20-gate.ts';
import { AcpiPm, PM_TIMER_HZ } from '../../src/devices/acpi-pm.ts';
import { FerrLatch } from '../../src/devices/ferr.ts';
import { SystemControl } from '../../src/devices/system-control.ts';
import { nsOfTick } from '../../src/devices/ticks.ts';
import { PmPort, SLEEP_TYPE_S5 } from '../../src/firmware/pc-map.ts';
import { FakeBus, savedCopy } from './fake-bus.ts';

const STATUS = PmPort.event;
const ENABLE = PmPort.event + 2;
const CONTROL = PmPort.control;
const SMI = 0xb2;
const TIMER_EVENT = 1;
const POWER_BUTTON = 0x100;

let bus: FakeBus;
beforeEach(() => {
  bus = new FakeBus();
});
const sci = (): boolean => bus.lines[9].level;

describe('ACPI PM', () => {
  let pm: AcpiPm;
  beforeEach(() => {
    pm = new AcpiPm(bus);
  });

  test('the timer counts 3.579545 MHz, in one 32-bit read or in parts', () => {
    expect(bus.inl(PmPort.timer)).toBe(0);
    bus.clock.advance(1e9);
    expect([bus.inl(PmPort.timer), bus.inw(PmPort.timer), bus.inb(PmPort.timer + 2)]).toEqual([PM_TIMER_HZ, PM_TIMER_HZ & 0xffff, PM_TIMER_HZ >> 16]);
    bus.clock.advanceTo(nsOfTick(2 ** 32 + 5, PM_TIMER_HZ));
    expect(bus.inl(PmPort.timer)).toBe(5);
    bus.outl(PmPort.timer, 77);
    expect(bus.inl(PmPort.timer)).toBe(5);
  });

  test('24 bits when the FADT says so', () => {
    const other = new FakeBus();
    new AcpiPm(other, { timerBits: 24 });
    other.clock.advanceTo(nsOfTick(2 ** 24 + 9, PM_TIMER_HZ));
    expect([other.inl(PmPort.timer), other.inw(STATUS)]).toEqual([9, 1]);
  });

  test('the timer’s status rises with its top bit, and interrupts when enabled', () => {
    bus.outb(SMI, 0xf1);
    bus.outw(ENABLE, TIMER_EVENT);
    const half = nsOfTick(2 ** 31, PM_TIMER_HZ);
    expect(bus.clock.next).toBe(half);
    bus.clock.advanceTo(half - 1);
    expect([sci(), bus.inw(STATUS)]).toEqual([false, 0]);
    bus.clock.advance(1);
    expect([sci(), bus.inw(STATUS)]).toEqual([true, 1]);
    bus.outw(STATUS, 1);
    expect([sci(), bus.inw(STATUS), bus.clock.next]).toEqual([false, 0, nsOfTick(2 ** 32, PM_TIMER_HZ)]);
  });

  test('the SMI command switches ACPI mode; only then the SCI is driven', () => {
    bus.outw(ENABLE, POWER_BUTTON);
    pm.pressPowerButton();
    expect([sci(), bus.inw(CONTROL)]).toEqual([false, 0]);
    bus.outb(SMI, 0xf1);
    expect([sci(), bus.inw(CONTROL) & 1, bus.inb(SMI)]).toEqual([true, 1, 0xf1]);
    bus.outb(SMI, 0xf0);
    expect([sci(), bus.inw(CONTROL)]).toEqual([false, 0]);
    bus.outb(SMI + 1, 0x42);
    expect(bus.inb(SMI + 1)).toBe(0x42);
    bus.outw(CONTROL, 1);
    expect(sci()).toBe(true);
    bus.outw(STATUS, POWER_BUTTON);
    expect(sci()).toBe(false);
  });

  test('only defined bits are kept; the sleep bit reads 0', () => {
    bus.outw(ENABLE, 0xffff);
    bus.outw(CONTROL, 0xdfff & ~(7 << 10));
    expect([bus.inw(ENABLE), bus.inw(CONTROL)]).toEqual([0x0721, 3]);
    expect(bus.inl(STATUS)).toBe(0x07210000);
  });

  test('S5 switches off; another sleep state wakes at once', () => {
    bus.outw(CONTROL, (SLEEP_TYPE_S5 << 10) | 1);
    expect(bus.asked).toEqual([]);
    bus.outw(CONTROL, 0x2001 | (1 << 10));
    expect([bus.asked, bus.inw(STATUS)]).toEqual([[], 0x8000]);
    bus.outw(CONTROL, (SLEEP_TYPE_S5 << 10) | 0x2001);
    expect(bus.asked).toEqual(['powerOff']);
  });

  test('general-purpose events', () => {
    bus.outb(SMI, 0xf1);
    bus.outw(PmPort.gpe0 + 2, 0x0104);
    pm.raiseGpe(8);
    expect([sci(), bus.inl(PmPort.gpe0)]).toEqual([true, 0x01040100]);
    bus.outb(PmPort.gpe0 + 1, 1);
    expect([sci(), bus.inw(PmPort.gpe0)]).toEqual([false, 0]);
  });

  test('save, load, reset', () => {
    bus.outb(SMI, 0xf1);
    bus.outw(ENABLE, POWER_BUTTON | TIMER_EVENT);
    pm.pressPowerButton();
    const saved = savedCopy(pm);
    const other = new FakeBus();
    const loaded = new AcpiPm(other);
    loaded.load(saved);
    expect([other.lines[9].level, other.inl(STATUS), other.clock.next]).toEqual([true, 0x01010100, bus.clock.next]);
    loaded.reset();
    expect([other.lines[9].level, other.inl(STATUS), other.inw(CONTROL), other.clock.next]).toEqual([false, 0, 0, Infinity]);
    expect(() => loaded.load({ ...(saved as object), enable: -1 })).toThrow(/acpi-pm\.enable/);
  });
});

describe('reset ports and A20', () => {
  let gate: boolean[];
  let a20: A20Gate;
  let control: SystemControl;
  beforeEach(() => {
    gate = [];
    a20 = new A20Gate((open) => gate.push(open));
    control = new SystemControl(bus, { a20 });
  });

  test.each([[0x06], [0x0e], [0x04]])('0xCF9 ← %i resets', (value) => {
    bus.outb(0xcf9, value & 2);
    expect(bus.asked).toEqual([]);
    bus.outb(0xcf9, value);
    bus.outb(0xcf9, value);
    expect([bus.asked, bus.inb(0xcf9)]).toEqual([['reset'], value]);
  });

  test('port 0x92: A20, and a reset at the rise of bit 0', () => {
    expect(bus.inb(0x92)).toBe(2);
    bus.outb(0x92, 0);
    expect([bus.inb(0x92), gate, a20.open]).toEqual([0, [false], false]);
    bus.outb(0x92, 3);
    bus.outb(0x92, 3);
    expect([bus.inb(0x92), gate, bus.asked]).toEqual([3, [false, true], ['reset']]);
  });

  test('save, load, reset', () => {
    bus.outb(0x92, 0x40);
    bus.outb(0xcf9, 2);
    const [savedGate, savedControl] = [savedCopy(a20), savedCopy(control)];
    a20.reset();
    control.reset();
    expect([bus.inb(0x92), bus.inb(0xcf9)]).toEqual([2, 0]);
    a20.load(savedGate);
    control.load(savedControl);
    expect([bus.inb(0x92), bus.inb(0xcf9), gate]).toEqual([0x40, 2, [false, true, false]]);
  });
});

test('FERR: interrupt 13, lowered by port 0xF0, which makes the FPU be ignored until the error is gone', () => {
  const ferr = new FerrLatch(bus);
  const line = bus.lines[13];
  bus.outb(0xf0, 0);
  expect(ferr.ignne).toBe(false);
  ferr.setFerr(true);
  expect(line.level).toBe(true);
  const saved = savedCopy(ferr);
  bus.outb(0xf0, 0);
  expect([line.level, ferr.ignne]).toEqual([false, true]);
  ferr.setFerr(true);
  expect(line.level).toBe(false);
  ferr.setFerr(false);
  expect(ferr.ignne).toBe(false);
  ferr.load(saved);
  expect(line.level).toBe(true);
  ferr.reset();
  expect([line.level, bus.inb(0xf0)]).toEqual([false, 0xff]);
});
