/**
 * Random well-typed TBs for differential tests: what evaluator, interpreter, TB modules and regions must agree on. The same
 * seed gives the same TB.
 *
 * Every TB is valid (`verify.ts`) and ends: branches go forward but for loops with a counter. An instruction does what may fault
 * first and writes globals after. Results of float arithmetic are made canonical where they could be a NaN, since engines differ in its bits.
 */
import { COND_NAMES, FCOND_NAMES, FCond, Cond } from '../cond.ts';
import { isPure } from '../eval/eval-op.ts';
import type { HelperTable } from '../helper-sig.ts';
import { ATOMIC_OP_NAMES, MO_128, MO_64, MO_ALIGN_SHIFT, MO_BE, MO_SIGN } from '../memop.ts';
import { Op, OP_DEFS, OP_NAMES, type AttrKind, type OpDef } from '../ops.ts';
import type { TargetLayout } from '../target-layout.ts';
import { TbIr, type Temp } from '../tb-ir.ts';
import { Type } from '../types.ts';
import { VOP_DEFS, Vop } from '../vops.ts';
import { operandType } from '../eval/eval-tb.ts';
import { Rng } from './rng.ts';

export interface RandomOptions {
  /** 64-bit TB. Default: by chance. */
  readonly wide?: boolean;
  /** Code segment base of narrow TBs. Default by chance. */
  readonly csBase?: number;
  /** Guest instructions: 1 … this. Default 6. */
  readonly maxInsns?: number;
  /** Offset of the first instruction from its page. Default by chance. */
  readonly delta?: number;
  /** Offsets that `goto_tb` may go to. Default by chance. */
  readonly targets?: readonly number[];
  /** Also ops that only exist before expansion (`guest_atomic` …). Default true. */
  readonly sourceOps?: boolean;
  /** Float and vector ops. Default true. */
  readonly floats?: boolean;
  /** Globals that may be used; default all but pc, page base. */
  readonly globals?: readonly string[];
  /** Helpers that may be called; default all. */
  readonly helpers?: readonly string[];
  /** Host memory for `ld` and `st`: offset from env and size in bytes; default none. */
  readonly state?: { readonly offset: number; readonly size: number };
  /** Loops and branches inside instructions. Default true. */
  readonly branches?: boolean;
}

const INTERESTING = [0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000, -1, -2, -8];
const SPECIAL_FLOATS = [0x3ff00000, 0xbff80000, 0x40490fdb, 0, 0x80000000, 0x7ff00000, 0xfff00000, 0x7fc00000, 0x7f800000, 0x3f000000, 0x43e00000, 1];

/** Ops without effects; those on floats and vectors apart. */
const PURE_OPS = OP_NAMES.map((_, op) => op).filter((op) => isPure(op));
const INT_OPS = PURE_OPS.filter((op) => [...OP_DEFS[op]!.out, ...OP_DEFS[op]!.in].every((t) => t === 'i32' || t === 'i64' || t === 'T')
  && (OP_DEFS[op]!.types.length === 0 || OP_DEFS[op]!.types.includes('i32')));
/** Ops whose NaN results have unspecified bits. */
const MAKES_NAN = new Set(['fadd', 'fsub', 'fmul', 'fdiv', 'fsqrt', 'ffloor', 'fceil', 'ftrunc', 'fnearest', 'fpromote', 'fdemote']);
const EXACT_VOPS = /\.(eq|ne|lt|gt|le|ge|abs|neg|pmin|pmax)$/;

class Generator {
  readonly tb: TbIr;
  readonly #rng: Rng;
  readonly #helpers: HelperTable;
  readonly #options: RandomOptions;
  /** Per type: locals written on every path to here. */
  #locals: Temp[][] = [[], [], [], [], []];
  readonly #globals: Temp[][] = [[], [], [], [], []];
  readonly #restored: Temp[] = [];
  readonly #pageOffset: number;
  #fromFrame = false;

  constructor(rng: Rng, target: TargetLayout, helpers: HelperTable, options: RandomOptions) {
    this.#rng = rng;
    this.#helpers = helpers;
    this.#options = options;
    this.tb = new TbIr(target);
    const wide = options.wide ?? rng.oneIn(2);
    this.tb.reset(wide, wide ? 0 : options.csBase ?? (rng.oneIn(2) ? rng.u32() & ~15 : 0));
    this.#pageOffset = options.delta ?? rng.below(4096);
    target.globals.forEach(({ name, restored }, g) => {
      if (g === target.pc || g === target.pageBase || options.globals?.includes(name) === false) return;
      if (restored) this.#restored.push(g);
      else this.#globals[this.tb.tempType[g]!]!.push(g);
    });
  }

