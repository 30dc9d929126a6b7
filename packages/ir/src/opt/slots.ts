/**
 * Slot assignment for back ends that keep locals in the frame (the interpreter): linear scan over the stream.
 *
 * A local lives from its first write to its last use; when that range meets a loop (a backward branch) it entered from above,
 * to the end of the loop. Locals whose ranges do not meet share a slot. A single output may take the slot of an input that ends at the same op;
 * one of several may not, so that a lowering may write it before it reads the rest.
 */
import { OP_LABEL_AT, shapeAt, shapeIns, shapeOuts, type HelperFacts } from '../op-info.ts';
import { Op } from '../ops.ts';
import { opCode, opLength, TempKind, TbOverflowError, type TbIr } from '../tb-ir.ts';
import type { TargetLayout } from '../target-layout.ts';
import { Type } from '../types.ts';

const NONE = -1;
/** End of a local that is read, in stream order, before it is written: it has its slot from first op to last. */
const FOREVER = 0x7fffffff;

export class SlotAnalysis {
  readonly #helpers: HelperFacts;
  /** Slot of each temp: globals and locals. For env, constants and locals that do not occur the entry means nothing. */
  slots: Uint16Array = new Uint16Array(1024);
  /** First frame slot that nothing uses. */
  top = 0;
  #start = new Int32Array(1024);
  #end = new Int32Array(1024);
  #labelIndex = new Int32Array(64);
  /** Backward branches: pairs of op index of the label and of the branch. */
  #loops = new Int32Array(64);
  #loopWords = 0;
  #used = new Uint8Array(0);
  /** Whose globals have their entries in {@link slots}. */
  #target: TargetLayout | undefined;

  constructor(helpers: HelperFacts) {
    this.#helpers = helpers;
  }

  /**
   * Give every local of `tb` a slot in {@link slots}; 128-bit ones take two, the first even.
   * @throws TbOverflowError when the frame has too few
   */
  run(tb: TbIr): void {
    const { target } = tb;
    if (this.slots.length < tb.temps) {
      const size = tb.temps * 2;
      this.#target = undefined;
      this.slots = new Uint16Array(size);
      this.#start = new Int32Array(size);
      this.#end = new Int32Array(size);
    }
    if (this.#target !== target) {
      this.#target = target;
      this.#used = new Uint8Array(target.frameSlots);
      for (let g = 0; g < target.globals.length; g++) this.slots[g] = target.globals[g]!.slot;
    }
    this.#measure(tb);
    this.#extendOverLoops(tb);
    this.#assign(tb);
  }

