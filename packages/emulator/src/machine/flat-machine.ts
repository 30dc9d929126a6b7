/** A CPU, RAM, ports, no devices: nothing wakes the CPU, and time is what it has executed. */
import { identityPageTables } from '@wasm-tcg/guest-x86';
import type { RunUntil, StopReason } from '../api.ts';
import { MachineBase } from './machine-base.ts';
import type { FlatPlan } from './options.ts';
import type { MachineParts } from './parts.ts';

/** Instructions between two looks at the abort signal. */
const SIGNAL_PERIOD = 10_000_000;
/** Instructions per turn of the event loop in `start`. */
const START_SLICE = 2_000_000;

export class FlatMachine extends MachineBase {
  readonly #plan: FlatPlan | undefined;
  readonly #signal: AbortSignal | undefined;

  /** Use `createMachine`. */
  constructor(parts: MachineParts, plan: FlatPlan | undefined, signal: AbortSignal | undefined) {
    super(parts);
    this.#plan = plan;
    this.#signal = signal;
  }

  protected get halted(): boolean {
    return false;
  }

  protected stepped(): void {
    // It has no state that an end of a run leaves.
  }

  runUntil(until: RunUntil): StopReason {
    let left = this.begin(until);
    const { exec } = this.p;
    const signal = until.signal ?? this.#signal;
    let first = true;
    while (left > 0) {
      this.checkAborted(signal);
      const before = exec.instructions;
      const started = performance.now();
      const result = exec.run(Math.min(left, SIGNAL_PERIOD), first);
      this.p.time.runMs += performance.now() - started;
      left -= exec.instructions - before;
      if (exec.instructions !== before) first = false;
      const access = this.takePortStop();
      if (access !== undefined) return { kind: 'port', ...access };
      if (result === 'breakpoint') return { kind: 'pc', pc: this.p.context.linearPc };
      if (result === 'shutdown') return { kind: 'shutdown' };
      if (result === 'halt') {
        if (until.halt ?? true) return { kind: 'halt' };
        // Nothing will wake it: the time until the limit passes at once.
        return { kind: 'instructions' };
      }
      if (result === 'stopped') return { kind: 'stopped' };
    }
    return { kind: 'instructions' };
  }

  reset(): void {
    const { x86, exec } = this.p;
    exec.flush();
    if (this.#plan === undefined) {
      x86.reset(0);
      return;
    }
    const { boot, entry, stack, pageTables } = this.#plan;
    const mode = boot.mode ?? 'real16';
    this.memory.write(boot.loadAddress, boot.image);
    if (mode === 'long64') this.memory.write(pageTables, identityPageTables(pageTables));
    x86.startFlat(0, { mode, entry, stack, ...(boot.cs === undefined ? {} : { cs: boot.cs }), ...(mode === 'long64' ? { pageTables } : {}) });
  }

  protected async runAsync({ instructions = Infinity }: Pick<RunUntil, 'instructions'>): Promise<StopReason> {
    const end = this.instructions + instructions;
    for (;;) {
      if (this.pauseRequested) return { kind: 'stopped' };
      const result = this.runUntil({ instructions: Math.min(START_SLICE, end - this.instructions) });
      if (result.kind !== 'instructions' || this.instructions >= end) return result;
      await new Promise<void>((resolve) => {
        setTimeout(resolve, 0);
      });
    }
  }
}
