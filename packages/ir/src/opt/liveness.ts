/**
 * Liveness: a backward walk that removes ops whose results nobody reads, and stores to globals that are overwritten before
 * anybody can see them.
 *
 * When a global is live (somebody may see its slot):
 * - at exits: all of them; `goto_tb` and `exit_tb` write pc themselves, so it is dead before them;
 * - at ops and helpers that may fault or exit: all but the `restored` ones; those too (but pc) when the instruction's
 *   data word says that they keep their frame values (RESTORE_FROM_FRAME);
 * - at helpers that read it; a helper that writes it may or may not do so: no effect;
 * - at member entries of a region where it may be left: all but pc.
 *
 * Labels hold the set that is live after them. A stream without backward branches needs one walk; else the sets grow until
 * they stand still, and a last walk removes.
 */
import { FX_BRANCH, FX_EXIT, FX_MAY_FAULT, FX_SIDE, OP_LABEL_AT, shapeAt, shapeEffects, shapeIns, shapeOuts, type HelperFacts } from '../op-info.ts';
import { Op, OP_DEFS } from '../ops.ts';
import { restoresFromFrame } from '../insn-data.ts';
import type { TargetLayout } from '../target-layout.ts';
import { opCode, opLength, type TbIr } from '../tb-ir.ts';

/** Op that computes only the first output of a two-output op, 0 = none. */
const LOW_HALF = Uint8Array.from(OP_DEFS, (_, op) => (op === Op.mulu2 || op === Op.muls2 ? Op.mul : op === Op.add2 ? Op.add : op === Op.sub2 ? Op.sub : 0));
/** Inputs are (a_lo, a_hi, b_lo, b_hi), not (a, b). */
const HAS_HIGH_INPUTS = Uint8Array.from(OP_DEFS, (_, op) => (op === Op.add2 || op === Op.sub2 ? 1 : 0));

export class LivenessPass {
  readonly #helpers: HelperFacts;
  readonly #pc: number;
  readonly #allGlobals: Int32Array;
  /** Globals that a fault sees: not restored. */
  readonly #faultGlobals: Int32Array;
  /** Restored globals but pc. */
  readonly #restored: Int32Array;

  #live = new Int32Array(64);
  /** Words of a set of temps of the present TB. */
  #words = 0;
  #atLabel = new Int32Array(1024);
  #placed = new Uint8Array(64);
  /** Positions of op heads; −1 = removed. */
  #heads = new Int32Array(1024);
  #hasLoops = false;
  #changed = false;
  /** The op's result is needed by nobody, so it goes. */
  #remove = false;
  #faultInInsn = false;

  constructor(target: TargetLayout, helpers: HelperFacts) {
    this.#helpers = helpers;
    this.#pc = target.pc;
    const set = (holds: (restored: boolean, g: number) => boolean): Int32Array => {
      const words = new Int32Array(helpers.words);
      target.globals.forEach(({ restored }, g) => { if (holds(restored, g)) words[g >> 5]! |= 1 << (g & 31); });
      return words;
    };
    this.#allGlobals = set(() => true);
    this.#faultGlobals = set((restored) => !restored);
    this.#restored = set((restored, g) => restored && g !== target.pc);
  }

