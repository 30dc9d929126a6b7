/** Runs a test kernel on a PC of ours. */
import { createPc, type ExecutionOptions, type MachineCounters, type MachineModules, type PcClock, type PcOptions, type StopReason } from '@wasm-tcg/emulator';
import { TestKernelError } from './error.ts';

/** What QEMU's isa-debug-exit is configured as, everywhere. */
export const DEBUG_EXIT = { iobase: 0xf4, iosize: 4 } as const;
export const MEMORY = '32M';
/** Instructions after which a kernel is given up. */
const LIMIT = 50_000_000;

export interface Outcome {
  readonly lines: readonly string[];
  /** As QEMU's process would exit: failed tests × 2 + 1. */
  readonly exitCode: number;
}

export interface RunOptions {
  readonly execution: ExecutionOptions;
  readonly modules?: MachineModules;
  /** Default: icount of 1 ns per instruction, so that timers are exact and halting takes no time. */
  readonly clock?: PcClock;
}

/**
 * Executions that together have every kernel run in every tier: thresholds are so low that the last rounds run in what is compiled last.
 */
export const EXECUTIONS: Readonly<Record<string, ExecutionOptions>> = {
  tci: { mode: 'tci' },
  'tb-per-module': { mode: 'tb-per-module', moduleThreshold: 1 },
  tiered: { mode: 'tiered', moduleThreshold: 1, batch: 8, regionThreshold: 1 },
  stress: { mode: 'tiered', stress: 1 },
};

/** Options of the PC that all kernels run on. */
export function pcOptions(image: Uint8Array, { execution, modules, clock = { icount: 0 } }: RunOptions): PcOptions {
  return {
    cpu: { model: 'max' }, memory: MEMORY, boot: { kernel: image }, devices: { debugExit: DEBUG_EXIT, hpet: false }, reboot: false, clock, execution,
    ...(modules === undefined ? {} : { modules }),
  };
}

/** @throws TestKernelError `no-report` when the kernel ends otherwise than by its report */
export async function runKernel(image: Uint8Array, options: RunOptions): Promise<Outcome & { readonly counters: MachineCounters }> {
  const pc = await createPc(pcOptions(image, options));
  const decoder = new TextDecoder();
  let text = '';
  pc.serial[0]!.onData((bytes) => (text += decoder.decode(bytes, { stream: true })));
  const stop: StopReason = pc.runUntil({ instructions: LIMIT });
  if (stop.kind !== 'exit') {
    const at = pc.cpu(0).registers.get('rip').toString(16);
    throw new TestKernelError('no-report', `the kernel ended with ${stop.kind} at ${at}: ${JSON.stringify(text)}`, 'a test that hangs or shuts the CPU down says so in no other way');
  }
  return { lines: reportLines(text), exitCode: stop.code, counters: pc.counters() };
}

/** Lines of a report among what firmware says. */
export function reportLines(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => /^(PASS|FAIL|SKIP) /.test(line));
}
