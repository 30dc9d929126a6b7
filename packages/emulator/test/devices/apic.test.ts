/** Local APIC, IOAPIC and the wires of a PC between them, by their registers. */
import { beforeEach, describe, expect, test } from 'vitest';
import { PcInterrupts } from '../../src/devices/apic/pc-interrupts.ts';
import { IOAPIC_BASE, LAPIC_BASE } from '../../src/firmware/pc-map.ts';
import { FakeBus, savedCopy } from './fake-bus.ts';

const Reg = {
  id: 0x20, version: 0x30, tpr: 0x80, ppr: 0xa0, eoi: 0xb0, ldr: 0xd0, dfr: 0xe0, svr: 0xf0, isr: 0x100, tmr: 0x180, irr: 0x200, esr: 0x280,
  icr: 0x300, icrHigh: 0x310, timer: 0x320, lint0: 0x350, lint1: 0x360, error: 0x370, initial: 0x380, current: 0x390, divide: 0x3e0,
} as const;
const MASKED = 0x10000;
const LEVEL = 0x8000;
const PERIODIC = 0x20000;
const DEADLINE = 0x40000;
/** Divide configuration: by 1, by 16. */
const BY_1 = 0xb;
const BY_16 = 0x3;

let bus: FakeBus;
let interrupts: PcInterrupts;
let changes: number;
let inits: number;

function build(): { bus: FakeBus; interrupts: PcInterrupts } {
  const newBus = new FakeBus();
  return { bus: newBus, interrupts: new PcInterrupts(newBus, { onInit: () => inits++ }) };
}

beforeEach(() => {
  changes = 0;
  inits = 0;
  ({ bus, interrupts } = build());
  interrupts.onChange(() => changes++);
  set(Reg.svr, 0x1ff);
});

const get = (register: number): number => bus.mmioRead(LAPIC_BASE + register);
const set = (register: number, value: number): void => bus.mmioWrite(LAPIC_BASE + register, value);
const eoi = (): void => set(Reg.eoi, 0);
function io(register: number, value?: number): number {
  bus.mmioWrite(IOAPIC_BASE, register);
  if (value !== undefined) bus.mmioWrite(IOAPIC_BASE + 0x10, value);
  return bus.mmioRead(IOAPIC_BASE + 0x10);
}
const route = (pin: number, low: number, high = 0): void => {
  io(0x11 + 2 * pin, high);
  io(0x10 + 2 * pin, low);
};
const selfIpi = (vector: number): void => set(Reg.icr, 0x40000 | vector);
/** Take what waits, ending each at once; at most four, since a level that stays asserted never ends. */
function drain(): number[] {
  const vectors: number[] = [];
  while (interrupts.pending() && vectors.length < 4) {
    vectors.push(interrupts.acknowledge());
    eoi();
  }
  return vectors;
}

