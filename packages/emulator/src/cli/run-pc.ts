/** A PC on the command line: files into options, the terminal as console, how a run ends into an exit code. */
import { existsSync } from 'node:fs';
import type { KernelBoot, Pc, PcOptions, StopReason } from '../api.ts';
import { openFileDrive } from '../host/file-drive.ts';
import { overlayDrive } from '../drives/overlay.ts';
import type { Drive } from '../drives/drive.ts';
import { createPc } from '../machine/create-pc.ts';
import { DebugPort } from './debug-port.ts';
import { ExitStatus, openLog, openOutput, readInput, type CliHost, type OutputFile } from './host.ts';
import type { CharBackend, DriveSetting, Settings } from './settings.ts';
import { formatReport, STATS_INTERVAL } from './summary.ts';
import { KEY_HELP, openTerminal, type TerminalCommand } from './terminal.ts';
import { readSnapshot, writeSnapshot } from './snapshot-file.ts';

/** How a run ended, when it was not the guest that ended it. */
type End = StopReason | 'quit' | 'interrupted';

/** @returns the exit code */
export async function runPc(settings: Settings, host: CliHost): Promise<number> {
  for (const note of settings.notes) host.stderr(`wasm-tcg: ${note}\n`);
  const closers: (() => void)[] = [];
  const keep = <T extends { close(): void }>(file: T): T => {
    closers.push(() => file.close());
    return file;
  };
  try {
    const log = settings.debugItems.length === 0 ? undefined : keep(openLog(settings.debugFile, host));
    const drives = settings.drives.map((drive) => openDrive(drive, settings.snapshot, keep));
    const debugPort = settings.debugPort === undefined ? undefined : new DebugPort(sink(settings.debugPort, '-debugcon', host, keep));
    const pc = await createPc(pcOptions(settings, drives, log, debugPort));
    const stats = settings.debugItems.includes('stats');
    const started = performance.now();
    if (stats) pc.profiler.start(STATS_INTERVAL);
    const status = await runConsole(pc, settings, host, keep, debugPort);
    if (stats) log?.write(formatReport('ended', settings.mode, pc.counters(), (performance.now() - started) / 1000, pc.profiler.take()));
    return status;
  } finally {
    for (const close of closers.reverse()) close();
  }
}

type Keep = <T extends { close(): void }>(file: T) => T;

function openDrive({ file, readonly, snapshot }: DriveSetting, allSnapshot: boolean, keep: Keep): Drive {
  const copies = snapshot || allSnapshot;
  const base = keep(openFileDrive(file, { readonly: readonly || copies }));
  return copies && !readonly ? overlayDrive(base) : base;
}

function pcOptions(settings: Settings, drives: readonly Drive[], log: OutputFile | undefined, debugPort: DebugPort | undefined): PcOptions {
  const { memory, cpu, icount, rtc, seed, debugExit, stress, mode, loadvm, kernel } = settings;
  const rng = settings.rng || !settings.noDefaults;
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu: { model: cpu } }),
    ...(kernel === undefined ? {} : { boot: bootOf(settings, kernel) }),
    ...(loadvm === undefined ? {} : { from: readSnapshot(loadvm) }),
    drives: drives.map((image) => ({ image })),
    devices: {
      serial: settings.serial?.length ?? (settings.noDefaults ? 0 : 1), testdev: settings.testdev, hpet: settings.hpet, rng,
      console: settings.console !== undefined,
      ...(debugExit === undefined ? {} : { debugExit }),
      ...(debugPort === undefined ? {} : { debugPort: (byte: number) => debugPort.write(0, 1, byte) }),
    },
    clock: icount === undefined ? 'host' : { icount },
    ...(rtc === undefined ? {} : { epoch: rtc }),
    ...(seed === undefined ? {} : { seed }),
    reboot: !settings.noReboot,
    execution: { mode, ...(stress === undefined ? {} : { stress }) },
    ...(log === undefined
      ? {}
      : {
          debug: {
            items: settings.debugItems,
            log: (_item: string, lines: string) => log.write(lines.endsWith('\n') ? lines : `${lines}\n`),
            ...(settings.debugFilter === undefined ? {} : { filter: settings.debugFilter }),
          },
        }),
  };
}

function bootOf({ initrd, append, entry }: Settings, kernel: string): KernelBoot {
  return {
    kernel: readInput('-kernel', kernel),
    name: kernel,
    ...(initrd === undefined ? {} : initrdOf(initrd)),
    ...(append === undefined ? {} : { append }),
    ...(entry === undefined ? {} : { entry }),
  };
}

/** QEMU's `-initrd`: one file for Linux; for Multiboot a list of modules with their arguments. A comma in a name is written twice there. */
function initrdOf(value: string): Pick<KernelBoot, 'initrd' | 'modules'> {
  if (existsSync(value)) {
    const bytes = readInput('-initrd', value);
    return { initrd: bytes, modules: [{ bytes, append: value }] };
  }
  const files = value.replaceAll(',,', '\0').split(',').map((part) => part.replaceAll('\0', ','));
  const modules = files.map((part) => {
    const [file] = part.split(' ', 1);
    return { bytes: readInput('-initrd', file), append: part };
  });
  return { initrd: modules[0].bytes, modules };
}

