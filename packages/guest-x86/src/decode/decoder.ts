/**
 * The x86 decoder: one instruction from bytes to `Insn`, for 16-, 32- and 64-bit code, driven by the tables.
 *
 * Which fault wins when several apply follows measurements on an Intel core with code at a page end: the processor first
 * finds the length, fetching at most 15 bytes, and only then whether the instruction is one. So a missing byte of an
 * undefined encoding is reported before its #UD (an opcode that is undefined altogether has no further bytes, and is #UD
 * at once), and a length beyond 15 when all 15 bytes are there.
 */
import { DISPATCH, FORM_FLAGS, FORM_IMM, FORM_MNEMONIC, FormFlag } from './forms.ts';
import { DecodeMode, DecodeStatus, MAX_INSN_LENGTH, Seg } from './insn.ts';
import type { Insn } from './insn.ts';
import { readMemory } from './modrm.ts';
import { readImmediate, resolveOperands } from './operands.ts';
import { readPrefixes, readVex, shortOf, vexMap } from './prefixes.ts';
import { CELL_IMM_MASK, CELL_MODRM, Dim } from './tables/compile.ts';
import { OpcodeMap } from './tables/index.ts';
import type { Mnemonic } from './tables/mnemonics.ts';

/** Results of `readOpcode` other than a cell. */
const MISSING = -1;
const UNDEFINED = -2;

const { cellDims, cellBase, cellInfo, leaves } = DISPATCH;

/** UD0 (0F FF): AMD processors fetch no ModRM byte, so there it is #UD like any undefined opcode. */
const CELL_UD0 = OpcodeMap.TwoByte * 256 + 0xff;

/** Mode bits that say the processor is in a protected mode. */
const PROTECTED = DecodeMode.Protected | DecodeMode.Bits64;

/** Control registers that exist: 0, 2, 3, 4, 8. */
const CONTROL_REGISTERS = 0b1_0001_1101;

/** Forms whose operand size in 64-bit mode is not simply W, 66h, 4. */
const SPECIAL_SIZE = FormFlag.Force64 | FormFlag.Near | FormFlag.Default64 | FormFlag.AmdWidthIs4 | FormFlag.WidthIs4;

/** Operand size after all prefixes and the form's defaults (SDM vol. 1, 3.6.1; vol. 2, 2.2.1.7). */
function operandSize(insn: Insn, flags: number, mode: number): 2 | 4 | 8 {
  const width = mode & DecodeMode.WidthMask;
  const prefixed = insn.osizePrefix && (flags & FormFlag.Mandatory66) === 0;
  if (width !== DecodeMode.Bits64) return prefixed === (width === DecodeMode.Bits16) ? 4 : 2;
  if ((flags & SPECIAL_SIZE) !== 0) {
    if ((flags & FormFlag.Force64) !== 0) return 8;
    const amd = (mode & DecodeMode.Amd) !== 0;
    if ((flags & FormFlag.Near) !== 0) return amd && prefixed && insn.w === 0 ? 2 : 8;
    if ((flags & FormFlag.Default64) !== 0) return prefixed && insn.w === 0 ? 2 : 8;
    if (amd || (flags & FormFlag.WidthIs4) !== 0) return prefixed && insn.w === 0 ? 2 : 4;
  }
  return insn.w !== 0 ? 8 : prefixed ? 2 : 4;
}

/** Whether ModRM.reg names a segment, control or debug register that exists and may be written by this form. */
function registerExists(insn: Insn): boolean {
  const opcode = insn.opcode;
  if (opcode === 0x8c) return (insn.reg & 7) <= Seg.GS;
  if (opcode === 0x8e) return (insn.reg & 7) <= Seg.GS && (insn.reg & 7) !== Seg.CS;
  // 0F 20–23: even opcodes are control registers, odd ones debug registers.
  return (opcode & 1) === 0 ? ((CONTROL_REGISTERS >> insn.reg) & 1) !== 0 : insn.reg < 8;
}

/** Form number + 1 for the opcode cell, or 0: one mixed-radix index over the conditions the cell's rows differ in. */
function findLeaf(insn: Insn, cell: number, prefixClass: number, long: number): number {
  const dims = cellDims[cell];
  let leaf = 0;
  if (dims !== 0) {
    if ((dims & Dim.Prefix) !== 0) leaf = prefixClass;
    if ((dims & Dim.Reg) !== 0) leaf = (leaf << 3) | ((insn.modrm >> 3) & 7);
    if ((dims & Dim.Mod) !== 0) leaf = (leaf << 1) | (insn.modrm >= 0xc0 ? 1 : 0);
    if ((dims & Dim.Rm) !== 0) leaf = (leaf << 3) | (insn.modrm & 7);
    if ((dims & Dim.W) !== 0) leaf = (leaf << 1) | insn.w;
    if ((dims & Dim.Long) !== 0) leaf = (leaf << 1) | long;
    if ((dims & Dim.B) !== 0) leaf = (leaf << 1) | (insn.ext & 1);
    if ((dims & Dim.L) !== 0) leaf = (leaf << 1) | insn.vexL;
  }
  return leaves[cellBase[cell] + leaf];
}

/** Whether prefixes, register numbers, the mode and VEX.vvvv fit the form. */
function formAllowed(insn: Insn, flags: number, mode: number): boolean {
  if (insn.lock && ((flags & FormFlag.Lock) === 0 || insn.mod === 3)) return false;
  if ((flags & FormFlag.ProtectedOnly) !== 0 && (mode & PROTECTED) === 0) return false;
  if (insn.vex) {
    if (insn.lock || insn.rep || insn.repne || insn.osizePrefix || insn.rex !== 0) return false;
    if (insn.vexV !== 0 && (flags & FormFlag.UsesVvvv) === 0) return false;
  }
  return (flags & FormFlag.ChecksReg) === 0 || registerExists(insn);
}

