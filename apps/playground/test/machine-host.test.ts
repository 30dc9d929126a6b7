import { describe, expect, it } from 'vitest';
import { MachineHost } from '../src/machine/worker/machine-host.ts';
import type { BootSource, MachineConfig } from '../src/machine/protocol.ts';
import { RecordedEvents } from './machine-events.ts';

const offline: typeof fetch = () => Promise.reject(new TypeError('offline'));
const host = (fetcher = offline): MachineHost => new MachineHost({ site: new URL('http://site.test/folder/'), fetch: fetcher, isolated: false });
const config = (source: BootSource, more: Partial<MachineConfig> = {}): MachineConfig => ({ source, model: 'x86-64', memory: 16, mode: 'tiered', clock: 'host', append: '', ...more });
const TINY = { kind: 'guest', name: 'tiny' } as const;
/** In real mode, at 0x8000: a count in BX, its low byte to port 0xe9 at each of 16 × 65,536 turns; forever. */
const COUNTER = Uint8Array.of(0x31, 0xdb, 0x31, 0xc9, 0xe2, 0xfe, 0x43, 0x88, 0xd8, 0xe6, 0xe9, 0xeb, 0xf5);
const counter = (): BootSource => ({ kind: 'files', kernel: new File([COUNTER], 'count.bin'), disks: [], append: '' });

describe.each([false, true])('with shared memory: %s', (isolated) => {
  it('boots the tiny guest to its end, in lines that a terminal shows', async () => {
    const events = new RecordedEvents();
    const machine = new MachineHost({ site: new URL('http://site.test/'), fetch: offline, isolated });
    await machine.start(config(TINY), events);
    await events.ended();
    expect(events.statuses).toEqual(['starting', 'running', 'ended: halt']);
    expect(events.text).toMatch(/^real mode: .*\r\n[^]*patched code +0{8}00013948/);
    expect(events.progresses.map(({ phase }) => phase)).toEqual(['compile', 'load']);
    expect(events.samples.at(-1)?.counters.instructions).toBeGreaterThan(1_000_000);
    await machine.reset();
    await events.until(() => events.statuses.length === 5);
    expect(events.statuses.slice(3)).toEqual(['running', 'ended: halt']);
    expect(events.text.split('real mode:').length).toBe(3);
  });
});

