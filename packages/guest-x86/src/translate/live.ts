/**
 * Live fields: immediates, displacements and branch distances that a block reads from the guest's memory when it runs, instead of holding them
 * as constants.
 *
 * Programs that write the same immediate again and again (inline caches, patched calls) would otherwise have the block made anew each time. The
 * executor says which bytes are written so ({@link LiveBytes.marked}); an operand field with such a byte in it becomes a load of all the field, at the
 * instruction's place in the block, from the page's host address, so that stores by whatever way are seen as the processor sees them. What was
 * read is listed in {@link LiveFields.ranges}: a block is not made from those bytes.
 *
 * Only fields whose handler takes them as a value (`immediate` in operands.ts, `effectiveAddress`, near branches) can be live. An instruction
 * that crosses pages has none.
 */
import { MO_16, MO_32, MO_64, MO_8, MO_SIGN, type MemOp } from '@wasm-tcg/ir';
import { FORM_IMM } from '../decode/forms.ts';
import { BASE_RIP, type Insn } from '../decode/index.ts';
import { ImmKind } from '../decode/tables/parse.ts';
import type { Emit } from './emit.ts';

/** Bytes of the first page of a block that are to be read when it runs. */
export interface LiveBytes {
  /** Bit n of byte m: byte 8m + n of the page. */
  readonly marked: Uint8Array;
  /** Address of the page in the machine's linear memory. */
  readonly host: number;
}

/** No field is at hand, or it is not live: the operand is a constant. */
export const NOT_LIVE = -1;

/** Bytes of an immediate at the end of an instruction. */
function immediateSize(insn: Insn): number {
  switch (FORM_IMM[insn.form]) {
    case ImmKind.Ib: case ImmKind.Ibs: case ImmKind.Jb: return 1;
    case ImmKind.Iw: return 2;
    case ImmKind.Iz: case ImmKind.Jz: return insn.opSize === 2 ? 2 : 4;
    case ImmKind.Iv: return insn.opSize;
    case ImmKind.Far: return insn.opSize + 2;
    case ImmKind.IwIb: return 3;
    case ImmKind.Moffs: return insn.addrSize;
    default: return 0;
  }
}

/** Whether the decoder sign-extends it to a word. */
function isSigned(insn: Insn): boolean {
  const kind = FORM_IMM[insn.form];
  return kind !== ImmKind.Ib && kind !== ImmKind.Iw;
}

/** Bytes of the displacement of a ModRM operand with 32- or 64-bit addressing; those of 16 bits stay constants. */
function displacementSize(insn: Insn): number {
  if (insn.modrm < 0 || insn.mod === 3 || insn.addrSize === 2) return 0;
  if (insn.mod !== 0) return insn.mod === 1 ? 1 : 4;
  return insn.base < 0 || insn.base === BASE_RIP ? 4 : 0;
}

/** Where the live fields of the block at hand are. One per translator, reused. */
export class LiveFields {
  /** Bytes read when the block runs: offsets in the page, from and to, ascending and apart. */
  readonly ranges: number[] = [];
  #bytes: LiveBytes | undefined;

  begin(bytes: LiveBytes | undefined): void {
    this.#bytes = bytes;
    if (this.ranges.length > 0) this.ranges.length = 0;
  }

  /** What the immediate of the instruction at page offset `at` says now, as a raw word; NOT_LIVE when it is to be a constant. */
  immediate(e: Emit, insn: Insn, at: number): number {
    if (this.#bytes === undefined) return NOT_LIVE;
    const size = immediateSize(insn);
    const kind = FORM_IMM[insn.form];
    if (size === 0 || kind === ImmKind.Far || kind === ImmKind.IwIb || kind === ImmKind.Moffs) return NOT_LIVE;
    return this.#load(e, this.#bytes, at + insn.length - size, size, isSigned(insn));
  }

  /** The same for the displacement of its memory operand, as a word. */
  displacement(e: Emit, insn: Insn, at: number): number {
    if (this.#bytes === undefined) return NOT_LIVE;
    const trailing = immediateSize(insn);
    if (FORM_IMM[insn.form] === ImmKind.Moffs && trailing >= 4) return this.#load(e, this.#bytes, at + insn.length - trailing, trailing, true);
    const size = displacementSize(insn);
    return size === 0 ? NOT_LIVE : this.#load(e, this.#bytes, at + insn.length - trailing - size, size, true);
  }

  #load(e: Emit, { marked, host }: LiveBytes, from: number, size: number, signed: boolean): number {
    const to = from + size;
    if (to > marked.length * 8) return NOT_LIVE;
    let live = false;
    for (let at = from; at < to; at++) if ((marked[at >> 3]! >> (at & 7)) & 1) live = true;
    if (!live) return NOT_LIVE;
    this.#note(from, to);
    const value = e.word();
    e.b.ld(e.W, value, e.k32(host + from), 0, accessOf(size, signed && size < e.wordSize));
    return value;
  }

  /** An address may be computed more than once in an instruction. Its displacement comes before its immediate, whichever is asked for first. */
  #note(from: number, to: number): void {
    const { ranges } = this;
    let at = ranges.length;
    while (at > 0 && ranges[at - 2]! > from) at -= 2;
    if (at === 0 || ranges[at - 2] !== from) ranges.splice(at, 0, from, to);
  }
}

function accessOf(size: number, signed: boolean): MemOp {
  const access = size === 1 ? MO_8 : size === 2 ? MO_16 : size === 4 ? MO_32 : MO_64;
  return signed ? access | MO_SIGN : access;
}
