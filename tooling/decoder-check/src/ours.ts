/**
 * Our decoder's result as a signature: one line of text that carries everything compared. `reference.ts` makes the same
 * line from iced-x86.
 *
 *     <mnemonic> [lock] [rep|repne] o<operand size> a<address size> <operand>…
 *
 * Operands: register names; `m<bytes>[seg:base+index*scale+disp]`; `i<bits>:<hex>`; `b<bits>:<target at address 0>`;
 * `far<bits>:<selector>:<offset>`; `src<address bytes>:<seg>:m<bytes>`; `dst<address bytes>:m<bytes>`.
 */
import { BASE_RIP, FORMS, OperandKind, mnemonicText } from '@wasm-tcg/guest-x86';
import type { Insn } from '@wasm-tcg/guest-x86';

const GPR = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

function gpr(reg: number, size: number): string {
  if (reg >= 8) return `r${reg}${{ 1: 'l', 2: 'w', 4: 'd', 8: '' }[size] ?? '?'}`;
  const name = GPR[reg];
  if (size === 1) return reg < 4 ? `${name.charAt(0)}l` : `${name}l`;
  return size === 2 ? name : `${size === 4 ? 'e' : 'r'}${name}`;
}

const masked = (lo: number, hi: number, bits: number): string => BigInt.asUintN(bits, (BigInt(hi) << 32n) | BigInt(lo >>> 0)).toString(16);

function memory(insn: Insn): string {
  const bits = insn.addrSize * 8;
  const rip = insn.base === BASE_RIP;
  const base = rip ? (insn.addrSize === 8 ? 'rip' : 'eip') : insn.base < 0 ? '' : gpr(insn.base, insn.addrSize);
  const index = insn.index < 0 ? '' : gpr(insn.index, insn.addrSize);
  const disp = rip ? masked(insn.disp + insn.length, (insn.disp + insn.length) >> 31, bits) : masked(insn.disp, insn.dispHi, bits);
  return `[${SEGMENTS[insn.seg]}:${base}+${index}*${insn.scale}+${disp}]`;
}

/** Text of one operand, see above. */
export function operandSignature(insn: Insn, i: number): string {
  const reg = insn.opRegs[i];
  const size = insn.opSizes[i];
  switch (insn.opKinds[i]) {
    case OperandKind.Gpr: return gpr(reg, size);
    case OperandKind.GprHigh: return `${GPR[reg].charAt(0)}h`;
    case OperandKind.Seg: return SEGMENTS[reg];
    case OperandKind.Cr: return `cr${reg}`;
    case OperandKind.Dr: return `dr${reg}`;
    case OperandKind.Mmx: return `mm${reg}`;
    case OperandKind.Xmm: return `xmm${reg}`;
    case OperandKind.St: return `st${reg}`;
    case OperandKind.Mem: return `m${size}${memory(insn)}`;
    case OperandKind.SrcIndex: return `src${insn.addrSize}:${SEGMENTS[insn.seg]}:m${size}`;
    case OperandKind.DstIndex: return `dst${insn.addrSize}:m${size}`;
    case OperandKind.Imm: return `i${size * 8}:${masked(insn.imm, insn.immHi, size * 8)}`;
    case OperandKind.Imm2: return `i8:${insn.imm2.toString(16)}`;
    case OperandKind.One: return 'i8:1';
    case OperandKind.Rel: return `b${insn.opSize * 8}:${masked(insn.imm + insn.length, (insn.imm + insn.length) >> 31, insn.opSize * 8)}`;
    case OperandKind.Far: return `far${insn.opSize * 8}:${insn.imm2.toString(16)}:${masked(insn.imm, 0, insn.opSize * 8)}`;
    default: return '?';
  }
}

/** Whether the form is a string instruction, where F2h and F3h are compared. */
export const isString = (insn: Insn): boolean => insn.opKinds.includes(OperandKind.SrcIndex) || insn.opKinds.includes(OperandKind.DstIndex);

/** Signature of a decoded instruction. */
export function ourSignature(insn: Insn, withOpSize: boolean, withAddrSize: boolean): string {
  let text = mnemonicText(insn);
  if (insn.lock) text += ' lock';
  if (isString(insn)) text += insn.rep ? ' rep' : insn.repne ? ' repne' : '';
  if (withOpSize) text += ` o${insn.opSize}`;
  if (withAddrSize) text += ` a${insn.addrSize}`;
  // XLAT has no operands in the tables; iced shows the byte it reads.
  if (text.startsWith('xlatb')) text += ` m1[${SEGMENTS[insn.seg]}:${gpr(3, insn.addrSize)}+al*1+0]`;
  for (let i = 0; i < insn.opCount; i++) text += ` ${operandSignature(insn, i)}`;
  return `${text} #${insn.length}`;
}

/** Row that an instruction came from, for the report of a difference. */
export const rowOf = (insn: Insn): string => `${FORMS[insn.form].encoding} ${FORMS[insn.form].mnemonic} ${FORMS[insn.form].operands}`;
