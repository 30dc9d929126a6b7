/**
 * Coalescing: `op t, …; mov g, t` becomes `op g, …` when g is a global, t a local that nothing else writes, and every later use
 * of t comes before g is written again. It saves the move, which costs a dispatch in the interpreter.
 *
 * Invariant: between the definition of t and the move nobody may see g: no op reads or writes it, nothing faults, exits or
 * branches. So the write of g moves up without being noticed.
 */
import { effectsAt, FX_BRANCH, FX_EXIT, FX_MAY_FAULT, insAt, outsAt, shapeAt, shapeEffects, shapeIns, shapeOuts, type HelperFacts } from '../op-info.ts';
import { Op } from '../ops.ts';
import { opCode, opLength, TempKind, type TbIr } from '../tb-ir.ts';

/** A local written twice, or used in another block than it is written in. */
const NOT_A_CANDIDATE = -2;
const NONE = -1;

export class CoalescePass {
  readonly #helpers: HelperFacts;
  /** Per local: index and position of the op that defines it, index of the last op that uses it, block of its definition. */
  #def = new Int32Array(1024);
  #defAt = new Int32Array(1024);
  #lastUse = new Int32Array(1024);
  #block = new Int32Array(1024);
  /** Per local: the global that takes its place, or −1. */
  #home = new Int32Array(1024);
  /** Per global: op that read or wrote it last, and the local that is to become it. */
  readonly #touched: Int32Array;
  readonly #pending: Int32Array;

  constructor(globals: number, helpers: HelperFacts) {
    this.#helpers = helpers;
    this.#touched = new Int32Array(globals);
    this.#pending = new Int32Array(globals);
  }

