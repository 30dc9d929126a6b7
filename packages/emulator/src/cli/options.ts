/** Arguments → settings, by the table of options; help and errors from the same table. */
import { DEVICES } from './device-options.ts';
import { OPTIONS } from './option-table.ts';
import { defaultSettings, type Settings } from './settings.ts';
import { unknown, UsageError } from './usage-error.ts';

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
  if (settings.print !== undefined) return;
  const { kernel, loadvm } = settings;
  const flat = { '--load-address': settings.loadAddress, '--entry': settings.flatEntry, '--cpu-mode': settings.cpuMode };
  for (const [name, value] of Object.entries(flat)) {
    if (value !== undefined && kernel === undefined) throw new UsageError(`${name} without -kernel`, 'It says where an image of yours goes.');
  }
  const linux = { '-initrd': settings.initrd, '-append': settings.append, '--kernel-entry': settings.entry };
  for (const [name, value] of Object.entries(linux)) {
    if (value !== undefined && kernel === undefined) throw new UsageError(`${name} without -kernel`, 'It belongs to a kernel: -kernel FILE.');
  }
  if (settings.drives.length > 0 && kernel === undefined && loadvm === undefined) {
    throw new UsageError('no bootable device', 'There is no BIOS that boots from a disk: give a kernel with -kernel FILE.');
  }
  for (const [name, value] of Object.entries({ '-D': settings.debugFile, '-dfilter': settings.debugFilter })) {
    if (value !== undefined && settings.debugItems.length === 0) throw new UsageError(`${name} without -d`, 'Say what to log: -d help lists the items.');
  }
  const terminals = [...(settings.serial ?? []), settings.console, settings.debugPort].filter((backend) => backend?.kind === 'stdio');
  if (terminals.length > 1 && settings.console !== undefined && settings.serial !== undefined) {
    throw new UsageError('two consoles on one terminal', 'Put one of them into a file: -serial file:PATH.');
  }
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, about]) => `  ${left.padEnd(width)}  ${about}\n`).join('');
}

export function deviceList(): string {
  return table(Object.entries(DEVICES).map(([name, { about }]) => [name, about]));
}

export function helpText(): string {
  return `usage: wasm-tcg [options]

An x86 PC. Names and meaning of options are QEMU's where QEMU has them. The guest's first serial port is the terminal; progress and
summary go to standard error. Without -kernel a built-in guest goes through real, protected and long mode.

  wasm-tcg -kernel bzImage -initrd initrd.gz -append console=ttyS0

${table(OPTIONS.map(({ names, value, about }) => [`${names.join(', ')}${value === undefined ? '' : ` ${value}`}`, about]))}
exit codes: 0 the guest switched the machine off or halted for good, or the instruction limit was reached; 2 × value + 1 it wrote value to the
  debug exit port; 1 a triple fault with -no-reboot, or the machine could not be made; 2 wrong usage; 130 interrupted
`;
}