/** Where bytes from the guest go. */
function sink(backend: CharBackend, option: string, host: CliHost, keep: Keep): (bytes: Uint8Array) => void {
  switch (backend.kind) {
    case 'stdio': return (bytes) => host.stdout(bytes);
    case 'null': return () => undefined;
    case 'file': {
      const file = keep(openOutput(option, backend.path));
      return (bytes) => file.write(bytes);
    }
  }
}

async function runConsole(pc: Pc, settings: Settings, host: CliHost, keep: Keep, debugPort: DebugPort | undefined): Promise<number> {
  const ports = settings.serial ?? (settings.noDefaults ? [] : [{ kind: 'stdio' } as const]);
  ports.forEach((backend, i) => pc.serial[i].onData(sink(backend, '-serial', host, keep)));
  if (settings.console !== undefined) pc.console?.onData(sink(settings.console, '-device virtconsole', host, keep));
  const input = settings.console?.kind === 'stdio' ? pc.console : pc.serial[ports.findIndex(({ kind }) => kind === 'stdio')];

  let quit = false;
  const started = performance.now();
  const stop = (): void => {
    quit = true;
    void pc.pause();
  };
  // What the profiler has met stays for the end.
  const report = (): string => formatReport('running', settings.mode, pc.counters(), (performance.now() - started) / 1000, []);
  const commands: Readonly<Record<TerminalCommand, () => void>> = {
    quit: stop,
    help: () => host.stderr(KEY_HELP),
    break: () => input?.sendBreak(),
    info: () => host.stderr(report().replaceAll('\n', '\r\n')),
    save: () => void saveNow(pc, settings, host),
    reset: () => pc.reset(),
  };
  const terminal = host.stdin === undefined || input === undefined
    ? undefined
    : openTerminal(host.stdin, { bytes: (bytes) => input.write(bytes), command: (command) => commands[command](), end: () => undefined });
  host.signal.addEventListener('abort', stop);
  let end: End;
  try {
    if (host.signal.aborted) quit = true;
    end = await runToEnd(pc, settings, () => quit, host.signal);
  } finally {
    host.signal.removeEventListener('abort', stop);
    terminal?.();
    debugPort?.flush();
  }
  if (settings.savevm !== undefined) writeSnapshot(settings.savevm, await pc.snapshot());
  const { status, outcome } = judge(end);
  if (!settings.quiet && status !== ExitStatus.ok) host.stderr(`wasm-tcg: ${outcome}\n`);
  return status;
}

async function runToEnd(pc: Pc, settings: Settings, quit: () => boolean, signal: AbortSignal): Promise<End> {
  const limit = settings.maxInstructions;
  for (;;) {
    if (quit()) return signal.aborted ? 'interrupted' : 'quit';
    const left = limit === undefined ? undefined : limit - pc.instructions;
    if (left !== undefined && left <= 0) return { kind: 'instructions' };
    const end = await pc.start(left === undefined ? {} : { instructions: left });
    if (quit()) continue;
    // A pause of somebody who has gone on since (a snapshot being written).
    if (end.kind === 'stopped') continue;
    if (end.kind === 'poweroff' && settings.noShutdown) {
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          if (!quit()) return;
          clearInterval(timer);
          resolve();
        }, 50);
      });
      continue;
    }
    return end;
  }
}

async function saveNow(pc: Pc, { savevm }: Settings, host: CliHost): Promise<void> {
  if (savevm === undefined) {
    host.stderr('wasm-tcg: -savevm FILE says where a snapshot goes\r\n');
    return;
  }
  const bytes = await pc.snapshot();
  writeSnapshot(savevm, bytes);
  host.stderr(`wasm-tcg: snapshot of ${(bytes.length / 2 ** 20).toFixed(1)} MiB written to ${savevm}\r\n`);
}

/** What the end of a run means: the exit code and the words for it. */
function judge(end: End): { readonly status: number; readonly outcome: string } {
  if (end === 'quit') return { status: ExitStatus.ok, outcome: 'ended' };
  if (end === 'interrupted') return { status: ExitStatus.interrupted, outcome: 'interrupted' };
  switch (end.kind) {
    case 'exit': return { status: end.code & 0xff, outcome: `exit code ${end.code & 0xff} by the debug exit port` };
    case 'shutdown': return { status: ExitStatus.failure, outcome: 'shutdown (triple fault)' };
    case 'poweroff': return { status: ExitStatus.ok, outcome: 'powered off' };
    case 'reset': return { status: ExitStatus.ok, outcome: 'reset' };
    case 'halt': return { status: ExitStatus.ok, outcome: 'halted for good' };
    case 'instructions': return { status: ExitStatus.ok, outcome: 'instruction limit' };
    case 'pc':
    case 'port':
    case 'stopped': return { status: ExitStatus.ok, outcome: `stopped (${end.kind})` };
  }
}
