/**
 * Random straight-line IR: operands, pure ops of the whole table, guest and host accesses, helper calls.
 *
 * Keeps the verifier's rules: locals are written before they are read (`pool` holds what is defined here), and nothing that may
 * fault follows a write to a global inside an instruction (`mayFault` says whether faults are still allowed). Results whose
 * bits are unspecified (NaN) never become visible.
 */
import {
  AtomicOp, Builder, Cond, FCond, isPure, MO_128, MO_16, MO_32, MO_64, MO_8, MO_ALIGN_SHIFT, MO_BE, MO_SIGN, Op, OP_NAMES, OPS, Type, TYPE_NAMES,
  VOP_DEFS, type OpDef, type OpName, type TbIr, type Temp,
} from '@wasm-tcg/ir';
import type { Random } from '../random.ts';
import { HELPERS, READ_ONLY_PAGE, SCRATCH, UNMAPPED_PAGE } from './guest.ts';

const PURE: readonly OpName[] = OP_NAMES.filter((name) => isPure(Op[name]) && OPS[name].stage === 'core');
const INT_OPS: readonly OpName[] = PURE.filter((name) => (OPS[name] as OpDef).types.some((t) => t === 'i32') || ['extu', 'exts', 'trunc', 'trunch', 'concat'].includes(name));
/** Ops with a float result that may be a NaN the engine makes up. */
const MAKES_NAN = new Set<OpName>(['fadd', 'fsub', 'fmul', 'fdiv', 'fsqrt', 'ffloor', 'fceil', 'ftrunc', 'fnearest', 'fpromote', 'fdemote']);
const SIZES = [MO_8, MO_16, MO_32, MO_64] as const;
const vop = (name: string): number => VOP_DEFS.findIndex((v) => v.name === name);
const helper = (name: string): number => HELPERS.findIndex((h) => h.name === name);

export class OpGenerator {
  readonly b: Builder;
  readonly tb: TbIr;
  readonly rng: Random;
  /** Locals that every path has written, by type. */
  pool: Temp[][] = [[], [], [], [], []];
  /** No global has been written in this instruction. */
  mayFault = true;
  /** Restored globals must not be written before the last op that may fault. */
  readonly #globals: Temp[][] = [[], [], [], [], []];
  readonly #writable: Temp[][] = [[], [], [], [], []];

  constructor(tb: TbIr, rng: Random) {
    this.tb = tb;
    this.rng = rng;
    this.b = new Builder(tb);
    tb.target.globals.forEach((g, t) => {
      if (t === tb.target.pc) return;
      this.#globals[tb.tempType[t]].push(t);
      if (t !== tb.target.pageBase) this.#writable[tb.tempType[t]].push(t);
    });
  }

  /** Names of the locals defined here, to come back to where paths meet. */
  snapshot(): Temp[][] {
    return this.pool.map((list) => [...list]);
  }

  /** Keep only what is defined in `other` too. */
  meet(other: readonly Temp[][]): void {
    this.pool = this.pool.map((list, type) => list.filter((t) => other[type].includes(t)));
  }

