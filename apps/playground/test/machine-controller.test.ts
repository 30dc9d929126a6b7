/** The controller against a worker of this file's: what it does with each thing a worker can say. */
import { describe, expect, it } from 'vitest';
import type { Remote } from 'comlink';
import type { MachineCounters } from '@wasm-tcg/emulator';
import { MachineAddress } from '../src/machine/address.ts';
import type { MachineBackend } from '../src/machine/connect.ts';
import { MachineController } from '../src/machine/controller.ts';
import type { MachineConfig, MachineEvents, MachineSample, MachineWorker, SiteGuest } from '../src/machine/protocol.ts';
import { SampleRing } from '../src/machine/sample-ring.ts';
import { SerialLine } from '../src/machine/serial-line.ts';
import { recentSpeed, speedBetween } from '../src/machine/speed.ts';
import { WorkerError } from '../src/rpc/errors.ts';
import { parseRoute } from '../src/app/route.ts';
import { signal } from '@preact/signals';

const LINUX: SiteGuest = { name: 'linux', title: 'Linux', description: '', bits: 64, bytes: 5, model: 'x86-64', memory: 256, append: '' };
const CONFIG: MachineConfig = { source: { kind: 'guest', name: 'linux' }, model: 'x86-64', memory: 256, mode: 'tiered', clock: 'host', append: '' };

const counters = (part: Partial<MachineCounters>): MachineCounters => ({ instructions: 0, tciInstructions: 0, moduleInstructions: 0, regionInstructions: 0, ...part }) as MachineCounters;
const sample = (at: number, part: Partial<MachineCounters> = {}): MachineSample => ({ at, virtual: at, counters: counters(part), profile: [], pages: [] });
/** Promises that are settled have been heard. */
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve));

/** Workers that do what their test says, and remember what they were asked. */
class FakeSite implements MachineBackend {
  readonly calls: string[] = [];
  readonly events: MachineEvents[] = [];
  readonly died: ((error: WorkerError) => void)[] = [];
  terminated = 0;
  start = async (events: MachineEvents): Promise<void> => {
    await settled();
    await events.status('running');
  };
  snapshot: () => Promise<Blob> = () => Promise.resolve(new Blob(['s']));

  connect(onDied: (error: WorkerError) => void): ReturnType<MachineBackend['connect']> {
    this.died.push(onDied);
    const called = (name: string) => (): Promise<void> => {
      this.calls.push(name);
      return Promise.resolve();
    };
    const api = {
      start: (_: MachineConfig, events: MachineEvents) => {
        this.events.push(events);
        return this.start(events);
      },
      pause: called('pause'), resume: called('resume'), reset: called('reset'), powerButton: called('powerButton'),
      input: (bytes: Uint8Array) => called(`input ${new TextDecoder().decode(bytes)}`)(),
      observe: (on: boolean) => called(`observe ${on}`)(),
      sendFiles: () => Promise.reject(new WorkerError('the disk is full', 'full', 'send less')),
      snapshot: () => this.snapshot(),
    };
    return { api: api as unknown as Remote<MachineWorker>, terminate: () => void this.terminated++ };
  }

  guests(): Promise<readonly SiteGuest[]> {
    this.calls.push('guests');
    return Promise.resolve([LINUX]);
  }
}

function made(): { readonly site: FakeSite; readonly machine: MachineController } {
  const site = new FakeSite();
  return { site, machine: new MachineController(site) };
}

describe('life of a machine', () => {
  it('starts, pauses, ends', async () => {
    const { site, machine } = made();
    const started = machine.start(CONFIG);
    expect(machine.status.value).toBe('starting');
    void site.events[0]!.progress({ phase: 'fetch', text: 'fetching', done: 1, total: 2 });
    await started;
    expect(machine.status.value).toBe('running');
    expect(machine.progress.value).toBeUndefined();
    void site.events[0]!.status('ended', { kind: 'poweroff' });
    expect([machine.status.value, machine.ended.value, machine.alive.value]).toEqual(['ended', { kind: 'poweroff' }, false]);
  });

  it('a start that fails leaves its reason, and no worker', async () => {
    const { site, machine } = made();
    site.start = () => Promise.reject(new WorkerError('no such kernel', 'bad', 'another'));
    await machine.start(CONFIG);
    expect([machine.status.value, (machine.error.value as Error).message, site.terminated]).toEqual(['off', 'no such kernel', 1]);
  });

  it('a start that is cancelled is never heard again', async () => {
    const { site, machine } = made();
    site.start = () => new Promise(() => undefined);
    void machine.start(CONFIG);
    machine.powerOff();
    void site.events[0]!.status('running');
    void site.events[0]!.failed({ message: 'late', hint: '', code: '' });
    site.died[0]!(new WorkerError('late', 'worker', ''));
    expect([machine.status.value, machine.error.value, site.terminated]).toEqual(['off', undefined, 1]);
  });

  it.each([
    ['says so', (site: FakeSite) => void site.events[0]!.failed({ message: 'gone', hint: 'try', code: 'c' })],
    ['breaks', (site: FakeSite) => site.died[0]!(new WorkerError('gone', 'worker', 'try'))],
  ])('a machine that %s is off, with an error', async (_, fail) => {
    const { site, machine } = made();
    await machine.start(CONFIG);
    fail(site);
    expect([machine.status.value, (machine.error.value as WorkerError).hint]).toEqual(['off', 'try']);
    await machine.restart();
    expect([machine.status.value, machine.error.value]).toEqual(['running', undefined]);
  });

  it('another machine takes the place of the first, whose events are not heard', async () => {
    const { site, machine } = made();
    await machine.start(CONFIG);
    void site.events[0]!.sample(sample(1));
    await machine.start(CONFIG);
    expect([machine.run.value, machine.samples.length, site.terminated]).toEqual([2, 0, 1]);
    void site.events[0]!.sample(sample(2));
    void site.events[0]!.status('ended');
    expect([machine.samples.length, machine.status.value]).toEqual([0, 'running']);
  });

  it('a guest the site has not', async () => {
    const { machine } = made();
    await machine.startGuest('beos');
    expect([machine.status.value, (machine.error.value as Error).message]).toEqual(['off', 'this site has no guest "beos"']);
  });
});

