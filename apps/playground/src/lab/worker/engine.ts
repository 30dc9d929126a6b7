/**
 * The Lab without its page: everything that {@link LabWorker} promises, in any thread.
 *
 * Calls that change the machine take turns, in the order in which they come, and one that waits has the run before it stopped. What only looks sees the machine between two
 * pieces of a run.
 */
import { compileModules, type CodeUnit, type ExecutionMode, type MachineModules } from '@wasm-tcg/emulator';
import type { Assembled, LabWorker, ListingView, MachineView, ModeRun, Program, WatView } from '../protocol.ts';
import { assemble } from './assemble/assemble.ts';
import { compareModes } from './compare.ts';
import { LabError } from './lab-error.ts';
import { writeRegister } from './machine/registers.ts';
import { runSlices, type Job } from './run-slices.ts';
import { LabSession } from './session.ts';
import { viewListing } from './stages/listing-view.ts';
import { viewWat } from './stages/wat-view.ts';

const LONGEST_READ = 0x10000;

export class LabEngine implements LabWorker {
  #modules: MachineModules | undefined;
  #session: LabSession | undefined;
  /** What runs now. */
  #job: Job | undefined;
  /** Settles when all turns taken so far are over. */
  #lastTurn: Promise<void> = Promise.resolve();
  /** Calls that wait for their turn. */
  #waiting = 0;
  /** Calls of {@link stop} so far. */
  #stops = 0;

  async assemble(program: Program): Promise<Assembled> {
    return assemble(program);
  }

  async load(program: Program): Promise<{ readonly assembled: Assembled; readonly view: MachineView }> {
    return this.#turn(() => {
      const assembled = assemble(program);
      const [problem] = assembled.problems;
      if (assembled.image.length === 0 && problem !== undefined) {
        throw new LabError('bad-program', `line ${problem.line}: ${problem.message}`, 'Correct the program and load it again.');
      }
      this.#modules ??= compileModules();
      this.#session = new LabSession(program, assembled, this.#modules);
      return { assembled, view: this.#session.view() };
    });
  }

  async view(): Promise<MachineView> {
    return this.#loaded.view();
  }

  async listing(unit: CodeUnit, pc?: bigint): Promise<ListingView> {
    const session = this.#loaded;
    return viewListing(await session.listing(unit, pc), (at) => session.lineAt(at));
  }

  async wat(unit: CodeUnit, pc?: bigint): Promise<WatView> {
    return viewWat((await this.#loaded.listing(unit, pc)).wasm);
  }

  async step(insns: number): Promise<MachineView> {
    if (!(Number.isInteger(insns) && insns > 0)) throw new LabError('bad-argument', `${insns} steps`, 'Give a whole number above 0.');
    return this.#change((session) => {
      session.forgetOps();
      session.mark();
      session.lab.advance(insns);
    });
  }

  async stepOp(): Promise<MachineView> {
    return this.#change((session) => session.stepOp());
  }

  async finishOps(): Promise<MachineView> {
    return this.#change((session) => session.finishOps());
  }

  async run(mode: ExecutionMode, limit: number, onProgress: (instructions: number) => void): Promise<MachineView> {
    return this.#work(limit, async (session, job) => {
      session.forgetOps();
      session.mark();
      session.setMode(mode);
      const { lab } = session;
      await runSlices(lab, limit, job, () => onProgress(lab.instructions));
      return session.view();
    });
  }

  async compare(limit: number, onProgress: (runs: readonly ModeRun[]) => void): Promise<readonly ModeRun[]> {
    return this.#work(limit, (session, job) => compareModes((mode) => session.make(mode), limit, job, onProgress));
  }

  async stop(): Promise<void> {
    this.#stops++;
    this.#stopJob();
  }

  async reset(): Promise<MachineView> {
    return this.#change((session) => session.reset());
  }

  async setRegister(name: string, value: bigint): Promise<MachineView> {
    return this.#change((session) => {
      writeRegister(session.lab.machine.cpu(0).registers, name, value);
      session.forgetOps();
      session.lab.revive();
    });
  }

  async readMemory(address: bigint, length: number): Promise<Uint8Array | undefined> {
    const { memory } = this.#loaded.lab.machine;
    if (!(Number.isInteger(length) && length >= 0 && length <= LONGEST_READ)) {
      throw new LabError('bad-argument', `${length} bytes of memory`, `Read 0 to ${LONGEST_READ} bytes at once.`);
    }
    return isRam(this.#loaded, address, length) ? memory.readLinear(address, length) : undefined;
  }

  async writeMemory(address: bigint, bytes: Uint8Array): Promise<MachineView> {
    return this.#change((session) => {
      if (!isRam(session, address, bytes.length)) throw new LabError('bad-argument', `There is no memory at 0x${address.toString(16)}`, 'The machine has 4 MiB from address 0.');
      session.lab.machine.memory.writeLinear(address, bytes);
      session.forgetOps();
      session.lab.revive();
    });
  }

  get #loaded(): LabSession {
    if (this.#session === undefined) throw new LabError('not-loaded', 'No program is loaded', 'Load one first.');
    return this.#session;
  }

  #stopJob(): void {
    if (this.#job !== undefined) this.#job.stopped = true;
  }

  /** Have whatever runs stop, wait for those who came before, and do something alone. */
  async #turn<Result>(action: () => Result | Promise<Result>): Promise<Result> {
    const before = this.#lastTurn;
    let over = (): void => undefined;
    this.#lastTurn = new Promise((resolve) => {
      over = resolve;
    });
    this.#waiting++;
    this.#stopJob();
    try {
      await before;
    } finally {
      this.#waiting--;
    }
    try {
      return await action();
    } finally {
      over();
    }
  }

  #change(change: (session: LabSession) => void): Promise<MachineView> {
    return this.#turn(() => {
      const session = this.#loaded;
      change(session);
      return session.view();
    });
  }

  /** Do what takes long. It does not begin when somebody is waiting already, or it has been stopped while it waited. */
  #work<Result>(limit: number, work: (session: LabSession, job: Job) => Promise<Result>): Promise<Result> {
    if (!(Number.isSafeInteger(limit) && limit > 0)) throw new LabError('bad-argument', `a limit of ${limit} instructions`, 'Give a whole number above 0.');
    const stops = this.#stops;
    return this.#turn(async () => {
      const job: Job = { stopped: this.#waiting > 0 || this.#stops !== stops };
      this.#job = job;
      try {
        return await work(this.#loaded, job);
      } finally {
        this.#job = undefined;
      }
    });
  }
}

/** Every page of a range of linear addresses is mapped to RAM. */
function isRam({ lab }: LabSession, address: bigint, length: number): boolean {
  const { memory } = lab.machine;
  for (let at = address; at < address + BigInt(length); at = (at | 0xfffn) + 1n) {
    const physical = memory.translate(at);
    if (physical === undefined || physical >= memory.size) return false;
  }
  return true;
}
