/**
 * The forward walk: copy propagation, constant folding, algebra and known bits in one pass over the stream, and on the way it
 * removes code that no path reaches, branches to the next op, and labels that nothing branches to.
 *
 * Invariant: the result stream grows behind the source stream, which is first moved {@link WALK_SLACK} words ahead. An op is copied, rewritten
 * in place, and facts of its outputs are recorded. Facts reach over branches that may fall through and over labels with one predecessor.
 */
import { FX_BRANCH, FX_MAY_FAULT, FX_SIDE, FX_TERMINATOR, OP_LABEL_AT, shapeAt, shapeEffects, shapeIns, shapeOuts, type HelperFacts } from '../op-info.ts';
import { Op } from '../ops.ts';
import { opCode, opLength, type TbIr } from '../tb-ir.ts';
import type { Type } from '../types.ts';
import { dropUseless, propagate } from './copy-prop.ts';
import { foldConstants } from './fold.ts';
import { simplify } from './identities.ts';
import { Bits, trackBits } from './known-bits.ts';
import { Walk, WALK_SLACK } from './walk.ts';

/** Which parts of the walk are on. */
export interface ForwardOptions {
  readonly copyProp: boolean;
  readonly fold: boolean;
  readonly knownBits: boolean;
}

const NO_LABELS = new Uint8Array(0);

export class ForwardPass {
  readonly #helpers: HelperFacts;
  readonly #walk = new Walk();
  readonly #bits = new Bits();
  /** Position of the `br` that was emitted last when nothing follows it yet, else −1. */
  #lastBr = -1;
  #out = 0;
  #ops = 0;
  #insns = 0;
  #reachable = true;
  #entries: Uint8Array = NO_LABELS;

  constructor(helpers: HelperFacts) {
    this.#helpers = helpers;
  }

  /** @param entries of a region: for each member 1 if control may come from outside. Labels of members stay, referenced or not */
  run(tb: TbIr, options: ForwardOptions, entries: Uint8Array = NO_LABELS): void {
    const { length } = tb;
    tb.reserve(WALK_SLACK);
    tb.code.copyWithin(WALK_SLACK, 0, length);
    const w = this.#walk;
    w.begin(tb);
    this.#out = 0;
    this.#ops = 0;
    this.#insns = 0;
    this.#lastBr = -1;
    this.#reachable = true;
    this.#entries = entries;
    const end = length + WALK_SLACK;
    if (tb.labels > 0) this.#countBranches(w, end);
    const { code } = w;
    for (let r = WALK_SLACK; r < end; ) {
      const n = opLength(code[r]!) + 1;
      const op = opCode(code[r]!);
      if (op === Op.label) this.#label(w, code[r + 1]!);
      else if (!this.#reachable) this.#skip(w, r);
      else if (op === Op.insn_start) this.#insnStart(code, r);
      else this.#op(w, r, n, options);
      r += n;
    }
    tb.length = this.#out;
    tb.ops = this.#ops;
    tb.insns = this.#insns;
  }

  #countBranches(w: Walk, end: number): void {
    const { code, refs } = w;
    for (let r = WALK_SLACK; r < end; r += opLength(code[r]!) + 1) {
      const op = opCode(code[r]!);
      if (op === Op.br || op === Op.brcond) refs[code[r + 1 + OP_LABEL_AT[op]!]!]!++;
    }
  }

