/**
 * Merges TBs into one region unit; see `region.ts` for what the result promises.
 *
 * Members are laid out along their edges from the entry on, so that code that runs one after the other stands one after the
 * other and the optimiser carries facts over. Locals get new numbers, constants are interned again, labels follow the member entries.
 */
import { Cond } from './cond.ts';
import type { HelperTable } from './helper-sig.ts';
import { INSN_DATA_FLAGS } from './insn-data.ts';
import { HelperFacts, insAt, OP_LABEL_AT, outsAt } from './op-info.ts';
import { Op } from './ops.ts';
import type { RegionIr, RegionMember, RegionSource } from './region.ts';
import { opCode, opLength, TbIr, TempKind, type Temp } from './tb-ir.ts';
import { Type } from './types.ts';

/** Members that the data word of an `insn_start` can name. */
export const MAX_REGION_MEMBERS = 0x3fff;

/** TBs that cannot be one region. */
export class RegionError extends Error {
  readonly code = 'IR_REGION';
  readonly hint = 'Select members with one target, width, code segment base and flags; translate them before merging.';
  constructor(message: string) {
    super(message);
    this.name = 'RegionError';
  }
}

class Merger {
  readonly #sources: readonly RegionSource[];
  readonly #facts: HelperFacts;
  readonly #tb: TbIr;
  readonly #pageSize: number;
  readonly #entryDelta: number[] = [];
  /** Member that starts at each byte offset from the page of member 0. */
  readonly #byOffset = new Map<number, number>();
  /** Pages that are in place wherever each member runs. */
  #there: readonly number[] = [];