/**
 * Read opcode map, opcode and a VEX prefix from instruction byte `insn.length` on. Sets `insn.opcode` and `insn.length` and
 * returns `cell << 2 | prefix class`, or `MISSING` bytes, or `UNDEFINED` (#UD).
 */
function readOpcode(insn: Insn, bytes: Uint8Array, offset: number, cap: number, mode: number): number {
  let n = insn.length;
  let opcode = bytes[offset + n++];
  let map: number = OpcodeMap.OneByte;
  let prefixClass = insn.repne ? 3 : insn.rep ? 2 : insn.osizePrefix ? 1 : 0;
  if (opcode === 0x0f) {
    if (n >= cap) return MISSING;
    opcode = bytes[offset + n++];
    map = OpcodeMap.TwoByte;
    if (opcode === 0x38 || opcode === 0x3a) {
      if (n >= cap) return MISSING;
      map = opcode === 0x38 ? OpcodeMap.ThreeByte38 : OpcodeMap.ThreeByte3A;
      opcode = bytes[offset + n++];
    }
  } else if ((opcode === 0xc4 || opcode === 0xc5) && (mode & PROTECTED) !== 0) {
    if (n >= cap) return MISSING;
    const long = (mode & DecodeMode.WidthMask) === DecodeMode.Bits64;
    // Outside 64-bit mode LES and LDS have the opcode when what follows is a ModRM byte of a memory operand.
    if (long || bytes[offset + n] >= 0xc0) {
      map = vexMap(bytes, offset + n - 1);
      if (map < 0) {
        insn.length = n + 1;
        return UNDEFINED;
      }
      const at = offset + n - 1;
      n += opcode === 0xc4 ? 2 : 1;
      if (n >= cap) return MISSING;
      prefixClass = readVex(insn, bytes, at, long);
      opcode = bytes[offset + n++];
    }
  }
  insn.opcode = opcode;
  insn.length = n;
  return (((map << 8) | opcode) << 2) | prefixClass;
}

/**
 * Decode the instruction that starts at `bytes[offset]`, of which `available` bytes may be read, into `insn`.
 *
 * @param mode bits of `DecodeMode`: code width, protected mode, vendor.
 * @returns `Ok`; `NeedMore` when the instruction goes on after `available` bytes; `Invalid` for #UD; `TooLong` for #GP(0).
 */
export function decode(insn: Insn, bytes: Uint8Array, offset: number, available: number, mode: number): DecodeStatus {
  const cap = available < MAX_INSN_LENGTH ? available : MAX_INSN_LENGTH;
  insn.mode = mode;
  const status = readPrefixes(insn, bytes, offset, cap, mode);
  if (status !== DecodeStatus.Ok) return status;
  const found = readOpcode(insn, bytes, offset, cap, mode);
  if (found < 0) return found === MISSING ? shortOf(cap) : DecodeStatus.Invalid;

  const width = mode & DecodeMode.WidthMask;
  const long = width === DecodeMode.Bits64 ? 1 : 0;
  const cell = found >> 2;
  const info = cellInfo[cell];
  let n = insn.length;
  insn.addrSize = long !== 0 ? (insn.asizePrefix ? 4 : 8) : insn.asizePrefix === (width === DecodeMode.Bits16) ? 4 : 2;
  insn.w = (insn.ext >> 3) & 1;
  insn.modrm = -1;
  insn.mod = 3;
  insn.reg = 0;
  insn.rm = (insn.opcode & 7) | ((insn.ext & 1) << 3);
  if (cell === CELL_UD0 && (mode & DecodeMode.Amd) !== 0) return DecodeStatus.Invalid;
  if ((info & CELL_MODRM) !== 0) {
    if (n >= cap) return shortOf(cap);
    const modrm = bytes[offset + n++];
    insn.modrm = modrm;
    insn.mod = modrm >> 6;
    insn.reg = ((modrm >> 3) & 7) | ((insn.ext & 4) << 1);
    insn.rm = (modrm & 7) | ((insn.ext & 1) << 3);
  }

  const leaf = findLeaf(insn, cell, found & 3, long);
  const form = leaf - 1;
  const flags = leaf === 0 ? 0 : FORM_FLAGS[form];
  if ((flags & FormFlag.AnyMod) !== 0) insn.mod = 3;
  insn.opSize = operandSize(insn, flags, mode);

  insn.base = -1;
  insn.index = -1;
  insn.scale = 1;
  insn.disp = 0;
  insn.dispHi = 0;
  insn.seg = insn.segOverride >= 0 ? insn.segOverride : Seg.DS;
  if (insn.mod !== 3) n = readMemory(insn, bytes, offset, n, cap);
  if (n <= cap) n = readImmediate(insn, bytes, offset, n, cap, leaf === 0 ? info & CELL_IMM_MASK : FORM_IMM[form]);
  if (n > cap) return shortOf(cap);

  insn.length = n;
  if (leaf === 0 || !formAllowed(insn, flags, mode)) return DecodeStatus.Invalid;
  insn.form = form;
  insn.mnemonic = FORM_MNEMONIC[form] as Mnemonic;
  resolveOperands(insn);
  return DecodeStatus.Ok;
}
