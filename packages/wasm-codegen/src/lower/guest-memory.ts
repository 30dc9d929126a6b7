/**
 * Guest memory through the inline softmmu TLB (design, section 6).
 *
 * Fast path: the entry at `env + index(addr)`, its i64 tag for the kind of access compared with the access's page and low
 * bits, then a raw load or store at `low 32 bits of addr + addend`. One compare covers a missing entry, another page, an
 * access that crosses into the next page (the page of `addr + size − 1` is compared, the index comes from `addr`), all
 * flags, and misalignment where the MemOp forbids it. Everything else is in the `else` arm.
 */
import { MO_SIZE, memOpAlignBits, Type, type MemOp } from '@wasm-tcg/ir';
import { WASM_CONTEXT } from '@wasm-tcg/runtime';
import { Op } from '../encoder/opcodes.ts';
import { BLOCK_VOID, ValType, type BlockType } from '../encoder/types.ts';
import { afterLoad, badAttribute, beforeStore, loadOp, operand, push, storeOp } from './common.ts';
import { valTypeOf, type LowerCtx, type Lowering } from './context.ts';

/** No local: a constant address needs none, its entry is at a static offset from env. */
const STATIC = -1;

/** Bits of an address that select the TLB entry, once shifted to the entry's position. */
function indexMask(c: LowerCtx): number {
  const { tlbBits, entry } = c.target.mmu;
  return ((1 << tlbBits) - 1) << entry.sizeBits;
}

function indexShift(c: LowerCtx): number {
  return c.target.mmu.pageBits - c.target.mmu.entry.sizeBits;
}

/** Computes the address of the TLB entry less `entryOffset` into a local; STATIC for a constant address. A known env is part of the offset. */
function entryBase(c: LowerCtx, addressInput: number, address: number, mmuAttr: number): number {
  if (address < 0 && !c.isDynamic(mmuAttr)) return STATIC;
  const { f } = c;
  push(c, addressInput, address);
  if (c.wide) f.op(Op.i32_wrap_i64);
  f.i32Const(indexShift(c)).op(Op.i32_shr_u).i32Const(indexMask(c)).op(Op.i32_and);
  if (c.envAddress === undefined) {
    c.env();
    f.op(Op.i32_add);
  }
  if (c.isDynamic(mmuAttr)) {
    const { tlbBits, entry } = c.target.mmu;
    c.pushAttr(mmuAttr);
    f.i32Const(tlbBits + entry.sizeBits).op(Op.i32_shl).op(Op.i32_add);
  }
  const base = c.scratch(ValType.i32);
  f.set(base);
  return base;
}

/** The static part of the entry's address. */
function entryOffset(c: LowerCtx, addressInput: number, base: number, mmuAttr: number): number {
  const { tlbOffset, tlbBits, entry } = c.target.mmu;
  const mmu = c.isDynamic(mmuAttr) ? 0 : c.attr(mmuAttr);
  const table = tlbOffset + (mmu << (tlbBits + entry.sizeBits));
  return base === STATIC ? table + ((c.constLo(addressInput) >>> indexShift(c)) & indexMask(c)) : table + (c.envAddress ?? 0);
}

function pushEntry(c: LowerCtx, base: number): void {
  if (base === STATIC) c.env();
  else c.f.get(base);
}

/** Pushes the i64 that the tag must equal: page of the last byte, and the low bits of the address that must be 0. */
function pushExpectedTag(c: LowerCtx, addressInput: number, address: number, memop: MemOp): void {
  const { f } = c;
  const last = (1 << (memop & MO_SIZE)) - 1;
  const pageMask = -1 << c.target.mmu.pageBits;
  const alignMask = (1 << memOpAlignBits(memop)) - 1;
  if (address < 0) {
    const lo = c.constLo(addressInput);
    const end = (lo + last) | 0;
    const carry = end >>> 0 < lo >>> 0 ? 1 : 0;
    f.i64Const((end & pageMask) | (lo & alignMask), c.wide ? (c.constHi(addressInput) + carry) | 0 : 0);
    return;
  }
  f.get(address);
  if (c.wide) {
    // An access aligned to its size ends on the page on which it starts.
    if (last > alignMask) f.i64Const(last).op(Op.i64_add).i64Const(pageMask).op(Op.i64_and);
    else f.i64Const(pageMask | alignMask).op(Op.i64_and);
    if (last > alignMask && alignMask > 0) f.get(address).i64Const(alignMask).op(Op.i64_and).op(Op.i64_or);
    return;
  }
  if (last > alignMask) f.i32Const(last).op(Op.i32_add).i32Const(pageMask).op(Op.i32_and);
  else f.i32Const(pageMask | alignMask).op(Op.i32_and);
  if (last > alignMask && alignMask > 0) f.get(address).i32Const(alignMask).op(Op.i32_and).op(Op.i32_or);
  f.op(Op.i64_extend_i32_u);
}

/** Opens `if` on a TLB hit. */
function ifHit(c: LowerCtx, addressInput: number, address: number, base: number, offset: number, write: boolean, memop: MemOp, type: BlockType): void {
  const { entry } = c.target.mmu;
  pushEntry(c, base);
  c.f.mem(Op.i64_load, offset + (write ? entry.writeTag : entry.readTag));
  pushExpectedTag(c, addressInput, address, memop);
  c.f.op(Op.i64_eq).hint(true).if_(type);
}

