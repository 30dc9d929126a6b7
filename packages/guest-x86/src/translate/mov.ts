/**
 * Moves without arithmetic: MOV, MOVZX, MOVSX, LEA, XCHG, CMOVcc, SETcc, BSWAP, MOVBE, XLAT, CBW, CWD, flag instructions.
 */
import { Cond, MO_BE, type Temp, Type } from '@wasm-tcg/ir';
import { OperandKind, Seg } from '../decode/index.ts';
import { Eflag } from '../state/cc-op.ts';
import { effectiveAddress, linear, load, loadTo, memop, operandAddress } from './address.ts';
import { condition, carryBit, overflowBit } from './cond.ts';
import { G, type Ctx } from './context.ts';
import { overrideCarry, setFlags } from './flags.ts';
import type { HandlersOf } from './handler.ts';
import { materialise } from './materialise.ts';
import { isMem, openDest, read, readSext, readZext, sizeOf, storeDest, write, writeDest, writeReg } from './operands.ts';
import { movFromControl, movToControl } from './system.ts';
import { loadSegment, readSelector } from './segment.ts';

/** Register destination 0 from memory operand 1: straight into the global when the load makes the whole register. */
function loadRegister(c: Ctx): void {
  const size = sizeOf(c, 1);
  const address = operandAddress(c, size, false);
  const reg = c.insn.opRegs[0]!;
  if (size >= 4) {
    if (c.ccA === reg) c.ccA = -1;
    loadTo(c, reg, address, size);
  } else {
    writeReg(c, 0, load(c, address, size));
  }
}

function mov(c: Ctx): void {
  const { opKinds } = c.insn;
  const to = opKinds[0];
  const from = opKinds[1];
  if (to === OperandKind.Seg) loadSegment(c);
  else if (from === OperandKind.Seg) write(c, 0, readSelector(c, c.insn.opRegs[1]!));
  else if (to === OperandKind.Cr || to === OperandKind.Dr) movToControl(c);
  else if (from === OperandKind.Cr || from === OperandKind.Dr) movFromControl(c);
  else if (from === OperandKind.Mem) loadRegister(c);
  else if (from === OperandKind.Imm && to !== OperandKind.Mem && sizeOf(c, 0) >= 4) c.writeGprClean(c.insn.opRegs[0]!, 4, readZext(c, 1));
  else write(c, 0, read(c, 1));
}

function movzx(c: Ctx): void {
  const value = readZext(c, 1);
  if (sizeOf(c, 0) < 4) writeReg(c, 0, value);
  else c.writeGprClean(c.insn.opRegs[0]!, 4, value);
}

function movsx(c: Ctx): void {
  writeReg(c, 0, readSext(c, 1));
}

/** LEA: the offset, cut to the address size, then to the operand size; no segment takes part. */
function lea(c: Ctx): void {
  writeReg(c, 0, effectiveAddress(c));
}

function xchg(c: Ctx): void {
  // Operand 1 is a register always.
  const b = c.copy(read(c, 1));
  const a = c.copy(openDest(c));
  storeDest(c, b);
  writeDest(c, b);
  writeReg(c, 1, a);
}

/** CMOVcc: memory is read, and a 32-bit destination zero-extended, whatever the condition. */
function cmovcc(c: Ctx): void {
  const value = read(c, 1);
  const x = condition(c, c.insn.opcode & 15);
  const reg = c.insn.opRegs[0]!;
  const size = sizeOf(c, 0);
  if (x.type === c.W) {
    c.writeGpr(reg, size, c.movcond(c.W, x.cond, x.a, x.b, value, reg));
  } else {
    const flag = c.setcond(x.type, x.cond, x.a, x.b);
    c.writeGpr(reg, size, c.movcond(c.W, Cond.ne, flag, c.k(0), value, reg));
  }
}

