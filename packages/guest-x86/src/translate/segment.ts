/**
 * Segment registers: MOV Sreg, POP Sreg, LDS …, and the instructions that ask about selectors.
 */
import { Cond, MO_32, type Temp, Type } from '@wasm-tcg/ir';
import { Seg } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { addBase, checkSegment, effectiveAddress, load, operandAddress, store } from './address.ts';
import { G, type Ctx } from './context.ts';
import { After, endByPointer, endIf, writeNextPc } from './exit.ts';
import { makeFlags, setFlags } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, read, readZext, sizeOf, writeReg } from './operands.ts';

const LOAD_SEG = helperId('load_seg');
const MOV_SS = helperId('mov_ss');
const LAR = helperId('lar');
const LSL = helperId('lsl');

/** Selector of a segment register (6 LDTR, 7 TR), zero-extended. */
export function readSelector(c: Ctx, seg: number): Temp {
  const d = c.word();
  c.b.ld(c.W, d, c.tb.env, X86_LAYOUT.stateOffset + X86_STATE.offset.segSelector + seg * 4, MO_32);
  return d;
}

/** Load a segment register; then, before the TB may end, whatever the instruction commits besides. */
export function loadSegmentFrom(c: Ctx, seg: number, selector: Temp, commit: () => void): void {
  if (seg === Seg.SS) {
    writeNextPc(c);
    c.b.call(MOV_SS, -1, [selector]);
    commit();
    endByPointer(c, After.nothing);
    return;
  }
  const changed = c.tb.newLocal(Type.i32);
  c.b.call(LOAD_SEG, changed, [c.k32(seg), selector]);
  commit();
  endIf(c, changed);
}

/** MOV Sreg, r/m16. */
export function loadSegment(c: Ctx): void {
  loadSegmentFrom(c, c.insn.opRegs[0]!, c.toI32(readZext(c, 1)), () => undefined);
}

/** Offset and selector of the far pointer in memory that the instruction names. */
export function loadFarPointer(c: Ctx): { offset: Temp; selector: Temp } {
  const size = c.insn.opSize;
  const at = effectiveAddress(c);
  checkSegment(c, c.insn.seg, at, size + 2, false);
  const offset = load(c, addBase(c, c.insn.seg, at), size);
  const selector = load(c, addBase(c, c.insn.seg, c.zext(c.addI(at, size), c.insn.addrSize)), 2);
  return { offset, selector: c.toI32(selector) };
}

/** LDS, LES, LFS, LGS, LSS: the segment register first, as it may fault. */
const loadPointer = (seg: number): Handler => (c) => {
  const { offset, selector } = loadFarPointer(c);
  const changed = c.tb.newLocal(Type.i32);
  c.b.call(LOAD_SEG, changed, [c.k32(seg), selector]);
  writeReg(c, 0, offset);
  endIf(c, changed);
};

/** ZF becomes a word 0 or 1; the other flags stay. */
function setZero(c: Ctx, zero: Temp): void {
  makeFlags(c);
  setFlags(c, c.deposit(G.cc_src, zero, 6, 1));
}

/** LAR, LSL: ZF says whether the selector may be asked about; if not, the destination stays. */
const ask = (helper: number): Handler => (c) => {
  const answer = c.tb.newLocal(Type.i64);
  c.b.call(helper, answer, [c.toI32(readZext(c, 1))]);
  const known = c.setcond(Type.i64, Cond.ne, answer, c.tb.constI64(-1));
  setZero(c, known);
  const reg = c.insn.opRegs[0]!;
  const size = sizeOf(c, 0);
  const value = c.movcond(c.W, Cond.ne, known, c.k(0), c.fromI64(answer), reg);
  if (size === 2) c.writeGpr(reg, 2, value);
  else c.writeGprClean(reg, size, value);
};

const verify = (helper: number): Handler => (c) => {
  const zero = c.tb.newLocal(Type.i32);
  c.b.call(helper, zero, [c.toI32(readZext(c, 0))]);
  setZero(c, c.fromI32(zero));
};

/** ARPL: raise the destination's RPL to the source's. Memory is written only when that changes it. */
function arpl(c: Ctx): void {
  const source = c.copy(c.extract(read(c, 1), 0, 2));
  if (!isMem(c, 0)) {
    const value = read(c, 0);
    const own = c.extract(value, 0, 2);
    const r = c.movcond(c.W, Cond.ltu, own, source, c.deposit(value, source, 0, 2), value);
    setZero(c, c.setcond(c.W, Cond.ltu, own, source));
    writeReg(c, 0, r);
    return;
  }
  const reading = operandAddress(c, 2, false);
  const value = load(c, reading, 2);
  const own = c.extract(value, 0, 2);
  const unchanged = c.tb.newLabel();
  c.b.brcond(c.W, own, source, Cond.geu, unchanged);
  store(c, operandAddress(c, 2, true), c.deposit(value, source, 0, 2), 2);
  c.label(unchanged);
  setZero(c, c.setcond(c.W, Cond.ltu, own, source));
}

export const SEGMENT = {
  les: loadPointer(Seg.ES), lds: loadPointer(Seg.DS), lss: loadPointer(Seg.SS), lfs: loadPointer(Seg.FS), lgs: loadPointer(Seg.GS),
  lar: ask(LAR), lsl: ask(LSL), verr: verify(helperId('verr')), verw: verify(helperId('verw')), arpl,
} satisfies HandlersOf<'les' | 'lds' | 'lss' | 'lfs' | 'lgs' | 'lar' | 'lsl' | 'verr' | 'verw' | 'arpl'>;
