/**
 * What TB modules and regions share: temps in Wasm locals, the op loop over a block, helper calls and exits.
 *
 * A local temp gets a Wasm local at its first output; when one block alone names it, the local is free again after its last
 * use (the baseline compiler zeroes every local at entry, so fewer are faster). Where globals live is up to the subclass.
 * Parameter 0 of every function is `env`.
 */
import {
  makeOi, Op as Ir, OP_DEFS, OP_NAMES, opCode, opLength, opType, TempKind, Type, type Cond, type HelperEffects, type HelperTable, type TargetLayout, type TbIr, type Temp,
} from '@wasm-tcg/ir';
import { TB_HEADER, TB_RETURN_EXIT, TB_RETURN_LINK, TB_RETURN_LOOKUP, WASM_CONTEXT } from '@wasm-tcg/runtime';
import type { FuncBody } from '../encoder/func-body.ts';
import type { Label } from '../encoder/labels.ts';
import { Op } from '../encoder/opcodes.ts';
import { ValType } from '../encoder/types.ts';
import { CodegenError } from '../errors.ts';
import { pushCond } from '../lower/cond.ts';
import { valTypeOf, type LowerCtx, type Lowering } from '../lower/context.ts';
import type { CoreCallName } from '../lower/core-calls.ts';
import { LOWERINGS } from '../lower/index.ts';
import { grown } from '../structure/graph.ts';
import { BlockScan } from './blocks.ts';
import type { HelperImports } from './imports.ts';
import type { OriginRecorder } from './origins.ts';
import { SpanScan, type Span } from './spans.ts';

/** Lowerings by op code; undefined for control ops and ops that `expand` should have replaced. */
const LOWERING_OF: readonly (Lowering | undefined)[] = OP_NAMES.map((name) => (LOWERINGS as Readonly<Record<string, Lowering>>)[name]);
const OUTS = Uint8Array.from(OP_DEFS, (def) => def.out.length);
const INS = Uint8Array.from(OP_DEFS, (def) => def.in.length);
/** Position of the memop and mmu attributes among an op's attributes. */
const MEMOP_ATTR = Uint8Array.from(OP_DEFS, (def) => Math.max(0, def.attrs.indexOf('memop')));
const MMU_ATTR = Uint8Array.from(OP_DEFS, (def) => Math.max(0, def.attrs.indexOf('mmu')));

const ENV = 0;
const NO_LOCAL = -1;
const TB = TB_HEADER.offset;
export const CTX: typeof WASM_CONTEXT.offset = WASM_CONTEXT.offset;

/** Its exit code may mean that all has been done: what it has written is then what counts, and else what was there before. */
export function mayCommitAndLeave(effects: HelperEffects): boolean {
  return effects.mayFault === true && effects.mayExit === true;
}

export abstract class FunctionEmitter implements LowerCtx {
  readonly target: TargetLayout;
  protected readonly helpers: HelperTable;
  protected readonly imports: HelperImports;
  protected readonly blocks = new BlockScan();
  private readonly spans: SpanScan;
  /** Wasm locals of spans. They are never released: a block may be written twice, and then the span is used twice. */
  private readonly spanLocals: number[] = [];
  f!: FuncBody;
  protected tb!: TbIr;
  wide = false;
  type: Type = Type.i32;
  /** Where a slow path or helper that wants to leave goes: state is in place there, the function returns TB_RETURN_EXIT. */
  protected exitLabel!: Label;
  /** Index of the running instruction in the TB (region: in its member), −1 before the first. */
  protected insn = -1;
  /** Header of the TB (region: of the running member), and the number of its instructions. */
  protected header = 0;
  protected insns = 0;
  /** Address of the vCPU's area, when the code is for that one alone. */
  readonly envAddress: number | undefined;
  /** Position of the TB in its module (region: of the running member). */
  protected block = 0;
  /** Is told where code comes from. */
  origins: OriginRecorder | undefined;
  protected code!: Int32Array;
  private op = 0;
  private outsAt = 0;
  private insAt = 0;
  private attrsAt = 0;
  /** Wasm local of a local temp, or of a global where the subclass keeps one. */
  protected localOf = new Int32Array(256);
  private readonly scratches: number[] = [];

