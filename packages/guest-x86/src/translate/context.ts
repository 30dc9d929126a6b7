/**
 * The state of one translation: mode of the TB, position, the instruction at hand, lazy flags; and the few emissions every
 * instruction group needs (globals by name, helper calls, raising faults).
 *
 * One object per translator, reused for every TB: nothing is allocated per instruction.
 */
import { type Cond, type TbIr, type Temp, Type } from '@wasm-tcg/ir';
import { Insn } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { X86_FRAME } from '../state/frame.ts';
import { HFlag } from '../state/hflags.ts';
import { MmuIndex } from '../state/cpu-state.ts';
import { CC_FLAGS } from '../state/cc-op.ts';
import { type Comparison, newComparison } from './comparison.ts';
import { type KnownStack, forgetKnown, newKnownStack } from './x87-known.ts';
import { Emit, type Size } from './emit.ts';
import { type LiveBytes, LiveFields } from './live.ts';

/** Temps of globals. General registers are 0–15, in the order of their numbers; segment bases in the order of segment numbers. */
export const G: typeof X86_FRAME.index = X86_FRAME.index;

/** Exception vectors that translated code raises. */
export const Vector = { DE: 0, BP: 3, BR: 5, UD: 6, NM: 7, SS: 12, GP: 13 } as const;

/** cc_op when only the frame knows it. */
export const CC_DYNAMIC = -1;
/** No exit through this link slot has been emitted. */
const CC_UNSEEN = -2;

/** Ids of the helpers that are called from more than one place. */
const RAISE = helperId('raise_exception');
const COMPUTE_FLAGS = helperId('compute_flags');

/** Raw operands of a comparison. */
export interface Compared {
  size: Size;
  a: Temp;
  b: Temp;
}

export class Ctx extends Emit {
  readonly insn: Insn = new Insn();

  // ---- mode, constant for the TB --------------------------------------------------------------------------------------------
  hflags = 0;
  /** Default operand size of the code: 2, 4 or 8 (64-bit code). */
  codeSize: 2 | 4 | 8 = 2;
  /** CR0.PE set and EFLAGS.VM clear. */
  protectedMode = false;
  cpl = 0;
  /** Bytes by which PUSH and POP address the stack: width of SP, ESP or RSP. */
  stackWidth: 2 | 4 | 8 = 2;
  /** MMU index of data accesses. */
  mmu = 0;
  /** Accesses must be naturally aligned (#AC). */
  aligned = false;
  csBase = 0;
  csFlat = false;
  amd = false;

  // ---- position ---------------------------------------------------------------------------------------------------------------
  /** Offsets of this instruction and of the next one from the page on which the TB starts. */
  delta = 0;
  next = 0;
  /** No instruction follows in this TB: set by whoever has emitted its last op. */
  ended = false;
  /** This instruction must be the last of the TB, though it flows on to the next one. */
  last = false;
  /** What the helper of STI said, if this instruction is one; else −1. */
  shadow: Temp = -1;
  /** Memory destination that is being read and written; see operands.ts. */
  readonly dest: { address: number; token: number } = { address: -1, token: -1 };
  /** What SCAS or CMPS compares. */
  readonly compared: Compared = { size: 1, a: -1, b: -1 };
  /** Stack pointer that addresses relative to rSP see while POP computes its destination; −1 = the register. */
  spOverride = -1;
  /** Offset of the instruction behind the last MMX instruction (see sse-common.ts); −1 = none in this TB. */
  mmxNext = -1;

  /** What all x87 instructions of this TB have in common as last instruction has been noted (x87-common.ts). */
  fpuNoted = false;
  /** Segment register whose selector has been noted as that of the last operand; −1 = none in this TB. */
  fpuNotedSeg = -1;
  /** What the block knows of the x87 stack (x87-stack.ts). */
  readonly fpuStack: KnownStack = newKnownStack();

  readonly #live = new LiveFields();

  // ---- lazy flags ---------------------------------------------------------------------------------------------------------------
  /** cc_op here: static, or CC_DYNAMIC. */
  ccOp: number = CC_DYNAMIC;
  /** The frame's cc_op is not `ccOp`. */
  ccDirty = false;
  /** First operand of the last subtraction when it is still at hand (raw), else −1. */
  ccA = -1;
  /** Flags computed for a dynamic cc_op, as word; −1 = not yet. Dropped at labels. */
  ccCache = -1;
  /** cc_op at the exits through each link slot: static, CC_DYNAMIC (also when they differ), or less when there is none. */
  readonly exitCcOp: [number, number] = [CC_UNSEEN, CC_UNSEEN];
  /** The comparison that `condition` (cond.ts) makes. */
  readonly comparison: Comparison = newComparison();

  constructor(tb: TbIr) {
    super(tb);
  }

  /** Start a TB for the given mode. `ccOp`: what the frame holds, or CC_DYNAMIC. `live`: bytes that it is to read when it runs. */
  begin(hflags: number, csBase: number, amd: boolean, ccOp: number, live?: LiveBytes): void {
    this.#live.begin(live);
    const wide = (hflags & HFlag.CS64) !== 0;
    this.startTb(wide, csBase);
    this.hflags = hflags;
    this.codeSize = wide ? 8 : hflags & HFlag.CS32 ? 4 : 2;
    this.protectedMode = (hflags & (HFlag.PE | HFlag.VM)) === HFlag.PE;
    this.cpl = (hflags & HFlag.CPL_MASK) >> HFlag.CPL_SHIFT;
    this.stackWidth = wide ? 8 : hflags & HFlag.SS32 ? 4 : 2;
    this.mmu = this.cpl === 3 ? MmuIndex.user : hflags & HFlag.SMAP ? MmuIndex.kernelSmap : MmuIndex.kernel;
    this.aligned = (hflags & HFlag.AC) !== 0;
    this.csBase = csBase | 0;
    this.csFlat = wide || (hflags & HFlag.CS_FLAT) !== 0;
    this.amd = amd;
    this.ended = false;
    this.last = false;
    this.spOverride = -1;
    this.mmxNext = -1;
    this.fpuNoted = false;
    this.fpuNotedSeg = -1;
    forgetKnown(this.fpuStack);
    this.ccOp = ccOp;
    this.ccDirty = false;
    this.ccA = -1;
    this.ccCache = -1;
    this.exitCcOp[0] = CC_UNSEEN;
    this.exitCcOp[1] = CC_UNSEEN;
  }

