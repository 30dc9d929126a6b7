/**
 * System instructions: interrupts, far transfers, descriptor tables, control registers, MSRs, time. Their work is done by the helpers of
 * helpers/table-system.ts; here are operands, order, and how the TB goes on.
 */
import { MO_32, MO_64, type MemOp, type Temp, Type } from '@wasm-tcg/ir';
import { OperandKind } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { addBase, checkSegment, effectiveAddress, load, operandAddress, store } from './address.ts';
import { condition } from './cond.ts';
import { Vector, type Ctx } from './context.ts';
import type { Size } from './emit.ts';
import { After, endByPointer, endDirect, endOrCastShadow, writeNextPc } from './exit.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { isMem, readZext, sizeOf, write, writeReg } from './operands.ts';
import { loadFarPointer, readSelector } from './segment.ts';

const id = helperId;
const H = {
  intN: id('int_n'), int3: id('int3'), int1: id('int1'), into: id('into'), iret: id('iret'),
  farJmp: id('far_jmp'), farCall: id('far_call'), farRet: id('far_ret'),
  syscall: id('syscall'), sysret: id('sysret'), sysenter: id('sysenter'), sysexit: id('sysexit'),
  hlt: id('hlt'), sti: id('sti'), cli: id('cli'), setAc: id('set_ac'), clts: id('clts'), lmsw: id('lmsw'),
  lgdt: id('lgdt'), lidt: id('lidt'), lldt: id('lldt'), ltr: id('ltr'), checkUmip: id('check_umip'),
  toCr: id('mov_to_cr'), fromCr: id('mov_from_cr'), toDr: id('mov_to_dr'), fromDr: id('mov_from_dr'), invlpg: id('invlpg'),
  rdmsr: id('rdmsr'), wrmsr: id('wrmsr'), cpuid: id('cpuid'), rdtsc: id('rdtsc'), rdtscp: id('rdtscp'), rdpmc: id('rdpmc'),
  swapgs: id('swapgs'), readBase: id('read_fs_gs_base'), writeBase: id('write_fs_gs_base'),
} as const;

// ---- control ----------------------------------------------------------------------------------------------------------------

/** A helper that moves control, or changes what the next TB is looked up by. rip names the next instruction when it is called. */
function transfer(c: Ctx, helper: number, args: readonly Temp[], after: After): void {
  writeNextPc(c);
  c.syncCcOp();
  c.b.call(helper, -1, args);
  c.setCcDynamic();
  endByPointer(c, after);
}

const transferOf = (helper: number, after: After = After.breakpoints): Handler => (c) => transfer(c, helper, [], after);
/** As transferOf, with the operand size as argument. */
const sizedTransfer = (helper: number): Handler => (c) => transfer(c, helper, [c.k32(c.insn.opSize)], After.all);

function int(c: Ctx): void {
  transfer(c, H.intN, [c.k32(c.insn.imm & 0xff)], After.breakpoints);
}

/** INTO: a TB of two ends, as only the untaken one is followed by the trap of TF. */
function into(c: Ctx): void {
  const x = condition(c, 0);
  const taken = c.tb.newLabel();
  c.b.brcond(x.type, x.a, x.b, x.cond, taken);
  endDirect(c, 0, c.next);
  c.label(taken);
  transfer(c, H.into, [], After.breakpoints);
}

const far = (helper: number): Handler => (c) => {
  const { insn } = c;
  if (insn.opKinds[0] === OperandKind.Mem) {
    const { offset, selector } = loadFarPointer(c);
    transfer(c, helper, [selector, c.toI64(offset), c.k32(insn.opSize)], After.all);
  } else {
    const offset = c.tb.constant(Type.i64, insn.imm, 0);
    transfer(c, helper, [c.k32(insn.imm2), offset, c.k32(insn.opSize)], After.all);
  }
};

function retf(c: Ctx): void {
  const release = c.insn.opCount > 0 ? c.insn.imm & 0xffff : 0;
  transfer(c, H.farRet, [c.k32(release), c.k32(c.insn.opSize)], After.all);
}

/** A helper after which the TB must be left, though control flows on. `after`: what follows the instruction. */
function finishWith(c: Ctx, helper: number, args: readonly Temp[], after: After = After.all): void {
  writeNextPc(c);
  c.syncCcOp();
  c.b.call(helper, -1, args);
  endByPointer(c, after);
}

const ending = (helper: number, after: After = After.all): Handler => (c) => finishWith(c, helper, [], after);
const endingWith = (helper: number, argument: number): Handler => (c) => finishWith(c, helper, [c.k32(argument)]);