  protected constructor(target: TargetLayout, helpers: HelperTable, imports: HelperImports, envAddress?: number) {
    this.envAddress = envAddress;
    this.target = target;
    this.helpers = helpers;
    this.imports = imports;
    this.spans = new SpanScan(helpers);
  }

  /** Starts a function for a TB or region: scans it and forgets where temps lived. */
  protected begin(f: FuncBody, tb: TbIr): void {
    this.f = f;
    this.tb = tb;
    this.code = tb.code;
    this.wide = tb.wide;
    if (this.envAddress !== undefined) f.fixParam(ENV, this.envAddress);
    this.insn = -1;
    this.scratches.length = 0;
    if (this.localOf.length < tb.temps) this.localOf = grown(this.localOf, tb.temps);
    this.localOf.fill(NO_LOCAL, 0, tb.temps);
    this.blocks.scan(tb);
  }

  /** Finds the spans, once the graph of blocks is complete. */
  protected findSpans(alone: (data: number) => boolean): void {
    this.spanLocals.length = 0;
    this.spans.scan(this.tb, this.blocks, alone);
  }

  get span(): Span | undefined {
    return this.spans.of(this.outsAt - 1, (span) => (this.spanLocals[span] ??= this.f.local(ValType.i32)));
  }

  // --- globals: what subclasses decide

  /** Pushes a global. */
  protected abstract pushGlobal(t: Temp): void;
  /** A local that holds a global. */
  protected abstract globalLocal(t: Temp): number;
  protected abstract beginGlobal(t: Temp): void;
  /** Takes the new value of a global from the stack. */
  protected abstract endGlobal(t: Temp): void;
  /** Makes frame slots right before a helper reads them, and forgets or reloads what it has written. */
  protected abstract beforeHelper(id: number): void;
  /** @param leaves nothing but the look-up of what the helper has left in the frame follows */
  protected abstract afterHelper(id: number, leaves: boolean): void;
  /** Adds to the budget. */
  protected abstract addBudget(insns: number): void;
  /** Takes what the function is to return from the stack, and leaves with all state in place. */
  protected abstract leave(): void;
  /** A goto_tb to a TB that is bound directly may go there; what this emits is tried before the link. */
  protected abstract directLink(slot: number, pages: number): void;
  /** Output 0 is whether these pages of a region are in place. */
  protected abstract pagesThere(pages: number): void;
  /** An insn_start has set `insn`, or (region) carries member and index in its data. */
  protected abstract startInsn(data: number): void;
  abstract slowPath(): void;
  abstract exitIfRequested(): void;

  // --- operands

  in(i: number): void {
    this.pushTemp(this.code[this.insAt + i]);
  }

  private pushTemp(t: Temp): void {
    const { tb, f } = this;
    switch (tb.tempKind[t]) {
      case TempKind.global: this.pushGlobal(t); break;
      case TempKind.env: f.get(ENV); break;
      case TempKind.const: this.pushConstant(t); break;
      default: f.get(this.localOfTemp(t));
    }
  }

  private localOfTemp(t: Temp): number {
    const local = this.localOf[t];
    if (local === NO_LOCAL) throw new CodegenError('bad-ir', `temp ${t} is read before it is written`, 'run the IR through verify() first');
    return local;
  }

  private pushConstant(t: Temp): void {
    const { tb, f } = this;
    const lo = tb.constLo[t];
    switch (tb.tempType[t]) {
      case Type.i32: f.i32Const(lo); break;
      case Type.i64: f.i64Const(lo, tb.constHi[t]); break;
      case Type.f32: f.f32ConstBits(lo); break;
      case Type.f64: f.f64ConstBits(lo, tb.constHi[t]); break;
      default: {
        const b = tb.vectors[lo];
        f.v128Const(word(b, 0), word(b, 4), word(b, 8), word(b, 12));
      }
    }
  }

