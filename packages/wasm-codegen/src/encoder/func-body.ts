/**
 * Writes the instructions of one function body after the other into the code section. Every method returns the body, so
 * calls chain; only `block`, `loop`, `if_` (labels) and `local` (index) return what they make.
 *
 * Invariant: nothing is allocated per instruction. What is written is not type-checked: engines do that, and this
 * package's tests validate every module they make.
 */
import { CodegenError } from '../errors.ts';
import { writeU32 } from './leb128.ts';
import { LabelStack, type Label } from './labels.ts';
import { LocalAllocator } from './locals.ts';
import { naturalAlignment, Op, type Opcode } from './opcodes.ts';
import type { ByteSink, FuncRef } from './sink.ts';
import { BLOCK_VOID, typeByte, type BlockType, type RefType, type TypeIndex, type ValType } from './types.ts';

/** Opcodes with exactly one u32 that is neither label nor function: locals, globals, tables, segments. */
type IndexOpcode = Opcode<'index'>;

/** Engines refuse longer bodies (WebAssembly JS API, "Limits"). */
export const MAX_BODY_BYTES = 7_654_321;

export class FuncBody {
  /** The sink of the code section, for bytes that have no method. */
  readonly out: ByteSink;
  private readonly locals = new LocalAllocator();
  private readonly labels = new LabelStack();
  private start = 0;
  private active = false;
  /** A parameter whose value is known, −1: none. */
  private fixed = -1;
  private fixedValue = 0;
  private onFinish: ((declaration: number) => void) | undefined;
  /** Branch hints so far: position among the instructions · 2 + (1: likely taken). */
  hints = new Int32Array(64);
  hintCount = 0;

  constructor(out: ByteSink) {
    this.out = out;
  }

  /**
   * Starts a body with the parameters of `signature`; `ModuleBuilder.body` calls it.
   * @param onFinish is told how many bytes declare the locals, in front of the instructions
   */
  begin(signature: string, onFinish?: (declaration: number) => void): this {
    this.locals.reset(signature);
    this.labels.reset();
    this.start = this.out.position;
    this.active = true;
    this.fixed = -1;
    this.hintCount = 0;
    this.onFinish = onFinish;
    return this;
  }

  /** Forgets a body that was started and not finished; `ModuleBuilder.reset` calls it. */
  abandon(): void {
    this.active = false;
  }

  /** Whether a body has been started and not finished. */
  get open(): boolean {
    return this.active;
  }

  /** Bytes of instructions written so far. */
  get size(): number {
    return this.out.position - this.start;
  }

  /** Writes the last `end`, then size and locals in front of the instructions. */
  finish(): void {
    const { out, locals, start } = this;
    if (!this.active || this.labels.depth !== 0) {
      throw new CodegenError('unbalanced', `${this.labels.depth} blocks are open at the end of a body`, 'call end() for each block(), loop() and if_()');
    }
    out.opcode(Op.end);
    const code = out.position - start;
    // Where the instructions go depends on the length of what precedes them: write that behind them first and measure.
    const scratch = out.position;
    out.reserve(locals.declarationBound() + 5);
    const declaration = locals.writeDeclaration(out.bytes, scratch) - scratch;
    const size = declaration + code;
    if (size > MAX_BODY_BYTES) {
      throw new CodegenError('too-large', `a function body has ${size} bytes, engines take ${MAX_BODY_BYTES}`, 'split the function');
    }
    const sizeWidth = writeU32(out.bytes, scratch, size) - scratch;
    out.openGap(start, sizeWidth + declaration);
    locals.writeDeclaration(out.bytes, writeU32(out.bytes, start, size));
    this.active = false;
    this.onFinish?.(declaration);
  }

  /** The `if` or `br_if` that is written next is nearly always taken (its `if` arm; the branch), or nearly never. */
  hint(taken: boolean): this {
    if (this.hintCount === this.hints.length) {
      const hints = new Int32Array(this.hintCount * 2);
      hints.set(this.hints);
      this.hints = hints;
    }
    this.hints[this.hintCount++] = this.size * 2 + (taken ? 1 : 0);
    return this;
  }

  // --- locals

  /** A local of that type, perhaps one that was released: its content is then the old one. */
  local(type: ValType): number {
    return this.locals.take(type);
  }

  /** Gives a local back for reuse by the next `local` of its type. */
  release(index: number): this {
    this.locals.release(index);
    return this;
  }

  /** The type of a local or parameter. */
  localType(index: number): ValType {
    return this.locals.typeOf(index);
  }

  /** An i32 parameter always has this value: it is pushed as a constant, which engines fold into addresses. */
  fixParam(local: number, value: number): void {
    this.fixed = local;
    this.fixedValue = value;
  }

  get(local: number): this {
    if (local === this.fixed) return this.i32Const(this.fixedValue);
    this.out.opU32(Op.local_get, local);
    return this;
  }

  set(local: number): this {
    this.out.opU32(Op.local_set, local);
    return this;
  }

  tee(local: number): this {
    this.out.opU32(Op.local_tee, local);
    return this;
  }

  // --- instructions by kind of immediate

  /** Any instruction without immediates. */
  op(op: Opcode<'none'>): this {
    this.out.opcode(op);
    return this;
  }

  /** Any instruction with one index: `index(Op.global_get, 3)`. */
  index(op: IndexOpcode, index: number): this {
    this.out.opU32(op, index);
    return this;
  }

  /** Bulk operations with two indices: segment and memory, or destination and source. */
  index2(op: Opcode<'index2'>, first: number, second: number): this {
    this.out.opcode(op);
    this.out.u32(first);
    this.out.u32(second);
    return this;
  }

