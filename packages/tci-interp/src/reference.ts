/**
 * The reference interpreter: runs TCI words with BigInt values straight from the evaluator of the ir package (that is, from
 * the op docs), not from the lowerings. Slow and obvious: the oracle for the generated interpreter and, through it, for compiled code.
 *
 * Same memory, same protocol as `tb_exec`, but it never calls a TB's compiled function and never asks for hot TBs to be
 * compiled. Guest accesses always take the runtime's slow paths. Of a fused opcode it runs the instructions one by one.
 */
import { evalCond, evalOp, isPure, OP_DEFS, OP_NAMES, Type } from '@wasm-tcg/ir';
import {
  ExitCode, TB_HEADER, TB_RETURN_EXIT, TB_RETURN_LINK, TB_RETURN_LOOKUP, WASM_CONTEXT, tciCodeAddress, type CoreExports, type EnvLayout,
} from '@wasm-tcg/runtime';
import { immediateOffset, TciConst, type TciFormats, type TciVariant } from './formats.ts';

const CTX = WASM_CONTEXT.offset;
const TB = TB_HEADER.offset;

/** A guest helper as JavaScript calls it: i64 as bigint. */
export type ReferenceHelper = (...args: (number | bigint)[]) => number | bigint | undefined;

export interface ReferenceOptions {
  readonly memory: WebAssembly.Memory;
  readonly layout: EnvLayout;
  readonly formats: TciFormats;
  /** vCPUs of the machine, default 1. */
  readonly vcpus?: number;
  readonly core: CoreExports;
  /** Guest helpers in table order. */
  readonly helpers: readonly ReferenceHelper[];
}

export class ReferenceInterpreter {
  readonly #o: ReferenceOptions;
  /** TCI instructions run. */
  instructions = 0;

  constructor(options: ReferenceOptions) {
    this.#o = options;
  }

  /** As the generated `tb_exec`. */
  tbExec(env: number, tb: number): number {
    const view = this.#view();
    view.setUint32(env + CTX.exitCode, 0, true);
    let next = tb === 0 ? TB_RETURN_LOOKUP : tb;
    for (;;) {
      if (next === TB_RETURN_EXIT) return this.#view().getUint32(env + CTX.exitCode, true);
      if ((next & 15) === 0) {
        next = this.#runTb(env, next);
        continue;
      }
      const found = this.#o.core.tb_find(env);
      const v = this.#view();
      if (found === 0) {
        v.setUint32(env + CTX.linkFrom, next === TB_RETURN_LOOKUP ? 0 : next, true);
        if (v.getUint32(env + CTX.exitCode, true) === 0) v.setUint32(env + CTX.exitCode, ExitCode.translate, true);
        return v.getUint32(env + CTX.exitCode, true);
      }
      next = found;
    }
  }

  #view(): DataView {
    return new DataView(this.#o.memory.buffer);
  }

  #exit(env: number, code: number): number {
    this.#view().setUint32(env + CTX.exitCode, code, true);
    return TB_RETURN_EXIT;
  }

  #runTb(env: number, tb: number): number {
    const view = this.#view();
    const insns = view.getUint32(tb + TB.insns, true);
    const budget = view.getInt32(env + CTX.budget, true) - insns;
    view.setUint32(env + CTX.tbPtr, tb, true);
    if (budget < 0) {
      this.#writePc(env, view.getInt32(tb + TB.pageOffset, true));
      return this.#exit(env, ExitCode.budget);
    }
    view.setInt32(env + CTX.budget, budget, true);
    view.setBigUint64(env + CTX.tciInsns, view.getBigUint64(env + CTX.tciInsns, true) + BigInt(insns), true);
    let ip = tciCodeAddress(tb, this.#o.vcpus ?? 1);
    for (;;) {
      const v = this.#o.formats.plain(this.#view().getUint16(ip, true))!;
      this.instructions++;
      const step = new Step(this.#o, this.#view(), env, ip, v);
      const result = step.run();
      if (result === 'next') ip += v.words * 4;
      else if (result === 'jump') ip = step.target;
      else return this.#leave(env, tb, v, step);
    }
  }

  /** The instruction left the TB. */
  #leave(env: number, tb: number, v: TciVariant, step: Step): number {
    const view = this.#view();
    if (view.getUint32(env + CTX.exitCode, true) !== 0) return TB_RETURN_EXIT;
    view.setInt32(env + CTX.budget, view.getInt32(env + CTX.budget, true) + step.word(v.words - 1), true);
    switch (OP_NAMES[v.op]) {
      case 'goto_ptr':
        return TB_RETURN_LOOKUP;
      case 'exit_tb':
        this.#writePc(env, step.attr(1));
        return this.#exit(env, step.attr(0));
      default:
        this.#writePc(env, step.attr(1));
        return tb | (TB_RETURN_LINK + step.attr(0));
    }
  }

  #writePc(env: number, delta: number): void {
    const { layout } = this.#o;
    const view = this.#view();
    const at = (global: number): number => env + layout.frameOffset + layout.globals[global]!.slot * 8;
    const pc = view.getBigUint64(at(layout.pageBase), true) + BigInt(delta) - view.getBigUint64(env + layout.csBaseOffset, true);
    view.setBigUint64(at(layout.pc), BigInt.asUintN(64, pc) & view.getBigUint64(env + layout.pcMaskOffset, true), true);
  }
}