  run(): TbIr {
    const { tb } = this;
    const rng = this.#rng;
    const insns = 1 + rng.below(this.#options.maxInsns ?? 6);
    let delta = this.#pageOffset;
    for (let i = 0; i < insns; i++) {
      this.#fromFrame = rng.oneIn(4);
      tb.emit(Op.insn_start, 0, 2, delta, this.#fromFrame ? -1 : rng.below(256));
      delta += 1 + rng.below(8);
      this.#insn();
      if (rng.oneIn(8) && i + 1 < insns) this.#sideExit(delta);
    }
    this.#end(delta);
    return tb;
  }

  #insn(): void {
    const rng = this.#rng;
    for (let n = rng.below(5); n > 0; n--) {
      if (rng.oneIn(2)) this.#pure(false);
      else this.#faulting();
      if (!this.#fromFrame && rng.oneIn(6)) this.#writeRestored();
    }
    if (this.#options.branches !== false) {
      if (rng.oneIn(4)) this.#diamond();
      if (rng.oneIn(8)) this.#loop();
    }
    for (let n = 1 + rng.below(5); n > 0; n--) this.#committing();
    if (rng.oneIn(3)) this.#writeRestored();
  }

  /** What is allowed once the instruction writes globals. */
  #committing(): void {
    const rng = this.#rng;
    switch (rng.below(8)) {
      case 0: return this.#helper((e) => !e.mayFault && !e.mayExit && !e.changesFlags && !e.changesMapping);
      case 1: return this.#hostAccess();
      case 2: {
        const type = rng.below(this.#options.floats === false ? 2 : 5) as Type;
        const globals = this.#globals[type]!;
        if (globals.length > 0) this.tb.emit(Op.mov, type, 2, rng.pick(globals), this.#input(type));
        return undefined;
      }
      default: return this.#pure(true);
    }
  }

  /** An op without effects; its outputs are new locals, sometimes old ones, with `commit` also globals. */
  #pure(commit: boolean): void {
    const rng = this.#rng;
    const op = this.#options.floats === false || !rng.oneIn(4) ? rng.pick(INT_OPS) : rng.pick(PURE_OPS);
    const def: OpDef = OP_DEFS[op]!;
    const type: Type = def.types.length > 0 ? Type[rng.pick(def.types.filter((t) => this.#options.floats !== false || t[0] === 'i'))] : 0;
    const inputs = def.in.map((t) => this.#input(operandType(t, type, this.tb)));
    if (op === Op.vshuffle) inputs[2] = this.tb.constV128(Uint8Array.from({ length: 16 }, () => rng.below(32)));
    const attrs = this.#attrs(op, def, type);
    const outs = def.out.map((t) => this.#output(operandType(t, type, this.tb), commit));
    if (outs.length === 2 && outs[0] === outs[1]) outs[1] = this.tb.newLocal(this.tb.tempType[outs[1]!] as Type);
    const name = OP_NAMES[op]!;
    const vop = name.startsWith('v') && def.attrs[0] === 'vop' ? VOP_DEFS[attrs[0]!] : undefined;
    const isInexact = MAKES_NAN.has(name) || (vop?.lane.startsWith('f') && !EXACT_VOPS.test(vop.name));
    if (!isInexact) {
      this.#emit(op, type, outs, inputs, attrs);
      return;
    }
    const outType = this.tb.tempType[outs[0]!] as Type;
    const raw = this.tb.newLocal(outType);
    const words = [raw, ...inputs, ...attrs];
    this.tb.emit(op, type, words.length, ...words);
    this.#canonical(outs[0]!, raw, outType, vop?.lane);
    this.#define(outs[0]!);
  }

  #emit(op: number, type: Type, outs: readonly Temp[], inputs: readonly Temp[], attrs: readonly number[]): void {
    const words = [...outs, ...inputs, ...attrs];
    this.tb.emit(op, type, words.length, ...words);
    outs.forEach((t) => this.#define(t));
  }

  /** d = raw with NaNs replaced by one that every engine agrees on. */
  #canonical(d: Temp, raw: Temp, type: Type, lane: string | undefined): void {
    const { tb } = this;
    if (type === Type.v128) {
      const mask = tb.newLocal(Type.v128);
      tb.emit(Op.vbinary, 0, 4, mask, raw, raw, lane === 'f32x4' ? Vop['f32x4.eq'] : Vop['f64x2.eq']);
      tb.emit(Op.vbinary, 0, 4, d, raw, mask, Vop['v128.and']);
      return;
    }
    const [bits, chosen, ordered] = [tb.newLocal(Type.i64), tb.newLocal(Type.i64), tb.newLocal(Type.i32)];
    const wide = tb.newLocal(Type.i64);
    tb.emit(Op.fsetcond, type, 4, ordered, raw, raw, FCond.ord);
    tb.emit(Op.extu, 0, 2, wide, ordered);
    tb.emit(Op.ibits, type, 2, bits, raw);
    tb.emit(Op.movcond, Type.i64, 6, chosen, wide, tb.constI64(0), bits, tb.constI64(0x3f), Cond.ne);
    tb.emit(Op.fbits, type, 2, d, chosen);
  }

  #faulting(): void {
    const rng = this.#rng;
    const { tb } = this;
    const choice = rng.below(this.#options.sourceOps === false ? 6 : 8);
    if (choice === 0) return this.#helper((e) => (e.mayFault ?? e.mayExit) === true && !e.changesFlags && !e.changesMapping);
    const a = this.#address();
    const isVector = choice < 3 && this.#options.floats !== false && rng.oneIn(8);
    const type: Type = isVector ? Type.v128 : rng.oneIn(2) ? Type.i32 : Type.i64;
    const memop = this.#memOp(type);
    const mmu = rng.below(tb.target.mmu.indices);
    switch (choice) {
      case 1: return this.#emit(Op.guest_ld, type, [this.#output(type, false)], [a], [memop, mmu]);
      case 2: return this.#emit(Op.guest_st, type, [], [a, this.#input(type)], [memop, mmu]);
      case 3: return this.#emit(Op.guest_probe, 0, [], [a], [rng.below(2), memop, mmu]);
      case 4: case 5: {
        const [value, token] = [tb.newLocal(type), tb.newLocal(Type.i32)];
        // The token differs from tier to tier, so nothing but the store may see it.
        tb.emit(Op.guest_rmw_ld, type, 5, value, token, a, memop, mmu);
        this.#define(value);
        const result = tb.newLocal(type);
        this.#emit(rng.pick([Op.add, Op.xor, Op.sub, Op.shl]), type, [result], [value, this.#input(type)], []);
        return this.#emit(Op.guest_rmw_st, type, [], [token, a, result], [memop, mmu]);
      }
      case 6: return this.#emit(Op.guest_atomic, type, [this.#output(type, false)], [a, this.#input(type)], [rng.below(ATOMIC_OP_NAMES.length), memop, mmu]);
      default: return this.#emit(Op.guest_cmpxchg, type, [this.#output(type, false)], [a, this.#input(type), this.#input(type)], [memop & ~MO_SIGN, mmu]);
    }
  }

  /** Guest address: small, so that it mostly hits what tests map at 0 … 60 KiB, sometimes anything. */
  #address(): Temp {
    const { tb } = this;
    const rng = this.#rng;
    const type = tb.wordType;
    if (rng.oneIn(3)) return tb.constInt(type, rng.below(0xf000));
    if (rng.oneIn(20)) return this.#input(type);
    const a = tb.newLocal(type);
    this.#emit(Op.and, type, [a], [this.#input(type), tb.constInt(type, rng.oneIn(4) ? 0xfff8 : 0x7ff)], []);
    return a;
  }

  #memOp(type: Type): number {
    const rng = this.#rng;
    const align = rng.oneIn(10) ? (1 + rng.below(3)) << MO_ALIGN_SHIFT : 0;
    if (type === Type.v128) return MO_128 | align;
    const size = rng.below(type === Type.i64 ? MO_64 + 1 : MO_64);
    return size | (rng.oneIn(3) ? MO_SIGN : 0) | (rng.oneIn(6) ? MO_BE : 0) | align;
  }

  #hostAccess(): void {
    const { state, floats } = this.#options;
    if (!state) return;
    const rng = this.#rng;
    const type = rng.below(floats === false ? 2 : 5) as Type;
    const memop = type <= Type.i64 ? this.#memOp(type) & 0x1f : type === Type.v128 ? MO_128 : type === Type.f64 ? MO_64 : 2;
    const offset = state.offset + rng.below(state.size - 15);
    if (rng.oneIn(2)) this.#emit(Op.ld, type, [this.#output(type, false)], [this.tb.env], [offset, memop]);
    else this.#emit(Op.st, type, [], [this.tb.env, this.#input(type)], [offset, memop]);
  }

  #helper(allowed: (e: HelperTable[number]['effects']) => boolean): void {
    const rng = this.#rng;
    const names = this.#options.helpers;
    const ids = this.#helpers.map((_, i) => i).filter((i) => allowed(this.#helpers[i]!.effects) && names?.includes(this.#helpers[i]!.name) !== false);
    if (ids.length === 0) return;
    const id = rng.pick(ids);
    const h = this.#helpers[id]!;
    const args = h.args.map((t) => this.#input(Type[t]));
    const ret = h.ret === null ? -1 : this.#output(Type[h.ret], false);
    this.tb.emitCall(id, ret, args);
    if (ret >= 0) this.#define(ret);
  }

  #writeRestored(): void {
    if (this.#restored.length === 0) return;
    const g = this.#rng.pick(this.#restored);
    const type = this.tb.tempType[g] as Type;
    this.tb.emit(Op.mov, type, 2, g, this.tb.constInt(type, this.#rng.below(100)));
  }

  /** if / else, each arm with locals of its own. */
  #diamond(): void {
    const { tb } = this;
    const [otherwise, join] = [tb.newLabel(), tb.newLabel()];
    this.#branchIf(otherwise);
    const before = this.#locals.map((list) => [...list]);
    this.#pure(false);
    if (this.#rng.oneIn(3)) this.#faulting();
    tb.emit(Op.br, 0, 1, join);
    this.#locals = before.map((list) => [...list]);
    tb.emit(Op.label, 0, 1, otherwise);
    this.#pure(false);
    tb.emit(Op.label, 0, 1, join);
    this.#locals = before;
  }

  #loop(): void {
    const { tb } = this;
    const counter = tb.newLocal(Type.i32);
    const sum = tb.newLocal(Type.i32);
    const top = tb.newLabel();
    tb.emit(Op.mov, Type.i32, 2, counter, tb.constI32(1 + this.#rng.below(4)));
    tb.emit(Op.mov, Type.i32, 2, sum, this.#input(Type.i32));
    tb.emit(Op.label, 0, 1, top);
    const before = this.#locals.map((list) => [...list]);
    this.#pure(false);
    this.#emit(Op.add, Type.i32, [sum], [sum, this.#input(Type.i32)], []);
    this.#locals = before;
    tb.emit(Op.sub, Type.i32, 3, counter, counter, tb.constI32(1));
    tb.emit(Op.brcond, Type.i32, 4, counter, tb.constI32(0), Cond.ne, top);
    this.#define(sum);
  }

  #branchIf(label: number): void {
    const type = this.#rng.oneIn(2) ? Type.i32 : Type.i64;
    this.tb.emit(Op.brcond, type, 4, this.#input(type), this.#input(type), this.#rng.below(COND_NAMES.length), label);
  }

  #sideExit(delta: number): void {
    const { tb } = this;
    const stay = tb.newLabel();
    this.#branchIf(stay);
    // Slot 1 is kept for the end of the TB.
    tb.emit(Op.exit_tb, 0, 2, 64 + this.#rng.below(8), delta);
    tb.emit(Op.label, 0, 1, stay);
  }

  #target(next: number): number {
    return this.#options.targets ? this.#rng.pick(this.#options.targets) : next + (this.#rng.oneIn(3) ? 8192 - this.#rng.below(16384) : 0);
  }

  #end(next: number): void {
    const { tb } = this;
    const rng = this.#rng;
    switch (rng.below(6)) {
      case 0: {
        const type = tb.wordType;
        const pc = tb.newLocal(type);
        tb.emit(Op.add, type, 3, pc, tb.target.pageBase, tb.constInt(type, this.#target(next) - tb.csBase));
        tb.emit(Op.mov, type, 2, tb.target.pc, pc);
        tb.emit(Op.goto_ptr, 0, 0);
        return;
      }
      case 1:
        this.#helper((e) => (e.changesFlags ?? e.changesMapping) === true);
        tb.emit(Op.exit_tb, 0, 2, 64 + rng.below(8), next);
        return;
      case 2:
        tb.emit(Op.goto_tb, 0, 2, 0, this.#target(next));
        return;
      default: {
        const taken = tb.newLabel();
        this.#branchIf(taken);
        tb.emit(Op.goto_tb, 0, 2, 0, this.#target(next));
        tb.emit(Op.label, 0, 1, taken);
        tb.emit(Op.goto_tb, 0, 2, 1, this.#target(next));
      }
    }
  }

  /** A value of a type: local, global, or constant. */
  #input(type: Type): Temp {
    const rng = this.#rng;
    const locals = this.#locals[type]!;
    const globals = this.#globals[type]!;
    const choice = rng.below(10);
    // Mostly what was made last, so that chains of ops come about.
    if (choice < 4 && locals.length > 0) return locals[Math.max(0, locals.length - 1 - rng.below(4))]!;
    if (choice < 7 && globals.length > 0) return rng.pick(globals);
    return this.#constant(type);
  }

  #constant(type: Type): Temp {
    const { tb } = this;
    const rng = this.#rng;
    switch (type) {
      case Type.i32: return tb.constI32(rng.oneIn(3) ? rng.u32() | 0 : rng.pick(INTERESTING));
      case Type.i64: return rng.oneIn(3) ? tb.constant(type, rng.u32() | 0, rng.u32() | 0) : tb.constI64(rng.pick(INTERESTING));
      case Type.f32: return tb.constant(type, rng.pick(SPECIAL_FLOATS) | 0);
      case Type.f64: return tb.constant(type, rng.oneIn(2) ? 0 : rng.u32() | 0, rng.pick(SPECIAL_FLOATS) | 0);
      case Type.v128: return tb.constV128(Uint8Array.from({ length: 16 }, () => (rng.oneIn(2) ? rng.u32() : rng.pick(INTERESTING))));
    }
  }

  #output(type: Type, commit: boolean): Temp {
    const rng = this.#rng;
    const globals = this.#globals[type]!;
    if (commit && globals.length > 0 && rng.oneIn(2)) return rng.pick(globals);
    const locals = this.#locals[type]!;
    if (locals.length > 0 && rng.oneIn(6)) return rng.pick(locals);
    return this.tb.newLocal(type);
  }

  /** A local has been written. */
  #define(t: Temp): void {
    if (t <= this.tb.env) return;
    const list = this.#locals[this.tb.tempType[t]!]!;
    if (!list.includes(t)) list.push(t);
  }

  #attrs(op: number, def: OpDef, type: Type): number[] {
    const bits = type === Type.i64 ? 64 : 32;
    const attrs: number[] = [];
    for (const kind of def.attrs) attrs.push(this.#attr(op, kind, bits, attrs));
    return attrs;
  }

  /** `len` and `lane` depend on the attribute before them. */
  #attr(op: number, kind: AttrKind, bits: number, before: readonly number[]): number {
    const rng = this.#rng;
    switch (kind) {
      case 'cond': return rng.below(COND_NAMES.length);
      case 'fcond': return rng.below(FCOND_NAMES.length);
      case 'pos': return op === Op.extract2 ? rng.below(bits + 1) : rng.oneIn(2) ? 0 : rng.below(bits);
      case 'len': {
        if (op === Op.bswap) return rng.pick(bits === 64 ? [16, 32, 64] : [16, 32]);
        const most = bits - before[0]!;
        return rng.oneIn(2) ? Math.min(most, rng.pick([8, 16, 32])) : 1 + rng.below(most);
      }
      case 'imm': return rng.below(4);
      case 'lane': return rng.below(16 >> before[0]!);
      case 'vop': {
        const wanted = OP_NAMES[op]!.slice(1);
        return rng.pick(VOP_DEFS.map((_, i) => i).filter((i) => VOP_DEFS[i]!.kind === wanted));
      }
      default: throw new RangeError(`No pure op has an attribute ${kind}.`);
    }
  }
}

/** A random valid TB (source stage). The same seed, guest and options give the same TB. */
export function randomTb(seed: number, target: TargetLayout, helpers: HelperTable, options: RandomOptions = {}): TbIr {
  return new Generator(new Rng(seed), target, helpers, options).run();
}
