/** Boots one guest, has it run the checks, judges what it printed. */
import { readFile } from 'node:fs/promises';
import type { CpuModelName, ExecutionMode } from '@wasm-tcg/emulator';
import { initramfsOf, joinInitramfs, makeTestDisk, type GuestImage } from '@wasm-tcg/guest-images';
import type { Check, CheckContext } from './checks/check.ts';
import { sha256 } from './checks/data.ts';
import { DONE, guestScript, STARTED } from './checks/script.ts';
import { checksOf, writtenDisk } from './checks/table.ts';
import { GuestConsole } from './console/console.ts';
import { judgeConsole, judgeDmesg, parseDmesg, type LogVerdict } from './console/dmesg.ts';
import { parseSections, type Section } from './console/sections.ts';
import { BootCheckError } from './errors.ts';
import { startLoad } from './load.ts';
import type { ClockName, Figures, RunningMachine, StartMachine } from './machines/machine.ts';
import { figuresReport, roundSeconds, type BootReport, type CheckResult, type MachineName } from './report.ts';

const DISK_BYTES = 8 * 2 ** 20;
const SCRIPT = '/boot-check.sh';
const PROMPT = /wasm-tcg:~# /;
/** Time the guest has for switching itself off, ms. */
const POWEROFF_TIMEOUT = 120_000;

export interface RunCheckOptions {
  readonly mode: ExecutionMode;
  readonly clock: ClockName;
  readonly machine: MachineName;
  readonly start: StartMachine;
  /** CPU model; default the machine's. */
  readonly cpu?: CpuModelName | undefined;
  /** Busy threads on the host from before the machine starts until it is off; default none. */
  readonly load?: number;
  /** For the way to the shell, and again for the script, ms. */
  readonly timeout: number;
  /** Names of checks to run; default all. */
  readonly only?: readonly string[];
  /** RAM, in QEMU's notation; default the guest's. */
  readonly memory?: string | undefined;
  /** Further words for the kernel command line. */
  readonly append?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (line: string) => void;
  /** Receives all that the guest sends. */
  readonly onConsole?: (bytes: Uint8Array) => void;
}

/**
 * Boots `image` and judges it. On the host's clock the script is started from the prompt of the interactive shell, as a person would. Under `icount`
 * it runs in the shell's place: typing comes at the host's pace, and then no two runs would be the same.
 *
 * @throws BootCheckError when the guest does not come to its end
 */
export async function runCheck(image: GuestImage, options: RunCheckOptions): Promise<BootReport> {
  const guest = image.name;
  const checks = checksOf(guest).filter(({ name }) => options.only === undefined || options.only.includes(name));
  const context = { guest, release: image.release, disk: makeTestDisk(DISK_BYTES) };
  const stopLoad = await startLoad(options.load ?? 0);
  const run = await runGuest(options, image, checks, context).finally(stopLoad);
  const sections = parseSections(run.console.text);
  const results = checks.map((check) => judge(check, sections, context, run.console));
  const log = sections.find(({ name }) => name === 'dmesg');
  const verdict: LogVerdict = log === undefined ? { problems: [], allowed: [] } : judgeDmesg(parseDmesg(log.lines), guest);
  results.push(
    // The log that the guest was asked for ends before the guest does, and is not there when other checks were chosen.
    result('console', judgeConsole(withoutSection(run.console.text, log))),
    result('disk image', diskProblems(checks, run.disk, context)),
    result('poweroff', run.end === 'poweroff' ? [] : [`the machine ended with: ${run.end}`]),
  );
  return {
    ok: results.every(({ ok }) => ok),
    guest,
    release: image.release,
    machine: options.machine,
    mode: options.mode,
    clock: options.clock,
    ...(options.cpu === undefined ? {} : { cpu: options.cpu }),
    load: options.load ?? 0,
    secondsToShell: roundSeconds(run.secondsToShell),
    seconds: roundSeconds(run.seconds),
    ...figuresReport(run.figuresAtShell, run.figures, run.seconds),
    serialSha256: run.console.sha256,
    serialBytes: run.console.bytes,
    checks: results,
    warnings: verdict.allowed,
    notes: image.notes,
  };
}

interface FinishedRun {
  readonly console: GuestConsole;
  readonly end: string;
  readonly disk: Uint8Array;
  readonly secondsToShell: number;
  readonly seconds: number;
  readonly figuresAtShell: Figures | undefined;
  readonly figures: Figures | undefined;
}