/** One TCI instruction being run. */
class Step {
  target = 0;
  readonly #o: ReferenceOptions;
  readonly #view: DataView;
  readonly #env: number;
  readonly #ip: number;
  readonly #v: TciVariant;

  constructor(o: ReferenceOptions, view: DataView, env: number, ip: number, v: TciVariant) {
    this.#o = o;
    this.#view = view;
    this.#env = env;
    this.#ip = ip;
    this.#v = v;
  }

  run(): 'next' | 'jump' | 'leave' {
    const v = this.#v;
    if (v.kind === 'const') return this.#constant(), 'next';
    if (v.kind === 'call') return this.#call();
    if (isPure(v.op)) {
      const def = OP_DEFS[v.op]!;
      const inputs = def.in.map((_, i) => this.#in(i));
      evalOp(v.op, v.type, inputs, def.attrs.map((_, i) => this.attr(i))).forEach((value, i) => this.#out(i, value));
      return 'next';
    }
    switch (OP_NAMES[v.op]) {
      case 'br':
        return this.#jump(0);
      case 'brcond':
        return evalCond(this.attr(0), v.type === Type.i64 ? 64 : 32, this.#in(0), this.#in(1)) ? this.#jump(1) : 'next';
      case 'ld': case 'st':
        return this.#hostAccess(), 'next';
      case 'goto_tb': case 'goto_ptr': case 'exit_tb':
        return 'leave';
      default:
        return this.#guestAccess();
    }
  }

  word(i: number): number {
    return this.#view.getInt32(this.#ip + i * 4, true);
  }

  /** Value of attribute `i`, enumerated or not. */
  attr(i: number): number {
    const v = this.#v;
    const known = v.attrs[i];
    if (known !== undefined) return known;
    return this.word(this.#attrWord(i));
  }

  #attrWord(i: number): number {
    const v = this.#v;
    const { attrs } = OP_DEFS[v.op]!;
    let w = immediateOffset(v.slots) / 4 + (v.immediate ? 1 : 0) + (v.oi ? 1 : 0);
    for (let k = 0; k < i; k++) if (v.attrs[k] === undefined && !(v.oi && (attrs[k] === 'memop' || attrs[k] === 'mmu'))) w++;
    return w;
  }

  #jump(labelAttr: number): 'jump' {
    const w = this.#attrWord(labelAttr);
    this.target = this.#ip + w * 4 + this.word(w);
    return 'jump';
  }

  // ---- operands ----------------------------------------------------------------------------------------------------------

  #slotAt(k: number): number {
    return this.#env + this.#o.layout.frameOffset + this.#view.getUint8(this.#ip + 2 + k) * 8;
  }

  #load(k: number, type: Type): bigint {
    const at = this.#slotAt(k);
    const lo = this.#view.getBigUint64(at, true);
    if (type === Type.v128) return lo | (this.#view.getBigUint64(at + 8, true) << 64n);
    return type === Type.i32 || type === Type.f32 ? BigInt.asUintN(32, lo) : lo;
  }

  #store(k: number, type: Type, value: bigint): void {
    const at = this.#slotAt(k);
    if (type === Type.f32) {
      this.#view.setUint32(at, Number(value), true);
      return;
    }
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
    if (type === Type.v128) this.#view.setBigUint64(at + 8, value >> 64n, true);
  }

