/**
 * Near branches.
 *
 * A target outside the limit of CS, or non-canonical, faults at the branch, before a register is written. A 16-bit target is cut to 16 bits:
 * its link is used only when that changes nothing, which is known at run time alone (the same code may be mapped anywhere).
 */
import { Cond, MO_32, type Temp, Type } from '@wasm-tcg/ir';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { condition } from './cond.ts';
import { G, Vector, type Ctx } from './context.ts';
import { endAt, endDirect } from './exit.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { NOT_LIVE } from './live.ts';
import { read } from './operands.ts';
import { peek, stackOffset, stackStore, writeStackPointer } from './stack.ts';

const CS_LIMIT = X86_LAYOUT.stateOffset + X86_STATE.offset.segLimit + 4;

/** Code segments of real and virtual-8086 mode hold every 16-bit offset. */
function fitsAlways(c: Ctx): boolean {
  return c.csFlat || (!c.protectedMode && c.insn.opSize === 2);
}

/** #GP(0) unless the target pc, already masked, may be executed. */
function checkTarget(c: Ctx, target: Temp): void {
  if (c.wide) {
    if (c.insn.opSize === 8) c.raiseIf(Cond.ne, Type.i64, target, c.sextract(target, 0, 48), Vector.GP, 0);
  } else if (!fitsAlways(c)) {
    const limit = c.tb.newLocal(Type.i32);
    c.b.ld(Type.i32, limit, c.tb.env, CS_LIMIT, MO_32);
    c.raiseIf(Cond.gtu, Type.i32, target, limit, Vector.GP, 0);
  }
}

/** pc that a relative branch leads to, not yet cut to the operand size. */
function relativeTarget(c: Ctx, live: Temp): Temp {
  return live < 0 ? c.pc(c.next + c.insn.imm) : c.add(c.nextPc(), live);
}

/** Check the target of a relative branch, before anything is committed. */
function checkRelative(c: Ctx, live: Temp): void {
  if (c.wide || fitsAlways(c)) return;
  const target = relativeTarget(c, live);
  checkTarget(c, c.insn.opSize === 2 ? c.zext(target, 2) : target);
}

/** Leave to the target of a relative branch. */
function jumpRelative(c: Ctx, slot: 0 | 1, live: Temp): void {
  if (live >= 0) {
    const pc = relativeTarget(c, live);
    endAt(c, c.insn.opSize === 2 ? c.zext(pc, 2) : pc);
    return;
  }
  const target = c.next + c.insn.imm;
  if (c.insn.opSize === 2) {
    const pc = c.pc(target);
    if (!c.wide) {
      const wraps = c.tb.newLabel();
      c.b.brcond(c.W, pc, c.k(0xffff_0000), Cond.tstne, wraps);
      endDirect(c, slot, target);
      c.label(wraps);
    }
    endAt(c, c.zext(pc, 2));
  } else if (c.wide && target !== (target | 0)) {
    endAt(c, c.pc(target));
  } else {
    endDirect(c, slot, target | 0);
  }
}

/** Check the target of a relative branch that does nothing else, and go there. */
function takeRelative(c: Ctx): void {
  const live = c.liveImmediate();
  checkRelative(c, live);
  jumpRelative(c, 1, live);
}

function jmp(c: Ctx): void {
  if (c.insn.modrm < 0) {
    takeRelative(c);
    return;
  }
  const target = c.zext(read(c, 0), c.insn.opSize);
  checkTarget(c, target);
  endAt(c, target);
}

/** CALL. Processors have stored the return address when they find that the target is no place to go; the stack pointer has not moved. */
function call(c: Ctx): void {
  const size = c.insn.opSize;
  const relative = c.insn.modrm < 0;
  // CALL rSP goes where it pointed before the push.
  const target = relative ? -1 : c.copy(c.zext(read(c, 0), size));
  // Where the return address is stored, the distance itself may be.
  const live = relative ? c.liveImmediate() : NOT_LIVE;
  const offset = stackOffset(c, G.rsp, -size);
  stackStore(c, offset, c.nextPc(), size);
  if (relative) {
    checkRelative(c, live);
    writeStackPointer(c, offset);
    jumpRelative(c, 1, live);
  } else {
    checkTarget(c, target);
    writeStackPointer(c, offset);
    endAt(c, target);
  }
}

/** RET, RET imm16. */
function ret(c: Ctx): void {
  const size = c.insn.opSize;
  const target = peek(c, size);
  checkTarget(c, target);
  writeStackPointer(c, stackOffset(c, G.rsp, size + (c.insn.opCount > 0 ? c.insn.imm & 0xffff : 0)));
  endAt(c, target);
}

function jcc(c: Ctx): void {
  const x = condition(c, c.insn.opcode & 15);
  const taken = c.tb.newLabel();
  c.b.brcond(x.type, x.a, x.b, x.cond, taken);
  endDirect(c, 0, c.next);
  c.label(taken);
  takeRelative(c);
}

function jcxz(c: Ctx): void {
  const taken = c.tb.newLabel();
  c.b.brcond(c.W, c.zext(G.rcx, c.insn.addrSize), c.k(0), Cond.eq, taken);
  endDirect(c, 0, c.next);
  c.label(taken);
  takeRelative(c);
}

/** LOOP, LOOPE, LOOPNE: the count is as wide as addresses are. `zero`: what ZF must be, −1 = anything. */
const loop = (zero: -1 | 0 | 1): Handler => (c) => {
  const width = c.insn.addrSize;
  const count = c.zext(c.addI(G.rcx, -1), width);
  const leave = c.tb.newLabel();
  if (zero >= 0) {
    // Condition 4 is "zero", 5 "not zero": leave when it is not as wanted.
    const x = condition(c, zero === 1 ? 5 : 4);
    c.b.brcond(x.type, x.a, x.b, x.cond, leave);
  }
  c.b.brcond(c.W, count, c.k(0), Cond.eq, leave);
  const live = c.liveImmediate();
  checkRelative(c, live);
  c.writeGpr(G.rcx, width, count);
  jumpRelative(c, 1, live);
  c.label(leave);
  c.writeGpr(G.rcx, width, count);
  endDirect(c, 0, c.next);
};

export const BRANCH = {
  jmp, call, ret, jcc, jcxz,
  loop: loop(-1), loope: loop(1), loopne: loop(0),
} satisfies HandlersOf<'jmp' | 'call' | 'ret' | 'jcc' | 'jcxz' | 'loop' | 'loope' | 'loopne'>;
