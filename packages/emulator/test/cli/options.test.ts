/** The command line: each row a line, and what it means or how it is refused. */
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../src/cli/nearest.ts';
import { OPTIONS } from '../../src/cli/option-table.ts';
import { helpText, parseArguments } from '../../src/cli/options.ts';
import { defaultSettings, type Settings } from '../../src/cli/settings.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

const MIB = 2 ** 20;

const GOOD: [line: string, changed: Partial<Settings>][] = [
  ['', {}],
  ['-accel tcg', {}],
  ['-accel tcg,mode=tci', { mode: 'tci' }],
  ['--accel tcg,mode=tb-per-module', { mode: 'tb-per-module' }],
  ['--accel=tcg,mode=tci', { mode: 'tci' }],
  ['--mode tci', { mode: 'tci' }],
  ['-mode tci', { mode: 'tci' }],
  ['--mode=tb-per-module', { mode: 'tb-per-module' }],
  ['--mode tci --mode tiered', { mode: 'tiered' }],
  ['-m 64', { memory: 64 * MIB }],
  ['-m 1G', { memory: 1024 * MIB }],
  ['-m 512k', { memory: MIB / 2 }],
  ['-m size=32MiB', { memory: 32 * MIB }],
  ['-cpu pentium3', { cpu: 'pentium3' }],
  ['-cpu help', { print: 'cpu-models' }],
  ['-kernel a.bin', { kernel: 'a.bin' }],
  ['-kernel a.bin --load-address 0x7c00 --entry 0x7c10 --cpu-mode protected32', { kernel: 'a.bin', loadAddress: 0x7c00, flatEntry: 0x7c10, cpuMode: 'protected32' }],
  ['-kernel k -initrd i -append console', { kernel: 'k', initrd: 'i', append: 'console' }],
  ['-kernel k --kernel-entry unpacked', { kernel: 'k', entry: 'unpacked' }],
  ['-cpu qemu64', { cpu: 'x86-64' }],
  ['-cpu max,+x2apic -device pci-testdev', { cpu: 'max', notes: ['-cpu: +x2apic is ignored, a model has what it has', '-device: there is no pci-testdev'] }],
  ['-smp 1 -machine pc,accel=tcg -M q35,hpet=off -name x', { hpet: false }],
  ['-machine accel=tcg -nodefaults -vnc none -serial stdio -no-reboot', { noDefaults: true, serial: [{ kind: 'stdio' }], noReboot: true }],
  ['-serial file:a,b -serial none -serial null', { serial: [{ kind: 'file', path: 'a,b' }, { kind: 'null' }, { kind: 'null' }] }],
  ['-serial none', { serial: [] }],
  ['-serial mon:stdio -nographic -monitor none -display none -vga none', { serial: [{ kind: 'stdio' }] }],
  ['-device isa-debug-exit,iobase=0xf4,iosize=0x4 -device pc-testdev', { debugExit: { iobase: 0xf4, iosize: 4 }, testdev: true }],
  ['-device help', { print: 'devices' }],
  ['-debugcon stdio', { debugPort: { kind: 'stdio' } }],
  ['-kernel k -hda a.img -drive file=b,,c.img,format=raw,if=virtio,readonly=on',
    { kernel: 'k', drives: [{ file: 'a.img', readonly: false, snapshot: false }, { file: 'b,c.img', readonly: true, snapshot: false }] }],
  ['-icount shift=3', { icount: 3 }],
  ['-icount 2,sleep=off --seed 9', { icount: 2, seed: 9 }],
  ['-rtc base=2026-01-31T12:00:00', { rtc: Date.UTC(2026, 0, 31, 12) }],
  ['-rtc base=utc,clock=host', {}],
  ['-loadvm a -savevm b -snapshot', { loadvm: 'a', savevm: 'b', snapshot: true }],
  ['-d in_asm,op_opt', { debugItems: ['in_asm', 'op_opt'] }],
  ['-d exec -D log -dfilter 0x10..0x1f', { debugItems: ['exec'], debugFile: 'log', debugFilter: [[0x10n, 0x1fn]] }],
  ['-d exec -dfilter 0x10+0x10,0x2f-0x10', { debugItems: ['exec'], debugFilter: [[0x10n, 0x1fn], [0x20n, 0x2fn]] }],
  ['-d exec -dfilter 0xffff800000000000..0xffff800000000fff', { debugItems: ['exec'], debugFilter: [[0xffff800000000000n, 0xffff800000000fffn]] }],
  ['-d help', { print: 'debug-items' }],
  ['--stress 7 --max-instructions 1000000 --quiet', { stress: 7, maxInstructions: 1_000_000, quiet: true }],
  ['--max-instructions 0', { maxInstructions: 0 }],
  ['-h', { print: 'help' }],
  ['--help', { print: 'help' }],
  ['-version', { print: 'version' }],
];

