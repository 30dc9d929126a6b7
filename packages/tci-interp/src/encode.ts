/**
 * TCI encoder: optimised IR of one TB → TCI words. Allocates nothing per op; the buffer is reused from TB to TB.
 *
 * Locals are in the frame slots that the register assignment of the ir package gave them. Constants that do not fit an
 * immediate are moved into slots taken from the top of the frame downwards and stay valid until the next label.
 */
import { MO_SIGN, MO_SIZE, Op, OP_DEFS, TempKind, Type, TYPE_SIZE, makeOi, type OpDef, type TbIr, type Temp } from '@wasm-tcg/ir';
import { TciError } from './errors.ts';
import { immediateOffset, SHAPE_ATTRS, SHAPE_OI, SHAPE_TRAILER, TciConst, type TciFormats } from './formats.ts';

/** Slot of each temp: globals and locals; constants and env get theirs here. */
export type SlotMap = ArrayLike<number>;

/** Slots at the top of the frame that rewrites of rare ops use. */
const SCRATCH_SLOTS = 2;

/** The op table as flat arrays, by op code. */
const OUTS = Uint8Array.from(OP_DEFS, (def) => def.out.length);
const INS = Uint8Array.from(OP_DEFS, (def) => def.in.length);
const HAS_ADDRESS = Uint8Array.from(OP_DEFS, (def) => (def.in.includes('A') ? 1 : 0));
/** Bit i: attribute i is part of the opcode, i < 2. */
const ENUMERATED = Uint8Array.from(OP_DEFS, (def) => (isEnumerated(def, 0) ? 1 : 0) | (isEnumerated(def, 1) ? 2 : 0));
/** Index among the attributes of the MemOp, which the MMU index follows, and of the label; −1 = none. */
const MEMOP_AT = Int8Array.from(OP_DEFS, (def) => def.attrs.indexOf('memop'));
const LABEL_AT = Int8Array.from(OP_DEFS, (def) => def.attrs.indexOf('label'));

export class TciEncoder {
  readonly formats: TciFormats;
  /** Encoded words; valid up to the length that `encode` returned. Replaced by a larger array when it grows. */
  words: Int32Array = new Int32Array(1024);
  #bytes: Uint8Array = new Uint8Array(this.words.buffer);
  /** Next free byte, a multiple of 4 between instructions. */
  #at = 0;
  #tb!: TbIr;
  #slots: SlotMap = [];
  /** Lowest slot that constants may take, and the next one to give. */
  #constFloor = 0;
  #constNext = 0;
  /** Slot of a constant in the present block, valid when its epoch is the present one. */
  #constSlot = new Uint8Array(1024);
  #constEpoch = new Int32Array(1024);
  #epoch = 0;
  #labelAt = new Int32Array(64);
  /** Pairs (byte offset of the word, label) to patch. */
  #fixups: number[] = [];
  #insn = -1;
  #insnStarts: number[] | undefined;

  constructor(formats: TciFormats) {
    this.formats = formats;
  }