describe('actions', () => {
  it('reach the worker while there is one', async () => {
    const { site, machine } = made();
    await machine.pause();
    machine.input(new Uint8Array([65]));
    expect(site.calls).toEqual([]);
    await machine.start(CONFIG);
    await machine.pause();
    machine.input(new Uint8Array([65]));
    expect(site.calls).toEqual(['pause', 'input A']);
  });

  it('that fail leave their reason, and the machine', async () => {
    const { machine } = made();
    await machine.start(CONFIG);
    expect(await machine.sendFiles([])).toBe(false);
    expect([machine.status.value, machine.task.value, (machine.error.value as Error).message]).toEqual(['running', undefined, 'the disk is full']);
    machine.dismissError();
    expect(machine.error.value).toBeUndefined();
  });

  it('one lengthy task at a time, and a power-off ends it', async () => {
    const { site, machine } = made();
    await machine.start(CONFIG);
    site.snapshot = () => new Promise(() => undefined);
    void machine.snapshot();
    expect(machine.task.value).toBe('snapshot');
    expect(await machine.snapshot()).toBeUndefined();
    machine.powerOff();
    expect(machine.task.value).toBeUndefined();
  });

  it('observing holds over restarts', async () => {
    const { site, machine } = made();
    await machine.observe(true);
    await machine.start(CONFIG);
    await machine.restart();
    await machine.observe(false);
    await machine.restart();
    expect(site.calls).toEqual(['observe true', 'observe true', 'observe false']);
  });

  it('samples reach who listens, complete', async () => {
    const { site, machine } = made();
    await machine.start(CONFIG);
    const heard: number[] = [];
    const stop = machine.onSample(({ at }) => heard.push(at));
    void site.events[0]!.sample(sample(10));
    stop();
    void site.events[0]!.sample(sample(20));
    expect([heard, machine.samples.length, machine.latest.value?.at]).toEqual([[10], 2, 20]);
  });

  it('received files until they are dismissed', async () => {
    const { site, machine } = made();
    await machine.start(CONFIG);
    void site.events[0]!.received([{ name: 'a', bytes: new Uint8Array() }, { name: 'b', bytes: new Uint8Array() }]);
    machine.dismissReceived(machine.received.value[0]!);
    expect(machine.received.value.map(({ name }) => name)).toEqual(['b']);
  });
});

