/**
 * Memory addresses: effective address, segment checks, linear address, and the accesses themselves.
 *
 * Segments that hflags call flat need nothing. For the others an access is compared with `segBound` (two ops); only what is not below
 * it calls `check_segment`. Both come before any translation, as the manual orders the faults. 64-bit code has no limits; a
 * non-canonical address misses the TLB and faults there.
 */
import { Cond, MO_ALIGN_SHIFT, MO_32, MO_SIGN, type MemOp, type Temp, Type } from '@wasm-tcg/ir';
import { BASE_RIP, Seg } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { HFlag } from '../state/hflags.ts';
import { G, type Ctx } from './context.ts';
import type { Size } from './emit.ts';

const CHECK_SEGMENT = helperId('check_segment');
const RSP = 4;

/** hflags bit that frees a segment register of checks, by segment number. CS has none, since its type is never known, nor has GS. */
const FLAT_BIT: readonly number[] = [HFlag.ES_FLAT, 0, HFlag.SS_FLAT, HFlag.DS_FLAT, HFlag.FS_OK, 0];

/** MemOp of an access of the guest, zero-extending. */
export function memop(c: Ctx, size: Size): MemOp {
  const log2 = 31 - Math.clz32(size);
  return c.aligned ? log2 | (log2 << MO_ALIGN_SHIFT) : log2;
}

/** Offset in its segment of the instruction's memory operand, as the address size cuts it. */
export function effectiveAddress(c: Ctx): Temp {
  const { insn } = c;
  const { base, index, disp } = insn;
  const live = c.liveDisplacement();
  if (base === BASE_RIP) {
    const address = live < 0 ? c.pc(c.next + disp) : c.add(c.nextPc(), live);
    return insn.addrSize === 4 ? c.zext(address, 4) : address;
  }
  if (base < 0 && index < 0) {
    if (live >= 0) return c.zext(live, insn.addrSize);
    if (insn.addrSize === 8) return c.tb.constant(Type.i64, disp, insn.dispHi);
    return c.k(insn.addrSize === 2 ? disp & 0xffff : disp >>> 0);
  }
  let address: Temp = -1;
  if (index >= 0) address = c.shlI(index, 31 - Math.clz32(insn.scale));
  if (base >= 0) {
    const register = base === RSP && c.spOverride >= 0 ? c.spOverride : base;
    address = address < 0 ? register : c.add(register, address);
  }
  return c.zext(live < 0 ? c.addI(address, disp) : c.add(address, live), insn.addrSize);
}

/** Offset `by` bytes further on in a segment, cut to an address of `width` bytes. */
export function offsetBy(c: Ctx, offset: Temp, by: number, width: Size): Temp {
  return c.zext(c.addI(offset, by), width);
}

/** Longest access that the comparison with `segBound` answers for. */
const LONGEST_INLINE = 16;

/** No access through the segment needs a check. */
export function uncheckedSegment(c: Ctx, seg: number): boolean {
  return c.wide || (c.hflags & FLAT_BIT[seg]!) !== 0;
}

/** Check that the segment allows the access. */
export function checkSegment(c: Ctx, seg: number, offset: Temp, size: number, write: boolean): void {
  if (uncheckedSegment(c, seg)) return;
  if (size > LONGEST_INLINE) {
    c.b.call(CHECK_SEGMENT, -1, [c.k32(seg | (write ? 0x100 : 0)), offset, c.k32(size)]);
    return;
  }
  const bound = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, bound, c.tb.env, X86_LAYOUT.stateOffset + X86_STATE.offset.segBound + seg * 8 + (write ? 4 : 0), MO_32);
  const ok = c.tb.newLabel();
  c.b.brcond(Type.i32, offset, bound, Cond.ltu, ok);
  c.b.call(CHECK_SEGMENT, -1, [c.k32(seg | (write ? 0x100 : 0)), offset, c.k32(size)]);
  c.b.label(ok);
}

/** Linear address of an offset that has been checked. */
export function addBase(c: Ctx, seg: number, offset: Temp): Temp {
  if (c.wide) return seg >= Seg.FS ? c.add(offset, G.es_base + seg) : offset;
  if (seg === Seg.CS) return c.addI(offset, c.csBase);
  // FS and GS have bases even where they have no limits.
  if (seg < Seg.FS && (c.hflags & FLAT_BIT[seg]!) !== 0) return offset;
  return c.add(offset, G.es_base + seg);
}

/** Check and linear address in one. */
export function linear(c: Ctx, seg: number, offset: Temp, size: number, write: boolean): Temp {
  checkSegment(c, seg, offset, size, write);
  return addBase(c, seg, offset);
}

/** Linear address of the instruction's memory operand. */
export function operandAddress(c: Ctx, size: number, write: boolean): Temp {
  return linear(c, c.insn.seg, effectiveAddress(c), size, write);
}

/** Load into a given temp, zero-extended. */
export function loadTo(c: Ctx, d: Temp, address: Temp, size: Size): void {
  c.b.guest_ld(c.W, d, address, memop(c, size), c.mmu);
}

export function load(c: Ctx, address: Temp, size: Size): Temp {
  const d = c.word();
  loadTo(c, d, address, size);
  return d;
}

/** Load, sign-extended. */
export function loadSigned(c: Ctx, address: Temp, size: Size): Temp {
  const d = c.word();
  c.b.guest_ld(c.W, d, address, memop(c, size) | MO_SIGN, c.mmu);
  return d;
}

/** Store the low `size` bytes of a raw value. */
export function store(c: Ctx, address: Temp, value: Temp, size: Size): void {
  c.b.guest_st(c.W, address, value, memop(c, size), c.mmu);
}

/** Fault as a store of `size` bytes would. */
export function probeStore(c: Ctx, address: Temp, size: Size): void {
  c.b.guest_probe(address, 1, memop(c, size), c.mmu);
}