/** A helper after which the TB goes on; `last`: but not further than this instruction, as it looks at virtual time. */
const plain = (helper: number, last = false): Handler => (c) => {
  c.b.call(helper, -1, []);
  c.ccA = -1;
  c.last = last;
};

// ---- system registers ----------------------------------------------------------------------------------------------------------

/** #GP(0) unless CPL is 0, ahead of the operand's access. True if it has been raised: the TB has ended. */
function needsCpl0(c: Ctx): boolean {
  if (c.cpl !== 0) c.fault(Vector.GP, 0);
  return c.cpl !== 0;
}

export function movToControl(c: Ctx): void {
  const { opKinds, opRegs } = c.insn;
  const value = c.toI64(opRegs[1]!);
  finishWith(c, opKinds[0] === OperandKind.Cr ? H.toCr : H.toDr, [c.k32(opRegs[0]!), value]);
}

export function movFromControl(c: Ctx): void {
  const { opKinds, opRegs } = c.insn;
  const value = c.tb.newLocal(Type.i64);
  c.b.call(opKinds[1] === OperandKind.Cr ? H.fromCr : H.fromDr, value, [c.k32(opRegs[1]!)]);
  c.writeGpr(opRegs[0]!, c.wordSize, c.fromI64(value));
}

function loadState(c: Ctx, field: 'gdtrBase' | 'gdtrLimit' | 'idtrBase' | 'idtrLimit' | 'cr0' | 'tscAux', memop: MemOp): Temp {
  const d = c.word();
  c.b.ld(c.W, d, c.tb.env, X86_LAYOUT.stateOffset + X86_STATE.offset[field], memop);
  return d;
}

/** SGDT, SIDT: limit and whole base, 6 or 10 bytes; both are known to be writable before the first is written. */
const storeTable = (base: 'gdtrBase' | 'idtrBase', limit: 'gdtrLimit' | 'idtrLimit'): Handler => (c) => {
  c.b.call(H.checkUmip, -1, []);
  const size: Size = c.wide ? 8 : 4;
  const at = effectiveAddress(c);
  checkSegment(c, c.insn.seg, at, size + 2, true);
  const first = addBase(c, c.insn.seg, at);
  const second = addBase(c, c.insn.seg, c.zext(c.addI(at, 2), c.insn.addrSize));
  c.b.guest_probe(second, 1, c.wide ? MO_64 : MO_32, c.mmu);
  store(c, first, loadState(c, limit, MO_32), 2);
  store(c, second, loadState(c, base, c.wide ? MO_64 : MO_32), size);
};

/** LGDT, LIDT: a 16-bit operand size takes 24 bits of base. */
const loadTable = (helper: number): Handler => (c) => {
  if (needsCpl0(c)) return;
  const at = effectiveAddress(c);
  const size: Size = c.wide ? 8 : 4;
  checkSegment(c, c.insn.seg, at, size + 2, false);
  const limit = load(c, addBase(c, c.insn.seg, at), 2);
  const base = load(c, addBase(c, c.insn.seg, c.zext(c.addI(at, 2), c.insn.addrSize)), size);
  const cut = c.insn.opSize === 2 ? c.extract(base, 0, 24) : base;
  c.b.call(helper, -1, [c.toI32(limit), c.toI64(cut)]);
};

const loadSystemSegment = (helper: number): Handler => (c) => {
  if (needsCpl0(c)) return;
  c.b.call(helper, -1, [c.toI32(readZext(c, 0))]);
};

/** SLDT, STR: 16 bits to memory, zero-extended to a register. */
const storeSelector = (seg: number): Handler => (c) => {
  c.b.call(H.checkUmip, -1, []);
  writeWord(c, readSelector(c, seg));
};

/** A result of which memory takes 16 bits. */
function writeWord(c: Ctx, value: Temp): void {
  if (isMem(c, 0)) store(c, operandAddress(c, 2, true), value, 2);
  else write(c, 0, value);
}

function smsw(c: Ctx): void {
  c.b.call(H.checkUmip, -1, []);
  writeWord(c, loadState(c, 'cr0', MO_32));
}

function lmsw(c: Ctx): void {
  if (needsCpl0(c)) return;
  finishWith(c, H.lmsw, [c.toI32(readZext(c, 0))]);
}

/** INVLPG: the linear address, without any check of the segment. */
function invlpg(c: Ctx): void {
  finishWith(c, H.invlpg, [c.toI64(addBase(c, c.insn.seg, effectiveAddress(c)))]);
}

/** Caches are not modelled. */
function flushCaches(c: Ctx): void {
  needsCpl0(c);
}

