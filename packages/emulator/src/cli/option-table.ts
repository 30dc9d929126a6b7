/**
 * The command line's options: one row each. Parser, help text and the words offered for a misspelt one derive from the
 * rows. Names and meaning are QEMU's where QEMU has the option; one dash or two make no difference, as there.
 */
import { CPU_MODEL_NAMES } from '@wasm-tcg/guest-x86';
import type { DebugItem, ExecutionMode, FlatMode, KernelBoot } from '../api.ts';
import { addDevice, addDrive } from './device-options.ts';
import type { CharBackend, Settings } from './settings.ts';
import { oneOf, unknown, UsageError } from './usage-error.ts';
import { parseMemory, parseNumber, parseProperties, parseRanges } from './values.ts';

const MODES = ['tci', 'tb-per-module', 'tiered'] as const satisfies readonly ExecutionMode[];
const CPU_MODES = ['real16', 'protected16', 'protected32', 'long64'] as const satisfies readonly FlatMode[];
const ENTRIES = ['auto', 'real16', 'protected32', 'long64', 'unpacked'] as const satisfies readonly KernelBoot['entry'][];
/** QEMU's names of CPU models that we have under another. */
const CPU_ALIASES: Readonly<Record<string, string>> = { qemu64: 'x86-64', qemu32: 'pentium3', kvm64: 'x86-64', kvm32: 'pentium3', host: 'max' };
/** Largest shift of `-icount`: about 1 MIPS. */
const MAX_SHIFT = 10;

/** Items of `-d` and what they show. */
export const DEBUG_ITEMS: Readonly<Record<DebugItem, string>> = {
  in_asm: 'guest instructions of each TB when it is translated',
  op: 'IR of each TB',
  op_opt: 'IR after the optimiser',
  tci: 'TCI code',
  wat: 'WebAssembly of modules and regions',
  int: 'exceptions and interrupts',
  exec: 'TBs as they are entered',
  cpu: 'registers at each of them',
  stats: 'at the end: what ran in which tier, what it cost',
};
const isDebugItem = (word: string): word is DebugItem => Object.hasOwn(DEBUG_ITEMS, word);

export interface Option {
  readonly names: readonly [string, ...string[]];
  /** Name of the value in the help text; without it the option takes none. */
  readonly value?: string;
  readonly about: string;
  apply(settings: Settings, value: string): void;
}

/** `stdio`, `mon:stdio`, `file:PATH`, `null`, `none`. The last: no such port. */
function parseBackend(option: string, value: string): CharBackend | undefined {
  if (value === 'none') return undefined;
  if (value.startsWith('file:') && value.length > 5) return { kind: 'file', path: value.slice(5) };
  const kind = oneOf(`back end of ${option}`, value.replace(/^mon:/, ''), ['stdio', 'null', 'none', 'file:PATH'] as const);
  return kind === 'stdio' ? { kind: 'stdio' } : { kind: 'null' };
}

function addSerial(s: Settings, value: string): void {
  s.serial ??= [];
  const backend = parseBackend('-serial', value);
  // "-serial none" leaves the port out; ports behind it keep their numbers.
  s.serial.push(backend ?? { kind: 'null' });
  if (backend === undefined && s.serial.length === 1) s.serial = [];
  if (s.serial.length > 4) throw new UsageError('more than four -serial', 'A PC has four serial ports.');
}

/** Only one value makes sense: what others would ask for is not there. */
const only = (option: string, accepted: readonly string[], value: string): void => void oneOf(`value of ${option}`, value, accepted);

function parseIcount(value: string): number {
  const { head, properties } = parseProperties(/^\d/.test(value) ? value : `,${value}`);
  let shift = head === '' ? undefined : parseNumber('-icount', head, 0, MAX_SHIFT);
  for (const [key, text] of properties) {
    if (oneOf('property of -icount', key, ['shift', 'sleep', 'align', '']) === 'shift') shift = parseNumber('-icount shift', text, 0, MAX_SHIFT);
    else if (key === 'sleep' || key === 'align') only(`-icount ${key}`, ['off'], text);
  }
  if (shift === undefined) throw new UsageError('-icount without shift', `Write -icount shift=2: an instruction takes 2^shift ns, shift 0 … ${MAX_SHIFT}.`);
  return shift;
}

