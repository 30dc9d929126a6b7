/** System instructions that came late and only few models offer: RDRAND, RDSEED, MONITOR, MWAIT, INVPCID. */
import { Cond, MO_64, Type } from '@wasm-tcg/ir';
import { Seg } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { addBase, checkSegment, effectiveAddress, linear, offsetBy } from './address.ts';
import { G, Vector, type Ctx } from './context.ts';
import { endByPointer, writeNextPc } from './exit.ts';
import type { HandlersOf } from './handler.ts';

const RANDOM = helperId('random');
const MONITOR = helperId('monitor');
const MWAIT = helperId('mwait');
const INVPCID = helperId('invpcid');

/** A random number of the operand's size, with CF set; zero with CF clear when there is none. */
function random(c: Ctx): void {
  const size = c.insn.opSize;
  const value = c.tb.newLocal(Type.i64);
  c.b.call(RANDOM, value, [c.k32(size)]);
  c.setCcDynamic();
  c.writeGpr(c.insn.opRegs[0]!, size, c.fromI64(value));
}

/** Neither instruction exists outside level 0, and neither knows an extension (ECX). True: the TB has ended. */
function refused(c: Ctx): boolean {
  if (c.cpl !== 0) {
    c.fault(Vector.UD);
    return true;
  }
  c.raiseIf(Cond.ne, c.W, c.zext(G.rcx, 4), c.k(0), Vector.GP, 0);
  return false;
}

/** Faults as a load of the byte at rAX does. */
function monitor(c: Ctx): void {
  if (refused(c)) return;
  const seg = c.insn.segOverride >= 0 ? c.insn.segOverride : Seg.DS;
  c.b.guest_probe(linear(c, seg, c.zext(G.rax, c.insn.addrSize), 1, false), 0, 0, c.mmu);
  c.b.call(MONITOR, -1, []);
}

function mwait(c: Ctx): void {
  if (refused(c)) return;
  writeNextPc(c);
  c.syncCcOp();
  c.b.call(MWAIT, -1, []);
  endByPointer(c);
}

function invpcid(c: Ctx): void {
  if (c.cpl !== 0) {
    c.fault(Vector.GP, 0);
    return;
  }
  const { seg, addrSize, opRegs } = c.insn;
  const at = effectiveAddress(c);
  checkSegment(c, seg, at, 16, false);
  const pcid = c.tb.newLocal(Type.i64);
  const address = c.tb.newLocal(Type.i64);
  c.b.guest_ld(Type.i64, pcid, addBase(c, seg, at), MO_64, c.mmu);
  c.b.guest_ld(Type.i64, address, addBase(c, seg, offsetBy(c, at, 8, addrSize)), MO_64, c.mmu);
  writeNextPc(c);
  c.syncCcOp();
  c.b.call(INVPCID, -1, [c.toI64(opRegs[0]!), pcid, address]);
  endByPointer(c);
}

export const OPTIONAL = { rdrand: random, rdseed: random, monitor, mwait, invpcid } satisfies HandlersOf<
  'rdrand' | 'rdseed' | 'monitor' | 'mwait' | 'invpcid'
>;