  /** An op that no path reaches is left out. */
  #skip(w: Walk, r: number): void {
    const op = opCode(w.code[r]!);
    if (op === Op.br || op === Op.brcond) w.release(w.code[r + 1 + OP_LABEL_AT[op]!]!);
  }

  #label(w: Walk, label: number): void {
    const { code } = w;
    const kept = label < this.#entries.length;
    if (this.#lastBr >= 0 && code[this.#lastBr + 1] === label) {
      this.#out = this.#lastBr;
      this.#ops--;
      w.release(label);
      this.#reachable = true;
      this.#lastBr = -1;
    }
    const refs = w.refs[label]!;
    if (refs === 0 && !kept) return;
    this.#lastBr = -1;
    const isEntry = this.#entries[label] === 1;
    if (refs === 1 && !this.#reachable && !isEntry && w.branchStamp[label]! > 0) this.#inherit(w, label);
    else if (refs > 0 || isEntry || !this.#reachable) w.startBlock();
    this.#reachable = true;
    code[this.#out] = Op.label | (1 << 16);
    code[this.#out + 1] = label;
    this.#out += 2;
    this.#ops++;
  }

  /** Facts of the only branch to this label, which stood above it. */
  #inherit(w: Walk, label: number): void {
    w.blockStart = w.branchBlock[label]!;
    w.holeFrom = w.branchStamp[label]!;
    w.holeTo = w.now;
    w.now++;
  }

  #insnStart(code: Int32Array, r: number): void {
    const p = this.#out;
    code[p] = code[r]!;
    code[p + 1] = code[r + 1]!;
    code[p + 2] = code[r + 2]!;
    this.#out = p + 3;
    this.#ops++;
    this.#insns++;
    this.#lastBr = -1;
  }

  #op(w: Walk, r: number, n: number, options: ForwardOptions): void {
    const { code } = w;
    const p = this.#out;
    for (let i = 0; i < n; i++) code[p + i] = code[r + i]!;
    w.p = p;
    w.op = opCode(code[p]!);
    w.type = ((code[p]! >> 8) & 7) as Type;
    w.room = r + n - p;
    w.dropped = false;
    w.extraDest = -1;
    w.now++;
    if (options.copyProp) {
      const shape = shapeAt(code, p, this.#helpers);
      propagate(w, shapeOuts(shape), shapeIns(shape));
    }
    if (options.fold && w.op !== Op.mov && !foldConstants(w)) simplify(w);
    this.#bits.unknown();
    if (options.knownBits && !w.dropped && w.op !== Op.mov) trackBits(w, this.#bits);
    if (options.copyProp && !w.dropped) dropUseless(w);
    if (!w.dropped) this.#finish(w);
    if (w.extraDest >= 0) this.#extraMove(w);
  }

  /** The op at hand is as it will be: record what it does. */
  #finish(w: Walk): void {
    const { code, p, op } = w;
    this.#out = p + 1 + opLength(code[p]!);
    this.#ops++;
    this.#lastBr = -1;
    if (op === Op.mov) {
      this.#move(w);
      return;
    }
    const shape = shapeAt(code, p, this.#helpers);
    const effects = shapeEffects(shape);
    if (op === Op.call) this.#callWrites(w, code[this.#out - 1]!);
    const outs = shapeOuts(shape);
    for (let i = 0; i < outs; i++) w.write(code[p + 1 + i]!);
    if (outs > 0) this.#record(w, effects);
    if (effects & (FX_BRANCH | FX_TERMINATOR)) this.#branch(w, effects);
  }

  #record(w: Walk, effects: number): void {
    const { code, p } = w;
    const d = code[p + 1]!;
    const bits = this.#bits;
    if (w.tb.tempType[d]! <= 1) {
      w.mayLo[d] = bits.lo;
      w.mayHi[d] = w.tb.tempType[d] === 0 ? 0 : bits.hi;
      w.signs[d] = bits.signs;
    }
    if ((effects & (FX_SIDE | FX_MAY_FAULT)) === 0 && w.op !== Op.call) w.defAt[d] = p;
  }

  #move(w: Walk): void {
    const { code, p } = w;
    const [d, s] = [code[p + 1]!, code[p + 2]!];
    const [lo, hi] = [w.maskLo(s), w.maskHi(s)];
    const signs = w.known(s) ? w.signs[s]! : 1;
    w.write(d);
    w.copy[d] = s;
    w.mayLo[d] = lo;
    w.mayHi[d] = hi;
    w.signs[d] = signs;
  }

  #extraMove(w: Walk): void {
    const { code } = w;
    const type = w.tb.tempType[w.extraDest]!;
    w.p = this.#out;
    w.op = Op.mov;
    w.type = type as Type;
    code[w.p] = Op.mov | (type << 8) | (2 << 16);
    code[w.p + 1] = w.extraDest;
    code[w.p + 2] = w.extraSource;
    w.now++;
    this.#finish(w);
  }

  #callWrites(w: Walk, helper: number): void {
    const { words, writes } = this.#helpers;
    for (let i = 0; i < words; i++) {
      for (let set = writes[helper * words + i]!; set !== 0; set &= set - 1) w.write(32 * i + 31 - Math.clz32(set & -set));
    }
  }

  #branch(w: Walk, effects: number): void {
    const { code, p, op } = w;
    if (op === Op.br || op === Op.brcond) {
      const label = code[p + 1 + OP_LABEL_AT[op]!]!;
      w.branchStamp[label] = w.now;
      // A hole of its own starts the label's block behind the hole that is open here.
      w.branchBlock[label] = w.holeTo >= w.blockStart ? w.holeTo + 1 : w.blockStart;
      if (op === Op.br) this.#lastBr = p;
    }
    if (effects & FX_TERMINATOR) this.#reachable = false;
  }
}