function parseRtc(s: Settings, value: string): void {
  const { properties } = parseProperties(`,${value}`);
  for (const [key, text] of properties) {
    if (oneOf('property of -rtc', key, ['base', 'clock', 'driftfix']) !== 'base' || text === 'utc') continue;
    const time = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) || !text.includes('T') ? text : `${text}Z`);
    if (Number.isNaN(time)) throw new UsageError(`-rtc base=${text} is no time`, 'Write -rtc base=2026-01-31T12:00:00 or base=utc.');
    s.rtc = time;
  }
}

function parseAccelerator(s: Settings, value: string): void {
  const { head, properties } = parseProperties(value);
  oneOf('accelerator', head, ['tcg']);
  for (const [key, text] of properties) {
    if (oneOf('property of -accel tcg', key, ['mode', 'thread', 'tb-size']) === 'mode') s.mode = oneOf('execution mode', text, MODES);
  }
}

function parseMachine(s: Settings, value: string): void {
  for (const part of value.split(',')) {
    const at = part.indexOf('=');
    const key = at < 0 ? 'type' : part.slice(0, at);
    const text = part.slice(at + 1);
    switch (oneOf('property of -machine', key, ['type', 'accel', 'hpet', 'usb', 'vmport', 'graphics', 'smm'])) {
      case 'type': only('-machine', ['pc', 'q35', 'pc-i440fx'], text); break;
      case 'accel': parseAccelerator(s, text); break;
      case 'hpet': s.hpet = oneOf('-machine hpet', text, ['on', 'off']) === 'on'; break;
      default: break;
    }
  }
}