  /** @param leaves for each label (member entry of a region) 1 if the region may be left there */
  run(tb: TbIr, leaves?: Uint8Array): void {
    const count = this.#prepare(tb);
    this.#remove = false;
    if (this.#hasLoops) {
      do {
        this.#changed = false;
        this.#walk(tb, count, leaves);
      } while (this.#changed);
    }
    this.#remove = true;
    this.#walk(tb, count, leaves);
    this.#compact(tb, count);
  }

  #prepare(tb: TbIr): number {
    const { code, length } = tb;
    if (this.#heads.length < tb.ops) this.#heads = new Int32Array(tb.ops * 2);
    this.#words = (tb.temps + 31) >> 5;
    if (this.#live.length < this.#words) this.#live = new Int32Array(this.#words * 2);
    const labelWords = tb.labels * this.#words;
    if (this.#atLabel.length < labelWords) this.#atLabel = new Int32Array(labelWords * 2);
    if (this.#placed.length < tb.labels) this.#placed = new Uint8Array(tb.labels * 2);
    this.#atLabel.fill(0, 0, labelWords);
    this.#placed.fill(0, 0, tb.labels);
    this.#hasLoops = false;
    let count = 0;
    for (let at = 0; at < length; at += 1 + opLength(code[at]!)) {
      this.#heads[count++] = at;
      const op = opCode(code[at]!);
      if (op === Op.label) this.#placed[code[at + 1]!] = 1;
      else if (op === Op.br || op === Op.brcond) this.#hasLoops ||= this.#placed[code[at + 1 + OP_LABEL_AT[op]!]!] === 1;
    }
    return count;
  }

  #walk(tb: TbIr, count: number, leaves: Uint8Array | undefined): void {
    const { code } = tb;
    const heads = this.#heads;
    this.#live.fill(0, 0, this.#words);
    this.#faultInInsn = false;
    for (let i = count - 1; i >= 0; i--) {
      const at = heads[i]!;
      const op = opCode(code[at]!);
      if (op === Op.insn_start) {
        this.#startInsn(code[at + 2]!);
        continue;
      }
      const shape = shapeAt(code, at, this.#helpers);
      if (shapeEffects(shape) & (FX_BRANCH | FX_EXIT)) this.#control(code, at, op, leaves);
      else if (!this.#value(code, at, op, shape) && this.#remove) heads[i] = -1;
    }
  }

  /** Labels, branches and exits. */
  #control(code: Int32Array, at: number, op: number, leaves: Uint8Array | undefined): void {
    const live = this.#live;
    const words = this.#words;
    if (op === Op.label) {
      const label = code[at + 1]!;
      if (leaves?.[label]) this.#addGlobals(this.#allGlobals, this.#pc);
      const set = this.#atLabel;
      for (let i = 0, j = label * words; i < words; i++, j++) {
        if (set[j] !== live[i]) {
          set[j] = live[i]!;
          this.#changed = true;
        }
      }
      return;
    }
    if (op !== Op.brcond) live.fill(0, 0, words);
    if (op === Op.br || op === Op.brcond) {
      const set = this.#atLabel;
      for (let i = 0, j = code[at + 1 + OP_LABEL_AT[op]!]! * words; i < words; i++, j++) live[i]! |= set[j]!;
      if (op === Op.brcond) this.#use(code, at + 1, 2);
    } else if (op === Op.goto_ptr) this.#addGlobals(this.#allGlobals, -1);
    else this.#addGlobals(this.#allGlobals, this.#pc);
  }

  #startInsn(data: number): void {
    if (this.#faultInInsn && restoresFromFrame(data)) this.#addGlobals(this.#restored, -1);
    this.#faultInInsn = false;
  }

  /** Any other op; false when nobody needs it. */
  #value(code: Int32Array, at: number, op: number, shape: number): boolean {
    const live = this.#live;
    const outs = shapeOuts(shape);
    const effects = shapeEffects(shape);
    let needed = false;
    for (let i = 0; i < outs; i++) {
      const d = code[at + 1 + i]!;
      if ((live[d >> 5]! >> (d & 31)) & 1) needed = true;
    }
    if (!needed && (effects & (FX_SIDE | FX_MAY_FAULT)) === 0) return false;
    if (LOW_HALF[op] && !this.#isLive(code[at + 2]!)) {
      this.#lowHalf(code, at, op);
      return true;
    }
    for (let i = 0; i < outs; i++) {
      const d = code[at + 1 + i]!;
      live[d >> 5]! &= ~(1 << (d & 31));
    }
    if (op === Op.call) this.#call(code[at + opLength(code[at]!)]!);
    if (effects & FX_MAY_FAULT) {
      this.#addGlobals(this.#faultGlobals, -1);
      this.#faultInInsn = true;
    }
    this.#use(code, at + 1 + outs, shapeIns(shape));
    return true;
  }

  /** A two-output op whose second output is dead: keep the op that makes the first one. */
  #lowHalf(code: Int32Array, at: number, op: number): void {
    const d = code[at + 1]!;
    this.#live[d >> 5]! &= ~(1 << (d & 31));
    const [a, b] = [code[at + 3]!, code[at + (HAS_HIGH_INPUTS[op] ? 5 : 4)]!];
    if (this.#remove) {
      code[at] = LOW_HALF[op]! | (code[at]! & 0xff00) | (3 << 16);
      code[at + 2] = a;
      code[at + 3] = b;
    }
    this.#live[a >> 5]! |= 1 << (a & 31);
    this.#live[b >> 5]! |= 1 << (b & 31);
  }

  #isLive(t: number): boolean {
    return ((this.#live[t >> 5]! >> (t & 31)) & 1) !== 0;
  }

  #use(code: Int32Array, first: number, count: number): void {
    const live = this.#live;
    for (let i = first; i < first + count; i++) {
      const t = code[i]!;
      live[t >> 5]! |= 1 << (t & 31);
    }
  }

  #call(helper: number): void {
    const { words, reads } = this.#helpers;
    for (let i = 0; i < words; i++) this.#live[i]! |= reads[helper * words + i]!;
  }

  #addGlobals(set: Int32Array, except: number): void {
    const live = this.#live;
    const had = except >= 0 && this.#isLive(except);
    for (let i = 0; i < set.length; i++) live[i]! |= set[i]!;
    if (except >= 0 && !had) live[except >> 5]! &= ~(1 << (except & 31));
  }

  /** Close the gaps that removed and shortened ops left. */
  #compact(tb: TbIr, count: number): void {
    const { code } = tb;
    let out = 0;
    let ops = 0;
    for (let i = 0; i < count; i++) {
      const at = this.#heads[i]!;
      if (at < 0) continue;
      const n = 1 + opLength(code[at]!);
      if (at !== out) for (let j = 0; j < n; j++) code[out + j] = code[at + j]!;
      out += n;
      ops++;
    }
    tb.length = out;
    tb.ops = ops;
  }
}
