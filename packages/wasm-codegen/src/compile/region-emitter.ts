/**
 * A region as one function `(env, tb) → i32`, entered at the member whose header `tb` is: globals that it uses are Wasm locals, loaded at entry and stored at the one place
 * where it is left; the budget is a local too.
 *
 *     block notRun                       too little budget: nothing has been changed
 *       forget which pages are in place if the mapping is another one, load globals and budget
 *       block stored                     the frame is right already, see {@link RegionEmitter.inFrame}
 *         block left                     `result` says what the function returns
 *           block exit                   a slow path or helper wants to leave: tbPtr, insnIndex and exitCode are set
 *             branch table over the entries, in front of the members, structured
 *           result = TB_RETURN_EXIT
 *         store globals
 *       store budget, return result
 *
 * Budget: a member's entry subtracts its length. Only entries with `mayLeave` test it first, against the longest way to the
 * next such test, so it never goes below zero between tests.
 */
import { Op as Ir, OP_DEFS, opCode, opLength, regionInsnIndex, regionInsnMember, TempKind, type GlobalSet, type HelperTable, type RegionIr, type TargetLayout, type Temp } from '@wasm-tcg/ir';
import { ExitCode, REGION_DESCRIPTOR, TB_CPU, TB_HEADER, TB_RETURN_EXIT } from '@wasm-tcg/runtime';
import { CodegenError } from '../errors.ts';
import type { FuncBody } from '../encoder/func-body.ts';
import type { Label } from '../encoder/labels.ts';
import { Op } from '../encoder/opcodes.ts';
import { ValType } from '../encoder/types.ts';
import { valTypeOf } from '../lower/context.ts';
import { grown } from '../structure/graph.ts';
import { Structurer, type NodeWriter } from '../structure/structurer.ts';
import { BlockEnd } from './blocks.ts';
import { CTX, FunctionEmitter, mayCommitAndLeave } from './emitter.ts';
import type { HelperImports } from './imports.ts';
import { LongestPaths } from './longest-path.ts';

const ENV = 0;
/** Header of the entry. */
const TB = 1;
/** Its record of vCPU 0. */
const RECORD = TB_HEADER.offset.perCpu;
const NO_MEMBER = -1;
const OUTS = Uint8Array.from(OP_DEFS, (def) => def.out.length);
const INS = Uint8Array.from(OP_DEFS, (def) => def.in.length);

/** What a region does with a global. */
const Use = { none: 0, read: 1, written: 2 } as const;

export interface RegionOptions {
  /** Address of the area of the only vCPU that runs these regions: saves an add per access and a register. Default: known at run time. */
  readonly env?: number;
  /** Go on to other regions by tb_chain, which has to be imported as "e"."tb_chain", and not by returning to tb_exec. Default false. */
  readonly tailCalls?: boolean;
}

export class RegionEmitter extends FunctionEmitter implements NodeWriter {
  private readonly tailCalls: boolean;
  private readonly structurer = new Structurer();
  private readonly longest = new LongestPaths();
  private region!: RegionIr;
  /** {@link Use} by global. */
  private readonly use: Uint8Array;
  /** Member whose entry a block is, or NO_MEMBER. */
  private memberOf = new Int32Array(64);
  /** Node of the graph that leads to the entries; it stands behind the blocks. */
  private root = 0;
  private entries = 0;
  /** Wasm locals: the budget, and what the function returns. */
  private budgetLocal = 0;
  private result = 0;
  /** The basic block that is being written. */
  private running = 0;
  private leftLabel!: Label;
  private storedLabel!: Label;
  /**
   * All globals stand in the frame as a helper that moves control has left them, and none has been written since. To leave without storing them is not only less work: when
   * the helper has gone over to 64-bit mode, a global of 32-bit code holds half of what it has written.
   */
  private inFrame = false;
  /** Address of the region descriptor. */
  private descriptor = 0;

  constructor(target: TargetLayout, helpers: HelperTable, imports: HelperImports, { env, tailCalls = false }: RegionOptions = {}) {
    super(target, helpers, imports, env);
    this.tailCalls = tailCalls;
    this.use = new Uint8Array(target.globals.length);
  }

