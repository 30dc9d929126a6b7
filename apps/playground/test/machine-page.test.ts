/** The pure parts of the Machine view, a table each. */
import { describe, expect, it } from 'vitest';
import { addFiles, assignRole, bootSource, inspectFile, type BootFile, type BootRole, type Detected } from '../src/machine/boot-files.ts';
import { BootPhase } from '../src/machine/boot-phase.ts';
import { endText } from '../src/machine/ended.ts';
import type { MachineConfig, SiteGuest } from '../src/machine/protocol.ts';
import { guestConfig, memoryProblem, settingsFromQuery, settingsToQuery, sourceConfig, DEFAULT_SETTINGS } from '../src/machine/settings.ts';
import { machineTitle, snapshotName } from '../src/machine/titles.ts';
import { controlOf, keySequence } from '../src/machine/terminal/keys.ts';
import { screenText } from '../src/machine/terminal/screen-text.ts';

const LINUX: SiteGuest = { name: 'linux', title: 'Linux, 64-bit', description: '', bits: 64, bytes: 5, model: 'x86-64', memory: 256, append: 'console=ttyS0' };
const file = (name: string, size = 4): File => new File([new Uint8Array(size)], name);
const item = (name: string, role: BootRole): BootFile => ({ file: file(name), label: '', hint: '', role });
const roles = (files: readonly BootFile[]): string => files.map(({ file: { name }, role }) => `${name}=${role}`).join(' ');

describe('settings', () => {
  it.each([
    ['', {}],
    ['memory=64&model=max', { memory: 64, model: 'max' }],
    ['memory=1&model=z80&mode=fast&clock=moon', {}],
    ['memory=3072&mode=tci&clock=icount&append=quiet+panic%3D1', { memory: 3072, mode: 'tci', clock: 'icount', append: 'quiet panic=1' }],
    ['memory=+&boot=x', {}],
  ])('of the address "%s"', (query, expected) => {
    expect(settingsFromQuery(new URLSearchParams(query))).toEqual({ ...DEFAULT_SETTINGS, ...expected });
  });

  it.each(['', 'model=pentium3', 'memory=64&mode=tci', 'model=486&memory=2&mode=tb-per-module&clock=icount&append=a%26b+c'])('"%s" → settings → the same address', (query) => {
    expect(settingsToQuery(settingsFromQuery(new URLSearchParams(query))).toString()).toBe(query);
  });

  it('a remembered choice holds where the address is silent', () => {
    expect(settingsFromQuery(new URLSearchParams('mode=tci'), { ...DEFAULT_SETTINGS, memory: 32, append: 'quiet' })).toMatchObject({ mode: 'tci', memory: 32, append: 'quiet' });
  });

  it.each([['', true], [' 64 ', true], ['2', true], ['3072', true], ['1', false], ['3073', false], ['64.5', false], ['64M', false], ['-8', false]])('memory "%s": %s', (text, valid) => {
    expect(memoryProblem(text) === undefined).toBe(valid);
  });

  it('what is not chosen is the guest’s own', () => {
    expect(guestConfig(LINUX, DEFAULT_SETTINGS)).toEqual({ source: { kind: 'guest', name: 'linux' }, model: 'x86-64', memory: 256, mode: 'tiered', clock: 'host', append: '' });
    expect(guestConfig(LINUX, { ...DEFAULT_SETTINGS, memory: 64, model: 'max' })).toMatchObject({ model: 'max', memory: 64 });
  });

  it('own files have a command line of their own, and the settings’', () => {
    const source = { kind: 'files', disks: [], append: 'console=ttyS0' } as const;
    expect(sourceConfig(source, { ...DEFAULT_SETTINGS, append: 'quiet' })).toMatchObject({ source, append: 'quiet', memory: 256 });
  });
});

describe('own files', () => {
  it.each([
    ['a kernel replaces a kernel', ['a=kernel'], 'b=kernel', 'a=none b=kernel'],
    ['disks add up', ['a=disk'], 'b=disk', 'a=disk b=disk'],
    ['an initrd goes with a kernel', ['a=kernel'], 'b=initrd', 'a=kernel b=initrd'],
    ['one snapshot', ['a=snapshot', 'd=disk'], 'b=snapshot', 'a=none d=disk b=snapshot'],
  ])('%s', (_, before, added, after) => {
    const parse = (text: string): BootFile => item(text.split('=')[0]!, text.split('=')[1] as BootRole);
    expect(roles(addFiles(before.map(parse), [parse(added)]))).toBe(after);
  });

  it('a role given by hand takes it from who had it', () => {
    expect(roles(assignRole([item('a', 'kernel'), item('b', 'none')], 1, 'kernel'))).toBe('a=none b=kernel');
  });

  it.each([
    [[], ''],
    [['none'], 'None of these'],
    [['initrd'], 'needs its kernel'],
    [['disk'], 'no BIOS'],
    [['snapshot', 'kernel'], 'either'],
    [['kernel'], undefined],
    [['kernel', 'initrd', 'disk', 'disk'], undefined],
    [['snapshot', 'disk'], undefined],
  ] as const)('%j: %s', (given, problem) => {
    const source = bootSource(given.map((role, at) => item(String(at), role)), 'quiet');
    if (problem === undefined) expect(source).toHaveProperty('kind');
    else expect((source as { problem: string }).problem).toContain(problem);
  });

  it('what a start gets', () => {
    const kernel = item('k', 'kernel');
    const disk = item('d', 'disk');
    const snapshot = item('s', 'snapshot');
    expect(bootSource([kernel, disk], 'quiet')).toEqual({ kind: 'files', kernel: kernel.file, disks: [disk.file], append: 'quiet' });
    expect(bootSource([snapshot, disk], 'quiet')).toEqual({ kind: 'snapshot', file: snapshot.file, disks: [disk.file] });
  });

  it('only the beginning is read, and all of an ELF file', async () => {
    const asked: [number, number][] = [];
    const detect = (kind: string, role: Detected['role']) => (_: string, bytes: Uint8Array, size: number): Detected => {
      asked.push([bytes.length, size]);
      return { kind, role, label: kind };
    };
    expect(await inspectFile(file('x', 100), { detect: detect('flat', 'flat'), bytes: 16 })).toMatchObject({ label: 'flat', hint: '', role: 'kernel' });
    await inspectFile(file('x', 100), { detect: detect('elf', 'none'), bytes: 16 });
    expect(asked).toEqual([[16, 100], [16, 100], [100, 100]]);
  });
});