export const OPTIONS: readonly Option[] = [
  // ---- what runs
  { names: ['-kernel'], value: 'FILE', about: 'Linux (bzImage, vmlinux), Multiboot, PVH or flat image; without it the built-in guest runs', apply: (s, value) => (s.kernel = value) },
  { names: ['-initrd'], value: 'FILE', about: 'initial RAM disk; for Multiboot modules: "FILE args,FILE args"', apply: (s, value) => (s.initrd = value) },
  { names: ['-append'], value: 'TEXT', about: 'kernel command line', apply: (s, value) => (s.append = value) },
  { names: ['--kernel-entry'], value: 'HOW', about: `how a bzImage is entered: ${ENTRIES.join(', ')}`, apply: (s, value) => (s.entry = oneOf('kernel entry', value, ENTRIES)) },
  {
    names: ['--load-address'], value: 'ADDRESS', about: 'a flat image, and its physical address (default 0x8000)',
    apply: (s, value) => (s.loadAddress = parseNumber('--load-address', value, 0, 0xffffffff)),
  },
  { names: ['--entry'], value: 'ADDRESS', about: 'a flat image, and its first instruction (default: the load address)', apply: (s, value) => (s.flatEntry = parseNumber('--entry', value)) },
  { names: ['--cpu-mode'], value: 'MODE', about: `a flat image, and the CPU's mode: ${CPU_MODES.join(', ')} (default real16)`, apply: (s, value) => (s.cpuMode = oneOf('CPU mode', value, CPU_MODES)) },
  // ---- the machine
  { names: ['-m'], value: 'SIZE', about: 'RAM in MiB or with suffix K, M, G (default 256; 16 for the built-in guest)', apply: (s, value) => (s.memory = parseMemory(value)) },
  {
    names: ['-cpu'], value: 'MODEL', about: 'CPU model; "help" lists them',
    apply: (s, value) => {
      if (value === 'help') {
        s.print = 'cpu-models';
        return;
      }
      const [model, ...features] = value.split(',');
      s.cpu = oneOf('CPU model', CPU_ALIASES[model] ?? model, CPU_MODEL_NAMES);
      // As QEMU does with what it cannot give.
      for (const feature of features) s.notes.push(`-cpu: ${feature} is ignored, a model has what it has`);
    },
  },
  { names: ['-smp'], value: 'N', about: 'CPUs: 1', apply: (_s, value) => only('-smp', ['1', 'cpus=1'], value) },
  { names: ['-machine', '-M'], value: 'TYPE', about: 'pc; with accel=tcg, hpet=on|off', apply: parseMachine },
  { names: ['-accel'], value: 'tcg[,mode=M]', about: `how guest code runs: ${MODES.join(', ')} (default)`, apply: parseAccelerator },
  { names: ['--mode'], value: 'M', about: 'the same, shorter', apply: (s, value) => (s.mode = oneOf('execution mode', value, MODES)) },
  { names: ['-drive'], value: 'file=FILE,…', about: 'virtio disk: format=raw, readonly=on, snapshot=on', apply: addDrive },
  { names: ['-hda'], value: 'FILE', about: 'the first disk, as -drive file=FILE', apply: (s, value) => addDrive(s, `file=${value}`) },
  { names: ['-hdb'], value: 'FILE', about: 'another', apply: (s, value) => addDrive(s, `file=${value}`) },
  { names: ['-snapshot'], about: 'disks keep nothing of what is written', apply: (s) => (s.snapshot = true) },
  {
    names: ['-device'], value: 'NAME,…', about: 'add a device; "help" lists them',
    apply: (s, value) => {
      if (value === 'help') s.print = 'devices';
      else addDevice(s, value);
    },
  },
  { names: ['-nodefaults'], about: 'only devices that are asked for', apply: (s) => (s.noDefaults = true) },
  // ---- consoles
  { names: ['-nographic'], about: 'serial port on the terminal (the default); Ctrl-A H lists the keys', apply: () => undefined },
  { names: ['-serial'], value: 'WHERE', about: 'stdio, file:PATH, null, none; once per port', apply: addSerial },
  { names: ['-debugcon'], value: 'WHERE', about: 'port 0xe9, as -serial', apply: (s, value) => (s.debugPort = parseBackend('-debugcon', value)) },
  { names: ['-monitor'], value: 'none', about: 'there is none', apply: (_s, value) => only('-monitor', ['none', 'stdio', 'null'], value) },
  { names: ['-display'], value: 'none', about: 'there is none', apply: (_s, value) => only('-display', ['none'], value) },
  { names: ['-vga'], value: 'none', about: 'there is none', apply: (_s, value) => only('-vga', ['none'], value) },
  { names: ['-vnc'], value: 'none', about: 'there is none', apply: (_s, value) => only('-vnc', ['none'], value) },
  // ---- time, reset, snapshots
  { names: ['-icount'], value: 'shift=N', about: 'an instruction takes 2^N ns; runs repeat exactly', apply: (s, value) => (s.icount = parseIcount(value)) },
  { names: ['-rtc'], value: 'base=TIME', about: 'wall clock at power-on', apply: parseRtc },
  { names: ['--seed'], value: 'N', about: 'seed of randomness under -icount', apply: (s, value) => (s.seed = parseNumber('--seed', value, 0, 0xffffffff)) },
  { names: ['-no-reboot'], about: 'a reset ends the run', apply: (s) => (s.noReboot = true) },
  { names: ['-no-shutdown'], about: 'the machine stands still when it is switched off', apply: (s) => (s.noShutdown = true) },
  { names: ['-loadvm'], value: 'FILE', about: 'go on from a snapshot', apply: (s, value) => (s.loadvm = value) },
  { names: ['-savevm'], value: 'FILE', about: 'write a snapshot when the run ends, or at Ctrl-A S', apply: (s, value) => (s.savevm = value) },
  { names: ['-name'], value: 'TEXT', about: 'ignored', apply: () => undefined },
  // ---- looking inside
  {
    names: ['-d'], value: 'ITEMS', about: 'log items, separated by commas; "help" lists them',
    apply: (s, value) => {
      if (value === 'help') {
        s.print = 'debug-items';
        return;
      }
      s.debugItems = value.split(',').map((word) => {
        if (!isDebugItem(word)) throw unknown('log item', word, Object.keys(DEBUG_ITEMS));
        return word;
      });
    },
  },
  { names: ['-D'], value: 'FILE', about: 'log to a file instead of standard error', apply: (s, value) => (s.debugFile = value) },
  { names: ['-dfilter'], value: 'RANGES', about: 'log only TBs in 0x1000..0x1fff, 0x1000+0x200, …', apply: (s, value) => (s.debugFilter = parseRanges(value)) },
  { names: ['--max-instructions'], value: 'N', about: 'stop after exactly N guest instructions', apply: (s, value) => (s.maxInstructions = parseNumber('--max-instructions', value)) },
  {
    names: ['--stress'], value: 'SEED', about: 'random thresholds, budgets and flushes: the guest must not notice',
    apply: (s, value) => (s.stress = parseNumber('--stress', value, 1, 0xffffffff)),
  },
  { names: ['--quiet'], about: 'no progress and no summary', apply: (s) => (s.quiet = true) },
  { names: ['--help', '-h'], about: 'this text', apply: (s) => (s.print = 'help') },
  { names: ['--version'], about: 'the version', apply: (s) => (s.print = 'version') },
];
