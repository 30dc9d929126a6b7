/**
 * The x86 decoder: one instruction from bytes to `Insn`, for 16-, 32- and 64-bit code, driven by the tables.
 *
 * Order of checks, which decides the fault when several apply: prefixes, opcode, ModRM byte, then every reason for #UD, and
 * only then SIB, displacement and immediate. So #UD never waits for bytes beyond the ModRM byte (they may be on a missing
 * page), and a byte beyond the 15th is #GP even when its page is missing.
 */
import { DISPATCH, FORM_FLAGS, FORM_MNEMONIC, FormFlag } from './forms.ts';
import { DecodeMode, DecodeStatus, MAX_INSN_LENGTH, Seg } from './insn.ts';
import type { Insn } from './insn.ts';
import { readMemory } from './modrm.ts';
import { readImmediate, resolveOperands } from './operands.ts';
import { VEX_NO_MAP, readPrefixes, readVex, shortOf } from './prefixes.ts';
import { CELL_MODRM, Dim } from './tables/compile.ts';
import { OpcodeMap } from './tables/index.ts';
import type { Mnemonic } from './tables/mnemonics.ts';

const { cellDims, cellBase, cellInfo, leaves } = DISPATCH;

/** UD0 (0F FF): AMD processors fetch no ModRM byte, so there it is #UD like any undefined opcode. */
const CELL_UD0 = OpcodeMap.TwoByte * 256 + 0xff;

/** Control registers that exist: 0, 2, 3, 4, 8. */
const CONTROL_REGISTERS = 0b1_0001_1101;

/** Forms whose operand size in 64-bit mode is not simply W, 66h, 4. */
const SPECIAL_SIZE = FormFlag.Force64 | FormFlag.Near | FormFlag.Default64 | FormFlag.AmdIgnoresW | FormFlag.WidthIs4;

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
    if ((flags & FormFlag.WidthIs4) !== 0) return prefixed && insn.w === 0 ? 2 : 4;
    if (amd) return prefixed ? 2 : 4;
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

/** Whether LOCK, register numbers, the mode and VEX.vvvv fit the form. */
function formAllowed(insn: Insn, flags: number, mode: number): boolean {
  if (insn.lock && ((flags & FormFlag.Lock) === 0 || insn.mod === 3)) return false;
  if ((flags & FormFlag.ProtectedOnly) !== 0 && (mode & (DecodeMode.Protected | DecodeMode.Bits64)) === 0) return false;
  if (insn.vex && insn.vexV !== 0 && (flags & FormFlag.UsesVvvv) === 0) return false;
  return (flags & FormFlag.ChecksReg) === 0 || registerExists(insn);
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

  const width = mode & DecodeMode.WidthMask;
  const long = width === DecodeMode.Bits64 ? 1 : 0;
  insn.addrSize = long !== 0 ? (insn.asizePrefix ? 4 : 8) : insn.asizePrefix === (width === DecodeMode.Bits16) ? 4 : 2;

  // Opcode and map.
  let n = insn.length;
  let opcode = bytes[offset + n++];
  let map: number = OpcodeMap.OneByte;
  let prefixClass = insn.repne ? 3 : insn.rep ? 2 : insn.osizePrefix ? 1 : 0;
  if (opcode === 0x0f) {
    if (n >= cap) return shortOf(n + 1);
    opcode = bytes[offset + n++];
    map = OpcodeMap.TwoByte;
    if (opcode === 0x38 || opcode === 0x3a) {
      if (n >= cap) return shortOf(n + 1);
      map = opcode === 0x38 ? OpcodeMap.ThreeByte38 : OpcodeMap.ThreeByte3A;
      opcode = bytes[offset + n++];
    }
  } else if (opcode === 0xc4 || opcode === 0xc5) {
    if (n >= cap) return shortOf(n + 1);
    if (long !== 0 || bytes[offset + n] >= 0xc0) {
      const end = n + (opcode === 0xc4 ? 2 : 1);
      if (end > cap) return shortOf(end);
      const vex = readVex(insn, bytes, offset + n - 1, mode);
      if (vex === VEX_NO_MAP) return DecodeStatus.Invalid;
      n = end;
      if (n >= cap) return shortOf(n + 1);
      opcode = bytes[offset + n++];
      map = vex >> 2;
      // VEX.pp counts 66, F3, F2 as the prefix classes do.
      prefixClass = vex & 3;
    }
  }
  const cell = (map << 8) | opcode;
  const info = cellInfo[cell];
  insn.opcode = opcode;
  insn.w = (insn.ext >> 3) & 1;
  insn.length = n;
  if (((info >> (prefixClass + 4 * long)) & 1) === 0) return DecodeStatus.Invalid;

  // ModRM byte.
  insn.modrm = -1;
  insn.mod = 3;
  insn.reg = 0;
  insn.rm = (opcode & 7) | ((insn.ext & 1) << 3);
  if (cell === CELL_UD0 && (mode & DecodeMode.Amd) !== 0) return DecodeStatus.Invalid;
  if ((info & CELL_MODRM) !== 0) {
    if (n >= cap) return shortOf(n + 1);
    const modrm = bytes[offset + n++];
    insn.modrm = modrm;
    insn.mod = modrm >> 6;
    insn.reg = ((modrm >> 3) & 7) | ((insn.ext & 4) << 1);
    insn.rm = (modrm & 7) | ((insn.ext & 1) << 3);
  }

  // The form, and every reason left for #UD.
  const leaf = findLeaf(insn, cell, prefixClass, long);
  insn.length = n;
  if (leaf === 0) return DecodeStatus.Invalid;
  const form = leaf - 1;
  const flags = FORM_FLAGS[form];
  insn.form = form;
  insn.mnemonic = FORM_MNEMONIC[form] as Mnemonic;
  if ((flags & FormFlag.AnyMod) !== 0) insn.mod = 3;
  if (!formAllowed(insn, flags, mode)) return DecodeStatus.Invalid;
  insn.opSize = operandSize(insn, flags, mode);

  // The rest of the bytes.
  insn.base = -1;
  insn.index = -1;
  insn.scale = 1;
  insn.disp = 0;
  insn.dispHi = 0;
  insn.seg = insn.segOverride >= 0 ? insn.segOverride : Seg.DS;
  if (insn.mod !== 3) n = readMemory(insn, bytes, offset, n, cap);
  if (n <= cap) n = readImmediate(insn, bytes, offset, n, cap);
  if (n > cap) return shortOf(n);
  insn.length = n;
  resolveOperands(insn);
  return DecodeStatus.Ok;
}