  /**
   * A load, store or atomic access at the address on the stack plus `offset` (bytes, unsigned 32-bit).
   * `alignment` is log2 of the promised alignment; it must be the natural one for atomics and not more for others.
   */
  mem(op: Opcode<'memarg'>, offset = 0, alignment: number = naturalAlignment(op)): this {
    this.out.opMem(op, alignment, offset);
    return this;
  }

  /** Load or store of one lane of a vector. */
  memLane(op: Opcode<'memarg-lane'>, lane: number, offset = 0, alignment: number = naturalAlignment(op)): this {
    this.out.opMem(op, alignment, offset);
    this.out.u8(lane);
    return this;
  }

  /** extract_lane and replace_lane. */
  lane(op: Opcode<'lane'>, lane: number): this {
    this.out.opcode(op);
    this.out.u8(lane);
    return this;
  }

  /** i8x16.shuffle: 16 indices 0…31 into the two operands, four of them per word, the first in the low byte. */
  shuffle(w0: number, w1: number, w2: number, w3: number): this {
    this.out.opcode(Op.i8x16_shuffle);
    return this.words(w0, w1, w2, w3);
  }

  // --- constants

  /** `value` modulo 2^32. */
  i32Const(value: number): this {
    this.out.opS32(Op.i32_const, value);
    return this;
  }

  /** A 64-bit constant in halves; without `high`, `low` is sign-extended. */
  i64Const(low: number, high: number = low >> 31): this {
    this.out.opS64(Op.i64_const, low, high);
    return this;
  }

  /** `value` modulo 2^64. Allocates: for code that runs once per module, not once per op. */
  i64ConstBig(value: bigint): this {
    return this.i64Const(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }

  f32Const(value: number): this {
    this.out.opcode(Op.f32_const);
    this.out.f32(value);
    return this;
  }

  f64Const(value: number): this {
    this.out.opcode(Op.f64_const);
    this.out.f64(value);
    return this;
  }

  /** An f32 by its bits; keeps NaN payloads. */
  f32ConstBits(bits: number): this {
    this.out.opcode(Op.f32_const);
    this.out.word(bits);
    return this;
  }

  /** An f64 by its bits; keeps NaN payloads. */
  f64ConstBits(low: number, high: number): this {
    this.out.opcode(Op.f64_const);
    this.out.word(low);
    this.out.word(high);
    return this;
  }

  /** A vector in 32-bit words, lowest first. */
  v128Const(w0: number, w1: number, w2: number, w3: number): this {
    this.out.opcode(Op.v128_const);
    return this.words(w0, w1, w2, w3);
  }

  // --- control

  block(type: BlockType = BLOCK_VOID): Label {
    return this.enter(Op.block, type);
  }

  loop(type: BlockType = BLOCK_VOID): Label {
    return this.enter(Op.loop, type);
  }

  /** Takes an i32 condition. */
  if_(type: BlockType = BLOCK_VOID): Label {
    return this.enter(Op.if, type);
  }

  else_(): this {
    this.out.opcode(Op.else);
    return this;
  }

  /** Closes the innermost block; its label is dead from here on. */
  end(): this {
    this.labels.pop();
    this.out.opcode(Op.end);
    return this;
  }

  br(label: Label): this {
    this.out.opU32(Op.br, this.labels.distance(label));
    return this;
  }

  brIf(label: Label): this {
    this.out.opU32(Op.br_if, this.labels.distance(label));
    return this;
  }

  /** Branches to `labels[i]` for the i32 i on the stack, to `otherwise` for any other; only the first `count` are used. */
  brTable(labels: ArrayLike<Label>, otherwise: Label, count: number = labels.length): this {
    this.out.opcode(Op.br_table);
    this.out.u32(count);
    for (let i = 0; i < count; i++) this.out.u32(this.labels.distance(labels[i]));
    this.out.u32(this.labels.distance(otherwise));
    return this;
  }

  /** Depth of open blocks, for callers that check that what they called left none open. */
  get depth(): number {
    return this.labels.depth;
  }

  return_(): this {
    return this.op(Op.return);
  }

  unreachable(): this {
    return this.op(Op.unreachable);
  }

  drop(): this {
    return this.op(Op.drop);
  }

  /** The untyped select: numbers and vectors. */
  select(): this {
    return this.op(Op.select);
  }

  /** The typed select, which references need. */
  selectTyped(type: ValType): this {
    this.out.opcode(Op.select_t);
    this.out.u32(1);
    this.out.u8(typeByte(type));
    return this;
  }

  call(func: FuncRef): this {
    this.out.opcode(Op.call);
    this.out.func(func);
    return this;
  }

  returnCall(func: FuncRef): this {
    this.out.opcode(Op.return_call);
    this.out.func(func);
    return this;
  }

  callIndirect(type: TypeIndex, table = 0): this {
    this.out.opcode(Op.call_indirect);
    this.out.u32(type);
    this.out.u32(table);
    return this;
  }

  returnCallIndirect(type: TypeIndex, table = 0): this {
    this.out.opcode(Op.return_call_indirect);
    this.out.u32(type);
    this.out.u32(table);
    return this;
  }

  refFunc(func: FuncRef): this {
    this.out.opcode(Op.ref_func);
    this.out.func(func);
    return this;
  }

  refNull(type: RefType): this {
    this.out.opcode(Op.ref_null);
    this.out.u8(typeByte(type));
    return this;
  }

  /** atomic.fence. */
  fence(): this {
    this.out.opcode(Op.atomic_fence);
    this.out.u8(0);
    return this;
  }

  private words(w0: number, w1: number, w2: number, w3: number): this {
    this.out.word(w0);
    this.out.word(w1);
    this.out.word(w2);
    this.out.word(w3);
    return this;
  }

  private enter(op: Opcode<'block'>, type: BlockType): Label {
    this.out.opS32(op, type);
    return this.labels.push();
  }
}