describe('a machine', () => {
  it('pauses, goes on, is switched off', async () => {
    const events = new RecordedEvents();
    const machine = host();
    await machine.start(config(counter()), events);
    await events.until(() => events.text.length > 0);
    await machine.pause();
    const { length } = events.samples;
    await new Promise((resolve) => void setTimeout(resolve, 300));
    expect([events.samples.length, events.statuses.at(-1)]).toEqual([length, 'paused']);
    await machine.resume();
    await events.until(() => events.samples.length > length);
    await machine.powerOff();
    expect(events.statuses).toEqual(['starting', 'running', 'paused', 'running', 'off']);
    await expect(machine.snapshot()).rejects.toMatchObject({ code: 'no-machine' });
  });

  it('goes on from its snapshot', async () => {
    const events = new RecordedEvents();
    const machine = host();
    await machine.start(config(counter()), events);
    await events.until(() => events.bytes.length > 3);
    const before = events.bytes.length;
    const file = await machine.snapshot();
    const after = events.bytes.length;
    const again = new RecordedEvents();
    await machine.start(config({ kind: 'snapshot', file, disks: [] }), again);
    await again.until(() => again.bytes.length > 0);
    await machine.powerOff();
    expect(events.statuses.at(-1)).toBe('off');
    const turns = ((again.bytes[0] ?? 0) - before) & 0xff;
    expect(turns).toBeGreaterThan(0);
    expect(turns).toBeLessThanOrEqual(after - before + 2);
  });

  it('is restored with the disks that it had, and not without', async () => {
    const disk = new File([new Uint8Array(4096)], 'disk.img');
    const events = new RecordedEvents();
    const machine = host();
    await machine.start(config({ kind: 'files', kernel: new File([COUNTER], 'count.bin'), disks: [disk], append: '' }), events);
    await machine.sendFiles([new File(['x'], 'waits')]);
    const file = await machine.snapshot();
    await expect(machine.start(config({ kind: 'snapshot', file, disks: [] }), events)).rejects.toMatchObject({ code: 'bad-snapshot', hint: expect.stringContaining('same disks') });
    await machine.start(config({ kind: 'snapshot', file, disks: [disk] }), events);
    await machine.sendFiles([new File(['y'], 'also')]);
    await machine.powerOff();
    expect(events.statuses).toEqual(['starting', 'running', 'off', 'starting', 'off', 'starting', 'running', 'off']);
  });

  it('says what is wrong with a file that has gone', async () => {
    const gone = Object.assign(new File(['x'], 'gone.bin'), { arrayBuffer: () => Promise.reject(new DOMException('changed', 'NotReadableError')) });
    const machine = host();
    await expect(machine.start(config({ kind: 'files', kernel: gone, disks: [], append: '' }), new RecordedEvents())).rejects.toMatchObject({ code: 'file', message: 'gone.bin cannot be read' });
    await machine.start(config(counter()), new RecordedEvents());
    await expect(machine.sendFiles([gone])).rejects.toMatchObject({ code: 'file' });
    await machine.powerOff();
  });

  it('tells of code and places only when it is asked', async () => {
    const events = new RecordedEvents();
    const machine = host();
    await machine.start(config(counter()), events);
    await events.until(() => events.samples.length > 0);
    expect([events.samples[0]!.profile, events.samples[0]!.pages]).toEqual([[], []]);
    await machine.observe(true);
    await events.until(() => (events.samples.at(-1)?.profile.length ?? 0) > 0);
    const { profile: [top], pages } = events.samples.at(-1)!;
    const code = await machine.codeAt(top!.physical, top!.pc);
    await machine.powerOff();
    expect(top!.physical).toBeGreaterThanOrEqual(0x8000);
    expect(pages.map(({ page }) => page)).toContain(8);
    expect([code!.bits, code!.model, code!.bytes.length]).toEqual([16, 'x86-64', 4096 - (top!.physical % 4096)]);
    expect(await machine.codeAt(2 ** 40, 0n)).toBeUndefined();
  });

  it('a cancelled start ends at once', async () => {
    const events = new RecordedEvents();
    const guests = [{ name: 'g', title: 'G', description: '', bits: 64, bytes: 10, model: 'x86-64', memory: 16, append: '', kernel: 'guests/g/kernel' }];
    /** The list, and a file that never ends. */
    const machine = host(async (url, init) => {
      if (String(url).endsWith('.json')) return Response.json(guests);
      return new Response(new ReadableStream({ start: (body) => init?.signal?.addEventListener('abort', () => body.error(init.signal?.reason)) }));
    });
    const start = machine.start(config({ kind: 'guest', name: 'g' }), events);
    await events.until(() => events.progresses.length > 0);
    await machine.powerOff();
    await expect(start).rejects.toMatchObject({ code: 'aborted' });
    expect(events.statuses).toEqual(['starting', 'off']);
  });

  const bad: [what: string, source: BootSource, code: string][] = [
    ['no kernel', { kind: 'files', disks: [], append: '' }, 'no-kernel'],
    ['a text', { kind: 'files', kernel: new File(['hello'], 'notes.txt'), disks: [], append: '' }, 'bad-kernel'],
    ['a disk of half a sector', { kind: 'files', kernel: new File([COUNTER], 'x.bin'), disks: [new File(['x'], 'd.img')], append: '' }, 'bad-image'],
    ['a file that is no snapshot', { kind: 'snapshot', file: new Blob(['hello']), disks: [] }, 'bad-snapshot'],
    ['a guest that the site does not have', { kind: 'guest', name: 'linux-cloud-amd64' }, 'unknown-guest'],
  ];
  it.each(bad)('refuses %s, and says what to do', async (_what, source, code) => {
    const events = new RecordedEvents();
    const error: unknown = await host().start(config(source), events).then(() => undefined, (thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/\w/) });
    expect(events.statuses).toEqual(['starting', 'off']);
  });

  it('ends with the code that the guest writes to its debug exit', async () => {
    const events = new RecordedEvents();
    // mov al, 3; out 0xf4, al
    const kernel = new File([Uint8Array.of(0xb0, 3, 0xe6, 0xf4)], 'exit.bin');
    await host().start(config({ kind: 'files', kernel, disks: [], append: '' }), events);
    await events.ended();
    expect(events.statuses).toEqual(['starting', 'running', 'ended: exit']);
  });
});
