/** What the lowerings share: choosing between the i32 and the i64 form, constants, byte order, Wasm load and store opcodes. */
import { MO_BE, MO_SIGN, MO_SIZE, Type, type MemOp } from '@wasm-tcg/ir';
import { CodegenError } from '../errors.ts';
import { Op, type Opcode } from '../encoder/opcodes.ts';
import { ValType } from '../encoder/types.ts';
import type { LowerCtx, Lowering } from './context.ts';

/** An instruction in its forms for i32 and i64 (or f32 and f64). */
export interface Pair {
  readonly narrow: Opcode<'none'>;
  readonly wide: Opcode<'none'>;
}

export const pair = (narrow: Opcode<'none'>, wide: Opcode<'none'>): Pair => ({ narrow, wide });

/** Emits the form for an integer type. */
export function emit(c: LowerCtx, op: Pair, type: Type = c.type): void {
  c.f.op(type === Type.i64 ? op.wide : op.narrow);
}

/** The Wasm type of an integer type. */
export function intType(type: Type): ValType {
  return type === Type.i64 ? ValType.i64 : ValType.i32;
}

/** Bits of an integer type. */
export function widthOf(type: Type): number {
  return type === Type.i64 ? 64 : 32;
}

/** Pushes an integer constant, sign-extended from 32 bits. */
export function pushInt(c: LowerCtx, value: number, type: Type = c.type): void {
  if (type === Type.i64) c.f.i64Const(value);
  else c.f.i32Const(value);
}

/** Pushes the constant of the low `len` bits set, 1 ≤ len ≤ width. */
export function pushMask(c: LowerCtx, len: number): void {
  if (c.type !== Type.i64) c.f.i32Const(len === 32 ? -1 : (1 << len) - 1);
  else if (len >= 32) c.f.i64Const(-1, len === 64 ? -1 : len === 32 ? 0 : (1 << (len - 32)) - 1);
  else c.f.i64Const((1 << len) - 1, 0);
}

/** One instruction from all inputs, in order, to output 0. */
export function direct(inputs: number, narrow: Opcode<'none'>, wide: Opcode<'none'> = narrow): Lowering {
  return (c) => {
    c.outBegin(0);
    for (let i = 0; i < inputs; i++) c.in(i);
    c.f.op(c.type === Type.i64 || c.type === Type.f64 ? wide : narrow);
    c.outEnd(0);
  };
}

/** A local that holds input `i`, or −1 when it is a constant, which `push` repeats instead. */
export function operand(c: LowerCtx, i: number): number {
  return c.isConst(i) || c.constVector(i) !== undefined ? -1 : c.inLocal(i);
}

/** Pushes what `operand` took; also good inside of arms. */
export function push(c: LowerCtx, i: number, local: number): void {
  if (local < 0) c.in(i);
  else c.f.get(local);
}

/** An attribute the op does not allow: the verifier of ir was not asked. */
export function badAttribute(what: string): CodegenError {
  return new CodegenError('bad-ir', what, 'run the IR through verify() first');
}

const ADD = pair(Op.i32_add, Op.i64_add);
const AND = pair(Op.i32_and, Op.i64_and);
const OR = pair(Op.i32_or, Op.i64_or);
const SHL = pair(Op.i32_shl, Op.i64_shl);
const SHR_U = pair(Op.i32_shr_u, Op.i64_shr_u);
export const INT: { readonly [K in 'add' | 'and' | 'or' | 'shl' | 'shrU']: Pair } = { add: ADD, and: AND, or: OR, shl: SHL, shrU: SHR_U };

/** Reverses the low 2, 4 or 8 bytes of the integer on the stack; the bits above them become 0. */
export function swapBytes(c: LowerCtx, type: Type, bytes: number): void {
  if (bytes === 1) return;
  const { f } = c;
  const value = c.scratch(intType(type));
  if (bytes === 2) {
    f.tee(value);
    pushInt(c, 0xff, type);
    emit(c, AND, type);
    pushInt(c, 8, type);
    emit(c, SHL, type);
    f.get(value);
    pushInt(c, 8, type);
    emit(c, SHR_U, type);
    pushInt(c, 0xff, type);
    emit(c, AND, type);
    emit(c, OR, type);
    return;
  }
  if (bytes === 4) {
    const word = type === Type.i64 ? c.scratch(ValType.i32) : value;
    if (type === Type.i64) f.op(Op.i32_wrap_i64);
    f.tee(word).i32Const(8).op(Op.i32_rotl).i32Const(0x00ff00ff).op(Op.i32_and);
    f.get(word).i32Const(8).op(Op.i32_rotr).i32Const(0xff00ff00 | 0).op(Op.i32_and).op(Op.i32_or);
    if (type === Type.i64) f.op(Op.i64_extend_i32_u);
    return;
  }
  // Bytes within 16-bit units, units within words, then the words.
  f.set(value);
  swapGroups(c, value, 8, 0x00ff00ff);
  f.set(value);
  swapGroups(c, value, 16, 0x0000ffff);
  f.i64Const(32).op(Op.i64_rotl);
}