  /** Writes the body of a region's function and finishes it. `descriptor` is the address of its region descriptor, 0 when it lies on one page. */
  emit(f: FuncBody, region: RegionIr, descriptor: number): void {
    this.begin(f, region.tb);
    this.region = region;
    this.descriptor = descriptor;
    this.findUses();
    this.findMembers();
    this.addRoot();
    this.findSpans((data) => region.members[regionInsnMember(data)].insns === 1);
    this.structurer.analyse(this.blocks.graph, this.root, (block) => (block === this.root ? 0 : this.blocks.end[block] - this.blocks.start[block]));
    this.longest.run(this.blocks.graph, (block) => this.weight(block), (block) => this.testsBudget(block));

    this.origins?.func();
    this.origins?.mark(0, NO_MEMBER, -1);
    this.enterMember(0);
    this.budgetLocal = f.local(ValType.i32);
    this.result = f.local(ValType.i32);
    const notRun = f.block();
    this.checkEntry(notRun);
    this.loadGlobals();
    this.storedLabel = f.block();
    this.leftLabel = f.block();
    this.exitLabel = f.block();
    this.structurer.emit(f, this);
    // Every path has left; only validation does not know.
    this.origins?.mark(f.size, NO_MEMBER, -1);
    f.unreachable().end();
    f.i32Const(TB_RETURN_EXIT).set(this.result).end();
    this.storeGlobals();
    f.end();
    f.get(ENV).get(this.budgetLocal).mem(Op.i32_store, CTX.budget);
    if (this.tailCalls) f.get(ENV).get(this.result).returnCall(this.imports.chain()).end();
    else f.get(this.result).return_().end();

    f.get(ENV).i32Const(ExitCode.budget).mem(Op.i32_store, CTX.exitCode);
    f.get(ENV).get(TB).mem(Op.i32_store, CTX.tbPtr);
    this.writeEntryPc();
    f.i32Const(TB_RETURN_EXIT).finish();
  }

  // --- analysis

  /** Which globals are read or written; page base and pc always are, by exits. */
  private findUses(): void {
    const { tb, use, target, helpers } = this;
    const { code, length, tempKind } = tb;
    use.fill(Use.none);
    use[target.pageBase] = Use.written;
    use[target.pc] = Use.written;
    for (let at = 0; at < length; ) {
      const head = code[at];
      const op = opCode(head);
      const next = at + 1 + opLength(head);
      const outs = op === Ir.call ? (helpers[code[next - 1]]?.ret === null ? 0 : 1) : OUTS[op];
      const end = op === Ir.call ? next - 1 : at + 1 + outs + INS[op];
      for (let i = at + 1; i < end; i++) {
        const t = code[i];
        if (tempKind[t] !== TempKind.global) continue;
        if (i <= at + outs) use[t] = Use.written;
        else if (use[t] === Use.none) use[t] = Use.read;
      }
      at = next;
    }
  }

  /** Label i is the entry of member i. */
  private findMembers(): void {
    const { blocks, region } = this;
    // One more for the root.
    if (this.memberOf.length <= blocks.blocks) this.memberOf = grown(this.memberOf, blocks.blocks + 1);
    this.memberOf.fill(NO_MEMBER, 0, blocks.blocks + 1);
    for (let member = 0; member < region.members.length; member++) {
      const block = blocks.labelBlock[member];
      if (block >= 0) this.memberOf[block] = member;
    }
  }

  /** Entry k is the k-th member that may be entered. Of two, a node leads to the first when its condition is not 0. */
  private addRoot(): void {
    const { blocks: { graph, labelBlock }, region } = this;
    const targets: number[] = [];
    region.members.forEach(({ entry }, member) => {
      if (entry) targets.push(labelBlock[member]);
    });
    this.entries = targets.length;
    if (targets.length === 2) targets.reverse();
    for (const target of targets) graph.edge(target);
    this.root = graph.endNode();
  }

  private weight(block: number): number {
    const member = this.memberOf[block];
    return member === NO_MEMBER ? 0 : this.region.members[member].insns;
  }

  private testsBudget(block: number): boolean {
    const member = this.memberOf[block];
    return member !== NO_MEMBER && this.region.members[member].mayLeave;
  }

  // --- entry

  /** Leaves to `notRun` when the budget may not last to the next test. */
  private checkEntry(notRun: Label): void {
    const { f } = this;
    if (this.descriptor !== 0) this.forgetPages();
    f.get(ENV).mem(Op.i32_load, CTX.budget).set(this.budgetLocal);
    const longest = this.longest.from(this.root);
    // Entries with a test of their own are not counted.
    if (longest === 0) return;
    f.get(this.budgetLocal).i32Const(longest).op(Op.i32_lt_s).hint(false).brIf(notRun);
  }

