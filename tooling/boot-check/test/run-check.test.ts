/** The way of a check from power on to power off, on a machine that plays a recording. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { GuestImage } from '@wasm-tcg/guest-images';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writtenDisk } from '../src/checks/table.ts';
import { startLoad } from '../src/load.ts';
import type { MachineSetup, StartMachine } from '../src/machines/machine.ts';
import { runDifferences } from '../src/nightly/matrix.ts';
import { formatReport } from '../src/report.ts';
import { runCheck, type RunCheckOptions } from '../src/run-check.ts';
import { RECORDED } from './recording.ts';

let folder: string;
let image: GuestImage;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boot-check-test-'));
  const [kernel, initrd] = [join(folder, 'kernel'), join(folder, 'initrd')];
  await writeFile(kernel, 'kernel');
  await writeFile(initrd, 'first');
  image = { name: 'linux-cloud-amd64', kernel, initrd, append: 'console=ttyS0', memory: '256M', release: '6.1.0-50-cloud-amd64', packages: [], notes: [] };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Player {
  readonly start: StartMachine;
  readonly typed: string[];
  setup?: MachineSetup;
  stops: number;
}

/** A machine whose guest says `boot`, and `answers` to what is typed. */
function player(boot: string, answers: Readonly<Record<string, string>>, disk = writtenDisk): Player {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const self: Player = {
    typed: [],
    stops: 0,
    start: (setup) => {
      self.setup = setup;
      let off: (why: string) => void = () => undefined;
      const end = new Promise<string>((resolve) => (off = resolve));
      let instructions = 0;
      const say = (text: string): void => {
        instructions += 1_000_000;
        setup.onConsole(bytes(text.replace(/OFF (\w+)/, '')));
        const ends = /OFF (\w+)/.exec(text);
        if (ends !== null) off(ends[1] ?? '');
      };
      setTimeout(() => say(boot));
      return Promise.resolve({
        end,
        type: (text: string) => {
          self.typed.push(text);
          say(answers[text] ?? '');
        },
        stop: () => {
          self.stops++;
          return Promise.resolve();
        },
        disk: () => Promise.resolve(disk(setup.disk)),
        figures: () => ({ instructions, tiers: { tci: instructions / 4, modules: instructions / 4, regions: instructions / 2 } }),
      });
    },
  };
  return self;
}

const PROMPT = 'wasm-tcg:~# \u001b[6n';
const SOUND = { 'sh /boot-check.sh\n': `${RECORDED}${PROMPT}`, 'exit\n': 'reboot: Power down\r\nOFF poweroff' };

const check = (machine: Player, options: Partial<RunCheckOptions> = {}) =>
  runCheck(image, { mode: 'tiered', clock: 'host', machine: 'wasm-tcg', start: machine.start, timeout: 1000, ...options });

describe('a run', () => {
  it('types the script at the prompt, then exit, and reports', async () => {
    const machine = player(`booting\r\n${PROMPT}`, SOUND);
    const report = await check(machine);
    expect(machine.typed).toEqual(Object.keys(SOUND));
    expect(report).toMatchObject({ ok: true, guest: 'linux-cloud-amd64', instructionsToShell: 1_000_000, instructions: 3_000_000, shares: { tci: 0.25, modules: 0.25, regions: 0.5 } });
    expect(report.checks.map(({ name }) => name).slice(-4)).toEqual(['dmesg', 'console', 'disk image', 'poweroff']);
    expect(report.warnings).toHaveLength(1);
    expect(formatReport(report)).toMatch(/^ok {5}uname .*\n[^]*\nlinux-cloud-amd64 \(6\.1\.0-50-cloud-amd64\), tiered, clock host: shell after [\d.]+ s, off after [\d.]+ s, [\d.]+ MIPS\n$/);
    expect(machine.stops).toBe(1);
  });
  it('puts the script behind the initramfs', async () => {
    const machine = player(PROMPT, SOUND);
    await check(machine);
    const initrd = machine.setup!.initrd;
    expect(new TextDecoder().decode(initrd.subarray(0, 8))).toBe('first\0\0\0');
    expect(gunzipSync(initrd.subarray(8)).toString()).toMatch(/boot-check\.sh\0+dmesg -n 1\n/);
  });
  it('runs the script in the shell’s place under icount, and types nothing', async () => {
    const machine = player(`${RECORDED}OFF poweroff`, {});
    const report = await check(machine, { clock: 'icount' });
    expect([machine.typed, machine.setup!.append, report.ok]).toEqual([[], 'console=ttyS0 wasmtcg.script=/boot-check.sh', true]);
  });
  it('runs some checks only', async () => {
    const machine = player(PROMPT, SOUND, (disk) => disk);
    const report = await check(machine, { only: ['uname'], append: 'quiet' });
    expect([report.checks.map(({ name }) => name), report.ok, machine.setup!.append]).toEqual([['uname', 'console', 'disk image', 'poweroff'], true, 'console=ttyS0 quiet']);
  });
  it('on another CPU, with a busy host, and says so', async () => {
    const machine = player(PROMPT, SOUND);
    const report = await check(machine, { cpu: 'pentium3', load: 2 });
    expect([machine.setup!.cpu, report.cpu, report.load, report.ok]).toEqual(['pentium3', 'pentium3', 2, true]);
    expect(formatReport(report)).toMatch(/clock host, pentium3, 2 busy threads beside it: shell/);
  });
});