  #measure(tb: TbIr): void {
    const { code, length, env } = tb;
    const start = this.#start;
    const end = this.#end;
    if (this.#labelIndex.length < tb.labels) this.#labelIndex = new Int32Array(tb.labels * 2);
    this.#labelIndex.fill(NONE, 0, tb.labels);
    start.fill(NONE, env, tb.temps);
    this.#loopWords = 0;
    let index = 0;
    for (let at = 0; at < length; at += 1 + opLength(code[at]!), index++) {
      const op = opCode(code[at]!);
      if (op === Op.label) this.#labelIndex[code[at + 1]!] = index;
      else if (op === Op.br || op === Op.brcond) {
        const label = this.#labelIndex[code[at + 1 + OP_LABEL_AT[op]!]!]!;
        if (label >= 0) this.#addLoop(label, index);
      }
      const shape = shapeAt(code, at, this.#helpers);
      const firstOut = at + 1;
      const firstIn = firstOut + shapeOuts(shape);
      const behind = firstIn + shapeIns(shape);
      // Inputs come first.
      for (let i = firstIn; i < behind; i++) {
        const t = code[i]!;
        if (t <= env) continue;
        if (start[t] === NONE) {
          start[t] = index;
          end[t] = FOREVER;
        } else if (end[t] !== FOREVER) end[t] = index;
      }
      for (let i = firstOut; i < firstIn; i++) {
        const t = code[i]!;
        if (t <= env) continue;
        if (start[t] === NONE) {
          start[t] = index;
          end[t] = index;
        } else if (end[t] !== FOREVER) end[t] = index;
      }
    }
  }

  #addLoop(label: number, branch: number): void {
    if (this.#loopWords + 2 > this.#loops.length) {
      const loops = new Int32Array(this.#loops.length * 2);
      loops.set(this.#loops);
      this.#loops = loops;
    }
    this.#loops[this.#loopWords++] = label;
    this.#loops[this.#loopWords++] = branch;
  }

  #extendOverLoops(tb: TbIr): void {
    if (this.#loopWords === 0) return;
    for (let changed = true; changed; ) {
      changed = false;
      for (let t = tb.env + 1; t < tb.temps; t++) {
        if (this.#start[t] === NONE) continue;
        for (let i = 0; i < this.#loopWords; i += 2) {
          if (this.#start[t]! >= this.#loops[i]! || this.#end[t]! < this.#loops[i]! || this.#end[t]! >= this.#loops[i + 1]!) continue;
          this.#end[t] = this.#loops[i + 1]!;
          changed = true;
        }
      }
    }
  }

  #assign(tb: TbIr): void {
    const { code, length, env, tempKind, target } = tb;
    this.#used.fill(0);
    this.top = target.globalSlots;
    // Locals that live on past their last textual use because of a loop are freed when its branch is passed.
    const hasLoops = this.#loopWords > 0;
    if (hasLoops) for (let t = env + 1; t < tb.temps; t++) if (tempKind[t] === TempKind.local && this.#start[t] !== NONE && this.#end[t] === FOREVER) this.#take(tb, t);
    let index = 0;
    for (let at = 0; at < length; at += 1 + opLength(code[at]!), index++) {
      const shape = shapeAt(code, at, this.#helpers);
      const outs = shapeOuts(shape);
      const firstIn = at + 1 + outs;
      const end = firstIn + shapeIns(shape);
      if (outs === 1) this.#free(tb, firstIn, end, index);
      for (let i = at + 1; i < firstIn; i++) {
        const t = code[i]!;
        if (t > env && tempKind[t] === TempKind.local && this.#start[t] === index) this.#take(tb, t);
      }
      if (outs !== 1) this.#free(tb, firstIn, end, index);
      this.#free(tb, at + 1, firstIn, index);
      if (hasLoops) this.#freeAfterLoop(tb, index);
    }
  }

  #take(tb: TbIr, t: number): void {
    const used = this.#used;
    const { globalSlots, frameSlots } = tb.target;
    const isPair = tb.tempType[t] === Type.v128;
    const step = isPair ? 2 : 1;
    let slot = isPair ? (globalSlots + 1) & ~1 : globalSlots;
    while (slot + step <= frameSlots && (used[slot]! || (isPair && used[slot + 1]!))) slot += step;
    if (slot + step > frameSlots) throw new TbOverflowError('locals alive at a time');
    used[slot] = 1;
    if (isPair) used[slot + 1] = 1;
    this.slots[t] = slot;
    if (slot + step > this.top) this.top = slot + step;
  }

  /** Free the slots of the locals among these operand words that end at `index`. */
  #free(tb: TbIr, from: number, to: number, index: number): void {
    const { code, env } = tb;
    const end = this.#end;
    for (let i = from; i < to; i++) {
      const t = code[i]!;
      // Most do not.
      if (end[t] === index && t > env && tb.tempKind[t] === TempKind.local) this.#release(tb, t);
    }
  }

  #release(tb: TbIr, t: number): void {
    this.#used[this.slots[t]!] = 0;
    if (tb.tempType[t] === Type.v128) this.#used[this.slots[t]! + 1] = 0;
  }

  #freeAfterLoop(tb: TbIr, index: number): void {
    for (let i = 1; i < this.#loopWords; i += 2) {
      if (this.#loops[i] !== index) continue;
      for (let t = tb.env + 1; t < tb.temps; t++) {
        if (this.#start[t] !== NONE && this.#start[t]! < index && this.#end[t] === index && tb.tempKind[t] === TempKind.local) this.#release(tb, t);
      }
      return;
    }
  }
}