describe('titles', () => {
  const config = (source: MachineConfig['source']): MachineConfig => ({ source, model: 'x86-64', memory: 1, mode: 'tci', clock: 'host', append: '' });
  const at = new Date(2026, 0, 5, 7, 9);
  it.each([
    [{ kind: 'guest', name: 'linux' } as const, 'Linux, 64-bit', 'linux-20260105-0709.snapshot'],
    [{ kind: 'guest', name: 'gone' } as const, 'gone', 'gone-20260105-0709.snapshot'],
    [{ kind: 'files', kernel: file('my kernel.bin'), disks: [], append: '' } as const, 'my kernel.bin', 'my-kernel.bin-20260105-0709.snapshot'],
    [{ kind: 'snapshot', file: file('linux-20251224-1800.snapshot'), disks: [] } as const, 'linux-20251224-1800.snapshot', 'linux-20260105-0709.snapshot'],
    [{ kind: 'snapshot', file: new Blob([]), disks: [] } as const, 'Machine', 'machine-20260105-0709.snapshot'],
  ])('%j', (source, title, name) => {
    expect(machineTitle(config(source), [LINUX])).toBe(title);
    expect(snapshotName(config(source), at)).toBe(name);
  });

  it.each([
    [{ kind: 'poweroff' } as const, 'switched itself off'],
    [{ kind: 'exit', code: 3 } as const, 'exit code 3'],
    [{ kind: 'shutdown' } as const, 'triple fault'],
    [undefined, 'has ended'],
  ])('the end of %j', (reason, text) => {
    expect(endText(reason).what).toContain(text);
  });
});

describe('terminal', () => {
  it.each([
    ['Esc', false, '\u001b'], ['Tab', false, '\t'], ['Up', false, '\u001b[A'], ['Up', true, '\u001bOA'], ['Left', false, '\u001b[D'], ['Right', true, '\u001bOC'], ['Down', false, '\u001b[B'],
  ] as const)('key %s, application %s', (key, application, sequence) => {
    expect(keySequence(key, application)).toBe(sequence);
  });

  it.each([['c', '\u0003'], ['C', '\u0003'], ['[', '\u001b'], [' ', '\0'], ['?', '\u007f'], ['1', '1'], ['ab', 'ab'], ['é', 'é']])('Ctrl and %j', (typed, sent) => {
    expect(controlOf(typed)).toBe(sent);
  });

  it.each([
    ['empty', ['', ''], 5, ''],
    ['trailing blanks go', ['a', 'b', '', ''], 5, 'a\nb'],
    ['the last lines', ['a', 'b', 'c'], 2, 'b\nc'],
    ['blank lines between stay', ['a', '', 'c'], 5, 'a\n\nc'],
    ['a line without an end', ['first', ...Array.from({ length: 300 }, () => '>x')], 5, 'x'.repeat(200)],
    ['a wrapped line is one', ['a', 'long li', '>ne that', '> wraps', 'b'], 2, 'long line that wraps\nb'],
  ])('screen: %s', (_, rows, limit, text) => {
    const lines = rows.map((row) => ({ isWrapped: row.startsWith('>'), translateToString: () => row.replace(/^>/, '') }));
    expect(screenText({ length: lines.length, getLine: (y) => lines[y] }, limit)).toBe(text);
  });

  it.each([
    ['nothing known', ['hello'], undefined],
    ['a kernel', ['[    0.0] Linux version 6.1.0'], 'kernel'],
    ['a mark in two pieces', ['[    0.0] Linux ver', 'sion 6.1.0-50'], 'kernel'],
    ['init', ['Linux version 6', '\r\n[ 1.2] Run /init as init process\r\n'], 'init'],
    ['a prompt', ['Linux version 6', 'Run /init as init process\r\n', 'wasm-tcg:~# '], 'shell'],
    ['a prompt that asks for the cursor', ['Run /init as init process\r\n', '/ # \u001b[6n'], 'shell'],
    ['a comment is no prompt', ['Linux version 6', '\r\n# comment'], 'kernel'],
    ['a reboot', ['Run /init as init process\r\n', 'wasm-tcg:~# ', 'reboot\r\n', '[ 0.0] Linux version 6.1.0\r\n'], 'kernel'],
  ])('boot phase: %s', (_, pieces, phase) => {
    const boot = new BootPhase();
    for (const piece of pieces) boot.see(new TextEncoder().encode(piece));
    expect(boot.phase).toBe(phase);
  });
});