function swapGroups(c: LowerCtx, value: number, bits: number, mask: number): void {
  const { f } = c;
  f.get(value).i64Const(bits).op(Op.i64_shr_u).i64Const(mask, mask).op(Op.i64_and);
  f.get(value).i64Const(mask, mask).op(Op.i64_and).i64Const(bits).op(Op.i64_shl).op(Op.i64_or);
}

/** Loads of i32 by log2 size, unsigned then signed. */
const LOAD32 = [[Op.i32_load8_u, Op.i32_load16_u, Op.i32_load], [Op.i32_load8_s, Op.i32_load16_s, Op.i32_load]] as const;
const LOAD64 = [
  [Op.i64_load8_u, Op.i64_load16_u, Op.i64_load32_u, Op.i64_load],
  [Op.i64_load8_s, Op.i64_load16_s, Op.i64_load32_s, Op.i64_load],
] as const;
const STORE32 = [Op.i32_store8, Op.i32_store16, Op.i32_store] as const;
const STORE64 = [Op.i64_store8, Op.i64_store16, Op.i64_store32, Op.i64_store] as const;

/** The Wasm load for a type and a MemOp (little-endian). */
export function loadOp(type: Type, memop: MemOp): Opcode<'memarg'> {
  const size = memop & MO_SIZE;
  // A big-endian load is extended after its bytes are swapped.
  const signed = (memop & MO_SIGN) !== 0 && (memop & MO_BE) === 0 ? 1 : 0;
  switch (type) {
    case Type.i32: if (size <= 2) return LOAD32[signed][size as 0]; break;
    case Type.i64: if (size <= 3) return LOAD64[signed][size as 0]; break;
    case Type.f32: if (size === 2) return Op.f32_load; break;
    case Type.f64: if (size === 3) return Op.f64_load; break;
    case Type.v128: if (size === 4) return Op.v128_load; break;
  }
  throw badAttribute(`a load of ${8 << size} bits into type ${type}`);
}

/** The Wasm store for a type and a MemOp (little-endian). */
export function storeOp(type: Type, memop: MemOp): Opcode<'memarg'> {
  const size = memop & MO_SIZE;
  switch (type) {
    case Type.i32: if (size <= 2) return STORE32[size]; break;
    case Type.i64: if (size <= 3) return STORE64[size]; break;
    case Type.f32: if (size === 2) return Op.f32_store; break;
    case Type.f64: if (size === 3) return Op.f64_store; break;
    case Type.v128: if (size === 4) return Op.v128_store; break;
  }
  throw badAttribute(`a store of ${8 << size} bits from type ${type}`);
}

/** After a load: byte order, and the sign that `loadOp` left to this. */
export function afterLoad(c: LowerCtx, type: Type, memop: MemOp): void {
  if ((memop & MO_BE) === 0) return;
  const size = memop & MO_SIZE;
  if (type === Type.v128) {
    reverseVector(c);
    return;
  }
  requireInteger(type);
  swapBytes(c, type, 1 << size);
  if ((memop & MO_SIGN) === 0) return;
  if (size === 0) c.f.op(type === Type.i64 ? Op.i64_extend8_s : Op.i32_extend8_s);
  else if (size === 1) c.f.op(type === Type.i64 ? Op.i64_extend16_s : Op.i32_extend16_s);
  else if (size === 2 && type === Type.i64) c.f.op(Op.i64_extend32_s);
}

/** Before a store: byte order of the value on the stack. */
export function beforeStore(c: LowerCtx, type: Type, memop: MemOp): void {
  if ((memop & MO_BE) === 0) return;
  if (type === Type.v128) {
    reverseVector(c);
    return;
  }
  requireInteger(type);
  swapBytes(c, type, 1 << (memop & MO_SIZE));
}

function requireInteger(type: Type): void {
  if (type === Type.f32 || type === Type.f64) throw badAttribute('a big-endian access of a float');
}

function reverseVector(c: LowerCtx): void {
  const value = c.scratch(ValType.v128);
  c.f.tee(value).get(value).shuffle(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
}
