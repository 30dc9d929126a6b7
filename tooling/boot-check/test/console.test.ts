/** Reading consoles and kernel logs, whatever pieces they come in. */
import { describe, expect, it } from 'vitest';
import { judgeConsole, judgeDmesg, parseDmesg } from '../src/console/dmesg.ts';
import { GuestConsole } from '../src/console/console.ts';
import { parseSections } from '../src/console/sections.ts';
import { RECORDED } from './recording.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('sections', () => {
  it('are found in a recording', () => {
    const sections = parseSections(`[    0.0] before\r\n${RECORDED}`);
    expect(sections.map(({ name, status }) => `${name} ${status ?? '?'}`)).toEqual(
      ['uname', 'cpuinfo', 'clock', 'calibration', 'sha256', 'gzip', 'awk', 'forks', 'virtio-blk', 'virtio-rng', 'virtio-console', 'program32', 'dmesg'].map((name) => `${name} 0`),
    );
    expect(sections[0]).toMatchObject({ lines: ['system=Linux', 'release=6.1.0-50-cloud-amd64', 'machine=x86_64', 'host=wasm-tcg'] });
    expect(RECORDED.slice(sections[1]!.begin - '[    0.0] before\r\n'.length).startsWith('@@boot-check begin cpuinfo')).toBe(true);
  });
  const rows: [what: string, text: string, expected: string][] = [
    ['an unended last line', '@@boot-check begin a\nx=1@@boot-check end a 0\n', 'a 0 [x=1]'],
    ['a failed part', '@@boot-check begin a\n@@boot-check end a 127\n', 'a 127 []'],
    ['a part that never ended', '@@boot-check begin a\nx\n@@boot-check begin b\n@@boot-check end b 0\n', 'a ? [x] b 0 []'],
    ['a part that is cut off', '@@boot-check begin a\nx', 'a ? [x]'],
    ['colours', '@@boot-check begin a\n\u001b[1;32mgreen\u001b[0m\n@@boot-check end a 0\n', 'a 0 [green]'],
    ['none', 'x\ny', ''],
  ];
  it.each(rows)('with %s', (_what, text, expected) => {
    expect(parseSections(text).map(({ name, status, lines }) => `${name} ${status ?? '?'} [${lines.join('|')}]`).join(' ')).toBe(expected);
  });
});

describe('dmesg', () => {
  it('gives levels, and continued lines that of their message', () => {
    expect(parseDmesg(['<6>[    0.000000] one', '<28>[   12.345678] two', 'more', '<4>plain', ''])).toEqual([
      { level: 6, text: 'one' }, { level: 4, text: 'two' }, { level: 4, text: 'more' }, { level: 4, text: 'plain' },
    ]);
  });
  const rows: [line: string, problem: RegExp | undefined][] = [
    ['<6>[ 0.1] all is well', undefined],
    ['<5>[ 0.1] noticed', undefined],
    ['<4>[ 0.1] watch out', /^warning: watch out/],
    ['<3>[ 0.1] bad', /^error: bad/],
    ['<6>[ 0.1] unchecked MSR access error: RDMSR from 0x8b', /MSR/],
    ['<6>[ 0.1] clocksource: timekeeping watchdog: Marking clocksource tsc as unstable', /clocks disagree/],
    ['<6>[ 0.1] tsc: Unable to calibrate against PIT', /clocks disagree/],
    ['<6>[ 0.1] busybox[77]: segfault at 0 ip 1 sp 2 error 4', /exception/],
    ['<6>[ 0.1] irq 11: nobody cared', /interrupts/],
    ['<6>[ 0.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks', /stands still/],
    ['<4>[ 0.1] tolerated here', undefined],
  ];
  it.each(rows)('%s', (line, problem) => {
    const { problems } = judgeDmesg(parseDmesg([line]), 'linux-686', [{ pattern: /^tolerated here/, guests: ['linux-686'], reason: 'why not' }]);
    if (problem === undefined) expect(problems).toEqual([]);
    else expect(problems.join()).toMatch(problem);
  });
  it('tolerates a line for the guests that are named only, and says why', () => {
    const list = [{ pattern: /^tolerated/, guests: ['linux-686'], reason: 'why not' }];
    const log = parseDmesg(['<4>tolerated']);
    expect(judgeDmesg(log, 'linux-686', list)).toEqual({ problems: [], allowed: [{ line: 'tolerated', reason: 'why not' }] });
    expect(judgeDmesg(log, 'linux-686-pae', list).problems).toHaveLength(1);
  });
});

describe('messages on the console', () => {
  const rows: [text: string, problems: number][] = [
    ['[    1.000000] all is well\r\nBUG: said a program', 0],
    ['wasm-tcg:~# [  178.880482] watchdog: BUG: soft lockup - CPU#0 stuck for 95s!\r\n', 1],
    ['[    1.000000] hrtimer: interrupt took 5 ns', 0],
  ];
  it.each(rows)('%j: %i problems', (text, problems) => {
    expect(judgeConsole(text)).toHaveLength(problems);
  });
});

describe('the console', () => {
  it('finds what comes byte by byte, from where it is told', async () => {
    const console = new GuestConsole(() => 0);
    const first = console.waitFor(/b+c/, 'bc', { timeout: 1000 });
    for (const byte of bytes(`${'x'.repeat(3000)}abbc abc`)) console.receive(Uint8Array.of(byte));
    expect(await first).toBe(3004);
    expect(await console.waitFor(/b+c/, 'bc', { from: await first, timeout: 1000 })).toBe(3008);
  });
  it('puts split characters together and counts bytes', () => {
    const console = new GuestConsole(() => 0);
    for (const byte of bytes('aé')) console.receive(Uint8Array.of(byte));
    expect([console.text, console.bytes, console.sha256.slice(0, 8)]).toEqual(['aé', 3, '561951c2']);
  });
  it('knows when what came', () => {
    let now = 0;
    const console = new GuestConsole(() => now);
    for (const [time, text] of [[10, 'one'], [20, 'two'], [30, 'three']] as const) {
      now = time;
      console.receive(bytes(text));
    }
    expect([0, 2, 3, 5, 6, 99].map((offset) => console.timeOf(offset))).toEqual([10, 10, 20, 20, 30, 30]);
  });
  it('gives up in time, at a panic, or when told to', async () => {
    const console = new GuestConsole(() => 0);
    console.receive(bytes('hello'));
    await expect(console.waitFor(/never/, 'it', { timeout: 5 })).rejects.toMatchObject({ code: 'timeout', message: expect.stringMatching(/it did not come within 0\.005 s; last came "hello"/) });
    const controller = new AbortController();
    const aborted = console.waitFor(/never/, 'it', { timeout: 1000, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const panicked = console.waitFor(/never/, 'it', { timeout: 1000 });
    console.receive(bytes('\r\nKernel panic - not syncing: Attempted to kill init!\r\n'));
    await expect(panicked).rejects.toMatchObject({ code: 'panic', message: 'Kernel panic - not syncing: Attempted to kill init!' });
  });
});
