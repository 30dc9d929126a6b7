/**
 * `Machine.opStepper`: one TB run op by op by the evaluator, on the machine's own state.
 *
 * Between two ops somebody may look at the machine. Globals that a fault would restore (pc, the kind of lazily kept flags) are meaningless in the frame then, as far as the
 * TB's code knows: so they are shown as a fault would find them, and put back before the next op.
 */
import { localNumbers, Op, opCode, TbEvaluation, TbIr, TempKind, type EvalResult, type Temp } from '@wasm-tcg/ir';
import { ExitCode } from '@wasm-tcg/runtime';
import type { CodeLine, OpStepper, OpWrite } from '../api-code.ts';
import { MachineError } from '../errors.ts';
import type { RunResult } from '../exec/cpu-exec.ts';
import type { MachineParts } from '../machine/parts.ts';
import { opLines } from './code-lines.ts';
import { SoftmmuMachine } from './eval-machine.ts';

const SLOT = 8;

export class TbOpStepper implements OpStepper {
  readonly lines: readonly CodeLine[];
  readonly pc: bigint;
  readonly locals: ReadonlyMap<string, bigint>;
  readonly #p: MachineParts;
  readonly #onLeft: (result: RunResult) => void;
  readonly #machine: SoftmmuMachine;
  readonly #tb: TbIr;
  readonly #header: number;
  readonly #run: TbEvaluation;
  /** Line of the op at each position of the stream. */
  readonly #lineAt: ReadonlyMap<number, number>;
  readonly #localNames: ReadonlyMap<Temp, number>;
  readonly #values = new Map<string, bigint>();
  /** Host addresses of restored globals. */
  readonly #restored: readonly number[];
  /** What the TB's code has in them while it rests. */
  #resting: bigint[] | undefined;
  #writes: OpWrite[] = [];
  /** `entries` of the executor as of the last step: another means that the machine has been run. */
  #entries: number;
  #begun = false;
  #retired = 0;
  #end: OpStepper['end'];

  /**
   * @param onLeft the TB has been left
   * @throws MachineError `unmapped`
   */
  constructor(p: MachineParts, optimised: boolean, onLeft: (result: RunResult) => void) {
    const { context, exec, translator, guest, machine } = p;
    this.#p = p;
    this.#onLeft = onLeft;
    this.pc = context.linearPc;
    const header = exec.findTb();
    if (header === undefined) {
      throw new MachineError('unmapped', `no code can be fetched at 0x${this.pc.toString(16)}`, 'step() delivers the fault');
    }
    this.#header = header;
    this.#tb = new TbIr(guest.layout);
    if (optimised) translator.irOf(header, this.#tb);
    else translator.translateAgain(header, this.#tb);
    this.#machine = new SoftmmuMachine(p);
    this.#run = new TbEvaluation(this.#tb, guest.helpers, this.#machine, (temp, value) => this.#note(temp, value));
    const { lines, positions } = opLines(this.#tb, guest.helpers);
    this.lines = lines;
    this.locals = this.#values;
    this.#lineAt = new Map(positions.map((at, line) => [at, line]));
    this.#localNames = localNumbers(this.#tb);
    const { layout } = machine;
    this.#restored = layout.globals.filter((g) => g.restored).map((g) => context.env + layout.frameOffset + g.slot * SLOT);
    this.#entries = exec.entries;
  }

  get at(): number {
    return this.#end === undefined ? this.#lineAt.get(this.#run.at)! : this.lines.length;
  }

  get end(): OpStepper['end'] {
    return this.#end;
  }

  step(): { readonly writes: readonly OpWrite[]; readonly left: boolean } {
    const { exec } = this.#p;
    if (this.#end !== undefined) throw new MachineError('not-running', 'the block has been left', 'make another stepper for the next one');
    if (exec.entries !== this.#entries) throw new MachineError('not-running', 'the machine has been run since', 'make another stepper where it is now');
    if (!this.#begun) {
      exec.enterTb(this.#header);
      this.#entries = exec.entries;
      this.#begun = true;
    }
    this.#writes = [];
    this.#wake();
    const result = exec.insideTb(() => this.#op());
    if (result === undefined) this.#rest();
    else this.#leave(result);
    return { writes: this.#writes, left: this.#end !== undefined };
  }

  finish(): void {
    while (this.#end === undefined) this.step();
  }

  #op(): EvalResult | undefined {
    const isCall = opCode(this.#tb.code[this.#run.at]!) === Op.call;
    const before = isCall ? this.#globals() : [];
    const result = this.#run.step();
    // What a helper does to registers is a write of the op that calls it.
    before.forEach((value, global) => {
      const now = this.#run.get(global);
      if (now !== value) this.#note(global, now);
    });
    const insn = Math.max(0, this.#run.insn);
    this.#machine.insn = insn;
    if (insn > this.#retired) {
      this.#p.exec.retireInTb(insn - this.#retired);
      this.#retired = insn;
    }
    return result;
  }

  #globals(): bigint[] {
    return this.#tb.target.globals.map((_, global) => this.#run.get(global));
  }

  #note(temp: Temp, value: bigint): void {
    const isLocal = this.#tb.tempKind[temp] === TempKind.local;
    const name = isLocal ? `t${this.#localNames.get(temp)}` : this.#tb.target.globals[temp]!.name;
    if (isLocal) this.#values.set(name, value);
    this.#writes = [...this.#writes.filter((write) => write.name !== name), { name, value }];
  }

  /** Show the machine as it is at the beginning of the running instruction. */
  #rest(): void {
    const { context, guest } = this.#p;
    this.#resting = this.#restored.map((address) => this.#machine.readHost(address, SLOT));
    context.set('insnIndex', this.#machine.insn);
    guest.restoreState();
  }

  #wake(): void {
    this.#resting?.forEach((value, i) => this.#machine.writeHost(this.#restored[i]!, SLOT, value));
    this.#resting = undefined;
  }

  #leave(result: EvalResult): void {
    const { exec } = this.#p;
    const code = result.kind === 'leave' ? result.exitCode : result.kind === 'exit_tb' ? result.exit : ExitCode.none;
    const skipped = result.kind === 'leave' ? 0 : this.#tb.insns - this.#run.insn - 1;
    const ended = exec.leaveTb(code, skipped);
    this.#entries = exec.entries;
    this.#end = ended === 'halt' || ended === 'shutdown' ? ended : 'next';
    this.#onLeft(ended);
  }
}
