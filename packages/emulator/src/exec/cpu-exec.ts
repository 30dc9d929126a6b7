/**
 * The execution loop of one vCPU on the host's side: enters tb_exec, and does what generated code left for: translate, compile,
 * deliver faults, count.
 *
 * The budget rules (ARCHITECTURE.md, "Budget") make every count exact: a slice is given to generated code; what is left
 * when fewer instructions remain than the next TB has is run by a TB translated for just that many.
 */
import { Access, ExitCode, TB_HEADER, TbFlag, TbKind, type CoreExports, type MachineMemory, type TbArena, type TbStore } from '@wasm-tcg/runtime';
import type { CodeTier } from '../api-code.ts';
import type { CodeVersions } from './code-versions.ts';
import type { ContextView } from './context-view.ts';
import type { CompiledTbs } from './compiled-code.ts';
import type { Guest, GuestEvent } from './guest.ts';
import type { HostTime } from './host-time.ts';
import type { PatchedBytes } from './patched-bytes.ts';
import type { SamplingProfiler } from './profiler.ts';
import { Random } from './random.ts';
import type { TbTranslator } from './tb-translator.ts';
import type { ExecutionConfig } from './thresholds.ts';
import type { Tiering } from './tiering.ts';

const AT = TB_HEADER.offset;
/** Most instructions one budget may have: it is an i32. */
const MAX_BUDGET = 0x4000_0000;

/** Why `run` returned. */
export type RunResult = 'instructions' | 'halt' | 'shutdown' | 'breakpoint' | 'stopped';

export interface CpuExecParts {
  readonly machine: MachineMemory;
  readonly guest: Guest;
  readonly core: CoreExports;
  readonly arena: TbArena;
  readonly store: TbStore;
  readonly translator: TbTranslator;
  readonly patched: PatchedBytes;
  readonly versions: CodeVersions;
  readonly tiering: Tiering;
  readonly compiled: CompiledTbs;
  readonly context: ContextView;
  readonly profiler: SamplingProfiler;
  readonly time: HostTime;
  readonly config: ExecutionConfig;
  readonly tbExec: (env: number, tb: number) => number;
  readonly isBreakpoint: (linear: bigint) => boolean;
  /** Drop a TB, and the regions it is in. */
  readonly retire: (header: number) => void;
  /**
   * Asked when generated code has come back because the guest can be interrupted now (STI, IRET with a request pending …). True: {@link CpuExec.run}
   * returns `stopped`. Default: never.
   */
  readonly wantsHost?: () => boolean;
  readonly onFault?: (vector: number) => void;
  readonly onTranslate?: (header: number) => void;
  /** A slice has run: instructions retired since creation. */
  readonly onRetired?: (instructions: number) => void;
  /** A slice is about to run. */
  readonly onSlice?: () => void;
}

export class CpuExec {
  readonly #p: CpuExecParts;
  readonly #random: Random;
  /** Instructions retired since creation. */
  instructions = 0;
  #stopRequested = false;
  #running = false;
  /** Times that somebody has begun to run code ({@link run}, {@link enterTb}) or dropped it: TBs that were known before may be gone. */
  entries = 0;
  readonly exits = new Map<number, number>();
  flushes = 0;
  /** Time of flushes inside of runs. */
  flushMs = 0;
  /** TBs that flushes have dropped. */
  flushedTbs = 0;
  retries = 0;
  faults = 0;
  /** Delivered by who runs it. */
  interrupts = 0;
  /** Times an instruction met a device in a TB not made for it. */
  deviceExits = 0;

  constructor(parts: CpuExecParts) {
    this.#p = parts;
    this.#random = new Random(parts.config.stress);
  }

  /** Inside {@link run}, on its stack (a device or port handler is asking). */
  get running(): boolean {
    return this.#running;
  }

