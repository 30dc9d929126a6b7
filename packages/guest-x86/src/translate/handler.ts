/** What translates one instruction group. */
import type { MnemonicName } from '../decode/index.ts';
import type { Ctx } from './context.ts';

/**
 * Translate `c.insn`. Rules (ARCHITECTURE.md, Faults): no global is written before the last op that may fault; an instruction that does not flow
 * on to the next one sets `c.ended` after its last op.
 */
export type Handler = (c: Ctx) => void;

export type HandlersOf<N extends MnemonicName> = { readonly [K in N]: Handler };