  inLocal(i: number): number {
    const { tb, f } = this;
    const t = this.code[this.insAt + i];
    switch (tb.tempKind[t]) {
      case TempKind.global: return this.globalLocal(t);
      case TempKind.env: return ENV;
      case TempKind.const: {
        const local = this.scratch(valTypeOf(tb.tempType[t] as Type));
        this.pushConstant(t);
        f.set(local);
        return local;
      }
      default: return this.localOfTemp(t);
    }
  }

  isConst(i: number): boolean {
    return this.tb.tempKind[this.code[this.insAt + i]] === TempKind.const;
  }

  constLo(i: number): number {
    return this.tb.constLo[this.code[this.insAt + i]];
  }

  constHi(i: number): number {
    return this.tb.constHi[this.code[this.insAt + i]];
  }

  constVector(i: number): Uint8Array | undefined {
    const t = this.code[this.insAt + i];
    return this.tb.tempKind[t] === TempKind.const && this.tb.tempType[t] === Type.v128 ? this.tb.vectors[this.tb.constLo[t]] : undefined;
  }

  outBegin(i: number): void {
    const t = this.code[this.outsAt + i];
    if (this.tb.tempKind[t] === TempKind.global) this.beginGlobal(t);
  }

  outEnd(i: number): void {
    const t = this.code[this.outsAt + i];
    if (this.tb.tempKind[t] === TempKind.global) this.endGlobal(t);
    else this.f.set(this.outLocal(t));
  }

  private outLocal(t: Temp): number {
    let local = this.localOf[t];
    if (local === NO_LOCAL) this.localOf[t] = local = this.f.local(valTypeOf(this.tb.tempType[t] as Type));
    return local;
  }

  isDynamic(): boolean {
    return false;
  }

  attr(i: number): number {
    return this.code[this.attrsAt + i];
  }

  pushAttr(i: number): void {
    this.f.i32Const(this.code[this.attrsAt + i]);
  }

  scratch(type: ValType): number {
    const local = this.f.local(type);
    this.scratches.push(local);
    return local;
  }

  env(): void {
    this.f.get(ENV);
  }

  pushOi(): void {
    const { op } = this;
    this.f.i32Const(makeOi(this.attr(MEMOP_ATTR[op]), this.attr(MMU_ATTR[op]), Math.max(0, this.insn)));
  }

  callCore(name: CoreCallName): void {
    this.f.call(this.imports.coreHelper(name));
  }

  // --- the op loop

  /** Emits the ops of a block. A brcond leaves its condition on the stack, a br nothing: the structure has the edges. */
  protected emitBlock(block: number): void {
    const { code } = this;
    this.markOrigin();
    const end = this.blocks.end[block];
    for (let at = this.blocks.start[block]; at < end; ) {
      const head = code[at];
      const next = at + 1 + opLength(head);
      this.emitOp(at, opCode(head), opType(head), next);
      at = next;
    }
  }

  /** What is written from here on belongs to the running instruction of the running block. */
  protected markOrigin(): void {
    this.origins?.mark(this.f.size, this.block, this.insn);
  }

  private emitOp(at: number, op: number, type: Type, next: number): void {
    this.op = op;
    this.type = type;
    this.outsAt = at + 1;
    this.insAt = at + 1 + OUTS[op];
    this.attrsAt = this.insAt + INS[op];
    const lowering = LOWERING_OF[op];
    if (lowering !== undefined) lowering(this);
    else this.control(at, op, next);
    this.endOp(at, op, next);
  }

