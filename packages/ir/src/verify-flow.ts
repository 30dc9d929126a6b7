/**
 * The verifier's rules about paths (10 … 14 of `verify.ts`): one forward dataflow over the stream, iterated until the states
 * at the labels stand still, then once more to report.
 */
import type { HelperTable } from './helper-sig.ts';
import { commitsInSteps, restoresFromFrame } from './insn-data.ts';
import { effectsAt, FX_MAY_FAULT, FX_TERMINATOR, insAt, outsAt, type HelperFacts } from './op-info.ts';
import { Op } from './ops.ts';
import { opCode, opLength, TempKind, type TbIr } from './tb-ir.ts';

export type VerifyRule =
  | 'stream' | 'stage' | 'operand' | 'output' | 'attr' | 'slot'
  | 'label' | 'end' | 'insn' | 'undefined' | 'fault' | 'lookup' | 'pc' | 'token';

export type Report = (rule: VerifyRule, at: number, message: string) => void;

/** What is known at a point of the stream. */
class FlowState {
  /** Locals written on every path: a bit per temp. */
  readonly defined: Uint32Array;
  /** Tokens of `guest_rmw_ld` ops of this instruction, on every path. */
  readonly tokens: Uint32Array;
  /** A global that some path has written in this instruction, −1 if none. */
  written = -1;
  /** Some path has called a helper after which the TB must end. */
  ending = false;
  /** Every path has written pc in this instruction / some path has. */
  pcOnAll = false;
  pcOnSome = false;
  /** Restored globals are to be kept in their slots in this instruction. */
  fromFrame = false;
  /** The instruction commits in steps: rule 11 does not hold for it. */
  inSteps = false;

  constructor(temps: number) {
    this.defined = new Uint32Array((temps + 31) >> 5);
    this.tokens = new Uint32Array((temps + 31) >> 5);
  }

  clone(): FlowState {
    const s = new FlowState(this.defined.length * 32);
    s.defined.set(this.defined);
    s.tokens.set(this.tokens);
    s.written = this.written;
    s.ending = this.ending;
    s.pcOnAll = this.pcOnAll;
    s.pcOnSome = this.pcOnSome;
    s.fromFrame = this.fromFrame;
    s.inSteps = this.inSteps;
    return s;
  }

  /** Meet with the state of another path; true when that changed this one. */
  meet(o: FlowState): boolean {
    let changed = false;
    for (let i = 0; i < this.defined.length; i++) {
      const defined = (this.defined[i]! & o.defined[i]!) >>> 0;
      const tokens = (this.tokens[i]! & o.tokens[i]!) >>> 0;
      if (defined !== this.defined[i] || tokens !== this.tokens[i]) changed = true;
      this.defined[i] = defined;
      this.tokens[i] = tokens;
    }
    if (this.written < 0 && o.written >= 0) [this.written, changed] = [o.written, true];
    if (!this.ending && o.ending) [this.ending, changed] = [true, true];
    if (this.pcOnAll && !o.pcOnAll) [this.pcOnAll, changed] = [false, true];
    if (!this.pcOnSome && o.pcOnSome) [this.pcOnSome, changed] = [true, true];
    if (!this.fromFrame && o.fromFrame) [this.fromFrame, changed] = [true, true];
    if (this.inSteps && !o.inSteps) [this.inSteps, changed] = [false, true];
    return changed;
  }
}

const has = (set: Uint32Array, t: number): boolean => ((set[t >> 5]! >>> (t & 31)) & 1) !== 0;
const add = (set: Uint32Array, t: number): void => { set[t >> 5]! |= 1 << (t & 31); };
const remove = (set: Uint32Array, t: number): void => { set[t >> 5]! &= ~(1 << (t & 31)); };

/** Report every broken rule about paths. The stream's form must be right. */
export function checkFlow(tb: TbIr, helpers: HelperTable, facts: HelperFacts, isRegion: boolean, report: Report): void {
  const atLabel: (FlowState | undefined)[] = [];
  const flow = new Flow(tb, helpers, facts, isRegion, atLabel);
  while (flow.pass(undefined));
  flow.pass(report);
}

class Flow {
  readonly #tb: TbIr;
  readonly #helpers: HelperTable;
  readonly #facts: HelperFacts;
  /** Inside a region control goes on to the next member after pc was written. */
  readonly #isRegion: boolean;
  readonly #atLabel: (FlowState | undefined)[];