describe('a failed run', () => {
  it('has the reasons in its report', async () => {
    const answers = { ...SOUND, 'sh /boot-check.sh\n': `${RECORDED.replace('sum=1560', 'sum=0')}${PROMPT}` };
    const report = await check(player(PROMPT, answers, (disk) => disk));
    expect(report.ok).toBe(false);
    expect(report.checks.filter(({ ok }) => !ok)).toMatchObject([{ name: 'forks', reasons: ['sum is 0 instead of 1560'] }, { name: 'disk image' }]);
    expect(formatReport(report)).toMatch(/FAILED forks .*\n {9}sum is 0 instead of 1560\n/);
  });
  it('may end otherwise than by power off', async () => {
    const report = await check(player(PROMPT, { ...SOUND, 'exit\n': 'OFF reset' }));
    expect(report.checks.filter(({ ok }) => !ok)).toMatchObject([{ name: 'poweroff', reasons: ['the machine ended with: reset'] }]);
  });
  it('hears what the kernel says after its log was read', async () => {
    const report = await check(player(PROMPT, { ...SOUND, 'exit\n': '[  178.880482] watchdog: BUG: soft lockup - CPU#0 stuck for 95s!\r\nOFF poweroff' }));
    expect(report.checks.filter(({ ok }) => !ok)).toMatchObject([{ name: 'console', reasons: [expect.stringMatching(/soft lockup/)] }]);
  });
  const rows: [what: string, boot: string, code: string][] = [
    ['nothing comes', '', 'timeout'],
    ['the kernel panics', 'Kernel panic - not syncing: VFS\r\n', 'panic'],
    ['the machine ends', 'OFF shutdown', 'stopped'],
  ];
  it.each(rows)('when %s, and the machine is stopped', async (_what, boot, code) => {
    const machine = player(boot, {});
    await expect(check(machine, { timeout: 30 })).rejects.toMatchObject({ code });
    expect(machine.stops).toBe(1);
  });
  it('when it is told to end', async () => {
    const machine = player('', {});
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 5);
    await expect(check(machine, { signal: controller.signal })).rejects.toThrow('enough');
    expect(machine.stops).toBe(1);
  });
});

it('keeps threads busy until told to stop', async () => {
  const workSince = (start: NodeJS.CpuUsage): number => process.cpuUsage(start).user / 1000;
  const stop = await startLoad(1);
  const start = process.cpuUsage();
  const until = performance.now() + 5000;
  while (workSince(start) < 30 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(workSince(start)).toBeGreaterThanOrEqual(30);
  await stop();
});

it('tells what two runs differ in', async () => {
  const run = () => check(player(`${RECORDED}OFF poweroff`, {}), { clock: 'icount' });
  const [first, second] = [await run(), await run()];
  expect(runDifferences(first, second)).toEqual([]);
  expect(runDifferences(first, { ...second, instructions: 5, serialSha256: 'x' })).toHaveLength(2);
});
