/**
 * Generates the interpreter: one Wasm module whose function `tb_exec(env, tb) → exitCode` is the execution loop of one vCPU
 * (QEMU's tcg_qemu_tb_exec). Made at start-up from the same lowerings as compiled code: one semantics, nothing to ship.
 *
 *     loop over TBs
 *       has a function?  call it through the shared table
 *       else             count it, take its length off the budget, and interpret: loop + br_table, one case per opcode
 *       then             go on with the TB it returned, or look up what the frame names (jump cache, then tb_find), or leave
 *
 * `tb = 0` starts with a look-up. The exit code is also in the context (ExitCode of the runtime).
 */
import { OP_NAMES, Type, type HelperDef } from '@wasm-tcg/ir';
import {
  CORE_HELPERS, CORE_HELPER_NAMES, ExitCode, INDIRECT_TARGET, INDIRECT_TARGETS, TB_CPU, TB_HEADER, TB_RETURN_LINK, TB_RETURN_LOOKUP, TbKind, WASM_CONTEXT, tciCodeAddress, type CoreHelperName, type EnvLayout,
} from '@wasm-tcg/runtime';
import {
  LOWERINGS, ModuleBuilder, Op as W, ValType, type FuncBody, type FuncRef, type Label, type ValueOpName,
} from '@wasm-tcg/wasm-codegen';
import { countOne, countReturn, probeJumpCache, takePageBase, writeChain } from './chain.ts';
import { FrameCtx } from './frame-ctx.ts';
import { immediateOffset, TciConst, type TciFormats, type TciVariant } from './formats.ts';
import { lowerDynamicShuffle } from './shuffle.ts';

export interface InterpreterOptions {
  /** Index of the vCPU: which TB_CPU record of a header is its own. Default 0. */
  readonly cpu?: number;
  /** How many the machine has: TCI code stands behind the last one's record. Default 1. */
  readonly vcpus?: number;
  /** Limits of the imported memory when it is shared (a shared import must name a maximum, in 64 KiB pages). */
  readonly shared?: { readonly maximum: number };
  /** Write a name section. */
  readonly names?: boolean;
  /** Export `tb_chain`, too, by which regions go on to others: the engine has tail calls. Default false. */
  readonly tailCalls?: boolean;
}

const CTX = WASM_CONTEXT.offset;
const TB = TB_HEADER.offset;
const LETTER: Readonly<Record<string, string>> = { i32: 'i', i64: 'I', f32: 'f', f64: 'F', v128: 'v' };

/** Wasm signature of a helper, in the letters of the encoder. */
export function helperSignature(h: HelperDef): string {
  return `${h.env === false ? '' : 'i'}${h.args.map((a) => LETTER[a]!).join('')}>${h.ret === null ? '' : LETTER[h.ret]!}`;
}

/** Wasm signature of a core helper. */
function coreSignature(name: CoreHelperName): string {
  const { params, results } = CORE_HELPERS[name];
  return `${params.map((t) => LETTER[t]!).join('')}>${results.map((t) => LETTER[t]!).join('')}`;
}

/**
 * The module's bytes. Imports: `e.m` memory, `e.t` function table, `h.<name>` every core helper and guest helper that TCI code may
 * call. Export: `tb_exec`.
 */
export function generateInterpreter(layout: EnvLayout, formats: TciFormats, options: InterpreterOptions = {}): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder({ names: options.names === true, moduleName: 'tb_exec' });
  m.importMemory('e', 'm', options.shared ? { min: 1, max: options.shared.maximum, shared: true } : { min: 1 });
  m.importTable('e', 't', ValType.funcref, { min: 0 });
  const core = new Map<CoreHelperName, FuncRef>();
  for (const name of CORE_HELPER_NAMES) {
    if (CORE_HELPERS[name].callers.some((c) => c === 'code')) core.set(name, m.importFunc('h', name, coreSignature(name)));
  }
  const helpers = formats.helpers.map((h) => m.importFunc('h', h.name, helperSignature(h)));
  const types = { tb: m.type('i>i'), region: m.type('ii>i') };
  const tbExec = m.func('ii>i', 'tb_exec');
  m.exportFunc('tb_exec', tbExec);
  new Generator(m.body(tbExec), layout, formats, options, types, helpers, (name) => core.get(name)!).write();
  if (options.tailCalls === true) {
    const chain = m.func('ii>i', 'tb_chain');
    m.exportFunc('tb_chain', chain);
    writeChain(m.body(chain), layout, TB.perCpu + (options.cpu ?? 0) * TB_CPU.size, types.region);
  }
  return m.finish().slice();
}

