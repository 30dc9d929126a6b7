/** The inputs of one CPU as the machine drives them between two instructions: interrupts, NMI, and what keeps them off. */
import { Eflag, X86_LAYOUT, X86_STATE, X86Exit, type X86Instance } from '@wasm-tcg/guest-x86';
import { ExitCode, WASM_CONTEXT, type MachineMemory } from '@wasm-tcg/runtime';

const S = X86_STATE.offset;
const NMI_VECTOR = 2;

export class CpuLines {
  readonly #machine: MachineMemory;
  readonly #x86: X86Instance;
  readonly #env: number;
  readonly #state: number;

  constructor(machine: MachineMemory, x86: X86Instance, vcpu: number) {
    this.#machine = machine;
    this.#x86 = x86;
    this.#env = machine.env(vcpu);
    this.#state = this.#env + X86_LAYOUT.stateOffset;
  }

  /** IF is set and no shadow is on. */
  get interruptible(): boolean {
    return (this.#get(S.eflags) & Eflag.IF) !== 0 && this.#get(S.interruptShadow) === 0;
  }

  /** Tell the CPU that an interrupt waits: whatever lets it in then ends the run. */
  set request(waiting: boolean) {
    this.#machine.views().u32[(this.#state + S.interruptRequest) >>> 2] = waiting ? 1 : 0;
  }

  get request(): boolean {
    return this.#get(S.interruptRequest) !== 0;
  }

  /**
   * Enter the handler of an external interrupt. The CPU is {@link interruptible}.
   * @returns false: it has shut down over it (triple fault)
   */
  interrupt(vector: number): boolean {
    this.#x86.exports.interrupt_deliver(this.#env, vector);
    const exit = (this.#env + WASM_CONTEXT.offset.exitCode) >>> 2;
    const { u32 } = this.#machine.views();
    const alive = u32[exit] !== X86Exit.shutdown;
    u32[exit] = ExitCode.none;
    return alive;
  }

  /** As {@link interrupt}, whatever IF says. */
  nmi(): boolean {
    return this.interrupt(NMI_VECTOR);
  }

  #get(offset: number): number {
    return this.#machine.views().u32[(this.#state + offset) >>> 2]!;
  }
}