/** Pushes the host address, after a hit. */
function pushHostAddress(c: LowerCtx, addressInput: number, address: number, base: number, offset: number): void {
  if (address < 0) {
    c.f.i32Const(c.constLo(addressInput));
  } else {
    c.f.get(address);
    if (c.wide) c.f.op(Op.i32_wrap_i64);
  }
  pushEntry(c, base);
  c.f.mem(Op.i32_load, offset + c.target.mmu.entry.addend).op(Op.i32_add);
}

/** Pushes env and the address as i64: what every slow path begins with. */
function pushSlowArguments(c: LowerCtx, addressInput: number, address: number): void {
  c.env();
  push(c, addressInput, address);
  if (!c.wide) c.f.op(Op.i64_extend_i32_u);
}

/** Guest memory promises no alignment: 0 is what the engine may rely on. */
const UNALIGNED = 0;

const guestLd: Lowering = (c) => {
  const { f, type } = c;
  const memop = c.attr(0);
  const address = operand(c, 0);
  const base = entryBase(c, 0, address, 1);
  const offset = entryOffset(c, 0, base, 1);
  c.outBegin(0);
  ifHit(c, 0, address, base, offset, false, memop, valTypeOf(type));
  pushHostAddress(c, 0, address, base, offset);
  f.mem(loadOp(type, memop), 0, UNALIGNED);
  afterLoad(c, type, memop);
  f.else_();
  c.slowPath();
  pushSlowArguments(c, 0, address);
  c.pushOi();
  if (type === Type.v128) {
    c.callCore('ld_slow128');
    c.exitIfRequested();
    c.env();
    f.mem(Op.v128_load, WASM_CONTEXT.offset.ret);
  } else {
    c.callCore('ld_slow');
    c.exitIfRequested();
    if (type === Type.i32) f.op(Op.i32_wrap_i64);
  }
  f.end();
  c.outEnd(0);
};

/** Pushes a value as i64 for a slow path. */
function pushWide(c: LowerCtx, valueInput: number, value: number): void {
  push(c, valueInput, value);
  if (c.type === Type.i32) c.f.op(Op.i64_extend_i32_u);
}

const guestSt: Lowering = (c) => {
  const { f, type } = c;
  const memop = c.attr(0);
  const address = operand(c, 0);
  const value = operand(c, 1);
  const base = entryBase(c, 0, address, 1);
  const offset = entryOffset(c, 0, base, 1);
  ifHit(c, 0, address, base, offset, true, memop, BLOCK_VOID);
  pushHostAddress(c, 0, address, base, offset);
  push(c, 1, value);
  beforeStore(c, type, memop);
  f.mem(storeOp(type, memop), 0, UNALIGNED);
  f.else_();
  c.slowPath();
  if (type === Type.v128) {
    c.env();
    push(c, 1, value);
    f.mem(Op.v128_store, WASM_CONTEXT.offset.arg);
    pushSlowArguments(c, 0, address);
    c.pushOi();
    c.callCore('st_slow128');
  } else {
    pushSlowArguments(c, 0, address);
    pushWide(c, 1, value);
    c.pushOi();
    c.callCore('st_slow');
  }
  c.exitIfRequested();
  f.end();
};

const guestRmwLd: Lowering = (c) => {
  const { f, type } = c;
  const memop = c.attr(0);
  const address = operand(c, 0);
  const base = entryBase(c, 0, address, 1);
  const offset = entryOffset(c, 0, base, 1);
  const token = c.scratch(ValType.i32);
  c.outBegin(0);
  ifHit(c, 0, address, base, offset, true, memop, valTypeOf(type));
  pushHostAddress(c, 0, address, base, offset);
  f.tee(token).mem(loadOp(type, memop), 0, UNALIGNED);
  afterLoad(c, type, memop);
  f.else_().i32Const(0).set(token);
  c.slowPath();
  pushSlowArguments(c, 0, address);
  c.pushOi();
  c.callCore('rmw_ld_slow');
  c.exitIfRequested();
  if (type === Type.i32) f.op(Op.i32_wrap_i64);
  f.end();
  c.outEnd(0);
  c.outBegin(1);
  f.get(token);
  c.outEnd(1);
};

const guestRmwSt: Lowering = (c) => {
  const { f, type } = c;
  const memop = c.attr(0);
  const token = c.inLocal(0);
  const address = operand(c, 1);
  const value = operand(c, 2);
  f.get(token).hint(true).if_();
  f.get(token);
  push(c, 2, value);
  beforeStore(c, type, memop);
  f.mem(storeOp(type, memop), 0, UNALIGNED);
  f.else_();
  c.slowPath();
  pushSlowArguments(c, 1, address);
  pushWide(c, 2, value);
  c.pushOi();
  c.callCore('rmw_st_slow');
  c.exitIfRequested();
  f.end();
};

const guestProbe: Lowering = (c) => {
  const { f } = c;
  const write = c.attr(0);
  const memop = c.attr(1);
  if (write !== 0 && write !== 1) throw badAttribute(`guest_probe with imm ${write}`);
  const address = operand(c, 0);
  const base = entryBase(c, 0, address, 2);
  const offset = entryOffset(c, 0, base, 2);
  ifHit(c, 0, address, base, offset, write === 1, memop, BLOCK_VOID);
  f.else_();
  c.slowPath();
  pushSlowArguments(c, 0, address);
  c.pushOi();
  f.i32Const(write);
  c.callCore('probe_slow');
  c.exitIfRequested();
  f.end();
};

export const GUEST_MEMORY = {
  guest_ld: guestLd,
  guest_st: guestSt,
  guest_rmw_ld: guestRmwLd,
  guest_rmw_st: guestRmwSt,
  guest_probe: guestProbe,
};
GUEST_MEMORY satisfies Record<string, Lowering>;