function readBase(c: Ctx, seg: number): void {
  const value = c.tb.newLocal(Type.i64);
  c.b.call(H.readBase, value, [c.k32(seg)]);
  writeReg(c, 0, c.fromI64(value));
}

function writeBase(c: Ctx, seg: number): void {
  c.b.call(H.writeBase, -1, [c.k32(seg), c.toI64(c.zext(readZext(c, 0), sizeOf(c, 0)))]);
}

/** RDPID: IA32_TSC_AUX without the timestamp. */
function rdpid(c: Ctx): void {
  c.writeGpr(c.insn.opRegs[0]!, c.wordSize, loadState(c, 'tscAux', MO_32));
}

/** CLFLUSH and relatives fault as a load of one byte does. */
function clflush(c: Ctx): void {
  c.b.guest_probe(operandAddress(c, 1, false), 0, 0, c.mmu);
}

const nop: Handler = () => undefined;
const undefinedOpcode: Handler = (c) => c.fault(Vector.UD);

function sti(c: Ctx): void {
  const state = c.tb.newLocal(Type.i32);
  c.b.call(H.sti, state, []);
  endOrCastShadow(c, state);
}

/** HLT: the host stops here; it comes back to the next instruction. */
function hlt(c: Ctx): void {
  if (needsCpl0(c)) return;
  finishWith(c, H.hlt, []);
}

export const SYSTEM = {
  int, into, int3: transferOf(H.int3), int1: transferOf(H.int1), iret: sizedTransfer(H.iret),
  jmpf: far(H.farJmp), callf: far(H.farCall), retf,
  syscall: transferOf(H.syscall), sysenter: transferOf(H.sysenter), sysret: sizedTransfer(H.sysret), sysexit: sizedTransfer(H.sysexit),
  hlt, cli: plain(H.cli), sti, clac: endingWith(H.setAc, 0), stac: endingWith(H.setAc, 1), clts: ending(H.clts),
  lgdt: loadTable(H.lgdt), lidt: loadTable(H.lidt), sgdt: storeTable('gdtrBase', 'gdtrLimit'), sidt: storeTable('idtrBase', 'idtrLimit'),
  lldt: loadSystemSegment(H.lldt), ltr: loadSystemSegment(H.ltr), sldt: storeSelector(6), str: storeSelector(7), smsw, lmsw,
  invd: flushCaches, wbinvd: flushCaches, wbnoinvd: flushCaches, invlpg,
  rdmsr: plain(H.rdmsr, true), wrmsr: ending(H.wrmsr), cpuid: plain(H.cpuid),
  rdtsc: plain(H.rdtsc, true), rdtscp: plain(H.rdtscp, true), rdpmc: plain(H.rdpmc, true), swapgs: plain(H.swapgs), rdpid,
  rdfsbase: (c) => readBase(c, 4), rdgsbase: (c) => readBase(c, 5), wrfsbase: (c) => writeBase(c, 4), wrgsbase: (c) => writeBase(c, 5),
  clflush, clflushopt: clflush, clwb: clflush,
  nop, pause: nop, lfence: nop, mfence: nop, sfence: nop,
  prefetch: nop, prefetchw: nop, prefetchwt1: nop, prefetchnta: nop, prefetcht0: nop, prefetcht1: nop, prefetcht2: nop,
  ud0: undefinedOpcode, ud1: undefinedOpcode, ud2: undefinedOpcode,
} satisfies HandlersOf<
  | 'int' | 'into' | 'int3' | 'int1' | 'iret' | 'jmpf' | 'callf' | 'retf' | 'syscall' | 'sysenter' | 'sysret' | 'sysexit' | 'hlt' | 'cli' | 'sti' | 'clac'
  | 'stac' | 'clts' | 'lgdt' | 'lidt' | 'sgdt' | 'sidt' | 'lldt' | 'ltr' | 'sldt' | 'str' | 'smsw' | 'lmsw' | 'invd' | 'wbinvd' | 'wbnoinvd' | 'invlpg' | 'rdmsr'
  | 'wrmsr' | 'cpuid' | 'rdtsc' | 'rdtscp' | 'rdpmc' | 'swapgs' | 'rdpid' | 'rdfsbase' | 'rdgsbase' | 'wrfsbase' | 'wrgsbase' | 'clflush' | 'clflushopt' | 'clwb' | 'nop'
  | 'pause' | 'lfence' | 'mfence' | 'sfence' | 'prefetch' | 'prefetchw' | 'prefetchwt1' | 'prefetchnta' | 'prefetcht0' | 'prefetcht1' | 'prefetcht2'
  | 'ud0' | 'ud1' | 'ud2'
>;