  /**
   * What was verified is good under one mapping and for one page base of the first member. The pages of the entry are in place in any case: whoever found its TB has
   * looked them up.
   */
  private forgetPages(): void {
    const { f, target, wide, descriptor } = this;
    const { generation, verified, base } = REGION_DESCRIPTOR.offset;
    const now = f.local(wide ? ValType.i64 : ValType.i32);
    this.loadSlot(target.pageBase);
    f.get(TB).mem(Op.i32_load, RECORD + TB_CPU.offset.entryPages);
    if (wide) f.op(Op.i64_extend_i32_s).i64Const(target.mmu.pageBits, 0).op(Op.i64_shl).op(Op.i64_sub);
    else f.i32Const(target.mmu.pageBits).op(Op.i32_shl).op(Op.i32_sub);
    f.tee(now).i32Const(descriptor).mem(wide ? Op.i64_load : Op.i32_load, base).op(wide ? Op.i64_ne : Op.i32_ne);
    f.i32Const(descriptor).mem(Op.i32_load, generation).get(ENV).mem(Op.i32_load, CTX.mappingGeneration).op(Op.i32_ne).op(Op.i32_or).hint(false).if_();
    f.i32Const(descriptor).i32Const(0).mem(Op.i32_store, verified);
    f.i32Const(descriptor).get(ENV).mem(Op.i32_load, CTX.mappingGeneration).mem(Op.i32_store, generation);
    // Above the base of narrow code is nothing but zeros.
    f.i32Const(descriptor).get(now).mem(wide ? Op.i64_store : Op.i32_store, base).end();
    f.release(now);
  }

  private loadGlobals(): void {
    const { use } = this;
    for (let t = 0; t < use.length; t++) {
      if (use[t] === Use.none) continue;
      this.localOf[t] = this.f.local(valTypeOf(this.tb.tempType[t] as 0));
      this.loadSlot(t);
      this.f.set(this.localOf[t]);
    }
  }

  private storeGlobals(): void {
    const { use } = this;
    for (let t = 0; t < use.length; t++) if (use[t] === Use.written) this.storeGlobal(t);
  }

  private storeGlobal(t: Temp): void {
    this.f.get(ENV).get(this.localOf[t]);
    this.storeSlot(t);
  }

  /** pc of the entry, in the frame alone: the globals are not loaded on this way. */
  private writeEntryPc(): void {
    const { f, target, tb } = this;
    f.get(ENV);
    this.loadSlot(target.pageBase);
    f.get(TB).mem(Op.i32_load, TB_HEADER.offset.pageOffset);
    if (this.wide) f.op(Op.i64_extend_i32_u);
    f.op(this.wide ? Op.i64_add : Op.i32_add);
    if (tb.csBase !== 0) {
      this.pushWord(tb.csBase);
      f.op(this.wide ? Op.i64_sub : Op.i32_sub);
    }
    this.storeSlot(target.pc);
  }

  // --- blocks

  node(block: number): void {
    const { blocks, tb } = this;
    if (block === this.root) {
      if (this.entries > 1) this.f.get(TB).mem(Op.i32_load, RECORD + TB_CPU.offset.entry);
      return;
    }
    this.running = block;
    this.inFrame = false;
    const last = blocks.lastInsn[block];
    if (last >= 0) this.startInsn(tb.code[last + 2]);
    const member = this.memberOf[block];
    if (member !== NO_MEMBER) {
      this.enterMember(member);
      this.markOrigin();
      this.payForMember(block, member);
    }
    this.emitBlock(block);
  }

  /** Frequent ways lead to members, so one that leaves the region through a link is taken seldom. */
  bias(block: number): number {
    const { graph } = this.blocks;
    if (block === this.root) return 0;
    return (this.leavesByLink(graph.successor(block, 1)) ? 1 : 0) - (this.leavesByLink(graph.successor(block, 0)) ? 1 : 0);
  }

  private leavesByLink(block: number): boolean {
    const { blocks, code } = this;
    if (blocks.endKind[block] !== BlockEnd.exit || this.memberOf[block] !== NO_MEMBER) return false;
    let op = 0;
    for (let at = blocks.start[block], end = blocks.end[block]; at < end; at += 1 + opLength(code[at])) op = opCode(code[at]);
    return op === Ir.goto_tb;
  }

  private enterMember(member: number): void {
    const { header, insns } = this.region.members[member];
    this.block = member;
    this.header = header;
    this.insns = insns;
    this.insn = -1;
  }

  /** Takes a member's length off the budget, where it may be left after a test. */
  private payForMember(block: number, member: number): void {
    const { f, budgetLocal } = this;
    const { mayLeave, insns, entryDelta } = this.region.members[member];
    if (mayLeave) {
      f.get(budgetLocal).i32Const(this.longest.from(block)).op(Op.i32_lt_s).hint(false).if_();
      this.writePc(entryDelta);
      this.writeExit(ExitCode.budget);
      f.i32Const(TB_RETURN_EXIT);
      this.leave();
      f.end();
    }
    f.get(budgetLocal).i32Const(insns).op(Op.i32_sub).set(budgetLocal);
  }