/** Types of the functions of TBs in modules, and of regions. */
interface FunctionTypes {
  readonly tb: ReturnType<ModuleBuilder['type']>;
  readonly region: ReturnType<ModuleBuilder['type']>;
}

class Generator {
  readonly f: FuncBody;
  readonly layout: EnvLayout;
  readonly formats: TciFormats;
  readonly perCpu: number;
  readonly vcpus: number;
  readonly types: FunctionTypes;
  readonly helpers: readonly FuncRef[];
  readonly coreFunc: (name: CoreHelperName) => FuncRef;
  readonly env = 0;
  readonly tb = 1;
  /** What the TB returned. */
  readonly r: number;
  readonly ip: number;
  readonly t: number;
  readonly u: number;
  /** TB that a goto_ptr came from, for its profile; 0 = none. */
  readonly from: number;
  /** Page base before a look-up. */
  readonly oldBase: number;
  ctx!: FrameCtx;
  leave!: Label;
  returned!: Label;

  constructor(
    f: FuncBody, layout: EnvLayout, formats: TciFormats, { cpu = 0, vcpus = 1 }: InterpreterOptions, types: FunctionTypes,
    helpers: readonly FuncRef[], coreFunc: (name: CoreHelperName) => FuncRef,
  ) {
    this.f = f;
    this.layout = layout;
    this.formats = formats;
    this.perCpu = TB.perCpu + cpu * TB_CPU.size;
    this.vcpus = vcpus;
    this.types = types;
    this.helpers = helpers;
    this.coreFunc = coreFunc;
    this.r = f.local(ValType.i32);
    this.ip = f.local(ValType.i32);
    this.t = f.local(ValType.i32);
    this.u = f.local(ValType.i32);
    this.from = f.local(ValType.i32);
    this.oldBase = f.local(ValType.i64);
  }

  write(): void {
    const { f, env, tb, r } = this;
    f.get(env).i32Const(0).mem(W.i32_store, CTX.exitCode);
    this.leave = f.block();
    const next = f.loop();
    this.returned = f.block();
    // Entered without a TB: look up.
    f.get(tb).op(W.i32_eqz).if_();
    f.i32Const(TB_RETURN_LOOKUP).set(r).i32Const(0).set(this.from);
    f.br(this.returned);
    f.end();
    this.dispatchCompiled();
    this.interpret();
    f.end();
    this.handleReturn(next);
    f.end().end();
    f.get(env).get(tb).mem(W.i32_store, CTX.dispatched);
    f.get(env).mem(W.i32_load, CTX.exitCode);
    f.finish();
  }

  /** A TB with a function: call it. */
  dispatchCompiled(): void {
    const { f, env, tb, r } = this;
    countOne(f, env, CTX.dispatches);
    const interpret = f.block();
    f.get(tb).mem(W.i32_load, this.perCpu + TB_CPU.offset.fn).tee(this.t).op(W.i32_eqz).brIf(interpret);
    f.get(tb).i32Const(1).mem(W.i32_store, this.perCpu + TB_CPU.offset.used);
    f.get(tb).mem(W.i32_load, TB.state).i32Const(15).op(W.i32_and).i32Const(TbKind.region).op(W.i32_eq).if_();
    f.get(env).mem(W.i32_load, CTX.noRegions).brIf(interpret);
    f.get(env).get(tb).mem(W.i32_store, CTX.dispatched);
    f.get(env).mem(W.i32_load, CTX.budget).set(this.u);
    f.get(env).get(tb).get(this.t).callIndirect(this.types.region).set(r);
    // What a helper has moved to budgetHeld was not used.
    f.get(env).get(env).mem(W.i64_load, CTX.regionInsns).get(this.u).get(env).mem(W.i32_load, CTX.budget).op(W.i32_sub)
      .get(env).mem(W.i32_load, CTX.budgetHeld).op(W.i32_sub).op(W.i64_extend_i32_s).op(W.i64_add).mem(W.i64_store, CTX.regionInsns);
    // RegionReturn is the low two bits of what it returned.
    countReturn(f, env, r, this.u);
    // tb_chain may have gone on to others.
    f.get(env).mem(W.i32_load, CTX.dispatched).set(tb);
    f.else_();
    f.get(env).get(this.t).callIndirect(this.types.tb).set(r);
    f.end();
    f.i32Const(0).set(this.from);
    f.br(this.returned);
    f.end();
  }