  /** Instructions retired up to the one that is running now. Exact where the budget is: in port and MMIO handlers. */
  get now(): number {
    if (!this.#running) return this.instructions;
    const { context } = this.#p;
    return this.instructions + this.#given - context.budget - context.get('budgetHeld');
  }
  #given = 0;

  /** So many instructions are the budget of what runs next. */
  #give(insns: number): void {
    this.#given = insns;
    this.#p.context.setFloat('insnsAtEnd', this.instructions + insns);
  }

  /** This slice ends at a sample of the profiler. */
  #sampling = false;

  /** Have {@link run} return at the end of the running instruction. */
  requestStop(): void {
    if (!this.#running) return;
    this.#stopRequested = true;
    this.leaveSoon();
  }

  /** Have generated code come back to the host at the end of the running instruction. */
  leaveSoon(): void {
    this.#holdAllBut(0);
  }

  #holdAllBut(insns: number): void {
    const { context } = this.#p;
    const held = context.budget - insns;
    if (held <= 0) return;
    context.set('budgetHeld', context.get('budgetHeld') + held);
    context.budget = insns;
  }

  /**
   * Run up to `count` instructions, exactly unless something else stops the guest first.
   * @param ignoreFirst do not stop at a breakpoint on the first instruction
   * @param exact false: may end a little early, where the rest would need a TB translated for just that
   */
  run(count: number, ignoreFirst = true, exact = true): RunResult {
    const { context } = this.#p;
    let left = count;
    this.entries++;
    this.#stopRequested = false;
    this.#running = true;
    // A breakpoint where we start is passed by running one instruction apart.
    let stepOver = ignoreFirst;
    try {
      while (left > 0) {
        this.#p.onSlice?.();
        const whole = this.#sliceLength(left);
        const slice = Math.min(whole, this.#p.profiler.distance(this.instructions));
        this.#sampling = slice < whole;
        this.#give(slice);
        context.budget = slice;
        context.set('budgetHeld', 0);
        if (this.#p.tiering.countsWays) context.set('noRegions', 1);
        const result = this.#slice(stepOver, slice < left || !exact ? slice : 0);
        // What was held for the host, and not given back since the CPU left in another way than through the budget, has not been run.
        const used = slice - context.budget - context.get('budgetHeld');
        context.set('budgetHeld', 0);
        this.instructions += used;
        this.#p.onRetired?.(this.instructions);
        context.budget = 0;
        this.#give(0);
        context.set('noRegions', 0);
        left -= used;
        if (used > 0) stepOver = false;
        if (result !== 'instructions') return result;
        if (this.#stopRequested) return 'stopped';
        this.#p.tiering.slice();
        if (!exact) return 'instructions';
        if (this.#p.config.stress && this.#random.below(50) === 0) this.flush();
      }
      return 'instructions';
    } finally {
      this.#running = false;
    }
  }

  /** Drop all translated code. Not from inside generated code. */
  flush(): void {
    const { compiled, tiering, store, context } = this.#p;
    const started = performance.now();
    this.flushedTbs += store.count;
    this.#p.profiler.forgetHeaders();
    this.entries++;
    compiled.clear();
    tiering.clear();
    this.#p.translator.clear();
    this.#p.patched.clear();
    this.#p.versions.clear();
    store.reset();
    context.set('tbPtr', 0);
    this.flushes++;
    // A reset flushes, too, outside of any run.
    if (this.#running) this.flushMs += performance.now() - started;
  }

  #sliceLength(left: number): number {
    const { config } = this.#p;
    const slice = config.stress ? 1 + this.#random.below(config.slice) : config.slice;
    return Math.min(left, slice, MAX_BUDGET);
  }

  /**
   * Run until the budget is used up or something happens.
   * @param roughly not 0: the slice (of that length) is not the last one, so it may end a little early
   */
  #slice(stepOver: boolean, roughly: number): RunResult {
    const { context, tiering, tbExec } = this.#p;
    let tb = 0;
    /** With a sample at the slice's end: the member at which a region was left for the last instructions; 0: none was. */
    let regionLeftAt = 0;
    if (stepOver && this.#p.isBreakpoint(context.linearPc)) {
      const made = this.#makeOneOff(1);
      if (typeof made === 'string') return made;
      tb = made;
    }
    for (;;) {
      const code = tbExec(context.env, tb);
      this.exits.set(code, (this.exits.get(code) ?? 0) + 1);
      tb = 0;
      switch (code) {
        case ExitCode.translate: {
          const made = this.#translate();
          if (typeof made === 'string') return made;
          tb = made;
          break;
        }
        case ExitCode.hot: {
          const header = context.get('tbPtr');
          if (this.#p.isBreakpoint(context.linearPc)) return 'breakpoint';
          if (!this.#p.translator.isStopper(header)) {
            tiering.hot(header);
            tb = header;
            break;
          }
          // Made for a breakpoint, and met through another mapping of its page.
          const made = this.#makeOneOff(1);
          if (typeof made === 'string') return made;
          tb = made;
          break;
        }
        case ExitCode.budget: {
          if (context.get('budgetHeld') !== 0) {
            context.budget += context.get('budgetHeld');
            context.set('budgetHeld', 0);
            if (this.#stopRequested || this.#p.wantsHost?.()) return 'stopped';
            tb = context.get('tbPtr');
            break;
          }
          const left = context.budget;
          const header = context.get('tbPtr');
          const fits = context.get('noRegions') === 0 && this.#insnsOf(header) <= left;
          if (this.#sampling) {
            if (context.get('noRegions') === 0 && this.#p.store.kindOf(context.get('dispatched')) === TbKind.region) regionLeftAt = header;
            if (!fits) {
              this.#p.profiler.sample(header, context.linearPc, this.#tierOf(header, regionLeftAt));
              return 'instructions';
            }
          }
          if (!this.#sampling && (left <= 0 || left < roughly)) return 'instructions';
          // The last instructions of a run: without regions as long as whole TBs fit, then a TB of just as many as are left.
          if (fits) {
            context.set('noRegions', 1);
            tb = header;
            break;
          }
          const made = this.#makeOneOff(left);
          if (typeof made === 'string') return made;
          tb = made;
          break;
        }
        case ExitCode.retry: {
          this.retries++;
          this.#refund();
          this.#p.guest.restoreState();
          this.#lookUpPageBase();
          const made = this.#makeOneOff(1);
          if (typeof made === 'string') return made;
          // Nobody watches the bytes of this TB: a repeated instruction that overwrites itself makes one iteration and is looked up again.
          this.#holdAllBut(1);
          tb = made;
          break;
        }
        case ExitCode.device: {
          this.deviceExits++;
          this.#refund();
          const header = context.get('tbPtr');
          const isDevice = this.#p.translator.noteDevice(header, context.get('insnIndex'));
          this.#p.guest.restoreState();
          this.#lookUpPageBase();
          if (isDevice) {
            // Dropped, it is made again, cut at the instruction.
            if (!this.#isOneUse(header)) this.#p.retire(header);
            break;
          }
          const made = this.#makeOneOff(1);
          if (typeof made === 'string') return made;
          tb = made;
          break;
        }
        case ExitCode.stop:
          return 'stopped';
        default: {
          // What was fetched belongs to the instruction after the last one of the budget, and faults again then.
          if (code === ExitCode.fetchFault && this.#isFetch && context.budget <= 0) return 'instructions';
          const event = this.#event(code);
          if (event !== 'continue') return event;
        }
      }
      if (this.#stopRequested && tb === 0) {
        // What was asked for by a handler that then left in another way than through the budget.
        context.budget += context.get('budgetHeld');
        context.set('budgetHeld', 0);
        return 'stopped';
      }
    }
  }

  /** What comes of an exit that is the guest's: a fault, or a code of its own. */
  #event(code: number): GuestEvent {
    const { context, guest } = this.#p;
    if (code === ExitCode.fault) {
      this.#refund();
      return this.#deliver(() => guest.deliverFault());
    }
    if (code !== ExitCode.fetchFault) return guest.exitEvent(code);
    const isFetch = this.#isFetch;
    const event = this.#deliver(() => guest.deliverFetchFault());
    // All else is a task's that the last instruction switched to: it is delivered with that, whether or not more may run, and does not count.
    if (!isFetch) context.budget += 1;
    return event;
  }

  get #isFetch(): boolean {
    return this.#p.context.get('faultAccess') === Access.fetch;
  }

  // ---- a TB that somebody else runs ----------------------------------------------------------------------------------------

  /** The TB that the frame names, made if need be; undefined when it cannot be fetched. */
  findTb(): number | undefined {
    const { context, core, translator } = this.#p;
    const known = core.tb_find(context.env);
    context.set('exitCode', ExitCode.none);
    if (known !== 0) return known;
    this.#lookUpPageBase();
    for (let attempt = 0; attempt < 2; attempt++) {
      const made = translator.make();
      if (made.kind === 'tb') return made.header;
      if (made.kind !== 'full') return undefined;
      this.flush();
    }
    throw new Error('a TB does not fit an empty arena');
  }

  /** Somebody is about to run a TB, one op after the other, and ends with {@link leaveTb} unless the rest of it is given up. The TB's budget has been taken then. */
  enterTb(header: number): void {
    const { context } = this.#p;
    this.entries++;
    this.#stopRequested = false;
    this.#give(this.#insnsOf(header));
    context.budget = 0;
    context.set('budgetHeld', 0);
    context.set('tbPtr', header);
    context.set('insnIndex', 0);
    context.set('exitCode', ExitCode.none);
  }

  /** Run something of that TB: for devices, the CPU is running meanwhile. */
  insideTb<T>(part: () => T): T {
    this.#running = true;
    try {
      return part();
    } finally {
      this.#running = false;
    }
  }

  /** Instructions of that TB are done, so that they count even if the rest is given up. */
  retireInTb(insns: number): void {
    this.instructions += insns;
    this.#given -= insns;
    this.#p.onRetired?.(this.instructions);
    // Whoever runs it, it is interpreted.
    this.#p.context.addTo('tciInsns', insns);
  }

  /**
   * That TB has been left: do about it what {@link run} does. An instruction that has to run in a TB of its own does so.
   * @param code exit code, `none` when the frame names what is next
   * @param skipped instructions behind the one that has left with it in good order
   */
  leaveTb(code: number, skipped: number): RunResult {
    const { context, guest } = this.#p;
    const again = code === ExitCode.retry || code === ExitCode.device;
    context.budget += skipped;
    let event: GuestEvent = 'continue';
    if (again) {
      if (code === ExitCode.retry) this.retries++;
      else this.deviceExits++;
      this.#refund();
      guest.restoreState();
      this.#lookUpPageBase();
    } else if (code !== ExitCode.none) event = this.#event(code);
    this.retireInTb(this.#given - context.budget - context.get('budgetHeld'));
    context.budget = 0;
    context.set('budgetHeld', 0);
    this.#give(0);
    context.set('exitCode', ExitCode.none);
    if (again) return this.run(1);
    return event === 'continue' ? 'instructions' : event;
  }

  /** Give back what the TB took off the budget and did not run: instructions insnIndex … insns − 1. */
  #refund(): void {
    const { context } = this.#p;
    context.budget += this.#insnsOf(context.get('tbPtr')) - context.get('insnIndex');
  }

  /** Where a TB would be running. A region is left when fewer instructions remain than its longest way through: what it has not run of the way it would have taken is its, too. */
  #tierOf(header: number, regionLeftAt: number): CodeTier {
    const { compiled } = this.#p;
    const inRegion = regionLeftAt !== 0 && (header === regionLeftAt || compiled.shareRegion(header, regionLeftAt));
    if (inRegion || this.#p.store.kindOf(header) === TbKind.region) return 'region';
    return compiled.hasFunction(header) ? 'module' : 'tci';
  }

  #isOneUse(header: number): boolean {
    return (this.#p.machine.views().u32[(header + AT.cflags) >>> 2]! & TbFlag.oneOff) !== 0;
  }

  #insnsOf(header: number): number {
    return this.#p.machine.views().u32[(header + AT.insns) >>> 2]!;
  }

  /** Enter a handler. It counts as one instruction, so that a guest which only ever faults comes to an end of its budget. */
  #deliver(deliver: () => GuestEvent): 'continue' | 'halt' | 'shutdown' {
    const { context } = this.#p;
    this.faults++;
    this.#p.onFault?.(context.get('exitData'));
    context.budget -= 1;
    const { deliver: timer } = this.#p.time;
    const began = timer.begin();
    const event = deliver();
    timer.end(began);
    return event;
  }

  /** Translate what the frame names, and make the link that was wanted. Returns the header, or what happened instead. */
  #translate(): number | RunResult {
    const { context, translator } = this.#p;
    if (this.#stopRequested) {
      context.budget += context.get('budgetHeld');
      context.set('budgetHeld', 0);
      return 'stopped';
    }
    for (let attempt = 0; attempt < 2; attempt++) {
      const made = translator.make();
      if (made.kind === 'fetch-fault') return this.#secondPageFault();
      if (made.kind === 'limit-fault') return this.#limitFault();
      if (made.kind === 'tb') {
        this.#p.onTranslate?.(made.header);
        // Started anew by a look-up, which makes link and jump cache entry: both need the hash only. A TB for one use (of code that is
        // not in memory) is in no hash: it is run as it is.
        return this.#isOneUse(made.header) ? made.header : 0;
      }
      this.flush();
    }
    throw new Error('a TB does not fit an empty arena');
  }

  /** A TB of exactly `count` instructions (or fewer, when it ends before), in no hash. */
  #makeOneOff(count: number): number | RunResult {
    const { translator } = this.#p;
    for (let attempt = 0; attempt < 2; attempt++) {
      this.#lookUpPageBase();
      const made = translator.make(Math.min(count, this.#p.config.tbInsns));
      if (made.kind === 'tb') return made.header;
      if (made.kind === 'fetch-fault') return this.#secondPageFault();
      if (made.kind === 'limit-fault') return this.#limitFault();
      this.flush();
    }
    throw new Error('a TB does not fit an empty arena');
  }

  /** page base := page of the linear pc. */
  #lookUpPageBase(): void {
    const { context } = this.#p;
    context.pageBase = context.linearPc & ~0xfffn;
  }

  /**
   * The instruction at pc reaches into a page that cannot be fetched (or pc itself is in one): raise the fault with the address of that
   * page, the state being that before the instruction.
   */
  #secondPageFault(): number | RunResult {
    const { context, core } = this.#p;
    if (context.budget <= 0) return 'instructions';
    const pc = context.pc;
    context.set('exitCode', 0);
    core.tb_find(context.env);
    if (context.get('exitCode') === ExitCode.none) {
      context.pc = (context.pageBase + 0x1000n - BigInt(context.csBase)) & context.pcMask;
      core.tb_find(context.env);
      context.pc = pc;
    }
    const event = this.#deliver(() => this.#p.guest.deliverFetchFault());
    return event === 'continue' ? 0 : event;
  }

  /** The instruction at pc reaches past what the code segment allows. */
  #limitFault(): number | RunResult {
    if (this.#p.context.budget <= 0) return 'instructions';
    const event = this.#deliver(() => this.#p.guest.deliverLimitFault());
    return event === 'continue' ? 0 : event;
  }
}
