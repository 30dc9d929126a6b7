/** The rig's command line. */
import { parseArgs } from 'node:util';
import { BenchError } from '../errors.ts';
import type { Bits } from '../kernels/kernel.ts';
import { PEER_NAMES, type PeerName } from './peers/index.ts';
import { VARIED, type Variation } from './peers/wasm-tcg.ts';
import { PROGRAM_NAMES, WORK, type ProgramName } from './programs.ts';

export const RIG_USAGE = `usage: npm run bench [-- options]

  --quick          a couple of minutes: 32-bit, one round, an eighth of the work, the main mode and boot only
  --programs LIST  some of ${PROGRAM_NAMES.join(',')}
  --peers LIST     some of ${PEER_NAMES.join(',')}
  --vary OPTION=LIST  the main mode with these values of an execution option, a peer each (may be repeated): ${VARIED.join(', ')}
  --bits LIST      32, 64 (default both)
  --rounds N       (default 3)
  --units N        work of 1× (default ${WORK.full})
  --node LIST      Nodes to run the emulators with: host, a path, a major version from npm such as 24 (default host)
  --append WORDS   further words for the kernel command line
  --timeout S      seconds for each boot and each run (default 600)
  --out FILE       write the report as JSON, with all samples
  --json           JSON on standard output in place of the table

npm run bench -- tiers --help: kernels without a guest system, for each tier apart.
`;

export interface RigOptions {
  readonly programs: readonly ProgramName[];
  readonly peers: readonly PeerName[];
  readonly variations: readonly Variation[];
  readonly bits: readonly Bits[];
  readonly rounds: number;
  /** Units of work of `1×`. */
  readonly units: number;
  readonly times: number;
  /** Whether boots other than the one all peers have in common are measured as well. */
  readonly otherBoots: boolean;
  readonly nodes: readonly string[];
  readonly append: string;
  /** Seconds. */
  readonly timeout: number;
  readonly out: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

const QUICK_PEERS = ['native', 'qemu', 'v86', 'tiered'] as const satisfies readonly PeerName[];
const DEFAULT_ROUNDS = 3;
const DEFAULT_TIMEOUT = '600';

/** @throws BenchError `usage` */
export function parseRigOptions(args: readonly string[]): RigOptions {
  const values = parse(args);
  const { quick } = values;
  return {
    programs: listOf('program', values.programs, PROGRAM_NAMES) ?? PROGRAM_NAMES,
    peers: inOrder(PEER_NAMES, listOf('peer', values.peers, PEER_NAMES)) ?? (quick ? QUICK_PEERS : PEER_NAMES),
    variations: values.vary.flatMap(variationsOf),
    bits: listOf('width', values.bits, ['32', '64'])?.map((word) => (word === '32' ? 32 : 64)) ?? (quick ? [32] : [32, 64]),
    rounds: positive('--rounds', values.rounds ?? String(quick ? 1 : DEFAULT_ROUNDS)),
    units: positive('--units', values.units ?? String(quick ? WORK.quick : WORK.full)),
    times: WORK.times,
    otherBoots: !quick,
    nodes: values.node.split(','),
    append: values.append,
    timeout: positive('--timeout', values.timeout),
    out: values.out,
    json: values.json,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        programs: { type: 'string' },
        peers: { type: 'string' },
        vary: { type: 'string', multiple: true, default: [] },
        bits: { type: 'string' },
        rounds: { type: 'string' },
        units: { type: 'string' },
        node: { type: 'string', default: 'host' },
        append: { type: 'string', default: '' },
        timeout: { type: 'string', default: DEFAULT_TIMEOUT },
        out: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new BenchError('usage', error instanceof Error ? error.message : String(error), RIG_USAGE, { cause: error });
  }
}

function listOf<T extends string>(what: string, words: string | undefined, known: readonly T[]): readonly T[] | undefined {
  return words?.split(',').map((word) => {
    const found = known.find((name) => name === word);
    if (found === undefined) throw new BenchError('usage', `no ${what} ${word}`, RIG_USAGE);
    return found;
  });
}

function variationsOf(text: string): readonly Variation[] {
  const [name = '', values = ''] = text.split('=', 2);
  const option = VARIED.find((known) => known === name);
  if (option === undefined) throw new BenchError('usage', `--vary ${text}: ${name} is none of ${VARIED.join(', ')}`, RIG_USAGE);
  return values.split(',').map((value) => ({ option, value: positive(`--vary ${name}`, value) }));
}

const inOrder = <T>(order: readonly T[], chosen: readonly T[] | undefined): readonly T[] | undefined => chosen && order.filter((name) => chosen.includes(name));

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0)) throw new BenchError('usage', `${option} ${text} is no number above 0`, RIG_USAGE);
  return value;
}
