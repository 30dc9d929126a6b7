/**
 * The interpreter's LowerCtx: operands are frame slots named by bytes of the instruction, attributes that are no part of the
 * opcode are words of it. One object is reused for all opcodes while the interpreter is generated.
 */
import { OP_DEFS, Type, type OpDef, type OperandType, type TargetLayout } from '@wasm-tcg/ir';
import { WASM_CONTEXT, type CoreHelperName } from '@wasm-tcg/runtime';
import { Op as W, valTypeOf, type FuncBody, type FuncRef, type Label, type LowerCtx, type ValType } from '@wasm-tcg/wasm-codegen';
import { immediateOffset, slotOffset, type TciVariant } from './formats.ts';

/** What the generator knows of the function it writes. */
export interface InterpreterFrame {
  readonly f: FuncBody;
  readonly target: TargetLayout;
  /** Locals: address of the vCPU's area, address of the running instruction. */
  readonly env: number;
  readonly ip: number;
  /** Leaves tb_exec with the context's exit code. */
  readonly leave: Label;
  readonly coreFunc: (name: CoreHelperName) => FuncRef;
}

export class FrameCtx implements LowerCtx {
  readonly f: FuncBody;
  readonly target: TargetLayout;
  wide = false;
  type: Type = Type.i32;
  /** The output stays on the stack: `brcond` is `setcond` and a branch. */
  valueOnStack = false;
  /** Byte offset of the instruction at hand from `ip`: not 0 for the later parts of a fused opcode. */
  at = 0;
  /** One operation at a time: each access stands for itself. */
  readonly span: undefined;
  readonly #frame: InterpreterFrame;
  #v!: TciVariant;
  #def!: OpDef;
  #inLocals: (number | undefined)[] = [];
  #scratch: number[] = [];

  constructor(frame: InterpreterFrame) {
    this.#frame = frame;
    this.f = frame.f;
    this.target = frame.target;
  }

  /** Start an opcode. */
  begin(v: TciVariant): void {
    this.#v = v;
    this.#def = OP_DEFS[v.op]!;
    this.wide = v.wide;
    this.type = v.type;
    this.#inLocals = [];
    this.valueOnStack = false;
  }

  /** End it: its locals may be used by the next. */
  end(): void {
    for (const local of this.#scratch) this.f.release(local);
    this.#scratch = [];
  }

  in(i: number): void {
    const known = this.#inLocals[i];
    if (known !== undefined) {
      this.f.get(known);
      return;
    }
    const type = this.#operandType(this.#def.in[i]!);
    if (this.#v.immediate && i === this.#def.in.length - 1) {
      this.f.get(this.#frame.ip);
      if (type === Type.i64) this.f.mem(W.i64_load32_s, this.at + immediateOffset(this.#v.slots));
      else this.f.mem(W.i32_load, this.at + immediateOffset(this.#v.slots));
      return;
    }
    this.loadSlot(this.#def.out.length + i, type);
  }

  inLocal(i: number): number {
    let local = this.#inLocals[i];
    if (local === undefined) {
      local = this.scratch(valTypeOf(this.#operandType(this.#def.in[i]!)));
      this.in(i);
      this.f.set(local);
      this.#inLocals[i] = local;
    }
    return local;
  }

  isConst(): boolean {
    return false;
  }
  constLo(): number {
    return 0;
  }
  constHi(): number {
    return 0;
  }
  constVector(): undefined {
    return undefined;
  }

  outBegin(i: number): void {
    if (!this.valueOnStack) this.slotAddress(i);
  }

  outEnd(i: number): void {
    if (!this.valueOnStack) this.storeSlot(this.#operandType(this.#def.out[i]!));
  }

  isDynamic(i: number): boolean {
    return this.#v.attrs[i] === undefined;
  }

  attr(i: number): number {
    return this.#v.attrs[i]!;
  }

  pushAttr(i: number): void {
    const known = this.#v.attrs[i];
    if (known !== undefined) {
      this.f.i32Const(known);
      return;
    }
    this.f.get(this.#frame.ip).mem(W.i32_load, this.attrOffset(i));
  }

  /** Byte offset from `ip` of dynamic attribute `i`. */
  attrOffset(i: number): number {
    const v = this.#v;
    let at = this.at + immediateOffset(v.slots) + (v.immediate ? 4 : 0) + (v.oi ? 4 : 0);
    for (let k = 0; k < i; k++) {
      const kind = this.#def.attrs[k]!;
      if (v.attrs[k] === undefined && !(v.oi && (kind === 'memop' || kind === 'mmu'))) at += 4;
    }
    return at;
  }

  scratch(type: ValType): number {
    const local = this.f.local(type);
    this.#scratch.push(local);
    return local;
  }

  readonly envAddress: undefined;

  env(): void {
    this.f.get(this.#frame.env);
  }

  pushOi(): void {
    this.f.get(this.#frame.ip).mem(W.i32_load, this.at + immediateOffset(this.#v.slots) + (this.#v.immediate ? 4 : 0));
  }

  /** tb_exec has stored tbPtr before the first instruction. */
  slowPath(): void {}

  exitIfRequested(): void {
    this.f.get(this.#frame.env).mem(W.i32_load, WASM_CONTEXT.offset.exitCode).hint(false).brIf(this.#frame.leave);
  }

  callCore(name: CoreHelperName): void {
    this.f.call(this.#frame.coreFunc(name));
  }

  // ---- slots -----------------------------------------------------------------------------------------------------------------

  /** Pushes env + 8 · slot number of slot operand `k`; the frame's offset is left to the access. */
  slotAddress(k: number): void {
    const { f } = this;
    f.get(this.#frame.env).get(this.#frame.ip).mem(W.i32_load8_u, this.at + slotOffset(k)).i32Const(3).op(W.i32_shl).op(W.i32_add);
  }

  loadSlot(k: number, type: Type): void {
    this.slotAddress(k);
    const offset = this.target.frameOffset;
    switch (type) {
      case Type.i32: this.f.mem(W.i32_load, offset); break;
      case Type.i64: this.f.mem(W.i64_load, offset); break;
      case Type.f32: this.f.mem(W.f32_load, offset); break;
      case Type.f64: this.f.mem(W.f64_load, offset); break;
      case Type.v128: this.f.mem(W.v128_load, offset); break;
    }
  }

  /** Stores the value on the stack at the slot address under it; an i32 zero-extended to the whole slot. */
  storeSlot(type: Type): void {
    const offset = this.target.frameOffset;
    switch (type) {
      case Type.i32: this.f.op(W.i64_extend_i32_u).mem(W.i64_store, offset); break;
      case Type.i64: this.f.mem(W.i64_store, offset); break;
      case Type.f32: this.f.mem(W.f32_store, offset); break;
      case Type.f64: this.f.mem(W.f64_store, offset); break;
      case Type.v128: this.f.mem(W.v128_store, offset); break;
    }
  }

  #operandType(type: OperandType): Type {
    if (type === 'T') return this.type;
    if (type === 'A') return this.wide ? Type.i64 : Type.i32;
    return Type[type];
  }
}