  constructor(sources: readonly RegionSource[], helpers: HelperTable | HelperFacts) {
    const first = sources[0];
    if (!first) throw new RegionError('A region has at least one member.');
    if (sources.length > MAX_REGION_MEMBERS) throw new RegionError(`A region has at most ${MAX_REGION_MEMBERS} members.`);
    this.#sources = sources;
    this.#facts = helpers instanceof HelperFacts ? helpers : new HelperFacts(first.tb.target, helpers);
    this.#tb = new TbIr(first.tb.target);
    this.#tb.reset(first.tb.wide, first.tb.csBase);
    this.#tb.labels = sources.length;
    this.#pageSize = 2 ** first.tb.target.mmu.pageBits;
    sources.forEach(({ tb, pageDelta, entry }, m) => {
      if (tb.target !== first.tb.target || tb.wide !== first.tb.wide || tb.csBase !== first.tb.csBase) {
        throw new RegionError(`Member ${m} differs from the entry in target, width or code segment base.`);
      }
      if (opCode(tb.code[0]!) !== Op.insn_start || tb.length === 0) throw new RegionError(`Member ${m} does not start with insn_start.`);
      this.#entryDelta.push(tb.code[1]!);
      const offset = this.#offset(pageDelta, tb.code[1]!);
      if (entry !== 'only' && !this.#byOffset.has(offset)) this.#byOffset.set(offset, m);
    });
  }

  merge(): RegionIr {
    const edges = this.#sources.map((_, m) => this.#successors(m));
    this.#there = pagesPassed(this.#sources, edges);
    for (const m of layout(edges)) this.#emitMember(m);
    const leaves = loopEntries(edges);
    const members = this.#sources.map(({ tb, header, pageDelta, entry }, m): RegionMember => ({
      header, pageDelta, insns: tb.insns, entryDelta: this.#entryDelta[m]!, entry: isEntry(entry, m), mayLeave: leaves[m]!,
    }));
    return { tb: this.#tb, members };
  }

  /** Byte offset from the first page of member 0; narrow code wraps at 4 GiB. */
  #offset(pageDelta: number, delta: number): number {
    const offset = pageDelta * this.#pageSize + delta;
    return this.#tb.wide ? offset : offset >>> 0;
  }

  /** Member that a `goto_tb` of member m with this delta reaches, −1 if none. */
  #target(m: number, delta: number): number {
    return this.#byOffset.get(this.#offset(this.#sources[m]!.pageDelta, delta)) ?? -1;
  }

  /** Members reached from m, in the order of its stream; expected indirect ones after those. */
  #successors(m: number): number[] {
    const { tb, indirect = [] } = this.#sources[m]!;
    const found: number[] = [];
    const add = (e: number): void => { if (e >= 0 && !found.includes(e)) found.push(e); };
    let mayGuess = false;
    eachOp(tb, this.#facts, (at, op, ending) => {
      if (op === Op.goto_tb && !ending) add(this.#target(m, tb.code[at + 2]!));
      if (op === Op.goto_ptr && !ending) mayGuess = true;
    });
    if (mayGuess) indirect.forEach(add);
    return found;
  }

  #emitMember(m: number): void {
    const { tb: source, indirect = [] } = this.#sources[m]!;
    const tb = this.#tb;
    const { code } = source;
    const temps = this.#mapTemps(source);
    const firstLabel = tb.labels;
    tb.labels += source.labels;
    tb.emit(Op.label, 0, 1, m);
    let insn = 0;
    eachOp(source, this.#facts, (at, op, ending) => {
      if (op === Op.insn_start) {
        tb.emit(op, 0, 2, code[at + 1]!, (m << 16) | insn++ | (code[at + 2]! & INSN_DATA_FLAGS));
        return;
      }
      if (op === Op.goto_tb) {
        const e = ending ? -1 : this.#target(m, code[at + 2]!);
        if (e < 0 || this.#goto(m, e)) tb.copyOp(code, at);
        return;
      }
      if (op === Op.goto_ptr && !ending && indirect.length > 0) {
        this.#gotoPtr(m, indirect);
        return;
      }
      const start = tb.length;
      tb.copyOp(code, at);
      const end = start + 1 + outsAt(code, at, this.#facts) + insAt(code, at, this.#facts);
      for (let i = start + 1; i < end; i++) tb.code[i] = temps[tb.code[i]!]!;
      const label = OP_LABEL_AT[op]!;
      if (label !== 255) tb.code[start + 1 + label]! += firstLabel;
    });
  }

  #mapTemps(source: TbIr): Int32Array {
    const tb = this.#tb;
    const map = new Int32Array(source.temps);
    for (let t = 0; t < source.temps; t++) {
      const type = source.tempType[t] as Type;
      if (t <= source.env) map[t] = t;
      else if (source.tempKind[t] === TempKind.local) map[t] = tb.newLocal(type);
      else if (type === Type.v128) map[t] = tb.constV128(source.vectors[source.constLo[t]!]!);
      else map[t] = tb.constant(type, source.constLo[t]!, source.constHi[t]!);
    }
    return map;
  }

  /**
   * From member m to the entry of member e: the page base becomes that of e.
   * @returns whether code goes on below, since pages of e may not be there: m is to be left
   */
  #goto(m: number, e: number): boolean {
    const pages = this.#sources[e]!.pageDelta - this.#sources[m]!.pageDelta;
    const tb = this.#tb;
    const { pageBase } = tb.target;
    const wanted = this.#pagesToFind(m, e);
    const absent = wanted === 0 ? -1 : tb.newLabel();
    if (wanted !== 0) {
      const there = tb.newLocal(Type.i32);
      tb.emit(Op.pages_there, 0, 2, there, wanted);
      tb.emit(Op.brcond, Type.i32, 4, there, tb.constI32(0), Cond.eq, absent);
    }
    if (pages !== 0) tb.emit(Op.add, tb.wordType, 3, pageBase, pageBase, this.#word(pages * this.#pageSize));
    tb.emit(Op.br, 0, 1, e);
    if (wanted !== 0) tb.emit(Op.label, 0, 1, absent);
    return wanted !== 0;
  }

  /** Pages of member e that may not be there when m leads to it. */
  #pagesToFind(m: number, e: number): number {
    return (this.#sources[e]!.pages ?? 0) & ~this.#there[m]!;
  }

  /** pc, as a distance from the page base, is compared with the entries of the expected members, the most frequent first; none fits: look it up. */
  #gotoPtr(m: number, expected: readonly number[]): void {
    const tb = this.#tb;
    const { pageBase, pc } = tb.target;
    const stubs: [label: number, member: number][] = [];
    const distance = tb.newLocal(tb.wordType);
    tb.emit(Op.sub, tb.wordType, 3, distance, pc, pageBase);
    for (const e of new Set(expected)) {
      const pages = this.#sources[e]!.pageDelta - this.#sources[m]!.pageDelta;
      const isDirect = pages === 0 && this.#pagesToFind(m, e) === 0;
      const label = isDirect ? e : tb.newLabel();
      if (!isDirect) stubs.push([label, e]);
      tb.emit(Op.brcond, tb.wordType, 4, distance, this.#word(pages * this.#pageSize + this.#entryDelta[e]! - tb.csBase), Cond.eq, label);
    }
    tb.emit(Op.goto_ptr, 0, 0);
    for (const [label, e] of stubs) {
      tb.emit(Op.label, 0, 1, label);
      if (this.#goto(m, e)) tb.emit(Op.goto_ptr, 0, 0);
    }
  }

  /** Word constant of a safe integer. */
  #word(value: number): Temp {
    const tb = this.#tb;
    return tb.wide ? tb.constant(Type.i64, value | 0, Math.floor(value / 0x1_0000_0000) | 0) : tb.constI32(value | 0);
  }
}