  /** Count, budget, then the op loop. Every case ends by going on with the next op or by setting `r` and leaving to `returned`. */
  interpret(): void {
    const { f, env, tb, t } = this;
    const count = this.perCpu + TB_CPU.offset.count;
    f.get(env).get(tb).mem(W.i32_store, CTX.tbPtr);
    f.get(tb).get(tb).mem(W.i32_load, count).i32Const(1).op(W.i32_add).tee(t).mem(W.i32_store, count);
    f.get(t).get(tb).mem(W.i32_load, this.perCpu + TB_CPU.offset.threshold).op(W.i32_ge_u).hint(false).if_();
    this.writePc(() => f.get(tb).mem(W.i32_load, TB.pageOffset));
    f.get(env).i32Const(ExitCode.hot).mem(W.i32_store, CTX.exitCode);
    f.br(this.leave);
    f.end();

    f.get(env).mem(W.i32_load, CTX.budget).get(tb).mem(W.i32_load, TB.insns).tee(this.u).op(W.i32_sub).tee(t).i32Const(0).op(W.i32_lt_s).hint(false).if_();
    this.writePc(() => f.get(tb).mem(W.i32_load, TB.pageOffset));
    f.get(env).i32Const(ExitCode.budget).mem(W.i32_store, CTX.exitCode);
    f.br(this.leave);
    f.end();
    f.get(env).get(t).mem(W.i32_store, CTX.budget);
    f.get(env).get(env).mem(W.i64_load, CTX.tciInsns).get(this.u).op(W.i64_extend_i32_u).op(W.i64_add).mem(W.i64_store, CTX.tciInsns);
    countOne(f, env, CTX.tciTbs);
    f.get(tb).i32Const(tciCodeAddress(0, this.vcpus)).op(W.i32_add).set(this.ip);

    const ops = f.loop();
    const { variants } = this.formats;
    const invalid = f.block();
    const cases: Label[] = [];
    for (let i = 0; i < variants.length; i++) cases.push(f.block());
    cases.reverse();
    f.get(this.ip).mem(W.i32_load16_u, 0).brTable(cases, invalid);
    this.ctx = new FrameCtx({ f, target: this.layout, env, ip: this.ip, leave: this.leave, coreFunc: this.coreFunc });
    for (const v of variants) {
      f.end();
      const depth = f.depth;
      let falls = true;
      let at = 0;
      for (const part of v.kind === 'fused' ? v.parts : [v]) {
        this.ctx.at = at;
        falls = this.lowerCase(part, ops);
        at += part.words * 4;
      }
      if (falls) {
        f.get(this.ip).i32Const(v.words * 4).op(W.i32_add).set(this.ip);
        f.br(ops);
      }
      if (f.depth !== depth) throw new Error(`the lowering of ${v.name} left a block open`);
    }
    f.end().unreachable();
    f.end();
  }

  /** Code of one instruction, `ctx.at` bytes after `ip`; true when it goes on with the one after it. */
  lowerCase(v: TciVariant, ops: Label): boolean {
    const { f, ctx } = this;
    switch (v.kind) {
      case 'fused':
        throw new Error(`${v.name} has a fused part`);
      case 'const':
        this.lowerConst(v);
        return true;
      case 'call':
        this.lowerCall(v);
        return true;
      case 'any':
        ctx.begin(v);
        this.lowerAny(v);
        ctx.end();
        return true;
      case 'op':
        break;
    }
    ctx.begin(v);
    const name = OP_NAMES[v.op]!;
    let falls = true;
    switch (name) {
      case 'br':
        this.jump(immediateOffset(v.slots), ops);
        falls = false;
        break;
      case 'brcond':
        ctx.valueOnStack = true;
        LOWERINGS.setcond(ctx);
        f.if_();
        this.jump(immediateOffset(v.slots) + (v.immediate ? 4 : 0), ops);
        f.end();
        break;
      case 'goto_tb':
        this.lowerGotoTb(v);
        falls = false;
        break;
      case 'goto_ptr':
        this.refund(v);
        f.i32Const(TB_RETURN_LOOKUP).set(this.r).get(this.tb).set(this.from).br(this.returned);
        falls = false;
        break;
      case 'exit_tb':
        this.refund(v);
        this.writePc(() => ctx.pushAttr(1));
        f.get(this.env);
        ctx.pushAttr(0);
        f.mem(W.i32_store, CTX.exitCode).br(this.leave);
        falls = false;
        break;
      case 'vshuffle':
        lowerDynamicShuffle(ctx);
        break;
      default:
        LOWERINGS[name as ValueOpName](ctx);
    }
    ctx.end();
    return falls;
  }

