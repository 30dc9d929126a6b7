/**
 * One TB as one function `(env) → i32`. Globals are read from the frame at their first use in a block and then kept in
 * locals; every write goes through to the frame, which is therefore exact at any moment: a fault has nothing to save.
 */
import type { HelperTable, TargetLayout, TbIr, Temp } from '@wasm-tcg/ir';
import { OP_NAMES, opCode, opLength } from '@wasm-tcg/ir';
import { ExitCode, TB_CPU, TB_HEADER, TB_RETURN_EXIT } from '@wasm-tcg/runtime';
import type { FuncBody } from '../encoder/func-body.ts';
import type { Label } from '../encoder/labels.ts';
import { Op } from '../encoder/opcodes.ts';
import { definedFunc } from '../encoder/sink.ts';
import { ValType } from '../encoder/types.ts';
import { CodegenError } from '../errors.ts';
import { valTypeOf } from '../lower/context.ts';
import { grown } from '../structure/graph.ts';
import { Structurer, type NodeWriter } from '../structure/structurer.ts';
import { BlockEnd } from './blocks.ts';
import { CTX, FunctionEmitter } from './emitter.ts';
import type { HelperImports } from './imports.ts';

/** A TB of the same module that a goto_tb slot leads to. */
export interface TbLink {
  /** Its function: position among the module's TBs. */
  readonly index: number;
  /** Its header, and the state word under which this module's functions are valid for it. */
  readonly header: number;
  readonly state: number;
}

/** A TB to compile. */
export interface TbMember {
  /** Core ops, optimised. Read while it is added; may be reused then. */
  readonly tb: TbIr;
  /** Address of its header in linear memory. */
  readonly header: number;
  /** Bound directly by a tail call, by goto_tb slot. Ignored by the loop-if scheme, and without tail calls. */
  readonly links?: readonly [TbLink | undefined, TbLink | undefined];
}

/**
 * How labels inside a TB become Wasm: `structured`, by dominators; `loop-if`, the scheme of QEMU's back end: a loop around one
 * `if` per label, entered by comparing a block number.
 */
export type LabelScheme = 'structured' | 'loop-if';

export interface TbOptions {
  readonly scheme: LabelScheme;
  readonly tailCalls: boolean;
  /**
   * Index of the vCPU whose counters TBs keep: executions (leaving with ExitCode.hot when they reach the threshold) and edges
   * taken, as the interpreter does. Absent: none.
   */
  readonly profile?: number;
}

const ENV = 0;
const NO_LOCAL = -1;
const TB = TB_HEADER.offset;

export class TbEmitter extends FunctionEmitter implements NodeWriter {
  private readonly options: TbOptions;
  private readonly structurer = new Structurer();
  private member!: TbMember;
  /** Block count at which a global was last read into its local or written. */
  private cached = new Int32Array(256);
  private epoch = 0;
  private readonly allGlobals: number;

  constructor(target: TargetLayout, helpers: HelperTable, imports: HelperImports, options: TbOptions) {
    super(target, helpers, imports);
    this.options = options;
    this.allGlobals = target.globals.length;
    if (this.cached.length < this.allGlobals) this.cached = grown(this.cached, this.allGlobals);
  }

  /** Writes the body of the function of a module's TB number `index` and finishes it. */
  emit(f: FuncBody, member: TbMember, index: number): void {
    const { tb } = member;
    this.begin(f, tb);
    this.member = member;
    this.findSpans(() => tb.insns === 1);
    this.header = member.header;
    this.insns = tb.insns;
    this.cached.fill(-1, 0, this.allGlobals);
    this.epoch = 0;
    this.block = index;
    this.origins?.func();
    this.markOrigin();
    this.exitLabel = f.block();
    const notRun = f.block();
    const why = this.enter(notRun);
    this.emitBody();
    // Every path has left; only validation does not know.
    this.insn = -1;
    this.markOrigin();
    f.unreachable().end();
    this.epoch++;
    this.writePc(entryDelta(tb));
    f.get(ENV).i32Const(this.header).mem(Op.i32_store, CTX.tbPtr);
    f.get(ENV);
    if (why === NO_LOCAL) f.i32Const(ExitCode.budget);
    else f.get(why);
    f.mem(Op.i32_store, CTX.exitCode).end();
    f.i32Const(TB_RETURN_EXIT).finish();
  }

  /** Counts the execution and takes the TB's length off the budget; returns the local that says why it was not run. */
  private enter(notRun: Label): number {
    const { f } = this;
    let why = NO_LOCAL;
    if (this.options.profile !== undefined) {
      why = f.local(ValType.i32);
      const count = f.local(ValType.i32);
      const record = TB.perCpu + this.options.profile * TB_CPU.size;
      f.i32Const(ExitCode.hot).set(why);
      f.i32Const(this.header).i32Const(this.header).mem(Op.i32_load, record + TB_CPU.offset.count).i32Const(1).op(Op.i32_add);
      f.tee(count).mem(Op.i32_store, record + TB_CPU.offset.count);
      f.get(count).i32Const(this.header).mem(Op.i32_load, record + TB_CPU.offset.threshold).op(Op.i32_ge_u).hint(false).brIf(notRun);
      f.i32Const(ExitCode.budget).set(why).release(count);
    }
    const budget = f.local(ValType.i32);
    f.get(ENV).mem(Op.i32_load, CTX.budget).i32Const(this.insns).op(Op.i32_sub).tee(budget);
    f.i32Const(0).op(Op.i32_lt_s).hint(false).brIf(notRun);
    f.get(ENV).get(budget).mem(Op.i32_store, CTX.budget).release(budget);
    return why;
  }

