/** The Lab's controller against a worker of this file's: what it asks, in which order, and what it does with each answer. */
import type { Remote } from 'comlink';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CodeUnit } from '@wasm-tcg/emulator';
import { LabController } from '../src/lab/controller.ts';
import type { Assembled, LabWorker, ListingView, MachineView, Program } from '../src/lab/protocol.ts';
import { WorkerError } from '../src/rpc/errors.ts';

const PROGRAM: Program = { bits: 32, syntax: 'asm', text: 'hlt', origin: 0x1000, model: 'x86-64' };
const VIEW: MachineView = { pc: 0x1000n, text: 'hlt', bits: 32, cpuMode: '', status: 'ready', instructions: 0, mode: 'tiered', registers: [], output: '' };
const ASSEMBLED: Assembled = { image: Uint8Array.of(0xf4), lines: [{ line: 1, pc: 0x1000, bytes: Uint8Array.of(0xf4) }], problems: [] };

function listingAt(unit: CodeUnit, pc: bigint): ListingView {
  const insns = [{ pc, bytes: Uint8Array.of(0x90), text: 'nop', line: 1 }];
  return { unit, blocks: [{ pc, tier: 'tci', executions: 0, size: 1, tciBytes: 4, insns }], edges: [], ir: [], opt: [], tci: [], sizes: { x86: 1, irOps: 1, optOps: 1, tci: 4, wasm: 8 } };
}

/** Workers that answer at once, unless a test says otherwise. */
class FakeWorkers {
  readonly calls: string[] = [];
  readonly died: ((error: WorkerError) => void)[] = [];
  terminated = 0;
  assembled = ASSEMBLED;
  view = VIEW;
  loaded: Promise<void> = Promise.resolve();
  run: () => Promise<MachineView> = () => Promise.resolve({ ...this.view, status: 'halted' });
  stop: () => Promise<void> = () => Promise.resolve();
  wat: LabWorker['wat'] = () => Promise.resolve({ lines: [], bytes: 8 });

  readonly connect = (onDied: (error: WorkerError) => void): { api: Remote<LabWorker>; terminate: () => void } => {
    this.died.push(onDied);
    const told = <T>(call: string, answer: T): Promise<T> => {
      this.calls.push(call);
      return Promise.resolve(answer);
    };
    const api: Partial<LabWorker> = {
      load: ({ text }) => {
        this.calls.push(`load ${text}`);
        if (text === 'nothing') return Promise.reject(new WorkerError('line 1: no', 'bad-program', ''));
        return this.loaded.then(() => ({ assembled: this.assembled, view: this.view }));
      },
      assemble: ({ text }) => told(`assemble ${text}`, { ...ASSEMBLED, problems: [{ line: 1, message: 'no' }] }),
      listing: (unit, pc) => told(`listing ${unit} ${pc?.toString(16) ?? '-'}`, listingAt(unit, pc ?? 0x1000n)),
      wat: (unit, pc) => (this.calls.push(`wat ${unit}`), this.wat(unit, pc)),
      step: () => told('step', this.view),
      stepOp: () => told('stepOp', this.view),
      run: (mode) => (this.calls.push(`run ${mode}`), this.run()),
      stop: () => (this.calls.push('stop'), this.stop()),
      reset: () => told('reset', VIEW),
      setRegister: (name, value) => told(`set ${name} ${value}`, this.view),
      compare: () => told('compare', []),
    };
    return { api: api as Remote<LabWorker>, terminate: () => void this.terminated++ };
  };
}

