/**
 * The command line's options: one row each. Parser, help text and the words offered for a misspelt one derive from the
 * rows. Names and meaning are QEMU's where QEMU has the option; one dash or two make no difference, as there.
 */
import { CPU_MODEL_NAMES, type CpuModelName } from '@wasm-tcg/guest-x86';
import type { DebugItem, ExecutionMode, FlatMode } from '../api.ts';
import { oneOf, unknown, UsageError } from './usage-error.ts';
import { parseMemory, parseNumber, parseProperties, parseRanges } from './values.ts';

/** What a command line asks for. */
export interface Settings {
  mode: ExecutionMode;
  /** RAM in bytes. */
  memory: number;
  cpu: CpuModelName | undefined;
  /** File with a flat image; without one the built-in guest runs. */
  kernel: string | undefined;
  /** Physical. */
  loadAddress: number | undefined;
  entry: number | undefined;
  cpuMode: FlatMode | undefined;
  debugItems: readonly DebugItem[];
  /** File for the output of `debugItems`; standard error without it. */
  debugFile: string | undefined;
  debugFilter: readonly (readonly [bigint, bigint])[] | undefined;
  stress: number | undefined;
  maxInstructions: number | undefined;
  quiet: boolean;
  /** Print this and do nothing else. */
  print: 'help' | 'version' | 'cpu-models' | 'debug-items' | undefined;
}

export const DEFAULT_MEMORY: number = 16 * 2 ** 20;

export function defaultSettings(): Settings {
  return {
    mode: 'tiered', memory: DEFAULT_MEMORY, cpu: undefined, kernel: undefined, loadAddress: undefined, entry: undefined, cpuMode: undefined,
    debugItems: [], debugFile: undefined, debugFilter: undefined, stress: undefined, maxInstructions: undefined, quiet: false, print: undefined,
  };
}

const MODES = ['tci', 'tb-per-module', 'tiered'] as const satisfies readonly ExecutionMode[];
const CPU_MODES = ['real16', 'protected16', 'protected32', 'long64'] as const satisfies readonly FlatMode[];

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
};
const isDebugItem = (word: string): word is DebugItem => Object.hasOwn(DEBUG_ITEMS, word);

interface Option {
  readonly names: readonly [string, ...string[]];
  /** Name of the value in the help text; without it the option takes none. */
  readonly value?: string;
  readonly about: string;
  apply(settings: Settings, value: string): void;
}