  run(tb: TbIr): void {
    if (this.#def.length < tb.temps) {
      const size = tb.temps * 2;
      this.#def = new Int32Array(size);
      this.#defAt = new Int32Array(size);
      this.#lastUse = new Int32Array(size);
      this.#block = new Int32Array(size);
      this.#home = new Int32Array(size);
    }
    this.#def.fill(NONE, tb.env, tb.temps);
    this.#home.fill(NONE, tb.env, tb.temps);
    if (!this.#measure(tb)) return;
    if (this.#choose(tb)) this.#rename(tb);
  }

  /** Find definition and last use of each local; true when a global is moved to at all. */
  #measure(tb: TbIr): boolean {
    const { code, length, env, tempKind } = tb;
    const def = this.#def;
    let [index, block, any] = [0, 0, false];
    for (let at = 0; at < length; at += 1 + opLength(code[at]!), index++) {
      const op = opCode(code[at]!);
      if (op === Op.label) block++;
      if (op === Op.insn_start) continue;
      if (op === Op.mov && code[at + 1]! < env) any = true;
      const shape = shapeAt(code, at, this.#helpers);
      const outs = shapeOuts(shape);
      const end = at + 1 + outs + shapeIns(shape);
      for (let i = at + 1 + outs; i < end; i++) {
        const t = code[i]!;
        if (t <= env || tempKind[t] !== TempKind.local) continue;
        this.#lastUse[t] = index;
        if (this.#block[t] !== block) def[t] = NOT_A_CANDIDATE;
      }
      for (let i = at + 1; i < at + 1 + outs; i++) {
        const t = code[i]!;
        if (t <= env) continue;
        def[t] = def[t] === NONE ? index : NOT_A_CANDIDATE;
        this.#defAt[t] = at;
        this.#block[t] = block;
        this.#lastUse[t] = index;
      }
    }
    return any;
  }

  /** Decide which locals become globals; true when one does. */
  #choose(tb: TbIr): boolean {
    const { code, length, env } = tb;
    this.#touched.fill(NONE);
    this.#pending.fill(NONE);
    // Last op at which a global could be seen from outside, or control could leave.
    let barrier = NONE;
    let [index, any] = [0, false];
    for (let at = 0; at < length; at += 1 + opLength(code[at]!), index++) {
      const op = opCode(code[at]!);
      if (op === Op.insn_start) continue;
      const shape = shapeAt(code, at, this.#helpers);
      const outs = shapeOuts(shape);
      const end = at + 1 + outs + shapeIns(shape);
      const effects = shapeEffects(shape);
      for (let i = at + 1 + outs; i < end; i++) this.#touch(code[i]!, env, index);
      for (let i = at + 1; i < at + 1 + outs; i++) if (code[i]! < env) this.#overwrite(code[i]!, index);
      if (op === Op.mov && code[at + 1]! < env && this.#tryMove(tb, code[at + 1]!, code[at + 2]!, barrier, index)) any = true;
      for (let i = at + 1; i < at + 1 + outs; i++) this.#touch(code[i]!, env, index);
      if (op === Op.call) this.#callWrites(code[end]!, index);
      if (effects & (FX_BRANCH | FX_EXIT | FX_MAY_FAULT) || op === Op.call) barrier = index;
    }
    return any;
  }

  /** `t` is read or written: so is the global it is to become. */
  #touch(t: number, env: number, index: number): void {
    if (t < env) this.#touched[t] = index;
    else if (this.#home[t]! >= 0) this.#touched[this.#home[t]!] = index;
  }

  /** Global `g` gets another value: a local that lives on cannot have its place. */
  #overwrite(g: number, index: number): void {
    const t = this.#pending[g]!;
    if (t >= 0 && this.#lastUse[t]! > index) this.#home[t] = NONE;
    this.#pending[g] = NONE;
  }

  #callWrites(helper: number, index: number): void {
    const { words, writes } = this.#helpers;
    for (let i = 0; i < words; i++) {
      for (let set = writes[helper * words + i]!; set !== 0; set &= set - 1) this.#overwrite(32 * i + 31 - Math.clz32(set & -set), index);
    }
  }

  /** The op at `index` is `mov g, t`: may t be g from its definition on? */
  #tryMove(tb: TbIr, g: number, t: number, barrier: number, index: number): boolean {
    if (t <= tb.env || tb.tempKind[t] !== TempKind.local) return false;
    const def = this.#def[t]!;
    // Reads of the move itself do not count: it is what goes.
    if (def < 0 || this.#home[t]! >= 0 || barrier > def || (this.#touched[g]! > def && this.#touched[g]! < index)) return false;
    if (!this.#mayWrite(tb, this.#defAt[t]!, g)) return false;
    this.#home[t] = g;
    this.#pending[g] = t;
    return true;
  }

  /** May the op at `at` write global g in place of a local? */
  #mayWrite(tb: TbIr, at: number, g: number): boolean {
    const { code } = tb;
    // A helper that faults returns anything, which must not reach a global.
    if (opCode(code[at]!) === Op.call) return (effectsAt(code, at, this.#helpers) & FX_MAY_FAULT) === 0;
    const outs = outsAt(code, at, this.#helpers);
    if (outs === 1) return true;
    const end = at + 1 + outs + insAt(code, at, this.#helpers);
    for (let i = at + 1; i < end; i++) if (code[i] === g || (code[i]! > tb.env && this.#home[code[i]!] === g)) return false;
    return true;
  }

  #rename(tb: TbIr): void {
    const { code, length, env } = tb;
    const home = this.#home;
    let out = 0;
    for (let at = 0; at < length; ) {
      const n = 1 + opLength(code[at]!);
      const shape = shapeAt(code, at, this.#helpers);
      const end = at + 1 + shapeOuts(shape) + shapeIns(shape);
      for (let i = at + 1; i < end; i++) {
        const t = code[i]!;
        if (t > env && home[t]! >= 0) code[i] = home[t]!;
      }
      if (opCode(code[at]!) === Op.mov && code[at + 1] === code[at + 2]) tb.ops--;
      else {
        if (at !== out) for (let i = 0; i < n; i++) code[out + i] = code[at + i]!;
        out += n;
      }
      at += n;
    }
    tb.length = out;
  }
}
