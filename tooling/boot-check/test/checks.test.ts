/** Every check accepts what a sound machine printed and refuses what a broken one would. */
import { describe, expect, it } from 'vitest';
import { FLOAT_CASES } from '../src/checks/floats.ts';
import { guestScript } from '../src/checks/script.ts';
import { CHECKS, checksOf } from '../src/checks/table.ts';
import { parseSections } from '../src/console/sections.ts';
import { CONTEXT, RECORDED } from './recording.ts';

/** Reasons of every check that is not content, by name. */
function verdicts(text: string, context = CONTEXT): Readonly<Record<string, readonly string[]>> {
  const sections = parseSections(text);
  const all = checksOf(context.guest).map((check) => {
    const section = sections.find(({ name }) => name === check.name);
    return [check.name, section === undefined ? ['did not run'] : check.judge(section, context)] as const;
  });
  return Object.fromEntries(all.filter(([, reasons]) => reasons.length > 0));
}

it('accepts the recording', () => {
  expect(verdicts(RECORDED)).toEqual({});
});

describe('what a broken machine would print', () => {
  const rows: [what: string, from: string | RegExp, to: string, check: string, reason: RegExp][] = [
    ['another kernel', 'release=6.1.0-50', 'release=6.1.0-49', 'uname', /release is 6\.1\.0-49/],
    ['a 32-bit kernel', 'machine=x86_64', 'machine=i686', 'uname', /machine is i686/],
    ['a missing CPU feature', ' syscall ', ' ', 'cpuinfo', /flag syscall is missing/],
    ['a second CPU', 'processor\t: 0', 'processor\t: 0\r\nprocessor\t: 1', 'cpuinfo', /2 processors/],
    ['an unknown speed', /cpu MHz\t\t: [\d.]+/, 'cpu MHz\t\t: 0.000', 'cpuinfo', /cpu MHz/],
    ['no vendor', 'vendor_id\t: AuthenticAMD', 'vendor_id\t:', 'cpuinfo', /vendor_id/],
    ['a clock that stands', /passed=[\d.]+/, 'passed=0', 'clock', /0 s passed/],
    ['no trusted clock', 'source=tsc', 'source=jiffies', 'clock', /jiffies/],
    ['no CPUID level', 'level=13', 'level=', 'calibration', /level is/],
    ['no TSC', 'tsc: Detected', 'tsc: detected', 'calibration', /was not detected/],
    ['no measurement against the PIT', '\ntsc: Fast TSC calibration using PIT', '\ntsc: using HPET', 'calibration', /against the PIT/],
    ['a measurement that was not refined', '\ntsc: Refined', '\ntsc:', 'calibration', /not refined/],
    ['measurements that disagree', 'tsc: Refined TSC clocksource calibration: 2699.973', 'tsc: Refined TSC clocksource calibration: 2702.973', 'calibration', /first 2699\.995 MHz, then 2702\.973/],
    ['no APIC timer', 'Clock Event Device: lapic', 'Clock Event Device: hpet', 'calibration', /APIC is not in use/],
    ['a slow APIC timer', ' 268435456', ' 258435456', 'calibration', /timer of the APIC: 60171\d+/],
    ['a wrong sum', 'hash=0', 'hash=1', 'sha256', /hash is 1/],
    ['text that came out different', 'text=7', 'text=8', 'gzip', /text is 8/],
    ['code that came out different', 'code=same', '- /bin/busybox differ: char 5', 'gzip', /code is missing/],
    ['a sum one unit off', 'squares=1.6439345666815615', 'squares=1.6439345666815612', 'awk', /squares is 1\.6439345666815612 instead of 1\.6439345666815615/],
    ['denormals flushed', 'denormal=4.9406564584124654e-324', 'denormal=0', 'awk', /denormal is 0/],
    ['no infinity', 'overflow=inf', 'overflow=nan', 'awk', /overflow is nan/],
    ['lost processes', 'enough=1', 'enough=0', 'forks', /enough is 0/],
    ['lost output', 'sum=1560', 'sum=1558', 'forks', /sum is 1558/],
    ['a disk read wrong', 'before=a', 'before=b', 'virtio-blk', /before is b/],
    ['a disk written wrong', /after=[0-9a-f]{64}/, `after=${'0'.repeat(64)}`, 'virtio-blk', /after is 000/],
    ['no entropy device', 'source=virtio_rng.0', 'source=none', 'virtio-rng', /source is none/],
    ['entropy that is none', /first=[0-9a-f]{64}/, `first=${'00'.repeat(32)}`, 'virtio-rng', /not 32 random bytes/],
    ['the same entropy twice', /second=[0-9a-f]{64}/, `second=${/first=([0-9a-f]{64})/.exec(RECORDED)?.[1] ?? ''}`, 'virtio-rng', /twice/],
    ['no console', 'devices=1', 'devices=0', 'virtio-console', /devices is 0/],
    ['a 64-bit program', 'class=01', 'class=02', 'program32', /class is 02/],
    ['processes that hang', /\r\ncount=20/, '', 'program32', /count is missing/],
    ['an oops', '@@boot-check end dmesg', '<1>[    9.9] BUG: unable to handle page fault\r\n@@boot-check end dmesg', 'dmesg', /the kernel failed: BUG/],
    ['an unknown warning', '@@boot-check end dmesg', '<4>[    9.9] strange thing\r\n@@boot-check end dmesg', 'dmesg', /warning: strange thing/],
    ['an empty log', /@@boot-check begin dmesg[^]*@@boot-check end dmesg/, '@@boot-check begin dmesg\r\n@@boot-check end dmesg', 'dmesg', /only 0 lines/],
  ];
  it.each(rows)('%s', (_what, from, to, check, reason) => {
    const changed = RECORDED.replace(from, to);
    expect(changed).not.toBe(RECORDED);
    const found = verdicts(changed);
    expect(Object.keys(found)).toEqual([check]);
    expect(found[check]?.join('; ')).toMatch(reason);
  });
});

it('asks x87 code for the results of x87', () => {
  const sse = RECORDED.slice(RECORDED.indexOf('begin program32')).replace('squares=1.6439345666815612', 'squares=1.6439345666815615');
  expect(verdicts(RECORDED.slice(0, RECORDED.indexOf('begin program32')) + sse)).toEqual({ program32: ['squares is 1.6439345666815615 instead of 1.6439345666815612'] });
});

it('has one name for each check and each number', () => {
  for (const names of [CHECKS.map(({ name }) => name), FLOAT_CASES.map(({ name }) => name)]) expect(new Set(names).size).toBe(names.length);
  expect(checksOf('linux-686').map(({ name }) => name)).not.toContain('program32');
});

it('writes a script whose every part is between its markers', () => {
  const script = guestScript(CHECKS.slice(0, 2));
  expect(script).toMatch(/^dmesg -n 1\necho '@@boot-check started'\necho '@@boot-check begin uname'\n\([^]*\) <\/dev\/null 2>&1\necho "@@boot-check end uname \$\?"\n/);
  expect(script.endsWith("echo '@@boot-check done'\n")).toBe(true);
});