export const OPTIONS: readonly Option[] = [
  {
    names: ['-accel'],
    value: 'tcg[,mode=M]',
    about: `how guest code runs: ${MODES.join(', ')} (default)`,
    apply: (settings, value) => {
      const { head, properties } = parseProperties(value);
      oneOf('accelerator', head, ['tcg']);
      for (const [key, text] of properties) {
        oneOf('property of -accel tcg', key, ['mode']);
        settings.mode = oneOf('execution mode', text, MODES);
      }
    },
  },
  { names: ['--mode'], value: 'M', about: 'the same, shorter', apply: (s, value) => (s.mode = oneOf('execution mode', value, MODES)) },
  { names: ['-m'], value: 'SIZE', about: 'RAM in MiB or with suffix K, M, G (default 16)', apply: (s, value) => (s.memory = parseMemory(value)) },
  {
    names: ['-cpu'],
    value: 'MODEL',
    about: 'CPU model; "help" lists them',
    apply: (s, value) => {
      if (value === 'help') s.print = 'cpu-models';
      else s.cpu = oneOf('CPU model', value, CPU_MODEL_NAMES);
    },
  },
  { names: ['-kernel'], value: 'FILE', about: 'flat image to run; without it the built-in guest runs', apply: (s, value) => (s.kernel = value) },
  {
    names: ['--load-address'],
    value: 'ADDRESS',
    about: 'physical address of the image (default 0x8000)',
    apply: (s, value) => (s.loadAddress = parseNumber('--load-address', value, 0, 0xffffffff)),
  },
  {
    names: ['--entry'],
    value: 'ADDRESS',
    about: 'first instruction (default: the load address)',
    apply: (s, value) => (s.entry = parseNumber('--entry', value)),
  },
  { names: ['--cpu-mode'], value: 'MODE', about: `${CPU_MODES.join(', ')} (default real16)`, apply: (s, value) => (s.cpuMode = oneOf('CPU mode', value, CPU_MODES)) },
  {
    names: ['--max-instructions'],
    value: 'N',
    about: 'stop after exactly N guest instructions',
    apply: (s, value) => (s.maxInstructions = parseNumber('--max-instructions', value)),
  },
  {
    names: ['--stress'],
    value: 'SEED',
    about: 'random thresholds, budgets and flushes: the guest must not notice',
    apply: (s, value) => (s.stress = parseNumber('--stress', value, 1, 0xffffffff)),
  },
  {
    names: ['-d'],
    value: 'ITEMS',
    about: 'log items, separated by commas; "help" lists them',
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
  { names: ['--quiet'], about: 'no progress and no summary', apply: (s) => (s.quiet = true) },
  { names: ['--help', '-h'], about: 'this text', apply: (s) => (s.print = 'help') },
  { names: ['--version'], about: 'the version', apply: (s) => (s.print = 'version') },
];

/** `--kernel` and `-kernel` are one name. */
const bare = (name: string): string => name.replace(/^--?/, '');

/** @throws UsageError */
export function parseArguments(args: readonly string[]): Settings {
  const settings = defaultSettings();
  for (let i = 0; i < args.length; i++) {
    const argument = args[i];
    if (!argument.startsWith('-')) throw new UsageError(`unexpected argument ${argument}`, `An image is given with -kernel ${argument}.`);
    const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const option = OPTIONS.find(({ names }) => names.some((known) => bare(known) === bare(name)));
    if (option === undefined) throw unknownOption(name);
    if (option.value === undefined) {
      if (equals >= 0) throw new UsageError(`${name} takes no value`, `Write ${name} alone.`);
      option.apply(settings, '');
      continue;
    }
    const value = equals >= 0 ? argument.slice(equals + 1) : args[++i];
    if (value === undefined) throw new UsageError(`${name} needs a value`, `Write ${option.names[0]} ${option.value}.`);
    option.apply(settings, value);
  }
  checkTogether(settings);
  return settings;
}

function unknownOption(name: string): UsageError {
  const { message, hint } = unknown('option', bare(name), OPTIONS.flatMap(({ names }) => names.map(bare)));
  const meant = /Did you mean (.*)\?/.exec(hint)?.[1];
  const option = OPTIONS.find(({ names }) => names.some((known) => bare(known) === meant));
  return new UsageError(
    message.replace(bare(name), name),
    option === undefined ? '--help lists the options.' : `Did you mean ${option.names.find((known) => bare(known) === meant)}?`,
  );
}

/** What only makes sense beside another option. */
function checkTogether(settings: Settings): void {
  const { kernel, loadAddress, entry, cpuMode, debugItems, debugFile, debugFilter, print } = settings;
  if (print !== undefined) return;
  const placed = { '--load-address': loadAddress, '--entry': entry, '--cpu-mode': cpuMode };
  for (const [name, value] of Object.entries(placed)) {
    if (value !== undefined && kernel === undefined) throw new UsageError(`${name} without -kernel`, 'It says where an image of yours goes.');
  }
  for (const [name, value] of Object.entries({ '-D': debugFile, '-dfilter': debugFilter })) {
    if (value !== undefined && debugItems.length === 0) throw new UsageError(`${name} without -d`, 'Say what to log: -d help lists the items.');
  }
}

export function helpText(): string {
  const rows = OPTIONS.map(({ names, value, about }) => [`${names.join(', ')}${value === undefined ? '' : ` ${value}`}`, about] as const);
  const width = Math.max(...rows.map(([left]) => left.length));
  return `usage: wasm-tcg [options]

Runs x86 code. Without -kernel a built-in guest goes through real, protected and long mode.
What the guest writes to port 0xe9 goes to standard output, progress and summary to standard error.

${rows.map(([left, about]) => `  ${left.padEnd(width)}  ${about}`).join('\n')}

exit codes: 0 the guest halted or the instruction limit was reached, (value × 2 + 1) it wrote value to port 0xf4,
  1 it shut down (triple fault) or the machine could not be made, 2 wrong usage, 130 interrupted
`;
}
