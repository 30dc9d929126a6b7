/** `npm run boot:check -- --guest G [--mode M] [--clock icount]`: the report as JSON on standard output. */
import { parseArgs } from 'node:util';
import { CPU_MODEL_NAMES } from '@wasm-tcg/emulator';
import { ensureGuest, GUEST_NAMES, GuestImageError } from '@wasm-tcg/guest-images';
import { CHECKS } from './checks/table.ts';
import { BootCheckError } from './errors.ts';
import { CLOCK_NAMES } from './machines/machine.ts';
import { MACHINES, MODES } from './machines/index.ts';
import { formatReport, MACHINE_NAMES } from './report.ts';
import { runCheck } from './run-check.ts';

const DEFAULT_TIMEOUT_SECONDS = 600;
/** Threads of `--load`: more say nothing new. */
const MOST_LOAD = 64;
/** The guest's packages cannot be had here: nothing was checked. */
const EXIT_NO_GUEST = 3;
const USAGE = `usage: npm run boot:check -- --guest GUEST [options]

  --guest GUEST    ${GUEST_NAMES.join(', ')}
  --mode MODE      ${MODES.join(', ')} (default tiered)
  --clock CLOCK    ${CLOCK_NAMES.join(', ')} (default host)
  --machine NAME   ${MACHINE_NAMES.join(', ')} (default wasm-tcg)
  --cpu MODEL      ${CPU_MODEL_NAMES.join(', ')} (default the machine's)
  --load N         keep N threads of the host busy beside the machine (default 0)
  --only LIST      some of ${CHECKS.map(({ name }) => name).join(',')}
  --timeout S      seconds to the shell, and again for the checks (default ${DEFAULT_TIMEOUT_SECONDS})
  --memory SIZE    RAM, such as 256M
  --append WORDS   further words for the kernel command line
  --deb PATH       take packages from this .deb file or folder (may be repeated)
  --console        show what the guest says, on standard error

The report goes to standard output as JSON, progress to standard error. Exit code 0 when every
check is ok, 1 when one is not, 2 for wrong usage, 3 when the guest's packages cannot be had here.
`;

async function main(signal: AbortSignal): Promise<boolean> {
  const { values } = parse();
  if (values.help) {
    process.stdout.write(USAGE);
    return true;
  }
  const machine = oneOf('machine', values.machine, MACHINE_NAMES);
  const timeout = Number(values.timeout);
  if (!(timeout > 0)) throw new BootCheckError('usage', `no time: ${values.timeout}`, USAGE);
  const load = Number(values.load);
  if (!(Number.isInteger(load) && load >= 0 && load <= MOST_LOAD)) throw new BootCheckError('usage', `no number of threads: ${values.load}`, USAGE);
  const only = values.only?.split(',').map((name) => oneOf('check', name, CHECKS.map((check) => check.name)));
  const onProgress = (line: string): void => void process.stderr.write(`boot-check: ${line}\n`);
  const image = await ensureGuest(oneOf('guest', values.guest ?? '', GUEST_NAMES), { signal, onProgress, debs: values.deb });
  const report = await runCheck(image, {
    mode: oneOf('mode', values.mode, MODES),
    clock: oneOf('clock', values.clock, CLOCK_NAMES),
    machine,
    start: MACHINES[machine],
    cpu: values.cpu === undefined ? undefined : oneOf('CPU model', values.cpu, CPU_MODEL_NAMES),
    load,
    timeout: timeout * 1000,
    memory: values.memory,
    append: values.append,
    signal,
    onProgress,
    ...(only === undefined ? {} : { only }),
    ...(values.console ? { onConsole: (bytes: Uint8Array) => void process.stderr.write(bytes) } : {}),
  });
  process.stderr.write(formatReport(report));
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  return report.ok;
}

function parse() {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      options: {
        guest: { type: 'string' },
        mode: { type: 'string', default: 'tiered' },
        clock: { type: 'string', default: 'host' },
        machine: { type: 'string', default: 'wasm-tcg' },
        cpu: { type: 'string' },
        load: { type: 'string', default: '0' },
        only: { type: 'string' },
        timeout: { type: 'string', default: String(DEFAULT_TIMEOUT_SECONDS) },
        memory: { type: 'string' },
        append: { type: 'string' },
        deb: { type: 'string', multiple: true, default: [] },
        console: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new BootCheckError('usage', error instanceof Error ? error.message : String(error), USAGE, { cause: error });
  }
}

function oneOf<T extends string>(what: string, word: string, known: readonly T[]): T {
  const found = known.find((name) => name === word);
  if (found === undefined) throw new BootCheckError('usage', word === '' ? `no ${what} named` : `no ${what} ${word}`, USAGE);
  return found;
}

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());
try {
  process.exitCode = (await main(controller.signal)) ? 0 : 1;
} catch (error) {
  if (controller.signal.aborted) {
    process.stderr.write('boot-check: interrupted\n');
    process.exitCode = 130;
  } else if (error instanceof BootCheckError || error instanceof GuestImageError) {
    process.stderr.write(`boot-check: ${error.message}\n${error.hint}\n`);
    process.exitCode = error instanceof GuestImageError ? EXIT_NO_GUEST : error.code === 'usage' ? 2 : 1;
  } else {
    throw error;
  }
}