  private control(at: number, op: number, next: number): void {
    const { code } = this;
    switch (op) {
      case Ir.label:
      case Ir.br:
        break;
      case Ir.insn_start:
        this.startInsn(code[at + 2]);
        this.markOrigin();
        break;
      case Ir.brcond: pushCond(this, code[this.attrsAt] as Cond, 0, 1, true); break;
      case Ir.call: this.call(at, next - 1); break;
      case Ir.goto_tb: this.gotoTb(code[at + 1], code[at + 2]); break;
      case Ir.goto_ptr:
        this.refund();
        this.f.i32Const(TB_RETURN_LOOKUP);
        this.leave();
        break;
      case Ir.exit_tb: this.exitTb(code[at + 1], code[at + 2]); break;
      case Ir.pages_there: this.pagesThere(code[this.attrsAt]); break;
      default: throw new CodegenError('bad-ir', `op ${OP_NAMES[op] ?? op} is not one that back ends know`, 'run expand first');
    }
  }

  /** Frees what the op alone needed, and temps it was the last to name. */
  private endOp(at: number, op: number, next: number): void {
    const { code, blocks, f } = this;
    for (let i = this.scratches.length; i > 0; i--) f.release(this.scratches.pop() as number);
    const end = op === Ir.call ? next - 1 : this.attrsAt;
    for (let i = at + 1; i < end; i++) {
      const t = code[i];
      if (this.tb.tempKind[t] !== TempKind.local || blocks.lastUse[t] !== at || blocks.home[t] < 0) continue;
      if (this.localOf[t] === NO_LOCAL) continue; // named twice by this op
      f.release(this.localOf[t]);
      this.localOf[t] = NO_LOCAL;
    }
  }

  // --- helpers

  private call(at: number, helperAt: number): void {
    const { code, f } = this;
    const id = code[helperAt];
    const ref = this.imports.guest(id);
    const def = this.helpers[id];
    const { effects } = def;
    const outs = def.ret === null ? 0 : 1;
    if (effects.mayFault || effects.mayExit || effects.io) {
      this.slowPath();
      f.get(ENV).i32Const(Math.max(0, this.insn)).mem(Op.i32_store, CTX.insnIndex);
    }
    if (effects.takesBudget) this.lendBudget();
    this.beforeHelper(id);
    this.outsAt = at + 1;
    if (outs === 1) this.outBegin(0);
    if (def.env !== false) f.get(ENV);
    for (let i = at + 1 + outs; i < helperAt; i++) this.pushTemp(code[i]);
    f.call(ref);
    // A faulting helper must not change a global; one that asks to leave may have done its work.
    const commits = mayCommitAndLeave(effects);
    const leaves = opCode(code[helperAt + 1]) === Ir.goto_ptr;
    if (commits) this.afterHelper(id, leaves);
    if (effects.mayFault) this.exitIfRequested();
    if (outs === 1) this.outEnd(0);
    if (!commits) this.afterHelper(id, leaves);
    if (effects.mayExit && !effects.mayFault) this.exitIfRequested();
    else if (effects.io && !effects.mayFault) this.reloadBudget();
    if (effects.takesBudget) this.takeBudgetBack();
  }

  /** Reads the budget again after something that may have changed it. */
  protected abstract reloadBudget(): void;
  /** Puts into the context what a helper with `takesBudget` may take, and reads afterwards what it has left. */
  protected abstract lendBudget(): void;
  protected abstract takeBudgetBack(): void;

  // --- exits

  /** Gives back the budget of instructions that this exit skips. */
  private refund(): void {
    const skipped = this.insns - this.insn - 1;
    if (skipped > 0) this.addBudget(skipped);
  }

  /** pc = page base + delta − csBase. */
  protected writePc(delta: number): void {
    const { f, target, tb } = this;
    this.beginGlobal(target.pc);
    this.pushGlobal(target.pageBase);
    this.pushWord(delta - tb.csBase);
    f.op(this.wide ? Op.i64_add : Op.i32_add);
    this.endGlobal(target.pc);
  }

  /** Pushes a constant of the width of guest addresses. */
  protected pushWord(value: number): void {
    if (this.wide) this.f.i64Const(value | 0, Math.floor(value / 2 ** 32));
    else this.f.i32Const(value);
  }

