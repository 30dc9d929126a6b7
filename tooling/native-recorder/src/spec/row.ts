/**
 * One row per instruction: bytes, operands, what is undefined, how to choose inputs.
 *
 * This list is the recorder's own, written from the manual; nothing here is shared with the decoder it will test.
 *
 * `op`: opcode bytes in hex with prefixes in front, `/r` or `/0`…`/7` for ModRM, a last byte `50+` when a register number
 * is added; or `VEX.<NP|66|F3|F2>.<0F38|0F3A>` and the opcode.
 * `args`: operands in the manual's notation. Letter: E register or memory, M memory, R register, G ModRM.reg, Z register
 * in opcode, B VEX.vvvv, I immediate, J displacement, O offset; V W U for XMM and P Q N for MMX as reg, r/m, register
 * r/m; S segment register; F an x87 register in the opcode. Size: b w d q dq t (80 bits), v = 16/32/64, y = 32/64, z = 16/32 (immediates). Registers that the opcode
 * implies are written AL CL DX rAX rCX rDX rBX.
 */
import type { Mode } from '@wasm-tcg/conformance';
import type { Draft } from '../draft.ts';

/** What `undef` may return besides flags: the destination is undefined too. */
export const RESULT_UNDEFINED = 0x1000_0000;

export interface Row {
  readonly name: string;
  readonly op: string;
  readonly args: string;
  /** Modes in which it is recorded; all if absent. */
  readonly modes?: readonly Mode[];
  /** Operand size in 64-bit mode: `default64` has 16 and 64 (push), `force64` 64 only (near branches). */
  readonly width?: 'default64' | 'force64';
  /** Takes LOCK when its destination is memory. */
  readonly lock?: true;
  /** Bytes of the memory operand when the size letter does not say. */
  readonly memory?: number;
  /** Alignment of the memory operand; what breaks it is recorded too, as a fault. */
  readonly align?: number;
  /** Reads or writes x87, MMX or SSE state. */
  readonly fp?: true;
  /** A repeated string instruction: how far a vector runs. */
  readonly run?: 'one' | 'past';
  /** Flags that the manual leaves undefined, with `RESULT_UNDEFINED` if the destination is as well. */
  readonly undef?: number | ((d: Draft) => number);
  /** Bits of the x87 status word that the manual leaves undefined. */
  readonly statusUndefined?: number;
  /** The immediate byte, where not every value makes sense. */
  readonly imm?: (d: { rng: Draft['rng']; bits: number }) => number;
  /** Chooses inputs beyond "corner values in all operands". */
  readonly setup?: (d: Draft) => void;
  /** Says no to inputs that cannot be recorded; others are chosen then. */
  readonly accept?: (d: Draft) => boolean;
  /** Prefix bytes that belong to the form. */
  readonly prefix?: readonly number[];
  /** REX.W belongs to the form. */
  readonly rexW?: true;
  /** The code runs into the unmapped page behind its region. */
  readonly cut?: true;
  /** Longer than 15 bytes, on purpose. */
  readonly tooLong?: true;
  /** No added prefixes, for instructions that a prefix turns into another. */
  readonly bare?: true;
}

/** Rows under one file name. */
export interface Group {
  readonly name: string;
  readonly rows: readonly Row[];
}

/** Shorthand for rows. */
export const row = (name: string, op: string, args = '', more: Omit<Row, 'name' | 'op' | 'args'> = {}): Row => ({ name, op, args, ...more });

/** Condition codes in the order of their numbers. */
export const CONDITIONS = ['o', 'no', 'b', 'ae', 'z', 'nz', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'] as const;
