import { describe, expect, it } from 'vitest';
import { MachineClock } from '../../src/machine/clock.ts';

const MS = 1_000_000;

/** A clock on a host whose time and progress the test moves. */
function onHost() {
  const host = { wall: 0, executed: 0, nearer: 0 };
  const clock = new MachineClock({ kind: 'host', wall: () => host.wall }, () => host.executed, () => host.nearer++, 0);
  /** The host runs for `ms` and executes instructions, in slices of 0.1 ms. */
  const run = (ms: number, mips = 200): void => {
    for (let i = 0; i < ms * 10; i++) {
      host.wall += MS / 10;
      host.executed += (mips * 1000) / 10;
      clock.sync();
    }
  };
  return { host, clock, run };
}

describe('on the host clock', () => {
  it('keeps level with the host, whatever the speed of the guest', () => {
    const { clock, run } = onHost();
    for (const mips of [200, 20, 800, 50, 200]) run(40, mips);
    expect(Math.abs(clock.now - 200 * MS)).toBeLessThan(MS);
  });

  it('goes on between two looks with the instructions executed, and never back', () => {
    const { host, clock, run } = onHost();
    run(20);
    const before = clock.now;
    host.executed += 2000;
    const between = clock.now;
    expect(between - before).toBeGreaterThan(8_000);
    expect(between - before).toBeLessThan(12_000);
    clock.sync();
    expect(clock.now).toBeGreaterThanOrEqual(between);
  });

  it('does not jump when the host stood still, and catches up at an eighth', () => {
    const { host, clock, run } = onHost();
    run(20);
    const before = clock.now;
    host.wall += 500 * MS;
    clock.sync();
    expect(clock.now - before).toBeLessThanOrEqual(2 * MS);
    run(80);
    expect(clock.now - before).toBeGreaterThan(85 * MS);
    expect(clock.now - before).toBeLessThan(95 * MS);
    run(6000);
    expect(Math.abs(clock.now - host.wall)).toBeLessThan(MS);
  });

  it('catches up at once when the guest is idle', () => {
    const { host, clock, run } = onHost();
    run(20);
    host.wall += 500 * MS;
    clock.sync();
    const deadline = clock.now + 100 * MS;
    expect(clock.sleepFor(deadline)).toBe(0);
    clock.idle();
    expect(Math.abs(clock.now - host.wall)).toBeLessThan(MS);
  });

  it('does not pass an alarm while it catches up', () => {
    const { host, clock, run } = onHost();
    run(20);
    host.wall += 5000 * MS;
    clock.sync();
    clock.timer(() => undefined).set(clock.now + 100 * MS);
    const { nextDeadline } = clock;
    clock.idle();
    expect(clock.now).toBeGreaterThanOrEqual(nextDeadline);
    expect(clock.now).toBeLessThan(nextDeadline + 60 * MS);
  });

  it('does not pass an alarm when the guest got little done before it was idle', () => {
    const { host, clock, run } = onHost();
    run(20);
    for (let i = 0; i < 200; i++) {
      host.wall += 1.9 * MS;
      host.executed += 10;
      clock.sync();
    }
    const deadline = clock.now + 3 * MS;
    const alarm = clock.timer(() => undefined);
    alarm.set(deadline);
    expect(clock.sleepFor(deadline)).toBe(0);
    clock.idle();
    expect(clock.now).toBeGreaterThanOrEqual(deadline);
    expect(clock.now).toBeLessThan(deadline + 60 * MS);
    alarm.cancel();
    clock.idle();
    expect(Math.abs(clock.now - host.wall)).toBeLessThan(MS);
  });

  it('says how long to sleep', () => {
    const { clock, run } = onHost();
    run(20);
    expect(clock.sleepFor(clock.now + 30 * MS)).toBeCloseTo(30, 0);
  });
});

describe('counting instructions', () => {
  const counted = (shift: number) => {
    const host = { executed: 0, nearer: 0 };
    return { host, clock: new MachineClock({ kind: 'icount', shift }, () => host.executed, () => host.nearer++, 0) };
  };

  it('is 2^shift ns per instruction', () => {
    const { host, clock } = counted(3);
    host.executed = 1000;
    clock.sync();
    expect(clock.now).toBe(8000);
  });

  it('says after how many instructions an alarm is due, and runs it then and not before', () => {
    const { host, clock } = counted(2);
    const log: number[] = [];
    clock.timer(() => log.push(clock.now)).set(1001);
    expect(clock.instructionsUntilDue(10_000)).toBe(251);
    host.executed = 250;
    clock.runDue();
    expect(log).toEqual([]);
    host.executed = 251;
    clock.runDue();
    expect(log).toEqual([1004]);
    expect(clock.nextDeadline).toBe(Infinity);
  });

  it('leaps when the CPU is halted', () => {
    const { clock } = counted(0);
    clock.advanceTo(5000);
    expect(clock.now).toBe(5000);
    clock.advanceTo(100);
    expect(clock.now).toBe(5000);
  });

  it('is restored from a snapshot', () => {
    const { host, clock } = counted(1);
    host.executed = 500;
    const saved = clock.save();
    const again = counted(1);
    again.clock.load(saved);
    expect(again.clock.now).toBe(1000);
    expect(() => again.clock.load({ now: -1, rate: 1 })).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
  });
});

describe('alarms', () => {
  it('run in the order of their deadlines, may set themselves again, and may be cancelled by each other', () => {
    const host = { executed: 0 };
    const clock = new MachineClock({ kind: 'icount', shift: 0 }, () => host.executed, () => undefined, 0);
    const log: string[] = [];
    const late = clock.timer(() => log.push('late'));
    const never = clock.timer(() => log.push('never'));
    const early = clock.timer(() => {
      log.push('early');
      never.cancel();
      early.set(50);
    });
    late.set(20);
    never.set(15);
    early.set(10);
    host.executed = 30;
    clock.runDue();
    expect(log).toEqual(['early', 'late']);
    expect(clock.nextDeadline).toBe(50);
  });

  it('tell who runs the CPU when one is nearer than all others', () => {
    const host = { nearer: 0 };
    const clock = new MachineClock({ kind: 'icount', shift: 0 }, () => 0, () => host.nearer++, 0);
    const a = clock.timer(() => undefined);
    const b = clock.timer(() => undefined);
    a.set(100);
    expect(host.nearer).toBe(1);
    b.set(200);
    expect(host.nearer).toBe(1);
    b.set(50);
    expect(host.nearer).toBe(2);
    b.set(300);
    expect(clock.nextDeadline).toBe(100);
  });
});