  constant(type: Type): Temp {
    const { rng, tb } = this;
    if (type === Type.v128) {
      const bytes = new Uint8Array(16);
      if (rng.chance(0.8)) rng.fill(bytes);
      return tb.constV128(bytes);
    }
    if (type === Type.f32) return tb.constant(type, rng.chance(0.5) ? rng.u32() : Number(BigInt.asIntN(32, this.#float(true))));
    const value = type === Type.f64 && rng.chance(0.5) ? this.#float(false) : rng.value();
    return tb.constant(type, Number(BigInt.asIntN(32, value)), type === Type.i32 ? 0 : Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** Bits of a float that means something: small, huge, zero, infinite. */
  #float(single: boolean): bigint {
    const value = this.rng.pick([0, -0, 1, -1.5, 0.1, 3e9, -3e9, 1e19, 1e-40, 1e-310, 1e300, Infinity, -Infinity, NaN, this.rng.u32() / 7]);
    const view = new DataView(new ArrayBuffer(8));
    if (single) {
      view.setFloat32(0, value, true);
      return BigInt(view.getUint32(0, true));
    }
    view.setFloat64(0, value, true);
    return view.getBigUint64(0, true);
  }

  operand(type: Type): Temp {
    const { rng } = this;
    const locals = this.pool[type];
    const globals = this.#globals[type];
    const kind = rng.below(8);
    if (kind < 4 && locals.length > 0) return locals[rng.below(4) === 0 ? rng.below(locals.length) : Math.max(0, locals.length - 1 - rng.below(4))];
    if (kind < 7 && globals.length > 0) return rng.pick(globals);
    return this.constant(type);
  }

  /** A temp for a result; written by the caller before anything else happens. */
  output(type: Type, toGlobal: boolean): Temp {
    const { rng } = this;
    const locals = this.pool[type];
    const globals = this.#writable[type];
    if (toGlobal && globals.length > 0 && rng.chance(0.6)) {
      this.mayFault = false;
      return rng.pick(globals);
    }
    if (locals.length > 0 && rng.chance(0.2)) return rng.pick(locals);
    const t = this.tb.newLocal(type);
    return t;
  }

  /** Make a local known as defined. */
  define(t: Temp): Temp {
    const list = this.pool[this.tb.tempType[t]];
    if (!this.tb.isGlobal(t) && !list.includes(t)) list.push(t);
    return t;
  }

  /** One pure op; its results may go to globals when `toGlobal`. */
  pure(toGlobal: boolean): void {
    const { rng, tb } = this;
    const name = rng.pick(rng.chance(0.7) ? INT_OPS : PURE);
    const def: OpDef = OPS[name];
    const word = TYPE_NAMES[tb.wordType];
    const types = def.types;
    const type = types.length === 0 ? Type.i32 : Type[types.includes(word) && rng.chance(0.6) ? word : rng.pick(types)];
    const typeOf = (t: string): Type => (t === 'T' ? type : Type[t as 'i32']);
    const attrs = this.#attrs(name, def, type);
    const ins = def.in.map((t) => this.operand(typeOf(t)));
    if (name === 'vshuffle') {
      const control = new Uint8Array(16);
      rng.fill(control);
      ins[2] = tb.constV128(control.map((byte) => byte & 31));
    }
    const nan = this.#nanShape(name, attrs, type);
    const outs: Temp[] = [];
    for (const t of def.out) {
      let out = nan === undefined ? this.output(typeOf(t), toGlobal) : tb.newLocal(typeOf(t));
      if (outs.includes(out)) out = tb.newLocal(typeOf(t));
      outs.push(out);
    }
    const words = [...outs, ...ins, ...attrs];
    tb.emit(Op[name], types.length === 0 ? 0 : type, words.length, words[0], words[1], words[2], words[3], words[4], words[5], words[6]);
    if (nan === undefined) for (const t of outs) this.define(t);
    else this.#settleNan(outs[0], nan, toGlobal);
  }

  #nanShape(name: OpName, attrs: readonly number[], type: Type): 'f32' | 'f64' | 'f32x4' | 'f64x2' | undefined {
    if (MAKES_NAN.has(name)) return name === 'fpromote' ? 'f64' : name === 'fdemote' || type === Type.f32 ? 'f32' : 'f64';
    if (name !== 'vunary' && name !== 'vbinary') return undefined;
    const full = VOP_DEFS[attrs[0]].name;
    return full.startsWith('f32x4') ? 'f32x4' : full.startsWith('f64x2') ? 'f64x2' : undefined;
  }

  /** A copy of `t` in which NaNs have known bits. */
  #settleNan(t: Temp, shape: 'f32' | 'f64' | 'f32x4' | 'f64x2', toGlobal: boolean): void {
    const { b, tb } = this;
    if (shape === 'f32x4' || shape === 'f64x2') {
      const ordered = tb.newLocal(Type.v128);
      b.vbinary(ordered, t, t, vop(`${shape}.eq`));
      const out = this.output(Type.v128, toGlobal);
      b.vbinary(out, t, ordered, vop('v128.and'));
      this.define(out);
      return;
    }
    const type = Type[shape];
    const [bits, known, isNan, wide] = [tb.newLocal(Type.i64), tb.newLocal(Type.i64), tb.newLocal(Type.i32), tb.newLocal(Type.i64)];
    b.ibits(type, bits, t);
    b.fsetcond(type, isNan, t, t, FCond.uno);
    b.extu(wide, isNan);
    b.movcond(Type.i64, known, wide, tb.constI64(0), bits, tb.constI64(0), Cond.eq);
    const out = this.output(type, toGlobal);
    b.fbits(type, out, known);
    this.define(out);
  }

  #attrs(name: OpName, def: OpDef, type: Type): number[] {
    const { rng } = this;
    const width = type === Type.i64 ? 64 : 32;
    if (name === 'bswap') return [rng.pick(width === 64 ? [16, 32, 64] : [16, 32])];
    if (name === 'extract2') return [rng.below(width + 1)];
    if (name === 'vextract' || name === 'vinsert') {
      const size = rng.below(4);
      return [size, rng.below(16 >> size)];
    }
    // Byte and word registers are what translators ask for.
    const [pos, len] = rng.chance(0.5) ? rng.pick([[0, 8], [8, 8], [0, 16], [16, 16]] as const) : this.#field(width);
    return def.attrs.map((kind) => {
      switch (kind) {
        case 'cond': return rng.below(12);
        case 'fcond': return rng.below(8);
        case 'vop': return rng.pick(VOP_DEFS.flatMap((v, i) => (`v${v.kind}` === name ? [i] : [])));
        case 'pos': return pos;
        case 'len': return len;
        case 'imm': return rng.below(4);
        default: throw new RangeError(`The fuzzer has no values for attribute ${kind} of ${name}.`);
      }
    });
  }

  #field(width: number): readonly [number, number] {
    const pos = this.rng.below(width);
    return [pos, 1 + this.rng.below(width - pos)];
  }

