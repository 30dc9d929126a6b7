/**
 * Intel-syntax text of a decoded instruction, for `-d in_asm`, `inspect` and error messages. Spellings follow the manual;
 * numbers are hexadecimal. Not meant to be parsed.
 */
import { FORMS } from './forms.ts';
import { BASE_RIP, DecodeMode, OperandKind, Seg } from './insn.ts';
import type { Insn } from './insn.ts';
import type { MnemonicName } from './tables/mnemonics.ts';

const GPR_64 = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];
const GPR_8 = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];
const CONDITIONS = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
const POINTERS: Readonly<Record<number, string>> = {
  1: 'byte ptr ', 2: 'word ptr ', 4: 'dword ptr ', 6: 'fword ptr ', 8: 'qword ptr ', 10: 'tbyte ptr ', 16: 'xmmword ptr ',
};

/** Spellings that depend on the operand size: for 2, 4 and 8 bytes. */
const BY_OPERAND_SIZE: Readonly<Partial<Record<MnemonicName, readonly [string, string, string]>>> = {
  cbw: ['cbw', 'cwde', 'cdqe'],
  cwd: ['cwd', 'cdq', 'cqo'],
  pusha: ['pusha', 'pushad', 'pushad'],
  popa: ['popa', 'popad', 'popad'],
  pushf: ['pushf', 'pushfd', 'pushfq'],
  popf: ['popf', 'popfd', 'popfq'],
  iret: ['iret', 'iretd', 'iretq'],
};

/** Spellings with REX.W. */
const WITH_W: Readonly<Partial<Record<MnemonicName, string>>> = {
  movd: 'movq', pextrd: 'pextrq', pinsrd: 'pinsrq', fxsave: 'fxsave64', fxrstor: 'fxrstor64', xsave: 'xsave64', xsaveopt: 'xsaveopt64',
  xsavec: 'xsavec64', xsaves: 'xsaves64', xrstor: 'xrstor64', xrstors: 'xrstors64', sysret: 'sysretq', sysexit: 'sysexitq',
};

/** String instructions: the element size is that of an operand, as a letter; 1 when F2h and F3h differ (REPNE, REPE). */
const STRINGS: ReadonlyMap<MnemonicName, 0 | 1> = new Map([
  ['movs', 0], ['stos', 0], ['lods', 0], ['ins', 0], ['outs', 0], ['cmps', 1], ['scas', 1],
]);

const hex = (value: number): string => `0x${value.toString(16)}`;
const signedHex = (value: number): string => (value < 0 ? `-${hex(-value)}` : hex(value));

function gprName(reg: number, size: number): string {
  if (reg >= 8) return `r${reg}${size === 8 ? '' : size === 4 ? 'd' : size === 2 ? 'w' : 'b'}`;
  const name = GPR_64[reg] ?? '';
  return size === 8 ? name : size === 4 ? `e${name.slice(1)}` : size === 2 ? name.slice(1) : (GPR_8[reg] ?? '');
}

/** Low `size` bytes of the 64-bit value `hi:lo`, as hex. */
function hexOf(lo: number, hi: number, size: number): string {
  const value = (BigInt(hi) << 32n) | BigInt(lo >>> 0);
  return `0x${BigInt.asUintN(size * 8, value).toString(16)}`;
}

function memoryText(insn: Insn): string {
  const { base, index, addrSize } = insn;
  let text = base === BASE_RIP ? (addrSize === 8 ? 'rip' : 'eip') : base >= 0 ? gprName(base, addrSize) : '';
  if (index >= 0) text += `${text === '' ? '' : '+'}${gprName(index, addrSize)}${insn.scale === 1 ? '' : `*${insn.scale}`}`;
  if (text === '') text = hexOf(insn.disp, insn.dispHi, addrSize);
  else if (insn.disp !== 0) text += insn.disp < 0 ? signedHex(insn.disp) : `+${hex(insn.disp)}`;
  return `${segmentText(insn)}[${text}]`;
}

/** The segment where it is not the one that the base implies; always for an absolute address outside 64-bit mode. */
function segmentText(insn: Insn): string {
  const absolute = insn.base < 0 && insn.index < 0 && (insn.mode & DecodeMode.WidthMask) !== DecodeMode.Bits64;
  const implied = insn.base === 4 || insn.base === 5 ? Seg.SS : Seg.DS;
  return insn.seg !== implied || absolute ? `${SEGMENTS[insn.seg] ?? ''}:` : '';
}

