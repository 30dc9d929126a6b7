/**
 * Guest memory through the inline softmmu TLB (design, section 6).
 *
 * Fast path: the entry at `env + index(addr)`, its i64 tag for the kind of access compared with the access's page and low
 * bits, then a raw load or store at `low 32 bits of addr + addend`. One compare covers a missing entry, another page, an
 * access that crosses into the next page (the page of `addr + size − 1` is compared, the index comes from `addr`), all
 * flags, and misalignment where the MemOp forbids it. Everything else is in the `else` arm.
 *
 * Of the accesses of a span (compile/spans.ts) the first does so for the bytes of all, and leaves the host address in a local for the others.
 */
import { MO_SIZE, memOpAlignBits, Type, type MemOp } from '@wasm-tcg/ir';
import { WASM_CONTEXT } from '@wasm-tcg/runtime';
import { Op } from '../encoder/opcodes.ts';
import { BLOCK_VOID, ValType, type BlockType } from '../encoder/types.ts';
import type { Span } from '../compile/spans.ts';
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

/** A guest access on its way: what has been computed before the first arm. */
interface Access {
  readonly span: Span | undefined;
  /** Whether the page is looked up: always, but for later accesses of a span. */
  readonly looksUp: boolean;
  /** Local of the address that is looked up, or none: it is a constant. */
  readonly address: number;
  /** Bytes that have to be on its page. */
  readonly bytes: number;
  /** Local of the TLB entry's address less `offset`, or STATIC. */
  readonly base: number;
  readonly offset: number;
}

/** Computes where the TLB entry of an access is. */
function begin(c: LowerCtx, addressInput: number, address: number, memop: MemOp, mmuAttr: number, span: Span | undefined): Access {
  const bytes = 1 << (memop & MO_SIZE);
  if (span === undefined) {
    const base = entryBase(c, addressInput, address, mmuAttr);
    return { span, looksUp: true, address, bytes, base, offset: entryOffset(c, addressInput, base, mmuAttr) };
  }
  if (!span.first) return { span, looksUp: false, address, bytes, base: STATIC, offset: 0 };
  const lowest = lowestAddress(c, addressInput, address, span);
  const base = entryBase(c, addressInput, lowest, mmuAttr);
  return { span, looksUp: true, address: lowest, bytes: span.bytes, base, offset: entryOffset(c, addressInput, base, mmuAttr) };
}

/** A local with the address of the lowest byte of a span, of which the access at hand is the first. */
function lowestAddress(c: LowerCtx, addressInput: number, address: number, { offset }: Span): number {
  if (offset === 0) return address;
  const { f } = c;
  push(c, addressInput, address);
  if (c.wide) f.i64Const(-offset).op(Op.i64_add);
  else f.i32Const(-offset).op(Op.i32_add);
  const lowest = c.scratch(c.wide ? ValType.i64 : ValType.i32);
  f.set(lowest);
  return lowest;
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
function pushExpectedTag(c: LowerCtx, addressInput: number, { address, bytes }: Access, memop: MemOp): void {
  const { f } = c;
  const last = bytes - 1;
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

/** Opens `if` on a TLB hit, or if the span's first access had one. */
function ifHit(c: LowerCtx, addressInput: number, access: Access, write: boolean, memop: MemOp, type: BlockType): void {
  const { f } = c;
  if (!access.looksUp && access.span !== undefined) {
    f.get(access.span.local).hint(true).if_(type);
    return;
  }
  const { entry } = c.target.mmu;
  pushEntry(c, access.base);
  f.mem(Op.i64_load, access.offset + (write || access.span?.write === true ? entry.writeTag : entry.readTag));
  pushExpectedTag(c, addressInput, access, memop);
  f.op(Op.i64_eq).hint(true).if_(type);
}

/** Pushes the host address, after a hit. @returns what is to be added to it: the offset that the access takes as an immediate */
function pushHostAddress(c: LowerCtx, addressInput: number, { span, looksUp, address, base, offset }: Access): number {
  const { f } = c;
  if (!looksUp && span !== undefined) {
    f.get(span.local);
    return span.offset;
  }
  if (address < 0) {
    f.i32Const(c.constLo(addressInput));
  } else {
    f.get(address);
    if (c.wide) f.op(Op.i32_wrap_i64);
  }
  pushEntry(c, base);
  f.mem(Op.i32_load, offset + c.target.mmu.entry.addend).op(Op.i32_add);
  if (span === undefined) return 0;
  f.tee(span.local);
  return span.offset;
}

/** Begins the arm of what is no hit: the other accesses of the span are none either. */
function elseMiss(c: LowerCtx, { span, looksUp }: Access): void {
  c.f.else_();
  if (span !== undefined && looksUp) c.f.i32Const(0).set(span.local);
  c.slowPath();
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
  const access = begin(c, 0, address, memop, 1, c.span);
  c.outBegin(0);
  ifHit(c, 0, access, false, memop, valTypeOf(type));
  f.mem(loadOp(type, memop), pushHostAddress(c, 0, access), UNALIGNED);
  afterLoad(c, type, memop);
  elseMiss(c, access);
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
  const access = begin(c, 0, address, memop, 1, c.span);
  ifHit(c, 0, access, true, memop, BLOCK_VOID);
  const offset = pushHostAddress(c, 0, access);
  push(c, 1, value);
  beforeStore(c, type, memop);
  f.mem(storeOp(type, memop), offset, UNALIGNED);
  elseMiss(c, access);
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
  const access = begin(c, 0, address, memop, 1, c.span);
  const token = c.scratch(ValType.i32);
  c.outBegin(0);
  ifHit(c, 0, access, true, memop, valTypeOf(type));
  const offset = pushHostAddress(c, 0, access);
  if (offset !== 0) f.i32Const(offset).op(Op.i32_add);
  f.tee(token).mem(loadOp(type, memop), 0, UNALIGNED);
  afterLoad(c, type, memop);
  elseMiss(c, access);
  f.i32Const(0).set(token);
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
  const access = begin(c, 0, address, memop, 2, undefined);
  ifHit(c, 0, access, write === 1, memop, BLOCK_VOID);
  elseMiss(c, access);
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
