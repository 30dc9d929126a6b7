/**
 * What the execution core asks of a guest architecture. It knows no register: x86 is plugged in by `machine/x86-guest.ts`.
 */
import type { HelperTable, TbIr } from '@wasm-tcg/ir';
import type { EnvLayout } from '@wasm-tcg/runtime';
import type { CodeInsn } from '../api-code.ts';

/** What is to be translated: the identity of a TB, and where its bytes come from. */
export interface TranslateRequest {
  /** Bytes of the first page (4096), and of the page behind it when asked for; `undefined`: fetching from it faults. */
  readonly page: Uint8Array;
  readonly secondPage: () => Uint8Array | undefined;
  /** Offset of the first instruction in the page. */
  readonly pageOffset: number;
  readonly flags: number;
  readonly csBase: number;
  /** Most guest instructions to take, ≥ 1. */
  readonly maxInsns: number;
  /**
   * Guest state that is known wherever the block is entered ({@link Translation.exitState} of all ways in); the block is then no good for any
   * other. Absent: nothing is known.
   */
  readonly entryState?: number;
  /**
   * Bytes of the page that the block is to read when it runs, where it can, instead of holding them: bit n of byte m of `marked` is byte 8m + n; `host` is the
   * address of the page in the linear memory. Absent: none.
   */
  readonly live?: { readonly marked: Uint8Array; readonly host: number } | undefined;
  /** Offset from the page of the last byte that may be fetched (code segment limit); Infinity for none. */
  readonly fetchLimit: number;
}

export interface Translation {
  /** Bytes of guest code. */
  readonly size: number;
  readonly insns: number;
  /** Some byte came from the second page. */
  readonly crossesPage: boolean;
  /** State known at the exits through link slot 0 and 1 (x86: cc_op); negative: none. */
  readonly exitState: readonly [number, number];
  /** Bytes that it reads when it runs: pairs of offsets from its page (from, to), ascending and apart; good until the next translation. */
  readonly liveRanges: readonly number[];
  /**
   * Nothing was translated: the first instruction reaches into a second page that cannot be fetched (`page`), or past what the code
   * segment allows (`limit`).
   */
  readonly fault: 'none' | 'page' | 'limit';
}

/** What happened to the guest that ends or interrupts a run. */
export type GuestEvent = 'continue' | 'halt' | 'shutdown';

export interface Guest {
  readonly layout: EnvLayout;
  readonly helpers: HelperTable;
  /** Translate into `tb` (which is reset first). Allocates nothing per instruction. */
  translate(tb: TbIr, request: TranslateRequest): Translation;
  /** 64-bit code? From a TB's flags. */
  isWide(flags: number): boolean;
  /** User mode, and not the supervisor's? From a TB's flags. */
  isUser(flags: number): boolean;
  /** An exit code of the guest (≥ GUEST_EXIT). */
  exitEvent(exitCode: number): GuestEvent;
  /** Deliver the fault in the context: restore the state of the instruction and enter the handler. `shutdown` ends the machine. */
  deliverFault(): GuestEvent;
  /** Deliver the fault of an instruction fetch: state is exact. */
  deliverFetchFault(): GuestEvent;
  /** `fetchLimit` of a request for the TB that the frame names. */
  fetchLimit(): number;
  /** Deliver the fault of a fetch past the code segment's limit: state is exact. */
  deliverLimitFault(): GuestEvent;
  /** Make the frame that of the instruction at (tbPtr, insnIndex) of the context, without a fault. */
  restoreState(): void;
  /**
   * May a fault in a block that was translated for an entry state be restored from the table of the block as it was first made?
   * @param first data word of an instruction (`insn_start`) in that table
   * @param again data word of the same instruction, translated for `entryState`
   */
  restoresAlike(first: number, again: number, entryState: number): boolean;
  /** The instructions of `size` bytes; `linear` is the address of the first. */
  disassemble(request: TranslateRequest, size: number, linear: bigint): CodeInsn[];
}