function relativeText(insn: Insn, pc: bigint | undefined): string {
  const distance = insn.imm + insn.length;
  if (pc === undefined) return distance < 0 ? `$${signedHex(distance)}` : `$+${hex(distance)}`;
  return `0x${BigInt.asUintN(insn.opSize * 8, pc + BigInt(distance)).toString(16)}`;
}

function operandText(insn: Insn, i: number, pc: bigint | undefined): string {
  const reg = insn.opRegs[i];
  const size = insn.opSizes[i];
  switch (insn.opKinds[i]) {
    case OperandKind.Gpr: return gprName(reg, size);
    case OperandKind.GprHigh: return `${'acdb'.charAt(reg)}h`;
    case OperandKind.Seg: return SEGMENTS[reg] ?? '';
    case OperandKind.Cr: return `cr${reg}`;
    case OperandKind.Dr: return `dr${reg}`;
    case OperandKind.Mmx: return `mm${reg}`;
    case OperandKind.Xmm: return `xmm${reg}`;
    case OperandKind.St: return `st(${reg})`;
    case OperandKind.Mem: return `${POINTERS[size] ?? ''}${memoryText(insn)}`;
    case OperandKind.SrcIndex: return `${POINTERS[size] ?? ''}${insn.seg === Seg.DS ? '' : `${SEGMENTS[insn.seg] ?? ''}:`}[${gprName(6, insn.addrSize)}]`;
    case OperandKind.DstIndex: return `${POINTERS[size] ?? ''}es:[${gprName(7, insn.addrSize)}]`;
    case OperandKind.Imm: return hexOf(insn.imm, insn.immHi, size);
    case OperandKind.Imm2: return hex(insn.imm2);
    case OperandKind.Rel: return relativeText(insn, pc);
    case OperandKind.Far: return `${hex(insn.imm2)}:${hex(insn.imm >>> 0)}`;
    case OperandKind.One: return '1';
    default: return '';
  }
}

/** Bytes of one element of a string instruction. */
function elementSize(insn: Insn): number {
  for (let i = 0; i < insn.opCount; i++) {
    const kind = insn.opKinds[i];
    if (kind === OperandKind.SrcIndex || kind === OperandKind.DstIndex) return insn.opSizes[i];
  }
  return 0;
}

/** The mnemonic as the manual spells it for this instruction's size, address size and condition. */
export function mnemonicText(insn: Insn): string {
  const name = FORMS[insn.form].mnemonic;
  switch (name) {
    case 'jcc': return `j${CONDITIONS[insn.opcode & 15] ?? ''}`;
    case 'setcc': return `set${CONDITIONS[insn.opcode & 15] ?? ''}`;
    case 'cmovcc': return `cmov${CONDITIONS[insn.opcode & 15] ?? ''}`;
    case 'jcxz': return insn.addrSize === 2 ? 'jcxz' : insn.addrSize === 4 ? 'jecxz' : 'jrcxz';
    case 'jmpf': return 'jmp far';
    case 'callf': return 'call far';
    case 'xlat': return 'xlatb';
    default: break;
  }
  if (STRINGS.has(name)) return name + ({ 1: 'b', 2: 'w', 4: 'd', 8: 'q' }[elementSize(insn)] ?? '');
  const sized = BY_OPERAND_SIZE[name];
  if (sized !== undefined) return sized[insn.opSize >> 2];
  return (insn.w === 1 ? WITH_W[name] : undefined) ?? name;
}

function prefixText(insn: Insn): string {
  let text = insn.lock ? 'lock ' : '';
  const repeat = STRINGS.get(FORMS[insn.form].mnemonic);
  if (repeat !== undefined) {
    if (insn.rep) text += repeat === 1 ? 'repe ' : 'rep ';
    if (insn.repne) text += repeat === 1 ? 'repne ' : 'rep ';
  }
  return text;
}

/**
 * Text of `insn` in Intel syntax, e.g. `lock add dword ptr [rbx+rcx*4+0x10], eax`.
 *
 * @param pc address of the instruction; with it branch targets are absolute, without it relative to the instruction (`$+0x5`).
 */
export function format(insn: Insn, pc?: bigint): string {
  let operands = '';
  for (let i = 0; i < insn.opCount; i++) operands += `${i === 0 ? ' ' : ', '}${operandText(insn, i, pc)}`;
  const name = mnemonicText(insn);
  const xlatSegment = name === 'xlatb' && insn.seg !== Seg.DS ? `${SEGMENTS[insn.seg] ?? ''} ` : '';
  return `${prefixText(insn)}${xlatSegment}${name}${operands}`;
}