  /**
   * Encode a TB into {@link words}.
   * @param slots frame slot of each global and local
   * @param top first slot that no local has: constants may have it and those above
   * @param insnStarts gets, for each guest instruction, the position of its first word
   * @returns number of words
   * @throws TciError `frame-full` when temps and constants together do not fit the frame (translate fewer instructions)
   */
  encode(tb: TbIr, slots: SlotMap, top: number, insnStarts?: number[]): number {
    this.#tb = tb;
    this.#insnStarts = insnStarts;
    this.#slots = slots;
    this.#at = 0;
    this.#insn = -1;
    if (this.#fixups.length > 0) this.#fixups.length = 0;
    if (this.#labelAt.length < tb.labels) this.#labelAt = new Int32Array(tb.labels * 2);
    if (this.#constSlot.length < tb.temps) {
      this.#constSlot = new Uint8Array(tb.temps * 2);
      this.#constEpoch = new Int32Array(tb.temps * 2);
      this.#epoch = 0;
    }
    this.#constFloor = top;
    this.#newBlock();
    const { code } = tb;
    for (let p = 0; p < tb.length; ) {
      const head = code[p]!;
      this.#op(head & 0xff, ((head >> 8) & 7) as Type, p + 1, head >>> 16);
      p += 1 + (head >>> 16);
    }
    for (let i = 0; i < this.#fixups.length; i += 2) {
      const at = this.#fixups[i]!;
      this.words[at >> 2] = this.#labelAt[this.#fixups[i + 1]!]! - at;
    }
    const count = this.#at >> 2;
    this.formats.sequences.fuse(this.words, count);
    return count;
  }

  /** Constants are known to be in their slots only inside one block. */
  #newBlock(): void {
    this.#epoch++;
    this.#constNext = this.formats.target.frameSlots - SCRATCH_SLOTS;
  }

  #op(op: number, type: Type, p: number, length: number): void {
    const { code } = this.#tb;
    switch (op) {
      case Op.insn_start:
        this.#insn++;
        this.#insnStarts?.push(this.#at >> 2);
        return;
      case Op.label:
        this.#labelAt[code[p]!] = this.#at;
        this.#newBlock();
        return;
      case Op.call:
        this.#call(p, length);
        return;
      case Op.mov:
        if (this.#tb.isConst(code[p + 1]!)) {
          this.#constInto(code[p + 1]!, this.#slotOf(code[p]!));
          return;
        }
        break;
      case Op.extract2:
        this.#extract2(type, p);
        return;
    }
    this.#plain(op, type, p);
  }

  #plain(op: number, type: Type, p: number): void {
    const { code, wide } = this.#tb;
    const { formats } = this;
    const outs = OUTS[op]!;
    const attrs = p + outs + INS[op]!;
    const w = wide && HAS_ADDRESS[op] !== 0;
    const a0 = ENUMERATED[op]! & 1 ? code[attrs]! : 0;
    const a1 = op === Op.ld || op === Op.st ? hostMemop(op, type, code[attrs + 1]!) : ENUMERATED[op]! & 2 ? code[attrs + 1]! : 0;
    const last = code[attrs - 1]!;
    const immediate = INS[op]! > 0 && formats.hasImmediate[op] !== 0 && this.#fitsImmediate(last);
    let variant = formats.find(op, type, w, immediate, a0, a1);
    if (variant < 0) {
      if (this.#rewriteField(op, type, p)) return;
      variant = formats.find(op, type, w, false, 0, 0, true);
      if (variant < 0) throw new TciError('no-variant', `No TCI opcode for ${OP_DEFS[op]!.doc}`, 'this is a bug of tci-interp: please report it with the IR');
    }
    const operands = immediate ? attrs - 1 : attrs;
    for (let i = p + outs; i < operands; i++) this.#materialise(code[i]!);
    const start = this.#begin(variant);
    const bytes = this.#bytes;
    for (let i = p, at = start + 2; i < operands; i++, at++) bytes[at] = this.#slotOf(code[i]!);
    this.#trailingWords(variant, op, attrs, (start + immediateOffset(operands - p)) >> 2, immediate ? this.#tb.constLo[last]! : undefined);
  }

  /** What follows the slots of an instruction, from word `w` on. */
  #trailingWords(variant: number, op: number, attrs: number, w: number, immediate: number | undefined): void {
    const { words } = this;
    const { code } = this.#tb;
    const shape = this.formats.shapes[variant]!;
    if (immediate !== undefined) words[w++] = immediate;
    if (shape & SHAPE_OI) words[w++] = makeOi(code[attrs + MEMOP_AT[op]!]!, code[attrs + MEMOP_AT[op]! + 1]!, this.#insn);
    for (let dynamic = shape & SHAPE_ATTRS, i = 0; dynamic !== 0; dynamic >>= 1, i++) {
      if ((dynamic & 1) === 0) continue;
      if (LABEL_AT[op] === i) this.#fixups.push(w * 4, code[attrs + i]!);
      words[w++] = code[attrs + i]!;
    }
    if (shape & SHAPE_TRAILER) words[w] = this.#tb.insns - (this.#insn + 1);
  }