  #memop(type: Type, load: boolean): number {
    const { rng } = this;
    const align = rng.chance(0.1) ? rng.between(1, 4) << MO_ALIGN_SHIFT : 0;
    if (type === Type.v128) return MO_128 | align;
    const size = rng.pick(type === Type.i64 ? SIZES : SIZES.slice(0, 3));
    return size | (load && rng.chance(0.4) ? MO_SIGN : 0) | (rng.chance(0.1) ? MO_BE : 0) | align;
  }

  /** A guest address: mostly mapped, often at the border of a page or of what is mapped. */
  #address(): Temp {
    const { rng, tb, b } = this;
    const word = tb.wordType;
    const kind = rng.below(10);
    if (kind === 0) return this.operand(word);
    if (kind < 4) {
      const page = rng.pick([0, 1, 2, 5, UNMAPPED_PAGE, READ_ONLY_PAGE, 15]);
      const offset = rng.chance(0.3) ? rng.pick([0, 1, 4088, 4092, 4093, 4095]) : rng.below(256);
      return tb.constInt(word, page * 4096 + offset);
    }
    const t = tb.newLocal(word);
    b.and(word, t, this.operand(word), tb.constInt(word, rng.pick([0xff8, 0xfff, 0x1fff, 0xcfff, 0xffff])));
    return this.define(t);
  }

  /** One access to guest memory. Only while {@link mayFault}. `last`: nothing that may fault follows in this instruction. */
  access(last: boolean): void {
    const { rng, b, tb } = this;
    const mmu = rng.below(2);
    const type = rng.pick([Type.i32, Type.i32, Type.i64, Type.i64, Type.v128]);
    const int = type === Type.v128 ? Type.i32 : type;
    switch (rng.below(8)) {
      case 0: case 1: case 2: {
        const address = this.#address();
        const out = this.output(type, last);
        b.guest_ld(type, out, address, this.#memop(type, true), mmu);
        this.define(out);
        return;
      }
      case 3: case 4: return b.guest_st(type, this.#address(), this.operand(type), this.#memop(type, false), mmu);
      case 5: {
        const memop = this.#memop(int, true);
        const address = tb.newLocal(tb.wordType);
        b.mov(tb.wordType, address, this.#address());
        const [old, token] = [tb.newLocal(int), tb.newLocal(Type.i32)];
        b.guest_rmw_ld(int, old, token, address, memop, mmu);
        this.define(old);
        for (let n = rng.below(3); n > 0; n--) this.pure(false);
        return b.guest_rmw_st(int, token, address, this.operand(int), memop & ~MO_SIGN, mmu);
      }
      case 6: {
        const memop = this.#memop(int, true);
        const address = this.#address();
        const [a, c] = [this.operand(int), this.operand(int)];
        const out = this.output(int, last);
        if (rng.chance(0.4)) b.guest_cmpxchg(int, out, address, a, c, memop, mmu);
        else b.guest_atomic(int, out, address, a, rng.below(Object.keys(AtomicOp).length), memop, mmu);
        this.define(out);
        return;
      }
      default: return b.guest_probe(this.#address(), rng.below(2), this.#memop(int, false), mmu);
    }
  }

  /** `ld` or `st` in the vCPU's own area. */
  host(toGlobal: boolean): void {
    const { rng, b, tb } = this;
    const type = rng.pick([Type.i32, Type.i64, Type.f32, Type.f64, Type.v128]);
    const exact = type === Type.f32 ? MO_32 : type === Type.f64 ? MO_64 : type === Type.v128 ? MO_128 : -1;
    const size = exact >= 0 ? exact : rng.pick(type === Type.i64 ? SIZES : SIZES.slice(0, 3));
    const offset = SCRATCH.offset + rng.below(SCRATCH.size - (1 << size) + 1);
    if (rng.chance(0.5)) return b.st(type, tb.env, this.operand(type), offset, size);
    const sign = exact < 0 && rng.chance(0.4) ? MO_SIGN : 0;
    const out = this.output(type, toGlobal);
    b.ld(type, out, tb.env, offset, size | sign);
    this.define(out);
  }

  /** A helper call. `faulting`: one that may fault or leave; else one that may write globals when `toGlobal`. */
  call(faulting: boolean, toGlobal: boolean): void {
    const { rng, b, tb } = this;
    const name = faulting ? (rng.chance(0.1) ? 'wait' : 'check') : rng.pick(toGlobal ? ['mix', 'mix64', 'flags', 'dump', 'settle'] : ['mix', 'mix64', 'flags', 'dump']);
    const def = HELPERS[helper(name)];
    const args = def.args.map((type) => (name === 'check' && rng.chance(0.8) ? tb.constI32(rng.between(1, 7)) : this.operand(Type[type])));
    if (name === 'settle') this.mayFault = false;
    const out = def.ret === null ? -1 : this.output(Type[def.ret], toGlobal);
    b.call(helper(name), out, args);
    if (out >= 0) this.define(out);
  }
}