  /** ip = address of the word at byte `offset` of the instruction + the distance in it. */
  jump(offset: number, ops: Label): void {
    const { f, ip } = this;
    const at = this.ctx.at + offset;
    f.get(ip).get(ip).mem(W.i32_load, at).op(W.i32_add).i32Const(at).op(W.i32_add).set(ip).br(ops);
  }

  lowerConst(v: TciVariant): void {
    const { f, ctx, ip } = this;
    ctx.slotAddress(0);
    const kind = v.code - this.formats.constBase;
    if (kind === TciConst.env) {
      f.get(this.env);
      ctx.storeSlot(Type.i32);
    } else if (kind === TciConst.v128) {
      f.get(ip).mem(W.v128_load, ctx.at + 4, 2);
      ctx.storeSlot(Type.v128);
    } else {
      f.get(ip);
      if (kind === TciConst.u32) f.mem(W.i64_load32_u, ctx.at + 4);
      else if (kind === TciConst.s32) f.mem(W.i64_load32_s, ctx.at + 4);
      else f.mem(W.i64_load, ctx.at + 4, 2);
      ctx.storeSlot(Type.i64);
    }
  }

  lowerCall(v: TciVariant): void {
    const { f, ctx, env } = this;
    const def = this.formats.helpers[v.helper]!;
    if (v.trailer) f.get(env).get(this.ip).mem(W.i32_load, ctx.at + immediateOffset(v.slots)).mem(W.i32_store, CTX.insnIndex);
    if (v.outs > 0) ctx.slotAddress(0);
    if (def.env !== false) f.get(env);
    def.args.forEach((type, i) => ctx.loadSlot(v.outs + i, Type[type]));
    f.call(this.helpers[v.helper]!);
    if (def.ret !== null) ctx.storeSlot(Type[def.ret]);
    if (def.effects.mayFault || def.effects.mayExit) ctx.exitIfRequested();
  }

  /** A guest access of any MemOp and MMU index: always out of line. */
  lowerAny(v: TciVariant): void {
    const { f, ctx } = this;
    const address = (i: number): void => {
      ctx.in(i);
      if (!v.wide) f.op(W.i64_extend_i32_u);
    };
    const value = (i: number): void => {
      ctx.in(i);
      if (v.type === Type.i32) f.op(W.i64_extend_i32_u);
    };
    const result = (): void => {
      const local = ctx.scratch(ValType.i64);
      f.set(local);
      ctx.exitIfRequested();
      ctx.outBegin(0);
      f.get(local);
      if (v.type === Type.i32) f.op(W.i32_wrap_i64);
      ctx.outEnd(0);
    };
    switch (OP_NAMES[v.op]) {
      case 'guest_ld':
        ctx.env();
        address(0);
        ctx.pushOi();
        if (v.type !== Type.v128) {
          ctx.callCore('ld_slow');
          result();
          return;
        }
        ctx.callCore('ld_slow128');
        ctx.exitIfRequested();
        ctx.outBegin(0);
        ctx.env();
        f.mem(W.v128_load, CTX.ret);
        ctx.outEnd(0);
        return;
      case 'guest_st':
        if (v.type === Type.v128) {
          ctx.env();
          ctx.in(1);
          f.mem(W.v128_store, CTX.arg);
        }
        ctx.env();
        address(0);
        if (v.type !== Type.v128) value(1);
        ctx.pushOi();
        ctx.callCore(v.type === Type.v128 ? 'st_slow128' : 'st_slow');
        ctx.exitIfRequested();
        return;
      case 'guest_rmw_ld':
        ctx.env();
        address(0);
        ctx.pushOi();
        ctx.callCore('rmw_ld_slow');
        result();
        ctx.outBegin(1);
        f.i32Const(0);
        ctx.outEnd(1);
        return;
      case 'guest_rmw_st':
        ctx.env();
        address(1);
        value(2);
        ctx.pushOi();
        ctx.callCore('rmw_st_slow');
        ctx.exitIfRequested();
        return;
      default:
        ctx.env();
        address(0);
        ctx.pushOi();
        ctx.pushAttr(0);
        ctx.callCore('probe_slow');
        ctx.exitIfRequested();
    }
  }