  protected startInsn(data: number): void {
    this.block = regionInsnMember(data);
    const { header, insns } = this.region.members[this.block];
    this.header = header;
    this.insns = insns;
    this.insn = regionInsnIndex(data);
  }

  // --- globals

  protected pushGlobal(t: Temp): void {
    this.f.get(this.localOf[t]);
  }

  protected globalLocal(t: Temp): number {
    return this.localOf[t];
  }

  protected beginGlobal(): void {
    // A local needs no address.
  }

  protected endGlobal(t: Temp): void {
    this.f.set(this.localOf[t]);
    this.inFrame = false;
  }

  protected beforeHelper(id: number): void {
    const { effects } = this.helpers[id];
    if (this.movesControl(id)) {
      this.storeGlobals();
      return;
    }
    // What it may have written when it leaves is reloaded before the exit: the frame has to be right where it has not.
    const writes = mayCommitAndLeave(effects) ? effects.writes : 'none';
    if (effects.reads === 'none' && writes === 'none') return;
    for (let t = 0; t < this.use.length; t++) {
      if (this.use[t] === Use.written && (this.touches(effects.reads, t) || this.touches(writes, t))) this.storeGlobal(t);
    }
  }

  protected afterHelper(id: number, leaves: boolean): void {
    const { writes } = this.helpers[id].effects;
    if (writes === 'none') return;
    this.inFrame = this.movesControl(id);
    // The frame is right, and nobody reads the locals any more.
    if (this.inFrame && leaves) return;
    for (let t = 0; t < this.use.length; t++) {
      if (this.use[t] === Use.none || !this.touches(writes, t)) continue;
      this.loadSlot(t);
      this.f.set(this.localOf[t]);
    }
  }

  private movesControl(id: number): boolean {
    return this.touches(this.helpers[id].effects.writes, this.target.pc);
  }

  private touches(set: GlobalSet, t: Temp): boolean {
    return set === 'all' || (set !== 'none' && set.includes(this.target.globals[t].name));
  }

  // --- pages

  protected pagesThere(pages: number): void {
    const { f, imports, descriptor } = this;
    const { verified } = REGION_DESCRIPTOR.offset;
    if (descriptor === 0) throw new CodegenError('bad-ir', 'a region without descriptor asks for its pages', 'give it a descriptor, or sources without pages');
    this.outBegin(0);
    f.i32Const(descriptor).mem(Op.i32_load, verified).i32Const(pages).op(Op.i32_and).i32Const(pages).op(Op.i32_eq).hint(true).if_(ValType.i32);
    f.i32Const(1).else_();
    f.get(ENV).i32Const(descriptor).i32Const(pages).call(imports.coreHelper('region_check')).end();
    this.outEnd(0);
  }

  // --- leaving

  /** Slow paths may reach devices, which look at the time and may ask to be heard: the budget is in the context then. */
  slowPath(): void {
    this.f.get(ENV).i32Const(this.header).mem(Op.i32_store, CTX.tbPtr);
    this.f.get(ENV).get(this.budgetLocal).mem(Op.i32_store, CTX.budget);
  }

  exitIfRequested(): void {
    const { f, inFrame } = this;
    this.reloadBudget();
    f.get(ENV).mem(Op.i32_load, CTX.exitCode).hint(false);
    if (!inFrame) {
      f.brIf(this.exitLabel);
      return;
    }
    f.if_();
    f.i32Const(TB_RETURN_EXIT).set(this.result).br(this.storedLabel).end();
  }

  protected reloadBudget(): void {
    this.f.get(ENV).mem(Op.i32_load, CTX.budget).set(this.budgetLocal);
  }

  /** What the longest way from here to the next budget test needs is kept back. */
  protected lendBudget(): void {
    this.f.get(ENV).get(this.budgetLocal).i32Const(this.longest.behind(this.running)).op(Op.i32_sub).mem(Op.i32_store, CTX.budget);
  }

  protected takeBudgetBack(): void {
    this.f.get(ENV).mem(Op.i32_load, CTX.budget).i32Const(this.longest.behind(this.running)).op(Op.i32_add).set(this.budgetLocal);
  }

  protected addBudget(insns: number): void {
    this.f.get(this.budgetLocal).i32Const(insns).op(Op.i32_add).set(this.budgetLocal);
  }

  protected leave(): void {
    this.f.set(this.result).br(this.inFrame ? this.storedLabel : this.leftLabel);
  }

  protected directLink(): void {
    // Edges to members are branches already; all others go through their link.
  }
}