const BAD: [line: string, message: RegExp, hint: RegExp][] = [
  ['--kernal a.bin', /^unknown option --kernal$/, /^Did you mean -kernel\?$/],
  ['-acel tcg', /^unknown option -acel$/, /-accel/],
  ['--max-instrutions 5', /--max-instrutions/, /--max-instructions/],
  ['-dflter 1..2', /-dflter/, /-dfilter/],
  ['--stres 1', /--stres$/, /--stress/],
  ['--zzzzzzzz', /unknown option --zzzzzzzz/, /--help/],
  ['a.bin', /unexpected argument a\.bin/, /-kernel a\.bin/],
  ['-kernel', /-kernel needs a value/, /-kernel FILE/],
  ['--quiet=yes', /--quiet takes no value/, /alone/],
  ['-accel kvm', /unknown accelerator kvm/, /tcg/],
  ['-accel tcg,mde=tci', /property of -accel tcg mde/, /mode/],
  ['-accel tcg,mode=tierd', /execution mode tierd/, /tiered/],
  ['--mode fast', /execution mode fast/, /tci, tb-per-module, tiered/],
  ['-m 0', /-m: 0 is no size/, /-m 64/],
  ['-m 12T', /12T/, /suffix/],
  ['-cpu pentium9', /CPU model pentium9/, /pentium[23]/],
  ['-d in_asn', /log item in_asn/, /in_asm/],
  ['-d exec -dfilter 0x10', /0x10 is no range/, /0x8000/],
  ['-d exec -dfilter 0x20..0x10', /is empty/, /behind/],
  ['-d exec -dfilter 0x10+0', /is empty/, /behind/],
  ['-d exec -dfilter zz..0x10', /zz is no address/, /0x/],
  ['-D log', /-D without -d/, /-d help/],
  ['-dfilter 1..2', /-dfilter without -d/, /-d help/],
  ['--load-address 0x8000', /--load-address without -kernel/, /image/],
  ['--entry 5', /--entry without -kernel/, /image/],
  ['-kernel a --load-address 0x100000000', /--load-address: 0x100000000 is no number/, /0x/],
  ['-kernel a --cpu-mode real', /CPU mode real/, /real16/],
  ['-initrd x', /-initrd without -kernel/, /-kernel FILE/],
  ['-hda x.img', /no bootable device/, /-kernel FILE/],
  ['-kernel k -drive if=virtio', /-drive without file/, /file=/],
  ['-kernel k -drive file=x,format=qcow2', /format of -drive qcow2/, /raw/],
  ['-kernel k -drive file=x,if=ide', /interface of -drive ide/, /virtio/],
  ['-device isa-debug-exti', /device isa-debug-exti/, /isa-debug-exit/],
  ['-device isa-debug-exit,iobse=1', /iobse/, /iobase/],
  ['-smp 4', /value of -smp 4/, /1/],
  ['-icount sleep=off', /without shift/, /shift=2/],
  ['-icount shift=20', /20 is no number/, /0x/],
  ['-rtc base=noon', /noon is no time/, /2026/],
  ['-serial tcp:1', /back end of -serial/, /stdio/],
  ['-serial null -serial null -serial null -serial null -serial null', /more than four/, /four/],
  ['--stress 0', /--stress: 0 is no number from 1/, /decimal/],
  ['--max-instructions -5', /-5 is no number/, /decimal/],
  ['--max-instructions 1e6', /1e6 is no number/, /decimal/],
];

const split = (line: string): string[] => line.split(' ').filter((word) => word !== '');

describe('parseArguments', () => {
  it.each(GOOD)('%s', (line, changed) => {
    expect(parseArguments(split(line))).toEqual({ ...defaultSettings(), ...changed });
  });

  it.each(BAD)('%s is refused', (line, message, hint) => {
    let error: unknown;
    try {
      parseArguments(split(line));
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(UsageError);
    if (error instanceof UsageError) {
      expect(error.message).toMatch(message);
      expect(error.hint).toMatch(hint);
    }
  });
});

it('the help text has every option and what it is about', () => {
  const help = helpText();
  for (const { names, about } of OPTIONS) {
    expect(help).toContain(`  ${names.join(', ')}`);
    expect(help).toContain(about);
  }
});

it.each([
  ['', '', 0],
  ['abc', 'abc', 0],
  ['abc', 'abd', 1],
  ['abc', 'acb', 1],
  ['kernel', 'kernal', 1],
  ['abc', '', 3],
  ['kitten', 'sitting', 3],
] as const)('edit distance of %s and %s is %i', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

it('nothing is near to a word that resembles none', () => {
  expect(nearest('quux', ['kernel', 'accel'])).toBeUndefined();
});
