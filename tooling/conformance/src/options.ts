/** Command line of `npm run conformance`. */
import type { Options } from './conformance.ts';
import { ALL_TARGETS, TARGETS } from './emulator-target.ts';

export const USAGE = `usage: npm run conformance [-- options]

  --mode M       ${Object.keys(TARGETS).join(', ')}, or all: ${ALL_TARGETS.join(', ')} (default)
  --group G      only groups whose name contains G, such as 64-alu or string
  --form F       only instruction forms whose name contains F
  --limit N      only the first N vectors of each form, and N × 50 programs
  --show N       failures to print per group (default 3)
  --list         print the groups and the processor they were recorded on
`;

const WITH_VALUE = ['--mode', '--group', '--form', '--limit', '--show'];
const SHOWN = 3;

export class OptionError extends Error {
  readonly code = 'CONFORMANCE_OPTION';
  readonly hint = 'see the usage';
  constructor(message: string) {
    super(message);
    this.name = 'OptionError';
  }
}

export interface CommandLine extends Options {
  readonly list: boolean;
}

/** Reads arguments. @throws OptionError */
export function parseOptions(args: readonly string[]): CommandLine {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const name = args[i];
    if (name === '--list') {
      flags.add(name);
    } else if (WITH_VALUE.includes(name)) {
      i++;
      if (i === args.length) throw new OptionError(`${name} needs a value`);
      values.set(name, args[i]);
    } else {
      throw new OptionError(`unknown option ${name}`);
    }
  }
  const count = (name: string): number | undefined => {
    const text = values.get(name);
    if (text !== undefined && !/^\d+$/.test(text)) throw new OptionError(`${name} needs a number, not ${text}`);
    return text === undefined ? undefined : Number(text);
  };
  const group = values.get('--group');
  const form = values.get('--form');
  const perForm = count('--limit');
  return {
    modes: modesOf(values.get('--mode') ?? 'all'),
    list: flags.has('--list'),
    show: count('--show') ?? SHOWN,
    ...(group === undefined ? {} : { group }),
    ...(form === undefined ? {} : { form }),
    ...(perForm === undefined ? {} : { perForm }),
  };
}

/** The arguments that say the same for one mode. */
export function argumentsFor(options: CommandLine, mode: string): readonly string[] {
  const { group, form, perForm, show } = options;
  return [
    '--mode', mode, '--show', String(show),
    ...(group === undefined ? [] : ['--group', group]),
    ...(form === undefined ? [] : ['--form', form]),
    ...(perForm === undefined ? [] : ['--limit', String(perForm)]),
  ];
}

function modesOf(text: string): readonly string[] {
  if (text === 'all') return ALL_TARGETS;
  if (!(text in TARGETS)) throw new OptionError(`no mode is called ${text}`);
  return [text];
}