  /** budget += the instructions of the TB that the exit has not run. */
  refund(v: TciVariant): void {
    const { f, env } = this;
    f.get(env).get(env).mem(W.i32_load, CTX.budget).get(this.ip).mem(W.i32_load, this.ctx.at + (v.words - 1) * 4).op(W.i32_add).mem(W.i32_store, CTX.budget);
  }

  /** pc = (page base + delta − csBase) & pcMask. */
  writePc(pushDelta: () => void): void {
    const { f, env, layout } = this;
    f.get(env);
    f.get(env).mem(W.i64_load, this.globalOffset(layout.pageBase));
    pushDelta();
    f.op(W.i64_extend_i32_s).op(W.i64_add);
    f.get(env).mem(W.i64_load, layout.csBaseOffset).op(W.i64_sub);
    f.get(env).mem(W.i64_load, layout.pcMaskOffset).op(W.i64_and);
    f.mem(W.i64_store, this.globalOffset(layout.pc));
  }

  globalOffset(index: number): number {
    return this.layout.frameOffset + this.layout.globals[index]!.slot * 8;
  }

  /** Take the link if it is good, else ask for a look-up that makes it. */
  lowerGotoTb(v: TciVariant): void {
    const { f, env, tb, t, ctx, layout } = this;
    const slot = v.attrs[0]!;
    const count = TB.jmpCount + slot * 4;
    this.refund(v);
    f.get(tb).get(tb).mem(W.i32_load, count).i32Const(1).op(W.i32_add).mem(W.i32_store, count);
    f.get(tb).mem(W.i32_load, TB.jmpTarget + slot * 4).tee(t).hint(true).if_();
    const pageBits = layout.mmu.pageBits;
    ctx.pushAttr(1);
    f.i32Const(pageBits).op(W.i32_shr_s).tee(this.u).if_();
    // To another page: verified under this mapping, from this page base? Then the page base moves.
    const pageBase = this.globalOffset(layout.pageBase);
    f.get(tb).mem(W.i32_load, TB.jmpGeneration + slot * 4).get(env).mem(W.i32_load, CTX.mappingGeneration).op(W.i32_eq);
    f.get(tb).mem(W.i64_load, TB.jmpBase + slot * 8).get(env).mem(W.i64_load, pageBase).op(W.i64_eq).op(W.i32_and).if_();
    f.get(env).get(env).mem(W.i64_load, pageBase).get(this.u).op(W.i64_extend_i32_s).i64Const(pageBits, 0).op(W.i64_shl).op(W.i64_add)
      .get(env).mem(W.i64_load, layout.pcMaskOffset).op(W.i64_and).mem(W.i64_store, pageBase);
    f.get(t).set(this.r).br(this.returned);
    f.end();
    f.else_();
    f.get(t).set(this.r).br(this.returned);
    f.end();
    f.end();
    this.writePc(() => ctx.pushAttr(1));
    f.get(tb).i32Const(TB_RETURN_LINK + slot).op(W.i32_or).set(this.r).i32Const(0).set(this.from).br(this.returned);
  }

  /** After a TB: next TB, exit, or look-up with or without a link to make. */
  handleReturn(next: Label): void {
    const { f, env, tb, r, t, layout } = this;
    // A header: aligned to 16 and not 0.
    f.get(r).i32Const(15).op(W.i32_and).op(W.i32_eqz).if_();
    f.get(r).op(W.i32_eqz).brIf(this.leave);
    f.get(r).set(tb).br(next);
    f.end();

    // Jump cache: entry (u) of what the frame names.
    f.get(env).mem(W.i64_load, this.globalOffset(layout.pageBase)).set(this.oldBase);
    countOne(f, env, CTX.lookups);
    probeJumpCache(f, layout, env, this.u, t);
    f.hint(true).if_();
    takePageBase(f, layout, env, this.u);
    f.else_();
    countOne(f, env, CTX.lookupMisses);
    // tb_find sets page base and jump cache entry.
    f.get(env).call(this.coreFunc('tb_find')).tee(t).op(W.i32_eqz).if_();
    // Nothing translated: the host does that and makes the link. Or the fetch faulted.
    f.get(env).get(r).i32Const(0).get(r).i32Const(TB_RETURN_LINK).op(W.i32_and).op(W.select).mem(W.i32_store, CTX.linkFrom);
    f.get(env).mem(W.i32_load, CTX.exitCode).op(W.i32_eqz).if_();
    f.get(env).i32Const(ExitCode.translate).mem(W.i32_store, CTX.exitCode);
    f.end().br(this.leave);
    f.end().end();

    f.get(r).i32Const(TB_RETURN_LINK).op(W.i32_and).if_();
    this.link();
    f.else_();
    this.profileIndirect();
    f.end();
    f.get(t).set(tb).br(next);
  }