/**
 * Walk a stream. `ending`: an exit here leaves the region: after a helper of this instruction that says so, and before the last instruction, since
 * only an exit gives the budget back what has not been run.
 */
function eachOp(tb: TbIr, facts: HelperFacts, visit: (at: number, op: number, ending: boolean) => void): void {
  const { code, length } = tb;
  let ending = false;
  let insns = 0;
  for (let at = 0; at < length; at += 1 + opLength(code[at]!)) {
    const op = opCode(code[at]!);
    if (op === Op.insn_start) ending = ++insns < tb.insns;
    if (op === Op.call && facts.leavesRegion[code[at + opLength(code[at]!)]!]) ending = true;
    visit(at, op, ending);
  }
}

function isEntry(entry: RegionSource['entry'], m: number): boolean {
  return (entry ?? m === 0) !== false;
}

/** Pages that each way from an entry to a member has passed, its own among them: nobody has to find them again in this run of the region. */
function pagesPassed(sources: readonly RegionSource[], edges: readonly (readonly number[])[]): number[] {
  const own = sources.map(({ pages = 0 }) => pages);
  const passed = sources.map(({ entry }, m) => (isEntry(entry, m) ? own[m]! : -1));
  for (let again = true; again; ) {
    again = false;
    edges.forEach((successors, m) => {
      for (const e of successors) {
        const common = passed[e]! & (passed[m]! | own[e]!);
        if (common !== passed[e]) [passed[e], again] = [common, true];
      }
    });
  }
  return passed;
}

/** Order in which members are emitted: each is followed by a successor as long as there is one that is not placed. */
function layout(edges: readonly (readonly number[])[]): number[] {
  const order: number[] = [];
  const placed = new Set<number>();
  for (let root = 0; root < edges.length; root++) {
    for (let m: number | undefined = root; m !== undefined && !placed.has(m); ) {
      placed.add(m);
      order.push(m);
      m = edges[m]!.find((e) => !placed.has(e));
    }
  }
  return order;
}

/** Targets of the retreating edges of a depth-first walk from each root: every cycle has one. */
function loopEntries(edges: readonly (readonly number[])[]): boolean[] {
  const entries = edges.map(() => false);
  // 0 not met, 1 on the path, 2 done
  const state = new Uint8Array(edges.length);
  for (let root = 0; root < edges.length; root++) {
    if (state[root] !== 0) continue;
    const path: { readonly m: number; next: number }[] = [{ m: root, next: 0 }];
    state[root] = 1;
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const e = edges[top.m]![top.next++];
      if (e === undefined) {
        state[top.m] = 2;
        path.pop();
      } else if (state[e] === 1) entries[e] = true;
      else if (state[e] === 0) {
        state[e] = 1;
        path.push({ m: e, next: 0 });
      }
    }
  }
  return entries;
}

/**
 * Merge TBs. Optimise the result with `Optimizer.optimizeRegion`.
 * @throws RegionError when the members do not fit together
 * @throws TbOverflowError when they have too many temps together
 */
export function mergeRegion(sources: readonly RegionSource[], helpers: HelperTable | HelperFacts): RegionIr {
  return new Merger(sources, helpers).merge();
}