  constructor(tb: TbIr, helpers: HelperTable, facts: HelperFacts, isRegion: boolean, atLabel: (FlowState | undefined)[]) {
    this.#tb = tb;
    this.#helpers = helpers;
    this.#facts = facts;
    this.#isRegion = isRegion;
    this.#atLabel = atLabel;
  }

  /** Walk the stream once; true when a label's state changed. */
  pass(report: Report | undefined): boolean {
    const tb = this.#tb;
    const { code, length } = tb;
    let changed = false;
    const into = (label: number, s: FlowState): void => {
      const there = this.#atLabel[label];
      if (there) changed = there.meet(s) || changed;
      else [this.#atLabel[label], changed] = [s.clone(), true];
    };
    let s: FlowState | undefined = new FlowState(tb.temps);
    for (let at = 0; at < length; at += 1 + opLength(code[at]!)) {
      const op = opCode(code[at]!);
      if (op === Op.label) {
        if (s) into(code[at + 1]!, s);
        s = this.#atLabel[code[at + 1]!]?.clone();
        continue;
      }
      // What no path reaches has nothing to be checked against.
      if (!s) continue;
      this.#step(at, op, s, report);
      if (op === Op.br) into(code[at + 1]!, s);
      if (op === Op.brcond) into(code[at + 4]!, s);
      if (effectsAt(code, at, this.#facts) & FX_TERMINATOR) s = undefined;
    }
    return changed;
  }

  #step(at: number, op: number, s: FlowState, report: Report | undefined): void {
    const tb = this.#tb;
    const { code, target, tempKind } = tb;
    const outs = outsAt(code, at, this.#facts);
    const ins = insAt(code, at, this.#facts);
    for (let i = 0; i < ins; i++) {
      const t = code[at + 1 + outs + i]!;
      if (tempKind[t] === TempKind.local && !has(s.defined, t)) report?.('undefined', at, `input ${i} is not written on every path to it`);
      if (t === target.pc && !s.pcOnAll) report?.('pc', at, 'pc is read and was not written in this instruction');
    }
    if (op === Op.guest_rmw_st && !has(s.tokens, code[at + 1]!)) report?.('token', at, 'the token comes from no guest_rmw_ld of this instruction');
    if (effectsAt(code, at, this.#facts) & FX_MAY_FAULT && s.written >= 0 && !s.inSteps) {
      report?.('fault', at, `it may fault, and ${target.globals[s.written]!.name} has been written in this instruction`);
    }
    if (op === Op.insn_start) this.#startInsn(at, s, report);
    if (op === Op.goto_tb && s.ending) report?.('lookup', at, 'a helper has changed what the link depends on: use exit_tb or goto_ptr');
    if (op === Op.call) this.#callEffects(at, s);
    for (let i = 0; i < outs; i++) this.#write(code[at + 1 + i]!, s);
    if (op === Op.guest_rmw_ld) add(s.tokens, code[at + 2]!);
  }

  #startInsn(at: number, s: FlowState, report: Report | undefined): void {
    if (s.ending) report?.('lookup', at, 'a helper has changed flags or mapping: the TB must end with its instruction');
    if (s.pcOnSome && !this.#isRegion) report?.('pc', at, 'pc was written by the instruction before: the TB must end with it');
    s.written = -1;
    s.pcOnAll = false;
    s.pcOnSome = false;
    s.tokens.fill(0);
    s.fromFrame = restoresFromFrame(this.#tb.code[at + 2]!);
    s.inSteps = commitsInSteps(this.#tb.code[at + 2]!);
  }

  #callEffects(at: number, s: FlowState): void {
    const { code, target } = this.#tb;
    const helper = code[at + opLength(code[at]!)]!;
    if (this.#facts.endsTb[helper]) s.ending = true;
    if (this.#helpers[helper]!.effects.writes === 'none') return;
    for (let g = 0; g < target.globals.length; g++) if (this.#facts.writesGlobal(helper, g)) this.#write(g, s);
  }

  #write(t: number, s: FlowState): void {
    const { target, tempKind } = this.#tb;
    if (tempKind[t] === TempKind.local) {
      add(s.defined, t);
      remove(s.tokens, t);
      return;
    }
    if (t === target.pc) {
      s.pcOnAll = true;
      s.pcOnSome = true;
    } else if (s.written < 0 && (s.fromFrame || !target.globals[t]!.restored)) s.written = t;
  }
}
