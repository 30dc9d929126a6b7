/** A flat image or the built-in guest on a bare CPU: no devices but the debug port and the debug exit port. */
import type { FlatBoot, Machine, StopReason } from '../api.ts';
import { createMachine } from '../machine/create-machine.ts';
import { tinyGuest } from '../guests/tiny-guest.ts';
import { DEBUG_PORT, DebugPort, EXIT_PORT } from './debug-port.ts';
import { ExitStatus, openLog, readInput, type CliHost } from './host.ts';
import type { Settings } from './settings.ts';
import { formatCount } from '../debug/stats.ts';
import { formatReport, formatSummary, STATS_INTERVAL } from './summary.ts';

/** Instructions between two looks at the event loop (Ctrl-C): at first and under stress, at least, and at most. */
const CHUNK = { first: 200_000, most: 1 << 28 } as const;
/** Milliseconds that a chunk should take. */
const CHUNK_TIME = 100;
/** Milliseconds between two lines of progress; short runs print none. */
const PROGRESS_INTERVAL = 2000;
const DEFAULT_LOAD_ADDRESS = 0x8000;
const FLAT_MEMORY = 16 * 2 ** 20;

function bootOf({ kernel, loadAddress, flatEntry: entry, cpuMode }: Settings): FlatBoot {
  if (kernel === undefined) return tinyGuest();
  const image = readInput('-kernel', kernel);
  return { image, loadAddress: loadAddress ?? DEFAULT_LOAD_ADDRESS, mode: cpuMode ?? 'real16', ...(entry === undefined ? {} : { entry }) };
}

/** Run the built-in guest, or a flat image. @returns the exit code */
export async function runFlat(settings: Settings, host: CliHost): Promise<number> {
  const boot = bootOf(settings);
  const log = openLog(settings.debugFile, host);
  try {
    const machine = createMachine({
      memory: settings.memory ?? FLAT_MEMORY,
      boot,
      execution: { mode: settings.mode, ...(settings.stress === undefined ? {} : { stress: settings.stress }) },
      ...(settings.cpu === undefined ? {} : { cpu: { model: settings.cpu } }),
      debug: {
        items: settings.debugItems,
        log: (_item, lines) => log.write(lines.endsWith('\n') ? lines : `${lines}\n`),
        ...(settings.debugFilter === undefined ? {} : { filter: settings.debugFilter }),
      },
    });
    const debugPort = new DebugPort((bytes) => host.stdout(bytes));
    machine.onPort(DEBUG_PORT, DEBUG_PORT, debugPort);
    let written: number | undefined;
    const write = (_port: number, _size: 1 | 2 | 4, value: number): void => {
      written = value;
      machine.requestStop();
    };
    machine.onPort(EXIT_PORT, EXIT_PORT, { write });

    const stats = settings.debugItems.includes('stats');
    const start = performance.now();
    if (stats) machine.profiler.start(STATS_INTERVAL);
    const progress = settings.quiet ? () => undefined : progressReporter(machine, host, start);
    const end = await runToEnd(machine, settings, host.signal, progress);
    debugPort.flush();
    const { status, outcome } = judge(end, written);
    const counters = machine.counters();
    const seconds = (performance.now() - start) / 1000;
    if (stats) log.write(formatReport(outcome, settings.mode, counters, seconds, machine.profiler.take()));
    if (!settings.quiet) host.stderr(formatSummary(outcome, settings.mode, counters, seconds));
    return status;
  } finally {
    log.close();
  }
}

type End = StopReason | 'interrupted';

/** Runs in chunks, with a macrotask between two: signals arrive, and compilations in the background finish. */
async function runToEnd(machine: Machine, settings: Settings, signal: AbortSignal, progress: () => void): Promise<End> {
  const limit = settings.maxInstructions ?? Infinity;
  let chunk: number = CHUNK.first;
  for (;;) {
    if (signal.aborted) return 'interrupted';
    const instructions = Math.min(chunk, limit - machine.instructions);
    if (instructions <= 0) return { kind: 'instructions' };
    const start = performance.now();
    const reason = machine.runUntil({ instructions });
    if (reason.kind !== 'instructions') return reason;
    // A seed must repeat a run exactly, whatever the time: under stress the chunk stays.
    if (settings.stress === undefined) chunk = nextChunk(chunk, performance.now() - start);
    progress();
    await new Promise((resume) => setImmediate(resume));
  }
}

/** Towards {@link CHUNK_TIME}, by no more than a factor of four at once. */
function nextChunk(chunk: number, elapsed: number): number {
  const factor = Math.min(4, Math.max(1 / 4, CHUNK_TIME / Math.max(elapsed, 1)));
  return Math.round(Math.min(CHUNK.most, Math.max(CHUNK.first, chunk * factor)));
}

function progressReporter(machine: Machine, host: CliHost, start: number): () => void {
  let last = start;
  let lastInstructions = 0;
  return () => {
    const now = performance.now();
    if (now - last < PROGRESS_INTERVAL) return;
    const { instructions } = machine;
    const mips = Math.round((instructions - lastInstructions) / (now - last) / 1000);
    host.stderr(`wasm-tcg: ${((now - start) / 1000).toFixed(0)} s, ${formatCount(instructions)} instructions, ${mips} MIPS\n`);
    last = now;
    lastInstructions = instructions;
  };
}

/** What the end of a run means: the exit code and the words for the summary. */
function judge(end: End, written: number | undefined): { readonly status: number; readonly outcome: string } {
  if (written !== undefined) {
    const status = ((written << 1) | 1) & 0xff;
    return { status, outcome: `exit code ${status} by port 0xf4` };
  }
  if (end === 'interrupted') return { status: ExitStatus.interrupted, outcome: 'interrupted' };
  switch (end.kind) {
    case 'halt':
      return { status: ExitStatus.ok, outcome: 'halted' };
    case 'shutdown':
      return { status: ExitStatus.failure, outcome: 'shutdown (triple fault)' };
    case 'poweroff':
      return { status: ExitStatus.ok, outcome: 'powered off' };
    case 'reset':
      return { status: ExitStatus.ok, outcome: 'reset' };
    case 'exit':
      return { status: end.code & 0xff, outcome: `exit code ${end.code & 0xff}` };
    case 'instructions':
      return { status: ExitStatus.ok, outcome: 'instruction limit' };
    case 'pc':
    case 'port':
    case 'stopped':
      return { status: ExitStatus.ok, outcome: `stopped (${end.kind})` };
  }
}