  /** Make the link of the goto_tb in `r` to the TB in `t`, or verify the one that is there under the present mapping. */
  link(): void {
    const { f, env, r, t, u } = this;
    // u: slot · 4, r: header.
    f.get(r).i32Const(1).op(W.i32_and).i32Const(2).op(W.i32_shl).set(u);
    f.get(r).i32Const(-16).op(W.i32_and).set(r);
    // A TB for one use is in nobody's list. One that lies on two pages is looked up each time: a link inside of a page is taken without a look at the
    // mapping, which may have another second page now. (NO_PAGE + 1 is 0.)
    f.get(r).get(u).op(W.i32_add).mem(W.i32_load, TB.jmpTarget).get(r).mem(W.i32_load, TB.cflags).op(W.i32_or);
    f.get(t).mem(W.i32_load, TB.physPage2).i32Const(1).op(W.i32_add).op(W.i32_or).op(W.i32_eqz).if_();
    f.get(r).get(u).op(W.i32_add).get(t).mem(W.i32_store, TB.jmpTarget);
    f.get(r).get(u).op(W.i32_add).get(t).mem(W.i32_load, TB.incoming).mem(W.i32_store, TB.jmpNext);
    f.get(t).get(r).get(u).i32Const(2).op(W.i32_shr_u).op(W.i32_or).mem(W.i32_store, TB.incoming);
    f.end();
    f.get(r).get(u).op(W.i32_add).mem(W.i32_load, TB.jmpTarget).get(t).op(W.i32_eq).if_();
    f.get(r).get(u).op(W.i32_add).get(env).mem(W.i32_load, CTX.mappingGeneration).mem(W.i32_store, TB.jmpGeneration);
    f.get(r).get(u).i32Const(1).op(W.i32_shl).op(W.i32_add).get(this.oldBase).mem(W.i64_store, TB.jmpBase);
    f.end();
  }

  /** Count the target of an interpreted goto_ptr in the TB's table, if it has one. */
  profileIndirect(): void {
    const { f, from, t, ip, u } = this;
    const { tb: target, pages, count } = INDIRECT_TARGET.offset;
    f.get(from).if_();
    f.get(from).mem(W.i32_load, TB.indirect).tee(ip).if_();
    // ip: entry, u: end of the table.
    f.get(ip).i32Const(INDIRECT_TARGETS * INDIRECT_TARGET.size).op(W.i32_add).set(u);
    const done = f.block();
    const next = f.loop();
    f.get(ip).mem(W.i32_load, target).op(W.i32_eqz).if_();
    f.get(ip).get(t).mem(W.i32_store, target);
    f.get(ip).get(this.env).mem(W.i64_load, this.globalOffset(this.layout.pageBase)).get(this.oldBase).op(W.i64_sub)
      .i64Const(this.layout.mmu.pageBits, 0).op(W.i64_shr_s).op(W.i32_wrap_i64).mem(W.i32_store, pages);
    f.end();
    f.get(ip).mem(W.i32_load, target).get(t).op(W.i32_eq).if_();
    f.get(ip).get(ip).mem(W.i32_load, count).i32Const(1).op(W.i32_add).mem(W.i32_store, count).br(done);
    f.end();
    f.get(ip).i32Const(INDIRECT_TARGET.size).op(W.i32_add).tee(ip).get(u).op(W.i32_lt_u).brIf(next);
    f.end();
    f.get(from).get(from).mem(W.i32_load, TB.indirectMisses).i32Const(1).op(W.i32_add).mem(W.i32_store, TB.indirectMisses);
    f.end();
    f.end();
    f.end();
  }
}