  private emitBody(): void {
    if (this.blocks.blocks === 1 && this.blocks.endKind[0] === BlockEnd.exit) {
      this.node(0);
    } else if (this.options.scheme === 'structured') {
      this.structurer.analyse(this.blocks.graph);
      this.structurer.emit(this.f, this);
    } else {
      this.emitLoopIf();
    }
  }

  /** A block of the structured scheme. */
  node(block: number): void {
    this.epoch++;
    this.insn = this.blocks.insnsBefore[block] - 1;
    this.emitBlock(block);
  }

  /**
   * `loop { if (at <= 0) { block 0 } if (at <= 1) { block 1 } … }`: falling on passes to the next `if`, a branch sets `at` and
   * starts over. Blocks without a label belong to the `if` of the block before.
   */
  private emitLoopIf(): void {
    const { f, blocks } = this;
    const at = f.local(ValType.i32);
    f.i32Const(0).set(at);
    const again = f.loop();
    for (let block = 0; block < blocks.blocks; block++) {
      if (blocks.reachable[block] === 0) continue;
      if (block === 0 || blocks.labelled[block] !== 0) {
        if (block > 0) f.end();
        f.get(at).i32Const(block).op(Op.i32_le_u).if_();
      }
      this.node(block);
      switch (blocks.endKind[block]) {
        case BlockEnd.br:
          f.i32Const(blocks.target(block)).set(at).br(again);
          break;
        case BlockEnd.brcond:
          f.if_();
          f.i32Const(blocks.target(block)).set(at).br(again).end();
          break;
      }
    }
    f.end().end();
  }

  // --- globals

  protected pushGlobal(t: Temp): void {
    const { f } = this;
    if (this.cached[t] === this.epoch) {
      f.get(this.localOf[t]);
      return;
    }
    this.loadSlot(t);
    f.tee(this.cache(t));
  }

  protected globalLocal(t: Temp): number {
    if (this.cached[t] !== this.epoch) {
      this.loadSlot(t);
      this.f.set(this.cache(t));
    }
    return this.localOf[t];
  }

  protected beginGlobal(): void {
    this.f.get(ENV);
  }

  protected endGlobal(t: Temp): void {
    this.f.tee(this.cache(t));
    this.storeSlot(t);
  }

  /** The local of a global, which holds its value from here to the end of the block. */
  private cache(t: Temp): number {
    if (this.localOf[t] === NO_LOCAL) this.localOf[t] = this.f.local(valTypeOf(this.tb.tempType[t] as 0));
    this.cached[t] = this.epoch;
    return this.localOf[t];
  }

  protected beforeHelper(): void {
    // The frame is exact.
  }

  protected afterHelper(id: number): void {
    const { writes } = this.helpers[id].effects;
    if (writes === 'none') return;
    const { globals } = this.target;
    for (let t = 0; t < globals.length; t++) if (writes === 'all' || writes.includes(globals[t].name)) this.cached[t] = -1;
  }

  // --- leaving

  slowPath(): void {
    this.f.get(ENV).i32Const(this.header).mem(Op.i32_store, CTX.tbPtr);
  }

  exitIfRequested(): void {
    this.f.get(ENV).mem(Op.i32_load, CTX.exitCode).hint(false).brIf(this.exitLabel);
  }

  protected addBudget(insns: number): void {
    const { f } = this;
    f.get(ENV).get(ENV).mem(Op.i32_load, CTX.budget).i32Const(insns).op(Op.i32_add).mem(Op.i32_store, CTX.budget);
  }

  protected reloadBudget(): void {
    // It is in the context all the time.
  }

  protected lendBudget(): void {
    // All of it may be taken: the next TB looks at what is left.
  }

  protected takeBudgetBack(): void {
    // It is in the context all the time.
  }

  protected leave(): void {
    this.f.return_();
  }

  protected startInsn(): void {
    this.insn++;
  }

  protected pagesThere(): void {
    throw new CodegenError('bad-ir', 'a TB asks for pages of a region', 'compile it with a RegionModuleBuilder');
  }

  protected directLink(slot: number, pages: number): void {
    const { f, options } = this;
    if (options.profile !== undefined) {
      const count = TB.jmpCount + slot * 4;
      f.i32Const(this.header).i32Const(this.header).mem(Op.i32_load, count).i32Const(1).op(Op.i32_add).mem(Op.i32_store, count);
    }
    const link = this.member.links?.[slot];
    if (link === undefined || !options.tailCalls || options.scheme === 'loop-if') return;
    f.i32Const(link.header).mem(Op.i32_load, TB.state).i32Const(link.state).op(Op.i32_eq);
    if (pages !== 0) {
      this.pushLinkVerified(slot);
      f.op(Op.i32_and);
    }
    f.if_();
    if (pages !== 0) this.addPages(pages);
    f.get(ENV).returnCall(definedFunc(link.index)).end();
  }
}

/** Byte offset of a TB's first instruction from the page it starts on. @throws CodegenError `bad-ir` when it has none */
export function entryDelta(tb: TbIr): number {
  const at = 0;
  const head = tb.code[at];
  if (tb.length < 1 + opLength(head) || OP_NAMES[opCode(head)] !== 'insn_start') {
    throw new CodegenError('bad-ir', 'a TB does not begin with insn_start', 'emit insn_start before anything else');
  }
  return tb.code[at + 1];
}
