/**
 * What a machine asks before every slice: can an interrupt be delivered now? And what it leaves behind when the answer is no, so that the processor
 * gives control back as soon as it is yes. Reads the state directly: no register object, no BigInt. Good between two instructions.
 */
import type { MachineMemory } from '@wasm-tcg/runtime';
import { Eflag } from './cc-op.ts';
import { InterruptRequest, X86_LAYOUT, X86_STATE } from './cpu-state.ts';

export class InterruptWindow {
  readonly #machine: MachineMemory;
  readonly #eflags: number;
  readonly #shadow: number;
  readonly #nmiBlocked: number;
  readonly #request: number;

  /** Use `X86Instance.interruptWindow`. @param env address of the vCPU's area */
  constructor(machine: MachineMemory, env: number) {
    const index = (field: 'eflags' | 'interruptShadow' | 'nmiBlocked' | 'interruptRequest'): number =>
      (env + X86_LAYOUT.stateOffset + X86_STATE.offset[field]) >>> 2;
    this.#machine = machine;
    this.#eflags = index('eflags');
    this.#shadow = index('interruptShadow');
    this.#nmiBlocked = index('nmiBlocked');
    this.#request = index('interruptRequest');
  }

  /** External interrupts: IF is set, and the instruction before was no STI, MOV SS or POP SS. */
  get open(): boolean {
    const { u32 } = this.#machine.views();
    return (u32[this.#eflags]! & Eflag.IF) !== 0 && u32[this.#shadow] === 0;
  }

  /** NMIs: none is being handled, and no shadow is on. */
  get nmiOpen(): boolean {
    const { u32 } = this.#machine.views();
    return u32[this.#nmiBlocked] === 0 && u32[this.#shadow] === 0;
  }

  /** Say what waits: whatever opens its window then ends the budget. Replaces what was said before. */
  wait(external: boolean, nmi: boolean): void {
    this.#machine.views().u32[this.#request] = (external ? InterruptRequest.external : 0) | (nmi ? InterruptRequest.nmi : 0);
  }
}