  #type(type: string): Type {
    if (type === 'T') return this.#v.type;
    if (type === 'A') return this.#v.wide ? Type.i64 : Type.i32;
    return Type[type as 'i32'];
  }

  #in(i: number): bigint {
    const def = OP_DEFS[this.#v.op]!;
    const type = this.#type(def.in[i]!);
    if (this.#v.immediate && i === def.in.length - 1) {
      return BigInt.asUintN(type === Type.i64 ? 64 : 32, BigInt(this.word(immediateOffset(this.#v.slots) / 4)));
    }
    return this.#load(def.out.length + i, type);
  }

  #out(i: number, value: bigint): void {
    this.#store(i, this.#type(OP_DEFS[this.#v.op]!.out[i]!), value);
  }

  #constant(): void {
    const kind = this.#v.code - this.#o.formats.constBase;
    const lo = (i: number): bigint => BigInt(this.word(i) >>> 0);
    if (kind === TciConst.env) this.#store(0, Type.i32, BigInt(this.#env));
    else if (kind === TciConst.v128) this.#store(0, Type.v128, lo(1) | (lo(2) << 32n) | (lo(3) << 64n) | (lo(4) << 96n));
    else this.#store(0, Type.i64, kind === TciConst.u32 ? lo(1) : kind === TciConst.s32 ? BigInt(this.word(1)) : lo(1) | (lo(2) << 32n));
  }

  // ---- effects -----------------------------------------------------------------------------------------------------------

  #call(): 'next' | 'leave' {
    const v = this.#v;
    const def = this.#o.formats.helpers[v.helper]!;
    if (v.trailer) this.#view.setUint32(this.#env + CTX.insnIndex, this.word(v.words - 1), true);
    const args = def.args.map((t, i): number | bigint => {
      const value = this.#load(v.outs + i, Type[t]);
      return t === 'i64' ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value));
    });
    const result = this.#o.helpers[v.helper]!(...(def.env === false ? [] : [this.#env]), ...args);
    if (def.ret !== null) this.#store(0, Type[def.ret], BigInt.asUintN(def.ret === 'i64' ? 64 : 32, BigInt(result ?? 0)));
    return (def.effects.mayFault || def.effects.mayExit) && this.#exiting() ? 'leave' : 'next';
  }

  #exiting(): boolean {
    return this.#view.getUint32(this.#env + CTX.exitCode, true) !== 0;
  }

  /** `ld`, `st`: memory of the vCPU's own area. */
  #hostAccess(): void {
    const v = this.#v;
    const load = OP_NAMES[v.op] === 'ld';
    const memop = this.attr(1);
    const at = Number(this.#in(0)) + this.attr(0);
    const bytes = 1 << (memop & 7);
    if (load) {
      let value = 0n;
      for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#view.getUint8(at + i));
      const width = v.type === Type.i32 || v.type === Type.f32 ? 32 : v.type === Type.v128 ? 128 : 64;
      this.#out(0, memop & 8 ? BigInt.asUintN(width, BigInt.asIntN(bytes * 8, value)) : value);
      return;
    }
    const value = this.#in(1);
    for (let i = 0; i < bytes; i++) this.#view.setUint8(at + i, Number((value >> BigInt(8 * i)) & 0xffn));
  }

  #guestAccess(): 'next' | 'leave' {
    const v = this.#v;
    const { core } = this.#o;
    const env = this.#env;
    const name = OP_NAMES[v.op];
    const oi = this.word(immediateOffset(v.slots) / 4 + (v.immediate ? 1 : 0));
    const address = BigInt.asIntN(64, this.#in(name === 'guest_rmw_st' ? 1 : 0));
    const is128 = v.type === Type.v128;
    const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
    if (name === 'guest_ld' || name === 'guest_rmw_ld') {
      let value: bigint;
      if (is128) {
        core.ld_slow128(env, address, oi);
        value = this.#view.getBigUint64(env + CTX.ret, true) | (this.#view.getBigUint64(env + CTX.ret + 8, true) << 64n);
      } else value = name === 'guest_ld' ? core.ld_slow(env, address, oi) : core.rmw_ld_slow(env, address, oi);
      if (this.#exiting()) return 'leave';
      this.#out(0, BigInt.asUintN(is128 ? 128 : v.type === Type.i64 ? 64 : 32, value));
      if (name === 'guest_rmw_ld') this.#out(1, 0n);
      return 'next';
    }
    if (name === 'guest_probe') core.probe_slow(env, address, oi, this.attr(0));
    else if (name === 'guest_rmw_st') core.rmw_st_slow(env, address, signed(this.#in(2)), oi);
    else if (is128) {
      const value = this.#in(1);
      this.#view.setBigUint64(env + CTX.arg, BigInt.asUintN(64, value), true);
      this.#view.setBigUint64(env + CTX.arg + 8, value >> 64n, true);
      core.st_slow128(env, address, oi);
    } else core.st_slow(env, address, signed(this.#in(1)), oi);
    return this.#exiting() ? 'leave' : 'next';
  }
}