const make = (): { lab: LabController; site: FakeWorkers } => {
  const site = new FakeWorkers();
  return { lab: new LabController(site.connect), site };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a program', () => {
  it('is loaded, then listed from where the machine is; the worker is made for the first', async () => {
    const { lab, site } = make();
    expect(site.died).toHaveLength(0);
    await lab.open(PROGRAM, { unit: 'batch' });
    expect(site.calls).toEqual(['load hlt', 'listing batch -']);
    expect(lab.listing.value?.blocks[0]?.pc).toBe(0x1000n);
    expect([lab.activity.value, lab.canRun.value, lab.linkedLine.value]).toEqual(['idle', true, undefined]);
    lab.linking.point({ block: 0, insn: 0 });
    expect(lab.linkedLine.value).toBe(1);
  });

  it('is assembled when typing pauses, and only as it is then', async () => {
    const { lab, site } = make();
    await lab.open(PROGRAM);
    site.calls.length = 0;
    for (const text of ['n', 'no', 'nop']) lab.edit({ text });
    await vi.advanceTimersByTimeAsync(249);
    expect(site.calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(site.calls).toEqual(['load nop', 'listing tb -']);
    lab.edit({ text: 'nop' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(site.calls).toHaveLength(2);
  });

  it('with problems keeps the last listing and does not run', async () => {
    const { lab, site } = make();
    await lab.open(PROGRAM);
    const before = lab.listing.value;
    site.assembled = { ...ASSEMBLED, problems: [{ line: 1, message: 'no' }] };
    lab.edit({ text: 'x' });
    await vi.advanceTimersByTimeAsync(250);
    expect(lab.listing.value).toBe(before);
    expect(lab.canRun.value).toBe(false);
    site.calls.length = 0;
    await lab.stepInsn();
    expect(site.calls).toEqual([]);
  });

  it('of which nothing assembles has its problems shown, and no error', async () => {
    const { lab, site } = make();
    await lab.open({ ...PROGRAM, text: 'nothing' });
    expect(site.calls).toEqual(['load nothing', 'assemble nothing']);
    expect([lab.problems.value.length, lab.error.value, lab.view.value, lab.activity.value]).toEqual([1, undefined, undefined, 'idle']);
    lab.edit({ text: 'hlt' });
    await vi.advanceTimersByTimeAsync(250);
    expect([lab.problems.value.length, lab.view.value]).toEqual([0, VIEW]);
  });

  it('of two that are opened, the last is shown', async () => {
    const { lab, site } = make();
    await Promise.all([lab.open(PROGRAM), lab.open({ ...PROGRAM, text: 'second' })]);
    expect(site.calls).toEqual(['load second', 'listing tb -']);
  });
});

describe('the listing', () => {
  it('stays while the machine is in it, and goes with it when it leaves', async () => {
    const { lab, site } = make();
    await lab.open(PROGRAM);
    site.calls.length = 0;
    site.view = { ...VIEW, status: 'stopped' };
    await lab.stepInsn();
    site.view = { ...VIEW, status: 'stopped', pc: 0x2000n };
    await lab.stepInsn();
    site.view = { ...VIEW, status: 'halted', pc: 0x3000n };
    await lab.stepInsn();
    expect(site.calls).toEqual(['step', 'listing tb 1000', 'step', 'listing tb 2000', 'step', 'listing tb 2000']);
  });

  it('stays where somebody looked until it is to follow again', async () => {
    const { lab, site } = make();
    await lab.open(PROGRAM);
    site.calls.length = 0;
    lab.listAt(0x5000n);
    await vi.advanceTimersByTimeAsync(0);
    site.view = { ...VIEW, status: 'stopped', pc: 0x2000n };
    await lab.stepInsn();
    lab.follow();
    await vi.advanceTimersByTimeAsync(0);
    expect(site.calls).toEqual(['listing tb 5000', 'step', 'listing tb 5000', 'listing tb 2000']);
  });

  it('of a region is the worker’s choice, and stays', async () => {
    const { lab, site } = make();
    await lab.open(PROGRAM);
    lab.setUnit('region');
    await vi.advanceTimersByTimeAsync(0);
    site.view = { ...VIEW, status: 'stopped', pc: 0x2000n };
    await lab.stepInsn();
    expect(site.calls.slice(2)).toEqual(['listing region -', 'step', 'listing region 1000']);
  });

  it('is printed as WAT only while that pane is open', async () => {
    const { lab, site } = make();
    await lab.open(PROGRAM);
    expect(site.calls).not.toContain('wat tb');
    lab.togglePane('wat');
    await vi.advanceTimersByTimeAsync(0);
    expect(lab.wat.value.status).toBe('ready');
    site.wat = () => Promise.reject(new WorkerError('offline', 'x', ''));
    lab.setUnit('batch');
    await vi.advanceTimersByTimeAsync(0);
    expect(lab.wat.value.status).toBe('failed');
    expect(lab.settings.value.panes).toEqual(['x86', 'ir', 'opt', 'tci', 'wat']);
  });
});

describe('the machine', () => {
  it('does one thing at a time', async () => {
    const { lab, site } = make();
    await lab.open(PROGRAM);
    site.calls.length = 0;
    const run = lab.run();
    expect(lab.activity.value).toBe('running');
    await lab.stepInsn();
    await lab.setRegister('eax', 1n);
    await run;
    expect(site.calls).toEqual(['run tiered', 'listing tb 1000']);
    expect([lab.activity.value, lab.view.value?.status, lab.canRun.value, lab.ready.value]).toEqual(['idle', 'halted', false, true]);
  });

  it('a change of the program stops a run first', async () => {
    const { lab, site } = make();
    await lab.open(PROGRAM);
    site.calls.length = 0;
    let end: (view: MachineView) => void = () => undefined;
    site.run = () => new Promise((resolve) => (end = resolve));
    site.stop = () => Promise.resolve(end(VIEW));
    void lab.run();
    await vi.advanceTimersByTimeAsync(0);
    await lab.open({ ...PROGRAM, text: 'other' });
    expect(site.calls.slice(0, 3)).toEqual(['run tiered', 'stop', 'load other']);
    expect(lab.activity.value).toBe('idle');
  });

  it('that does not stop within two seconds is made anew', async () => {
    const { lab, site } = make();
    await lab.open(PROGRAM);
    site.run = () => new Promise(() => undefined);
    site.stop = () => new Promise(() => undefined);
    void lab.run();
    const stopped = lab.stop();
    await vi.advanceTimersByTimeAsync(2000);
    await stopped;
    await vi.advanceTimersByTimeAsync(0);
    expect([site.terminated, site.died.length]).toEqual([1, 2]);
    expect(lab.error.value).toMatchObject({ code: 'worker-stuck' });
    expect([lab.activity.value, lab.view.value?.status]).toEqual(['idle', 'ready']);
  });

  it('whose worker dies while it loads is left alone until somebody tries again', async () => {
    const { lab, site } = make();
    site.loaded = new Promise(() => undefined);
    const opened = lab.open(PROGRAM);
    await vi.advanceTimersByTimeAsync(0);
    site.loaded = Promise.resolve();
    site.died[0]?.(new WorkerError('broken', 'worker', ''));
    await opened;
    expect([site.died.length, lab.view.value, lab.activity.value]).toEqual([1, undefined, 'idle']);
    expect(lab.error.value).toMatchObject({ message: 'broken' });
    await lab.retry();
    expect([site.died.length, lab.error.value, lab.view.value]).toEqual([2, undefined, VIEW]);
  });
});