describe('local APIC', () => {
  test.each([
    ['id', Reg.id, 0], ['version', Reg.version, 0x50014], ['SVR', Reg.svr, 0x1ff], ['DFR', Reg.dfr, 0xffffffff], ['LDR', Reg.ldr, 0],
    ['timer', Reg.timer, MASKED], ['LINT0', Reg.lint0, MASKED], ['error', Reg.error, MASKED], ['count', Reg.current, 0],
  ])('%s after reset', (_name, register, value) => {
    expect(get(register)).toBe(value);
  });

  test('bits that no register has are not kept', () => {
    set(Reg.timer, 0xffffffff);
    set(Reg.lint0, 0xffffffff);
    set(Reg.error, 0xffffffff);
    set(Reg.divide, 0xffffffff);
    set(Reg.icr, 0xffffffff);
    set(Reg.icrHigh, 0xffffffff);
    set(Reg.dfr, 0);
    set(Reg.svr, 0xffffffff);
    expect([Reg.timer, Reg.lint0, Reg.error, Reg.divide, Reg.icr, Reg.icrHigh, Reg.dfr, Reg.svr].map(get))
      .toEqual([0x700ff, 0x1a7ff, 0x100ff, 0xb, 0xccfff, 0xff000000, 0x0fffffff, 0x3ff]);
  });

  test('priorities: a higher class interrupts, an equal one waits, TPR holds back', () => {
    selfIpi(0x41);
    expect([interrupts.pending(), changes]).toEqual([true, 1]);
    expect(interrupts.acknowledge()).toBe(0x41);
    expect([get(Reg.isr + 0x20), get(Reg.ppr)]).toEqual([2, 0x40]);
    selfIpi(0x4f);
    expect([interrupts.pending(), get(Reg.irr + 0x20)]).toEqual([false, 0x8000]);
    selfIpi(0x50);
    expect(interrupts.acknowledge()).toBe(0x50);
    eoi();
    expect(get(Reg.ppr)).toBe(0x40);
    eoi();
    interrupts.tpr = 0x4a;
    expect([interrupts.pending(), get(Reg.ppr), get(Reg.tpr)]).toEqual([false, 0x4a, 0x4a]);
    set(Reg.tpr, 0x3f);
    expect(interrupts.acknowledge()).toBe(0x4f);
    expect(changes).toBe(4);
  });

  test('an acknowledge with nothing waiting is spurious', () => {
    expect(interrupts.acknowledge()).toBe(0xff);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((word) => get(Reg.isr + word * 16))).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test.each([
    ['physical, own id', 0x31, 0, 0xf0000000, true],
    ['physical, another id', 0x31, 5, 0xf0000000, false],
    ['physical broadcast', 0x31, 0xff, 0xf0000000, true],
    ['flat, own bit', 0x831, 0x06, 0xf0000000, true],
    ['flat, other bits', 0x831, 0xfd, 0xf0000000, false],
    ['cluster, own', 0x831, 0x02, 0, true],
    ['cluster, another', 0x831, 0x12, 0, false],
    ['cluster broadcast', 0x831, 0xf2, 0, true],
    ['lowest priority, flat', 0x931, 0x02, 0xf0000000, true],
    ['all including self', 0x80031, 0, 0xf0000000, true],
    ['all excluding self', 0xc0031, 0, 0xf0000000, false],
  ])('ICR: %s', (_name, low, destination, dfr, arrives) => {
    set(Reg.dfr, dfr);
    set(Reg.ldr, 0x02000000);
    set(Reg.icrHigh, destination * 2 ** 24);
    set(Reg.icr, low);
    expect(drain()).toEqual(arrives ? [0x31] : []);
    expect(get(Reg.icr) & 0x1000).toBe(0);
  });

  test('NMI and INIT go around IRR; INIT de-assert and start-up do nothing', () => {
    set(Reg.icr, 0x40400);
    expect([interrupts.nmi, interrupts.pending(), changes]).toEqual([true, false, 1]);
    interrupts.takeNmi();
    expect(interrupts.nmi).toBe(false);
    set(Reg.icr, 0x8500);
    set(Reg.icr, 0x4608);
    expect(inits).toBe(0);
    set(Reg.icr, 0xc500);
    expect(inits).toBe(1);
  });

  test('software disable masks the LVT for good, refuses messages and keeps what waits', () => {
    selfIpi(0x61);
    set(Reg.timer, 0x40);
    set(Reg.svr, 0xff);
    expect([interrupts.pending(), get(Reg.timer)]).toEqual([false, MASKED | 0x40]);
    set(Reg.timer, 0x41);
    expect(get(Reg.timer)).toBe(MASKED | 0x41);
    selfIpi(0x71);
    set(Reg.svr, 0x1ff);
    expect(drain()).toEqual([0x61]);
  });

  test('errors: latched by a write to ESR, reported by the LVT', () => {
    set(Reg.error, 0xfe);
    selfIpi(0x0f);
    expect([get(Reg.esr), interrupts.acknowledge()]).toEqual([0, 0xfe]);
    eoi();
    set(Reg.esr, 0);
    expect(get(Reg.esr)).toBe(0x20);
    set(Reg.esr, 0);
    expect(get(Reg.esr)).toBe(0);
    get(0x3f0);
    set(0x2f0, 1);
    interrupts.msi(0xfee00000, 0x05);
    set(Reg.esr, 0);
    expect(get(Reg.esr)).toBe(0xc0);
    // An error entry with an illegal vector of its own ends there.
    set(Reg.error, 0x02);
    selfIpi(0x0f);
    set(Reg.esr, 0);
    expect(get(Reg.esr)).toBe(0x60);
  });

  test('narrow and misaligned accesses: reads give the part, writes nothing', () => {
    expect(bus.mmioRead(LAPIC_BASE + Reg.version + 2, 2)).toBe(5);
    expect(bus.mmioRead(LAPIC_BASE + Reg.version + 4)).toBe(0);
    bus.mmioWrite(LAPIC_BASE + Reg.tpr, 0x20, 1);
    bus.mmioWrite(LAPIC_BASE + Reg.tpr + 4, 0x20);
    expect(get(Reg.tpr)).toBe(0);
  });

  test('base MSR: reserved bits refuse, the page moves, disabling hands INTR through, enabling again is power-up', () => {
    const { localApic } = interrupts;
    expect(localApic.base).toBe(0xfee00900);
    expect([0xfee00901, 0xfee00d00, 2 ** 36 + 0x900].map((value) => localApic.writeBase(value))).toEqual([false, false, false]);
    expect(localApic.writeBase(0xfed40900)).toBe(true);
    expect([bus.mmioRead(0xfed40030), bus.mmioRead(LAPIC_BASE + 0x30)]).toEqual([0x50014, 0xffffffff]);
    bus.outb(0x21, 0);
    interrupts.line(1).set(true);
    expect(interrupts.pending()).toBe(false);
    expect(localApic.writeBase(0xfee00000)).toBe(true);
    expect([localApic.enabled, localApic.base, bus.mmioRead(0xfed40030), interrupts.pending()]).toEqual([false, 0xfee00100, 0xffffffff, true]);
    expect(localApic.writeBase(0xfee00900)).toBe(true);
    expect([get(Reg.svr), interrupts.pending()]).toEqual([0xff, false]);
    localApic.writeBase(0xfed40900);
    interrupts.reset();
    expect(localApic.base).toBe(0xfee00900);
  });
});

describe('APIC timer', () => {
  test('one-shot: counts down by the divider, fires once, stays at 0', () => {
    set(Reg.divide, BY_16);
    set(Reg.timer, 0x40);
    set(Reg.initial, 1000);
    bus.clock.advance(160);
    expect(get(Reg.current)).toBe(990);
    bus.clock.advance(16_000 - 161);
    expect([get(Reg.current), interrupts.pending()]).toEqual([1, false]);
    bus.clock.advance(1);
    expect([get(Reg.current), interrupts.pending(), bus.clock.next]).toEqual([0, true, Infinity]);
    bus.clock.advance(100_000);
    expect([get(Reg.current), get(Reg.initial), drain()]).toEqual([0, 1000, [0x40]]);
  });

  test.each([[0, 2], [1, 4], [2, 8], [3, 16], [8, 32], [9, 64], [0xa, 128], [0xb, 1]])('divider %i: %i ns a tick', (code, ns) => {
    set(Reg.divide, code);
    set(Reg.initial, 0xffffffff);
    bus.clock.advance(ns * 1000);
    expect(get(Reg.current)).toBe(0xffffffff - 1000);
  });

  test('periodic: reloads on time even when the host is late', () => {
    set(Reg.divide, BY_1);
    set(Reg.timer, PERIODIC | 0x40);
    set(Reg.initial, 1000);
    bus.clock.advance(1000);
    expect([drain(), get(Reg.current), bus.clock.next]).toEqual([[0x40], 1000, 2000]);
    bus.clock.jump(3300);
    expect([drain(), get(Reg.current), bus.clock.next]).toEqual([[0x40], 700, 5000]);
  });

  test('masked it counts and fires nothing; what expired under the mask is lost', () => {
    set(Reg.divide, BY_1);
    set(Reg.timer, MASKED | PERIODIC | 0x40);
    set(Reg.initial, 1000);
    bus.clock.advance(2500);
    expect([get(Reg.current), bus.clock.next]).toEqual([500, Infinity]);
    set(Reg.timer, PERIODIC | 0x40);
    expect([interrupts.pending(), bus.clock.next]).toEqual([false, 3000]);
    set(Reg.timer, MASKED | 0x40);
    bus.clock.advance(1000);
    set(Reg.timer, 0x40);
    expect([get(Reg.current), interrupts.pending(), bus.clock.next]).toEqual([0, false, Infinity]);
  });

  test('mode changes keep the count; an expired one-shot stays at 0 in periodic mode', () => {
    set(Reg.divide, BY_1);
    set(Reg.timer, PERIODIC | MASKED);
    set(Reg.initial, 1000);
    bus.clock.advance(1300);
    set(Reg.timer, MASKED);
    expect(get(Reg.current)).toBe(700);
    bus.clock.advance(700);
    expect(get(Reg.current)).toBe(0);
    set(Reg.timer, PERIODIC | MASKED);
    bus.clock.advance(10);
    expect(get(Reg.current)).toBe(0);
    set(Reg.initial, 0);
    expect(get(Reg.current)).toBe(0);
  });

  test('an expiry that is due but not yet served is not lost by a write', () => {
    set(Reg.divide, BY_1);
    set(Reg.timer, 0x40);
    set(Reg.initial, 1000);
    bus.clock.now += 1500;
    set(Reg.initial, 1000);
    expect([interrupts.pending(), get(Reg.current)]).toEqual([true, 1000]);
  });

  test('TSC deadline: fires at the time, then reads 0; the counts are deaf', () => {
    const { timer } = interrupts.localApic;
    timer.deadline = 5000;
    expect(timer.deadline).toBe(0);
    set(Reg.timer, DEADLINE | 0x40);
    set(Reg.initial, 77);
    expect(get(Reg.initial)).toBe(0);
    timer.deadline = 5000;
    bus.clock.advance(4999);
    expect([timer.deadline, interrupts.pending()]).toEqual([5000, false]);
    bus.clock.advance(1);
    expect([timer.deadline, drain()]).toEqual([0, [0x40]]);
    timer.deadline = 10;
    bus.clock.fireDue();
    expect(drain()).toEqual([0x40]);
    timer.deadline = 1e6;
    timer.deadline = 0;
    timer.deadline = 1e6;
    set(Reg.timer, 0x40);
    bus.clock.advance(2e6);
    expect(drain()).toEqual([]);
  });
});

describe('IOAPIC', () => {
  test('registers', () => {
    expect([io(1), io(0), io(2), io(0x10), io(0x11), io(0x10 + 46), io(0x40)]).toEqual([0x170011, 0, 0, MASKED, 0, MASKED, 0]);
    expect([io(0, 0xff000000), io(2)]).toEqual([0x0f000000, 0x0f000000]);
    expect([io(0x12, 0xffffffff), io(0x13, 0xffffffff)]).toEqual([0x1afff, 0xff000000]);
    bus.mmioWrite(IOAPIC_BASE, 1, 1);
    expect(bus.mmioRead(IOAPIC_BASE + 0x12, 1)).toBe(0x17);
  });

  test('an edge sends once; under the mask it is lost', () => {
    const line = interrupts.line(4);
    route(4, 0x44);
    line.set(true);
    expect(drain()).toEqual([0x44]);
    line.set(false);
    route(4, MASKED | 0x44);
    line.set(true);
    route(4, 0x44);
    expect(drain()).toEqual([]);
  });

  test('a level sends again after EOI while asserted; remote IRR says so', () => {
    const first = interrupts.line(18);
    const second = interrupts.line(18);
    route(18, LEVEL | 0x2000 | 0x52);
    first.set(true);
    second.set(true);
    expect([io(0x10 + 36), get(Reg.tmr + 0x20)]).toEqual([LEVEL | 0x2000 | 0x4000 | 0x52, 0x40000]);
    expect(interrupts.acknowledge()).toBe(0x52);
    first.set(false);
    expect(interrupts.pending()).toBe(false);
    eoi();
    expect(interrupts.acknowledge()).toBe(0x52);
    second.set(false);
    eoi();
    expect([io(0x10 + 36), interrupts.pending()]).toEqual([LEVEL | 0x2000 | 0x52, false]);
  });

  test('a level asserted under the mask is sent when it is unmasked; becoming edge-triggered drops remote IRR', () => {
    interrupts.line(20).set(true);
    route(20, LEVEL | 0x60);
    expect(io(0x10 + 40) & 0x4000).toBe(0x4000);
    io(0x10 + 40, MASKED | 0x60);
    expect(io(0x10 + 40)).toBe(MASKED | 0x60);
    expect(drain()).toEqual([0x60]);
  });

  test('what the local APIC refuses is sent when it is ready', () => {
    set(Reg.svr, 0xff);
    route(3, 0x33);
    route(17, LEVEL | 0x34);
    interrupts.line(3).set(true);
    interrupts.line(17).set(true);
    expect(io(0x10 + 34) & 0x4000).toBe(0);
    set(Reg.svr, 0x1ff);
    expect([interrupts.acknowledge(), get(Reg.irr + 0x10)]).toEqual([0x34, 1 << 0x13]);
  });

  test('NMI by a pin', () => {
    route(5, 0x400);
    interrupts.line(5).set(true);
    expect([interrupts.nmi, interrupts.pending()]).toEqual([true, false]);
  });
});

describe('wires of the PC', () => {
  function startPic(): void {
    for (const [port, value] of [[0x20, 0x11], [0x21, 0x20], [0x21, 4], [0x21, 1], [0xa0, 0x11], [0xa1, 0x28], [0xa1, 2], [0xa1, 1]]) bus.outb(port, value);
  }

  test('line 0 is PIC input 0 and IOAPIC pin 2', () => {
    startPic();
    route(2, 0x30);
    interrupts.line(0).set(true);
    expect([interrupts.pic.intr, drain()]).toEqual([true, [0x30]]);
  });

  test('virtual wire: INTR by LINT0 as ExtINT; local interrupts first', () => {
    startPic();
    interrupts.line(1).set(true);
    expect(interrupts.pending()).toBe(false);
    set(Reg.lint0, 0x700);
    expect(interrupts.pending()).toBe(true);
    selfIpi(0x50);
    expect(interrupts.acknowledge()).toBe(0x50);
    expect(interrupts.acknowledge()).toBe(0x21);
    expect(interrupts.pending()).toBe(false);
  });

  test('TPR does not hold back ExtINT', () => {
    startPic();
    set(Reg.lint0, 0x700);
    interrupts.tpr = 0xff;
    interrupts.line(12).set(true);
    expect(interrupts.acknowledge()).toBe(0x2c);
  });

  test('virtual wire by IOAPIC pin 0', () => {
    startPic();
    interrupts.line(1).set(true);
    route(0, 0x700);
    expect(interrupts.acknowledge()).toBe(0x21);
  });

  test('LINT0 as a fixed interrupt: edge, and level with remote IRR', () => {
    startPic();
    set(Reg.lint0, 0x70);
    interrupts.line(1).set(true);
    expect(drain()).toEqual([0x70]);
    set(Reg.lint0, LEVEL | 0x71);
    expect([interrupts.acknowledge(), get(Reg.lint0)]).toEqual([0x71, LEVEL | 0x4071]);
    interrupts.pic.acknowledge();
    eoi();
    expect([get(Reg.lint0), interrupts.pending()]).toEqual([LEVEL | 0x71, false]);
  });

  test('the NMI wire is LINT1, and port 0x70 masks it', () => {
    set(Reg.lint1, 0x400);
    interrupts.maskNmi(true);
    interrupts.setNmiLine(true);
    expect(interrupts.nmi).toBe(false);
    interrupts.maskNmi(false);
    expect(interrupts.nmi).toBe(true);
  });

  test.each([
    ['own id', 0xfee00000, 0x4045, true, [0x45]], ['another id', 0xfee05000, 0x4045, true, []],
    ['logical', 0xfee02004, 0x0046, true, [0x46]], ['not an APIC address', 0xfed00000, 0x45, false, []],
  ])('MSI: %s', (_name, address, data, taken, vectors) => {
    set(Reg.ldr, 0x02000000);
    expect(interrupts.msi(address, data)).toBe(taken);
    expect(drain()).toEqual(vectors);
  });

  test('save and load: what waits, what is in service, timers, remote IRR', () => {
    startPic();
    set(Reg.lint0, 0x700);
    set(Reg.divide, BY_1);
    set(Reg.timer, PERIODIC | 0x40);
    set(Reg.initial, 1000);
    route(18, LEVEL | 0x52);
    interrupts.line(18).set(true);
    interrupts.acknowledge();
    selfIpi(0x91);
    bus.clock.advance(300);
    const saved = savedCopy(interrupts);

    const old = { bus, interrupts };
    ({ bus, interrupts } = build());
    bus.clock.now = old.bus.clock.now;
    interrupts.line(18).set(true);
    interrupts.load(saved);
    expect(interrupts.acknowledge()).toBe(0x91);
    eoi();
    bus.clock.advance(700);
    expect([get(Reg.current), get(Reg.irr + 0x20)]).toEqual([1000, 1]);
    eoi();
    expect(interrupts.acknowledge()).toBe(0x52);
    expect(() => interrupts.load({ ...(saved as object), lapic: 5 })).toThrow(/lapic is not an object/);
  });
});