function setcc(c: Ctx): void {
  const x = condition(c, c.insn.opcode & 15);
  write(c, 0, c.setcond(x.type, x.cond, x.a, x.b));
}

/** BSWAP of a 16-bit register is undefined; processors clear it. */
function bswap(c: Ctx): void {
  const reg = c.insn.opRegs[0]!;
  const size = sizeOf(c, 0);
  if (size === 2) {
    c.writeGpr(reg, 2, c.k(0));
    return;
  }
  const d = c.word();
  c.b.bswap(c.W, d, reg, size * 8);
  c.writeGprClean(reg, size, d);
}

function movbe(c: Ctx): void {
  if (isMem(c, 0)) {
    const size = sizeOf(c, 0);
    c.b.guest_st(c.W, operandAddress(c, size, true), read(c, 1), memop(c, size) | MO_BE, c.mmu);
    return;
  }
  const size = sizeOf(c, 1);
  const d = c.word();
  c.b.guest_ld(c.W, d, operandAddress(c, size, false), memop(c, size) | MO_BE, c.mmu);
  writeReg(c, 0, d);
}

/** XLAT: AL = [seg:rBX + AL]. */
function xlat(c: Ctx): void {
  const { insn } = c;
  const offset = c.zext(c.add(G.rbx, c.zext(G.rax, 1)), insn.addrSize);
  const seg = insn.segOverride >= 0 ? insn.segOverride : Seg.DS;
  c.writeGpr(G.rax, 1, load(c, linear(c, seg, offset, 1, false), 1));
}

/** CBW, CWDE, CDQE: the accumulator's lower half sign-extended. */
function cbw(c: Ctx): void {
  const size = c.insn.opSize;
  c.writeGpr(G.rax, size, c.sext(G.rax, (size >> 1) as 1 | 2 | 4));
}

/** CWD, CDQ, CQO: rDX = the accumulator's sign. */
function cwd(c: Ctx): void {
  const size = c.insn.opSize;
  c.writeGpr(G.rdx, size, c.sar(c.sext(G.rax, size), c.k(c.wordBits - 1)));
}

/** LAHF: SF ZF 0 AF 0 PF 1 CF into AH. */
function lahf(c: Ctx): void {
  const flags: Temp = c.or(materialise(c), c.k(2));
  c.b.deposit(c.W, G.rax, G.rax, flags, 8, 8);
  if (c.ccA === G.rax) c.ccA = -1;
}

/** SAHF: OF stays. */
function sahf(c: Ctx): void {
  const low = c.andI(c.extract(G.rax, 8, 8), Eflag.SF | Eflag.ZF | Eflag.AF | Eflag.PF | Eflag.CF);
  setFlags(c, c.or(low, c.shlI(overflowBit(c), 11)));
}

export const MOV = {
  mov, movzx, movsx, movsxd: movsx, lea, xchg, cmovcc, setcc, bswap, movbe, xlat, cbw, cwd, lahf, sahf,
  movnti: mov,
  clc: (c) => overrideCarry(c, c.k(0)),
  stc: (c) => overrideCarry(c, c.k(1)),
  cmc: (c) => overrideCarry(c, c.xorI(carryBit(c), 1)),
  cld: (c) => c.b.mov(Type.i32, G.df, c.k32(1)),
  std: (c) => c.b.mov(Type.i32, G.df, c.k32(-1)),
  /** SALC: AL = CF ? FFh : 0. */
  salc: (c) => c.writeGpr(G.rax, 1, c.neg(carryBit(c))),
} satisfies HandlersOf<
  | 'mov' | 'movzx' | 'movsx' | 'movsxd' | 'movnti' | 'lea' | 'xchg' | 'cmovcc' | 'setcc' | 'bswap' | 'movbe' | 'xlat' | 'cbw' | 'cwd' | 'lahf' | 'sahf'
  | 'clc' | 'stc' | 'cmc' | 'cld' | 'std' | 'salc'
>;