describe('address', () => {
  function follow(hash: string, remembered = ''): { site: FakeSite; machine: MachineController; address: MachineAddress; hashes: string[]; saved: string[]; stop: () => void } {
    const { site, machine } = made();
    const route = signal(parseRoute(hash));
    const hashes: string[] = [];
    const saved: string[] = [];
    const address = new MachineAddress(machine, { load: () => remembered, save: (text) => void saved.push(text) }, (next) => {
      hashes.push(next);
      route.value = parseRoute(next);
    });
    return { site, machine, address, hashes, saved, stop: address.follow(route) };
  }

  it('with a guest boots it, with its settings; off, it forgets', async () => {
    const { machine, hashes } = follow('#/machine?boot=linux&memory=64');
    await settled();
    await settled();
    expect([machine.status.value, machine.config.value?.memory, hashes]).toEqual(['running', 64, []]);
    machine.powerOff();
    expect(hashes).toEqual(['#/machine?memory=64']);
    await settled();
    expect(machine.status.value).toBe('off');
  });

  it('with a guest that is not there is not tried again', async () => {
    const { machine, hashes, site } = follow('#/machine?boot=beos');
    await settled();
    expect([machine.status.value, hashes, site.terminated]).toEqual(['off', ['#/machine'], 0]);
  });

  it('follows what is booted by hand', async () => {
    const { address, hashes, machine } = follow('#/machine');
    await address.boot('linux');
    expect([machine.status.value, hashes]).toEqual(['running', ['#/machine?boot=linux']]);
  });

  it('settings are remembered and in the address; an address with settings comes first', () => {
    const { address, hashes, saved } = follow('#/machine', 'memory=32');
    expect(address.settings.value.memory).toBe(32);
    address.change({ ...address.settings.value, mode: 'tci' });
    expect([hashes, saved]).toEqual([['#/machine?memory=32&mode=tci'], ['memory=32&mode=tci']]);
    expect(follow('#/machine?mode=tci', 'memory=32').address.settings.value).toMatchObject({ mode: 'tci', memory: undefined });
  });

  it('of another view changes nothing, and a machine that runs is left alone', async () => {
    const { site, machine } = made();
    await machine.start(CONFIG);
    const route = signal(parseRoute('#/machine?boot=linux'));
    const address = new MachineAddress(machine, { load: () => '', save: () => undefined }, () => undefined);
    const stop = address.follow(route);
    route.value = parseRoute('#/lab?boot=linux');
    await settled();
    stop();
    expect([machine.run.value, site.terminated]).toEqual([1, 0]);
  });
});

describe('samples', () => {
  it('the ring keeps the newest, in order', () => {
    const ring = new SampleRing(3);
    for (const at of [1, 2, 3, 4, 5]) ring.push(sample(at));
    expect([...ring].map(({ at }) => at)).toEqual([3, 4, 5]);
    expect([ring.at(0)?.at, ring.at(-1)?.at, ring.at(3), ring.at(-4)]).toEqual([3, 5, undefined, undefined]);
    expect(ring.at(0)).not.toHaveProperty('profile');
    ring.clear();
    ring.push(sample(9));
    expect([...ring].map(({ at }) => at)).toEqual([9]);
  });

  it.each([
    ['a second', sample(0), sample(1000, { instructions: 50e6, tciInstructions: 10e6, regionInstructions: 30e6, moduleInstructions: 10e6 }), { mips: 50, tci: 0.2, module: 0.2, region: 0.6 }],
    ['no time', sample(5), sample(5, { instructions: 1 }), { mips: 0, tci: 0, module: 0, region: 0 }],
    ['nothing run', sample(0, { instructions: 7 }), sample(9, { instructions: 7 }), { mips: 0, tci: 0, module: 0, region: 0 }],
    ['counters of another machine', sample(0, { instructions: 7 }), sample(9), { mips: 0, tci: 0, module: 0, region: 0 }],
  ])('speed: %s', (_, from, to, speed) => {
    const found = speedBetween(from, to);
    for (const [key, value] of Object.entries(speed)) expect(found[key as keyof typeof found]).toBeCloseTo(value, 9);
  });

  it('speed of the last second, not of the whole run', () => {
    const ring = new SampleRing();
    expect(recentSpeed(ring).mips).toBe(0);
    for (let quarter = 0; quarter <= 8; quarter++) ring.push(sample(quarter * 250, { instructions: quarter <= 4 ? quarter * 1e6 : 4e6 + (quarter - 4) * 5e6 }));
    expect(recentSpeed(ring).mips).toBeCloseTo(20, 6);
  });
});

describe('serial line', () => {
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

  it('keeps the newest until there is a terminal', async () => {
    const line = new SerialLine(8);
    for (const piece of ['aaaa', 'bbbb', 'cccc']) await line.write(bytes(piece));
    const seen: string[] = [];
    line.attach(async (piece) => void seen.push(text(piece)));
    await line.write(bytes('d'));
    expect(seen.join('')).toBe('bbbbccccd');
  });

  it('is in order, in small pieces, and resolves when the terminal has taken them', async () => {
    const line = new SerialLine();
    const seen: string[] = [];
    line.attach(async (piece) => {
      await settled();
      seen.push(`${piece.length}${text(piece.subarray(0, 1))}`);
    });
    const first = line.write(bytes('a'.repeat(20_000)));
    await line.write(bytes('b'));
    await first;
    expect(seen).toEqual(['4096a', '4096a', '4096a', '4096a', '3616a', '1b']);
  });

  it('another machine: what waits is not shown', async () => {
    const line = new SerialLine();
    const seen: string[] = [];
    line.attach(async (piece) => {
      await settled();
      seen.push(text(piece.subarray(0, 1)));
    });
    const old = [line.write(bytes('a'.repeat(20_000))), line.write(bytes('b'))];
    await Promise.resolve();
    await Promise.resolve();
    line.clear();
    await line.write(bytes('c'));
    await Promise.all(old);
    // The first pieces were under way.
    expect(seen).toEqual(['a', 'a', 'a', 'a', 'c']);
  });
});
