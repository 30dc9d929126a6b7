/** One loaded program: its text and bytes, the machine that the page works with, and what is derived from them. */
import type { CodeListing, CodeUnit, ExecutionMode, MachineModules, OpStepper } from '@wasm-tcg/emulator';
import type { Assembled, AssembledLine, MachineView, OpView, Program } from '../protocol.ts';
import { saveRegisters } from './machine/copy-state.ts';
import { isProtected, modeText, widthOf } from './machine/cpu-mode.ts';
import { disassembleAt } from '../disassemble.ts';
import { LabMachine } from './machine/lab-machine.ts';
import { readRegisters, viewRegisters, type RegisterValues } from './machine/registers.ts';
import { WarmMachine } from './warm-machine.ts';

const MAX_INSN = 15;

export class LabSession {
  readonly program: Program;
  readonly assembled: Assembled;
  lab: LabMachine;
  /** Values that `changed` compares with. */
  before: RegisterValues;
  #stepper: OpStepper | undefined;
  /** Names that the last op wrote. */
  #written: ReadonlyMap<string, bigint> = new Map();
  #warm: Promise<WarmMachine> | undefined;
  readonly #modules: MachineModules;
  readonly #lines: readonly AssembledLine[];

  constructor(program: Program, assembled: Assembled, modules: MachineModules) {
    this.program = program;
    this.assembled = assembled;
    this.#modules = modules;
    this.#lines = assembled.lines.toSorted((a, b) => a.pc - b.pc);
    this.lab = this.make('tiered');
    this.before = readRegisters(this.lab.machine.cpu(0).registers);
  }

  /** A machine at the program's beginning. */
  make(mode: ExecutionMode): LabMachine {
    return new LabMachine({ program: this.program, image: this.assembled.image, mode, modules: this.#modules });
  }

  /** Go on in a mode. */
  setMode(mode: ExecutionMode): void {
    if (this.lab.mode === mode) return;
    const next = this.make(mode);
    next.takeOver(this.lab);
    this.lab = next;
  }

  reset(): void {
    this.forgetOps();
    this.lab = this.make(this.lab.mode);
    this.mark();
  }

  /** What is now is what later changes are changes of. */
  mark(): void {
    this.before = readRegisters(this.lab.machine.cpu(0).registers);
  }

  forgetOps(): void {
    this.#stepper = undefined;
    this.#written = new Map();
  }

  /** Run one op of the TB at pc, which is entered if none is being stepped through. */
  stepOp(): void {
    if (!this.lab.canRun) return;
    const stepper = (this.#stepper ??= this.lab.machine.opStepper());
    this.mark();
    const { writes, left } = stepper.step();
    this.#written = new Map(writes.map(({ name, value }) => [name, value]));
    if (left) this.#leaveOps(stepper);
  }

  finishOps(): void {
    if (this.#stepper === undefined) return;
    this.mark();
    this.#stepper.finish();
    this.#leaveOps(this.#stepper);
  }

  #leaveOps({ end }: OpStepper): void {
    this.forgetOps();
    this.lab.settle(end === 'halt' || end === 'shutdown' ? { kind: end } : undefined);
  }

  view(): MachineView {
    const { lab } = this;
    const { registers } = lab.machine.cpu(0);
    const { pc } = lab;
    const line = this.lineAt(pc);
    return {
      pc, text: this.#textAt(pc), bits: widthOf(registers), cpuMode: modeText(registers), status: lab.status, instructions: lab.instructions, mode: lab.mode,
      registers: viewRegisters(registers, this.before), output: lab.output.text,
      ...(line === undefined ? {} : { line }), ...(lab.fault === undefined ? {} : { fault: lab.fault }), ...(this.#stepper === undefined ? {} : { ops: this.#opView(this.#stepper) }),
    };
  }

  /** Source line that a byte of the image comes from. */
  lineAt(pc: bigint): number | undefined {
    let low = 0;
    let high = this.#lines.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const { pc: first, bytes, line } = this.#lines[middle];
      if (pc < first) high = middle - 1;
      else if (pc >= first + bytes.length) low = middle + 1;
      else return line;
    }
    return undefined;
  }

  async listing(unit: CodeUnit, pc: bigint | undefined): Promise<CodeListing> {
    if (unit !== 'region') return this.lab.machine.listing(pc ?? this.#listedPc(), { unit });
    this.#warm ??= WarmMachine.warmUp(this.make('tiered'));
    const warm = await this.#warm;
    const registers = saveRegisters(this.lab.machine);
    return pc === undefined ? warm.hottestRegion(this.#listedPc(), registers) : warm.region(pc, registers);
  }

  /** Where a listing begins that is of no certain block: where the machine is; after HLT, there is nothing to see there. */
  #listedPc(): bigint {
    return this.lab.status === 'halted' ? BigInt(this.program.origin) : this.lab.pc;
  }

  #opView(stepper: OpStepper): OpView {
    const { lines, at, locals } = stepper;
    const values = new Map([...locals, ...this.#written]);
    return { lines, at, locals: [...values].map(([name, value]) => ({ name, value, changed: this.#written.has(name) })) };
  }

  #textAt(pc: bigint): string {
    const { machine } = this.lab;
    const { registers } = machine.cpu(0);
    const physical = machine.memory.translate(pc);
    if (physical === undefined || physical >= machine.memory.size) return '(no memory)';
    const bytes = machine.memory.read(physical, Math.min(MAX_INSN, machine.memory.size - physical));
    return disassembleAt(bytes, 0, pc, widthOf(registers), isProtected(registers)).text;
  }
}