  // ---- pc ----------------------------------------------------------------------------------------------------------------------

  /** Word: pc (relative to the code segment) of an offset from the page on which the TB starts. */
  pc(delta: number): Temp {
    return this.addI(G.page_base, delta - this.csBase);
  }

  /** pc of the next instruction. */
  nextPc(): Temp {
    return this.pc(this.next);
  }

  // ---- live fields: see live.ts ------------------------------------------------------------------------------------------------

  /** The present immediate or branch distance of the instruction as raw word; negative when it is a constant: `insn.imm`. */
  liveImmediate(): Temp {
    return this.#live.immediate(this, this.insn, this.delta);
  }

  /** The present displacement of its memory operand as a word; negative when it is a constant: `insn.disp`. */
  liveDisplacement(): Temp {
    return this.#live.displacement(this, this.insn, this.delta);
  }

  /** Bytes that the TB reads when it runs: offsets from its page, from and to. */
  get liveRanges(): readonly number[] {
    return this.#live.ranges;
  }

  // ---- labels and faults -------------------------------------------------------------------------------------------------------

  label(label: number): void {
    this.b.label(label);
    this.ccCache = -1;
  }

  /** Raise a fault here and now; what follows is not reached. `error` −1: none. */
  raise(vector: number, error = -1): void {
    this.b.call(RAISE, -1, [this.k32(vector), this.k32(error)]);
  }

  /** Raise a fault if a cond b. */
  raiseIf(cond: Cond, type: Type, a: Temp, b: Temp, vector: number, error = -1): void {
    const ok = this.tb.newLabel();
    this.b.brcond(type, a, b, cond ^ 1, ok);
    this.raise(vector, error);
    this.b.label(ok);
  }

  /** Raise a fault instead of this instruction: the TB ends. */
  fault(vector: number, error = -1): void {
    this.raise(vector, error);
    this.b.goto_ptr();
    this.ended = true;
  }

  // ---- lazy flags ---------------------------------------------------------------------------------------------------------------

  /** cc_op becomes static. */
  setCcOp(op: number): void {
    this.ccDirty ||= this.ccOp !== op;
    this.ccOp = op;
    this.ccA = -1;
    this.ccCache = -1;
  }

  /** The frame's cc_op has been written and is not known. */
  setCcDynamic(): void {
    this.ccOp = CC_DYNAMIC;
    this.ccDirty = false;
    this.ccA = -1;
    this.ccCache = -1;
  }

  /** An exit through a link slot is being emitted. */
  noteExit(slot: 0 | 1): void {
    const seen = this.exitCcOp[slot];
    this.exitCcOp[slot] = seen === CC_UNSEEN || seen === this.ccOp ? this.ccOp : CC_DYNAMIC;
  }

  /** Write the static cc_op to the frame, if need be. The state is not changed: several exits may do it. */
  storeCcOp(): void {
    if (this.ccDirty) this.b.mov(Type.i32, G.cc_op, this.k32(this.ccOp));
  }

  /** As storeCcOp, in straight-line code. */
  syncCcOp(): void {
    this.storeCcOp();
    this.ccDirty = false;
  }

  /** The flags of a cc_op that is CcKind.flags or dynamic, as word: bits other than CF PF AF ZF SF OF are zero. */
  flagsWord(): Temp {
    if (this.ccOp === CC_FLAGS) return G.cc_src;
    if (this.ccCache < 0) {
      const flags = this.tb.newLocal(Type.i32);
      this.b.call(COMPUTE_FLAGS, flags, [G.cc_op, this.toI64(G.cc_dst), this.toI64(G.cc_src), this.toI64(G.cc_src2)]);
      this.ccCache = this.fromI32(flags);
    }
    return this.ccCache;
  }

  /** True when {@link flagsWord} gives the flags. */
  get hasFlagsWord(): boolean {
    return this.ccOp === CC_DYNAMIC || this.ccOp === CC_FLAGS;
  }

  // ---- registers ------------------------------------------------------------------------------------------------------------------

  /** Write the low `size` bytes of a raw value to general register `reg`, as the manual says (vol. 1, 3.4.1.1). */
  writeGpr(reg: number, size: Size, value: Temp): void {
    if (this.ccA === reg) this.ccA = -1;
    if (size === this.wordSize) this.mov(reg, value);
    else if (size === 4) this.b.extract(this.W, reg, value, 0, 32);
    else this.b.deposit(this.W, reg, reg, value, 0, size * 8);
  }

  /** Write a value of which all bits above `size` are known to be zero. */
  writeGprClean(reg: number, size: Size, value: Temp): void {
    if (size < 4) {
      this.writeGpr(reg, size, value);
      return;
    }
    if (this.ccA === reg) this.ccA = -1;
    this.mov(reg, value);
  }
}