  #call(p: number, length: number): void {
    const { code } = this.#tb;
    const helper = code[p + length - 1]!;
    const v = this.formats.variants[this.formats.callBase + helper]!;
    for (let i = v.outs; i < v.slots; i++) this.#materialise(code[p + i]!);
    const start = this.#begin(v.code);
    for (let i = 0; i < v.slots; i++) this.#bytes[start + 2 + i] = this.#slotOf(code[p + i]!);
    if (v.trailer) this.words[(start + immediateOffset(v.slots)) >> 2] = this.#insn;
  }

  /** Reserve an instruction of an opcode, which is written, with all else zero. Returns its byte offset. */
  #begin(variant: number): number {
    const start = this.#at;
    const count = this.formats.lengths[variant]!;
    const end = start + count * 4;
    if (end + 64 > this.#bytes.length) this.#grow();
    const { words } = this;
    const w = start >> 2;
    words[w] = variant;
    for (let i = 1; i < count; i++) words[w + i] = 0;
    this.#at = end;
    return start;
  }

  #grow(): void {
    const words = new Int32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    this.#bytes = new Uint8Array(words.buffer);
  }

  /** Whether a temp is a constant that a sign-extended 32-bit immediate can hold. */
  #fitsImmediate(t: Temp): boolean {
    const tb = this.#tb;
    if (!tb.isConst(t)) return false;
    if (tb.tempType[t] === Type.i32) return true;
    return tb.tempType[t] === Type.i64 && tb.constHi[t] === tb.constLo[t]! >> 31;
  }

  /** Frame slot of a temp; constants must have been materialised. */
  #slotOf(t: Temp): number {
    const kind = this.#tb.tempKind[t];
    return kind === TempKind.const || kind === TempKind.env ? this.#constSlot[t]! : this.#slots[t]!;
  }

  /** Make sure that a constant (or env) is in a slot. */
  #materialise(t: Temp): void {
    const tb = this.#tb;
    const kind = tb.tempKind[t];
    if (kind !== TempKind.const && kind !== TempKind.env) return;
    if (this.#constEpoch[t] === this.#epoch) return;
    const size = tb.tempType[t] === Type.v128 ? 2 : 1;
    let slot = this.#constNext - size;
    if (size === 2) slot &= ~1;
    if (slot < this.#constFloor) throw new TciError('frame-full', `The TB needs more than the ${this.formats.target.frameSlots} slots of the frame.`, 'translate fewer guest instructions into one TB');
    this.#constNext = slot;
    this.#constInto(t, slot);
    this.#constSlot[t] = slot;
    this.#constEpoch[t] = this.#epoch;
  }

  #constInto(t: Temp, slot: number): void {
    const tb = this.#tb;
    const type = tb.tempType[t];
    const lo = tb.constLo[t]!;
    const hi = tb.constHi[t]!;
    let kind: number;
    if (tb.tempKind[t] === TempKind.env) kind = TciConst.env;
    else if (type === Type.v128) kind = TciConst.v128;
    else if (type === Type.i32 || type === Type.f32 || hi === 0) kind = TciConst.u32;
    else kind = hi === lo >> 31 ? TciConst.s32 : TciConst.u64;
    const start = this.#begin(this.formats.constBase + kind);
    this.#bytes[start + 2] = slot;
    if (kind === TciConst.env) return;
    if (kind === TciConst.v128) this.#bytes.set(tb.vectors[lo]!, start + 4);
    else this.words[(start >> 2) + 1] = lo;
    if (kind === TciConst.u64) this.words[(start >> 2) + 2] = hi;
  }

  // ---- rare bit fields, as shifts and masks ------------------------------------------------------------------------------

  /** `op.type.ri d, a, imm` on slots. */
  #ri(op: number, type: Type, d: number, a: number, imm: number): void {
    const start = this.#begin(this.formats.find(op, type, false, true, 0, 0));
    this.#bytes[start + 2] = d;
    this.#bytes[start + 3] = a;
    this.words[(start >> 2) + 1] = imm;
  }

  /** `op.type d, a, b` on slots. */
  #rr(op: number, type: Type, d: number, a: number, b: number): void {
    const start = this.#begin(this.formats.find(op, type, false, false, 0, 0));
    this.#bytes[start + 2] = d;
    this.#bytes[start + 3] = a;
    this.#bytes[start + 4] = b;
  }

  #rewriteField(op: number, type: Type, p: number): boolean {
    if (op !== Op.extract && op !== Op.sextract && op !== Op.deposit) return false;
    const { code } = this.#tb;
    const width = type === Type.i64 ? 64 : 32;
    const ins = op === Op.deposit ? 2 : 1;
    for (let i = 0; i < ins; i++) this.#materialise(code[p + 1 + i]!);
    const d = this.#slotOf(code[p]!);
    const a = this.#slotOf(code[p + 1]!);
    const pos = code[p + 1 + ins]!;
    const len = code[p + 2 + ins]!;
    const scratch = this.formats.target.frameSlots - SCRATCH_SLOTS;
    if (op === Op.deposit) {
      const b = this.#slotOf(code[p + 2]!);
      this.#field(Op.shr, type, scratch, b, 0, len, width);
      this.#ri(Op.shl, type, scratch, scratch, pos);
      // Clear the field in a: keep what is below and above it.
      if (pos + len === width) this.#field(Op.shr, type, scratch + 1, a, 0, pos === 0 ? width : pos, width);
      else {
        this.#ri(Op.shr, type, scratch + 1, a, pos + len);
        this.#ri(Op.shl, type, scratch + 1, scratch + 1, pos + len);
      }
      if (pos + len === width && pos === 0) return this.#rr(Op.or, type, d, scratch, scratch), true;
      this.#rr(Op.or, type, scratch, scratch, scratch + 1);
      if (pos > 0 && pos + len < width) {
        this.#field(Op.shr, type, scratch + 1, a, 0, pos, width);
        this.#rr(Op.or, type, d, scratch, scratch + 1);
      } else this.#rr(Op.or, type, d, scratch, scratch);
      return true;
    }
    this.#field(op === Op.extract ? Op.shr : Op.sar, type, d, a, pos, len, width);
    return true;
  }

  /** d = bits pos … pos+len−1 of a, zero- (shr) or sign-extended (sar). */
  #field(shift: number, type: Type, d: number, a: number, pos: number, len: number, width: number): void {
    if (shift === Op.shr && pos === 0 && len < 32) {
      this.#ri(Op.and, type, d, a, (1 << len) - 1);
      return;
    }
    const up = width - pos - len;
    if (up > 0) this.#ri(Op.shl, type, d, a, up);
    this.#ri(shift, type, d, up > 0 ? d : a, width - len);
  }

  /** d = low half of (lo + hi·2^width) >> pos. */
  #extract2(type: Type, p: number): void {
    const { code } = this.#tb;
    const width = type === Type.i64 ? 64 : 32;
    this.#materialise(code[p + 1]!);
    this.#materialise(code[p + 2]!);
    const d = this.#slotOf(code[p]!);
    const lo = this.#slotOf(code[p + 1]!);
    const hi = this.#slotOf(code[p + 2]!);
    const pos = code[p + 3]!;
    if (pos === 0 || pos === width) {
      const from = pos === 0 ? lo : hi;
      this.#rr(Op.or, type, d, from, from);
      return;
    }
    const scratch = this.formats.target.frameSlots - SCRATCH_SLOTS;
    this.#ri(Op.shl, type, scratch, hi, width - pos);
    this.#ri(Op.shr, type, scratch + 1, lo, pos);
    this.#rr(Op.or, type, d, scratch, scratch + 1);
  }
}

/** Whether attribute `i` of an op is part of its opcode. */
function isEnumerated(def: OpDef, i: number): boolean {
  switch (def.attrs[i]) {
    case undefined: case 'offset': case 'label': case 'helper': case 'delta': case 'exit': case 'data': case 'pages': return false;
    default: return true;
  }
}

/** The MemOp of a `ld` or `st` without a sign that means nothing: stores have none, nor has a load as wide as its type. */
function hostMemop(op: number, type: Type, memop: number): number {
  return op === Op.st || 1 << (memop & MO_SIZE) === TYPE_SIZE[type] ? memop & ~MO_SIGN : memop;
}