  /** Moves the page base. */
  protected addPages(pages: number): void {
    const { f, target } = this;
    this.beginGlobal(target.pageBase);
    this.pushGlobal(target.pageBase);
    this.pushWord(pages * 2 ** target.mmu.pageBits);
    f.op(this.wide ? Op.i64_add : Op.i32_add);
    this.endGlobal(target.pageBase);
  }

  /** Writes which TB leaves, and why. */
  protected writeExit(code: number): void {
    this.f.get(ENV).i32Const(this.header).mem(Op.i32_store, CTX.tbPtr);
    this.f.get(ENV).i32Const(code).mem(Op.i32_store, CTX.exitCode);
  }

  /** A link to another page is good only under the mapping and from the page base it was verified with: pushes whether it still is. */
  protected pushLinkVerified(slot: number): void {
    const { f, header, wide } = this;
    f.i32Const(header).mem(Op.i32_load, TB.jmpGeneration + slot * 4);
    f.get(ENV).mem(Op.i32_load, CTX.mappingGeneration).op(Op.i32_eq);
    // Above the base of narrow code is nothing but zeros.
    f.i32Const(header).mem(wide ? Op.i64_load : Op.i32_load, TB.jmpBase + slot * 8);
    this.pushGlobal(this.target.pageBase);
    f.op(wide ? Op.i64_eq : Op.i32_eq).op(Op.i32_and);
  }

  private gotoTb(slot: number, delta: number): void {
    const { f, target } = this;
    const pages = delta >> target.mmu.pageBits;
    this.refund();
    // Read outside of the arms below that move it; each of them leaves, so the value stays good behind them.
    if (pages !== 0) this.globalLocal(target.pageBase);
    this.directLink(slot, pages);
    const next = this.scratch(ValType.i32);
    f.i32Const(this.header).mem(Op.i32_load, TB.jmpTarget + slot * 4).tee(next);
    if (pages !== 0) {
      f.i32Const(0).op(Op.i32_ne);
      this.pushLinkVerified(slot);
      f.op(Op.i32_and);
    }
    f.if_();
    if (pages !== 0) this.addPages(pages);
    f.get(next);
    this.leave();
    f.end();
    this.writePc(delta);
    f.i32Const(this.header | (TB_RETURN_LINK + slot));
    this.leave();
  }

  private exitTb(exit: number, delta: number): void {
    this.refund();
    this.writePc(delta);
    this.writeExit(exit);
    this.f.i32Const(TB_RETURN_EXIT);
    this.leave();
  }

  // --- frame access for subclasses

  /** Offset of a global's slot from env, in bytes. */
  protected slotOffset(t: Temp): number {
    return this.target.frameOffset + this.target.globals[t].slot * 8;
  }

  /** Pushes a global from its slot. */
  protected loadSlot(t: Temp): void {
    const { f } = this;
    const offset = this.slotOffset(t);
    f.get(ENV);
    switch (this.tb.tempType[t]) {
      case Type.i32: f.mem(Op.i32_load, offset); break;
      case Type.i64: f.mem(Op.i64_load, offset); break;
      case Type.f32: f.mem(Op.f32_load, offset); break;
      case Type.f64: f.mem(Op.f64_load, offset); break;
      default: f.mem(Op.v128_load, offset);
    }
  }

  /** Stores the value on the stack into a global's slot; env is below it. An i32 is zero-extended to the whole slot. */
  protected storeSlot(t: Temp): void {
    const { f } = this;
    const offset = this.slotOffset(t);
    switch (this.tb.tempType[t]) {
      case Type.i32: f.op(Op.i64_extend_i32_u).mem(Op.i64_store, offset); break;
      case Type.i64: f.mem(Op.i64_store, offset); break;
      case Type.f32: f.mem(Op.f32_store, offset); break;
      case Type.f64: f.mem(Op.f64_store, offset); break;
      default: f.mem(Op.v128_store, offset);
    }
  }
}

/** Four bytes of a vector constant as one word. */
function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
