/** Why a machine has ended, in words: one row per reason. */
import type { StopReason } from '@wasm-tcg/emulator';

export interface EndText {
  readonly what: string;
  readonly hint: string;
}

const TEXTS: Readonly<Record<StopReason['kind'], EndText>> = {
  poweroff: { what: 'The guest switched itself off.', hint: '' },
  halt: { what: 'The guest halted the processor with interrupts off.', hint: 'Nothing can wake it any more.' },
  shutdown: { what: 'The processor shut down after a triple fault.', hint: 'The guest met a fault that it has no handler for, three times in a row. Is it made for this CPU model?' },
  reset: { what: 'The guest asked for a reset.', hint: '' },
  exit: { what: 'The guest ended the run.', hint: '' },
  stopped: { what: 'The machine was stopped.', hint: '' },
  instructions: { what: 'The machine reached its limit of instructions.', hint: '' },
  pc: { what: 'The machine reached a breakpoint.', hint: '' },
  port: { what: 'The machine stopped at an access to a port.', hint: '' },
};

export function endText(reason: StopReason | undefined): EndText {
  if (reason === undefined) return { what: 'The machine has ended.', hint: '' };
  const text = TEXTS[reason.kind];
  return reason.kind === 'exit' ? { ...text, what: `The guest ended the run with exit code ${reason.code}.` } : text;
}
