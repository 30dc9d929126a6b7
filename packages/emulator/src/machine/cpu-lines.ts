/** The inputs of one CPU as the machine drives them between two instructions: interrupts, NMI, and what keeps them off. */
import { X86Exit, type InterruptWindow, type X86Instance } from '@wasm-tcg/guest-x86';
import { ExitCode, WASM_CONTEXT, type MachineMemory } from '@wasm-tcg/runtime';

export class CpuLines {
  readonly #machine: MachineMemory;
  readonly #x86: X86Instance;
  readonly #env: number;
  readonly #window: InterruptWindow;
  #request = false;

  constructor(machine: MachineMemory, x86: X86Instance, vcpu: number) {
    this.#machine = machine;
    this.#x86 = x86;
    this.#env = machine.env(vcpu);
    this.#window = x86.interruptWindow(vcpu);
  }

  /** IF is set and no shadow is on. */
  get interruptible(): boolean {
    return this.#window.open;
  }

  /** No NMI is being handled, and no shadow is on. */
  get nmiOpen(): boolean {
    return this.#window.nmiOpen;
  }

  /** Tell the CPU that an interrupt waits: whatever lets it in then ends the run. So does the end of an NMI handler, always: another may wait for it. */
  set request(waiting: boolean) {
    this.#request = waiting;
    this.#window.wait(waiting, !this.#window.nmiOpen);
  }

  get request(): boolean {
    return this.#request;
  }

  /**
   * Enter the handler of an external interrupt. The CPU is {@link interruptible}.
   * @returns false: it has shut down over it (triple fault)
   */
  interrupt(vector: number): boolean {
    this.#x86.exports.interrupt_deliver(this.#env, vector);
    return this.#survived();
  }

  /** As {@link interrupt}, whatever IF says. {@link nmiOpen} is true. */
  nmi(): boolean {
    this.#x86.exports.nmi_deliver(this.#env);
    return this.#survived();
  }

  #survived(): boolean {
    const exit = (this.#env + WASM_CONTEXT.offset.exitCode) >>> 2;
    const { u32 } = this.#machine.views();
    const alive = u32[exit] !== X86Exit.shutdown;
    u32[exit] = ExitCode.none;
    return alive;
  }
}