async function runGuest(options: RunCheckOptions, image: GuestImage, checks: readonly Check[], context: CheckContext): Promise<FinishedRun> {
  const { clock, timeout, signal, onProgress = () => undefined, onConsole = () => undefined } = options;
  const scripted = clock === 'icount';
  const [kernel, initrd] = [await readFile(image.kernel), await readFile(image.initrd)];
  const append = [image.append, options.append, scripted ? `wasmtcg.script=${SCRIPT}` : undefined].filter((word) => word !== undefined).join(' ');
  const console = new GuestConsole(() => performance.now());
  onProgress(`booting ${image.release} on ${options.machine}`);
  const started = performance.now();
  const secondsSince = (): number => (performance.now() - started) / 1000;
  const machine = await options.start({
    kernel,
    initrd: joinInitramfs(initrd, initramfsOf({ [SCRIPT]: guestScript(checks) })),
    append,
    memory: options.memory ?? image.memory,
    disk: context.disk,
    mode: options.mode,
    clock,
    cpu: options.cpu,
    signal,
    onConsole: (bytes) => {
      console.receive(bytes);
      onConsole(bytes);
    },
  });
  try {
    const wait = (pattern: RegExp, what: string, from: number): Promise<number> => unlessStopped(machine, console.waitFor(pattern, what, { from, timeout, signal }));
    let at = await wait(scripted ? STARTED : PROMPT, 'the shell', 0);
    const secondsToShell = secondsSince();
    const figuresAtShell = machine.figures();
    onProgress(`shell after ${secondsToShell.toFixed(1)} s, running ${checks.length} checks`);
    if (!scripted) machine.type(`sh ${SCRIPT}\n`);
    at = await wait(DONE, 'the end of the checks', at);
    if (!scripted) {
      await wait(PROMPT, 'the prompt', at);
      machine.type('exit\n');
    }
    const end = await withTimeout(machine.end, POWEROFF_TIMEOUT, signal);
    const seconds = secondsSince();
    return { console, end, disk: await machine.disk(), secondsToShell, seconds, figuresAtShell, figures: machine.figures() };
  } finally {
    await machine.stop();
  }
}

/** What is waited for, or an error when the machine ends before it has come. */
async function unlessStopped<T>(machine: RunningMachine, waiting: Promise<T>): Promise<T> {
  const ended = machine.end.then((end) => {
    throw new BootCheckError('stopped', `the machine ended before its time: ${end}`, '--console shows what the guest said.');
  });
  // Whoever loses the race may fail later, unheard.
  ended.catch(() => undefined);
  waiting.catch(() => undefined);
  return Promise.race([waiting, ended]);
}

async function withTimeout(end: Promise<string>, timeout: number, signal: AbortSignal | undefined): Promise<string> {
  let clean = (): void => undefined;
  const limit = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new BootCheckError('timeout', `the machine did not go off within ${timeout / 1000} s`, '--console shows what the guest said.')), timeout);
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    clean = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  });
  return Promise.race([end, limit]).finally(() => clean());
}

const result = (name: string, reasons: readonly string[]): CheckResult => ({ name, ok: reasons.length === 0, ...(reasons.length === 0 ? {} : { reasons }) });

function judge(check: Check, sections: readonly Section[], context: CheckContext, console: GuestConsole): CheckResult {
  const section = sections.find(({ name }) => name === check.name);
  if (section === undefined) return result(check.name, ['it did not run']);
  const reasons = [...(section.status === undefined ? ['it did not end'] : []), ...check.judge(section, context)];
  return { ...result(check.name, reasons), seconds: roundSeconds((console.timeOf(section.end) - console.timeOf(section.begin)) / 1000) };
}

const withoutSection = (text: string, section: Section | undefined): string =>
  section === undefined ? text : text.slice(0, section.begin) + text.slice(section.end);

/** What the guest wrote has reached the image. */
function diskProblems(checks: readonly Check[], disk: Uint8Array, context: CheckContext): readonly string[] {
  const expected = checks.some(({ name }) => name === 'virtio-blk') ? writtenDisk(context.disk) : context.disk;
  return sha256(disk) === sha256(expected) ? [] : ['the image is not what the guest should have made of it'];
}
