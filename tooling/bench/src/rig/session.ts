/** One peer that runs: started, booted, asked to run programs, ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { BenchError } from '../errors.ts';
import { GUEST_FOLDER } from './build/image.ts';
import type { Launch } from './peers/peer.ts';
import { cpuSecondsOf, peakBytesOf } from './proc.ts';
import { beginMark, checksumOf, endMark, PANIC, patchSeconds, PROMPT, READY, startCommand } from './protocol.ts';
import { SerialLine, type Found } from './serial-line.ts';

export interface BootFigures {
  /** From the start of the process to the prompt of the shell. */
  readonly seconds: number;
  /** Of it, the kernel rewriting its own code. */
  readonly patching: number | undefined;
  /** Processor time of the process, all its threads. */
  readonly cpu: number | undefined;
  readonly instructions: number | undefined;
  readonly peakBytes: number | undefined;
}

export interface RunFigures {
  /** By the host's clock: between the two marks on the serial line. */
  readonly seconds: number;
  /** By the guest's clock: for information. */
  readonly guestSeconds: number;
  readonly cpu: number | undefined;
  readonly instructions: number | undefined;
  /** Undefined when the program printed none. */
  readonly checksum: string | undefined;
  /** Exit status. */
  readonly status: number;
}

export interface SessionOptions {
  /** Seconds for each thing that is waited for. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Counters of 32 bits wrap around. */
const WRAP = 2 ** 32;
/** An answer over the channel comes when the emulator lets its event loop run; without one the figure stays empty. */
const COUNTER_TIMEOUT_MS = 5000;

export class Session {
  readonly #child: ChildProcess;
  readonly #launch: Launch;
  readonly #options: SessionOptions;
  readonly #line = new SerialLine();
  readonly #started = performance.now();
  readonly #ended: Promise<never>;
  #complaints = '';
  #at = 0;
  #runs = 0;

  private constructor(launch: Launch, options: SessionOptions) {
    this.#launch = launch;
    this.#options = options;
    const { program, args, cwd, counts } = launch;
    this.#child = spawn(program, args, {
      // A group of its own: a Ctrl-C of the user's is for the rig, which ends its children itself.
      detached: true,
      stdio: counts ? ['pipe', 'pipe', 'pipe', 'ipc'] : ['pipe', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    });
    process.on('exit', this.#kill);
    this.#child.stdout?.on('data', (bytes: Buffer) => this.#line.receive(bytes));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#complaints += text));
    this.#child.stdin?.on('error', () => undefined);
    this.#ended = new Promise<never>((_, reject) => {
      this.#child.on('error', (error) => reject(new BenchError('stopped', `${program} cannot be run: ${error.message}`, 'Leave the peer out with --peers.', { cause: error })));
      this.#child.on('exit', (code, signal) => reject(new BenchError('stopped', `${program} ended with ${signal ?? code}: ${this.#complaints.trim()}`, `Last came ${this.#line.tail}`)));
    });
    this.#ended.catch(() => undefined);
  }

  /** @returns the session, ready to run programs, and what the boot took */
  static async start(launch: Launch, options: SessionOptions): Promise<{ readonly session: Session; readonly boot: BootFigures }> {
    const session = new Session(launch, options);
    try {
      return { session, boot: await session.#boot() };
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  /** Peak resident memory so far, bytes. */
  get peakBytes(): number | undefined {
    return peakBytesOf(this.#child.pid);
  }

  async #boot(): Promise<BootFigures> {
    const pid = this.#child.pid;
    if (!this.#launch.boots) {
      await this.#wait(READY, 'the agent');
      return { seconds: 0, patching: undefined, cpu: undefined, instructions: undefined, peakBytes: undefined };
    }
    const { time } = await this.#wait(PROMPT, 'the shell');
    const figures = {
      seconds: (time - this.#started) / 1000,
      patching: patchSeconds(this.#line),
      cpu: cpuSecondsOf(pid),
      instructions: await this.#instructions(),
      peakBytes: this.peakBytes,
    };
    this.#type(startCommand(GUEST_FOLDER));
    await this.#wait(READY, 'the agent');
    return figures;
  }

  /** Runs a command to its end. @throws BenchError `stopped` when the guest dies or takes too long */
  async run(command: string): Promise<RunFigures> {
    const id = `r${++this.#runs}`;
    const pid = this.#child.pid;
    const [instructions, cpu] = [await this.#instructions(), cpuSecondsOf(pid)];
    this.#type(`${id} ${command}\n`);
    const begin = await this.#wait(beginMark(id), `the start of ${command}`);
    const end = await this.#wait(endMark(id), `the end of ${command}`);
    const guestSeconds = Number(end.match[2]) / 1e6;
    return {
      // Without a guest the agent's clock is the host's, and reads finer than the arrival of marks.
      seconds: this.#launch.boots ? (end.time - begin.time) / 1000 : guestSeconds,
      guestSeconds,
      cpu: difference(cpuSecondsOf(pid), cpu),
      instructions: wrapped(difference(await this.#instructions(), instructions)),
      checksum: checksumOf(this.#line.text.slice(begin.end, end.end)),
      status: Number(end.match[1]),
    };
  }

  async end(): Promise<void> {
    this.#kill();
    process.off('exit', this.#kill);
    await this.#ended.catch(() => undefined);
  }

  /** The process and what it has started: natively, the program that runs. */
  readonly #kill = (): void => {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      // Detached, it leads a group of its own.
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself in this moment.
    }
  };

  #type(text: string): void {
    this.#child.stdin?.write(text);
  }

  async #wait(pattern: RegExp, what: string): Promise<Found> {
    const either = new RegExp(`${pattern.source}|${PANIC.source}`);
    const found = await Promise.race([this.#line.waitFor(either, what, { from: this.#at, ...this.#options }), this.#ended]);
    if (PANIC.test(found.match[0])) throw new BenchError('stopped', found.match[0], `Last came ${this.#line.tail}`);
    this.#at = found.end;
    return found;
  }

  async #instructions(): Promise<number | undefined> {
    if (!this.#launch.counts) return undefined;
    return new Promise((resolve) => {
      const answer = (message: unknown): void => {
        clearTimeout(timer);
        this.#child.off('message', answer);
        resolve(typeof message === 'object' && message !== null && 'instructions' in message ? Number(message.instructions) : undefined);
      };
      const timer = setTimeout(() => answer(undefined), COUNTER_TIMEOUT_MS);
      this.#child.on('message', answer);
      this.#child.send('instructions');
    });
  }
}

const difference = (after: number | undefined, before: number | undefined): number | undefined =>
  after === undefined || before === undefined ? undefined : after - before;

const wrapped = (count: number | undefined): number | undefined => (count !== undefined && count < 0 ? count + WRAP : count);
