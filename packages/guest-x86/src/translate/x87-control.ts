/**
 * x87 instructions about the unit itself: control and status word, environment, state, WAIT; FXSAVE and FXRSTOR. They are no "last instruction", but for
 * FNOP; those with FN names do not wait for a pending error.
 */
import { MO_32, type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { FpuImage, FpuStatus, FxImage } from '../state/fpu.ts';
import { HFlag } from '../state/hflags.ts';
import { operandAddress, store } from './address.ts';
import { G, Vector, type Ctx } from './context.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, read } from './operands.ts';
import { checkAlignment, checkFpuError, forgetLast, fpuAvailable, fpuOperand, noteLast, startFpu, stateAt } from './x87-common.ts';
import { forgetStack } from './x87-stack.ts';

const FLDCW = helperId('fpu_fldcw');
const FXSAVE = helperId('fxsave');
const FXRSTOR = helperId('fxrstor');
const FX_BYTES = 512;
/** Bytes of the registers behind the environment in the image of FNSAVE. */
const REGISTER_BYTES = 80;

function loadWord(c: Ctx, field: 'fpControl' | 'fpStatus' | 'fpTop'): Temp {
  const d = c.tb.newLocal(Type.i32);
  c.b.ld(Type.i32, d, c.tb.env, stateAt(field), MO_32);
  return c.fromI32(d);
}

/** A word to memory or AX, without waiting. */
function storeWord(c: Ctx, value: () => Temp): void {
  if (!fpuAvailable(c)) return;
  if (isMem(c, 0)) store(c, operandAddress(c, 2, true), value(), 2);
  else c.writeGpr(G.rax, 2, value());
}

function fldcw(c: Ctx): void {
  if (!startFpu(c)) return;
  c.b.call(FLDCW, -1, [c.toI32(read(c, 0))]);
  // What has been masked may not be any more.
  c.fpuStack.quiet = false;
}

const statusWord = (c: Ctx): Temp => c.or(loadWord(c, 'fpStatus'), c.shlI(loadWord(c, 'fpTop'), FpuStatus.TOP_SHIFT));

/** Stack and pointers may be anything. */
function forget(c: Ctx): void {
  forgetStack(c);
  forgetLast(c);
}

/** A helper that changes the unit's state without waiting; it may have changed the pointers. */
const nonWaiting = (name: string): Handler => {
  const helper = helperId(name);
  return (c) => {
    if (!fpuAvailable(c)) return;
    c.b.call(helper, -1, []);
    forget(c);
  };
};

/** FNSTENV, FLDENV, FNSAVE, FRSTOR: the image depends on the operand size, and on whether linear addresses have selectors. */
const image = (name: string, writes: boolean, behind: number): Handler => {
  const helper = helperId(name);
  return (c) => {
    if (!fpuAvailable(c)) return;
    if (!writes) checkFpuError(c);
    const wide = c.insn.opSize !== 2;
    const { address } = fpuOperand(c, (wide ? 28 : 14) + behind, writes);
    checkAlignment(c, address, wide ? 4 : 2, writes);
    const format = (wide ? FpuImage.wide : 0) | (c.protectedMode ? 0 : FpuImage.real);
    c.b.call(helper, -1, [c.toI64(address), c.k32(c.mmu), c.k32(format)]);
    forget(c);
  };
};

/** FXSAVE and FXRSTOR do not wait. Their alignment is #GP(0), which the helper raises before any access. */
const fx = (helper: number, writes: boolean): Handler => (c) => {
  if (!fpuAvailable(c)) return;
  const { address } = fpuOperand(c, FX_BYTES, writes);
  const format = (c.insn.w !== 0 ? FxImage.pointers64 : 0) | (c.wide ? FxImage.code64 : 0);
  c.b.call(helper, -1, [c.toI64(address), c.k32(c.mmu), c.k32(format)]);
  if (!writes) forget(c);
};

function fnop(c: Ctx): void {
  if (startFpu(c)) noteLast(c);
}

/** WAIT: #NM by CR0.TS if CR0.MP, whatever EM. */
function wait(c: Ctx): void {
  const both = HFlag.TS | HFlag.MP;
  if ((c.hflags & both) === both) c.fault(Vector.NM);
  else checkFpuError(c);
}

/** Instructions of the 8087 and 80287, which do nothing since. */
const ignored: Handler = (c) => void fpuAvailable(c);

export const X87_CONTROL = {
  fnstcw: (c) => storeWord(c, () => loadWord(c, 'fpControl')), fnstsw: (c) => storeWord(c, () => statusWord(c)), fldcw,
  fnclex: nonWaiting('fpu_fnclex'), fninit: nonWaiting('fpu_fninit'),
  fnstenv: image('fpu_fnstenv', true, 0), fldenv: image('fpu_fldenv', false, 0),
  fnsave: image('fpu_fnsave', true, REGISTER_BYTES), frstor: image('fpu_frstor', false, REGISTER_BYTES),
  fxsave: fx(FXSAVE, true), fxrstor: fx(FXRSTOR, false),
  fnop, wait, fneni: ignored, fndisi: ignored, fnsetpm: ignored,
} satisfies HandlersOf<
  | 'fnstcw' | 'fnstsw' | 'fldcw' | 'fnclex' | 'fninit' | 'fnstenv' | 'fldenv' | 'fnsave' | 'frstor' | 'fxsave' | 'fxrstor' | 'fnop' | 'wait' | 'fneni' | 'fndisi'
  | 'fnsetpm'
>;
