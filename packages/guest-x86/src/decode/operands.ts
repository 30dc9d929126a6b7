/**
 * Immediates and the operand list: what the row's operand letters mean for the bytes of this instruction.
 */
import { FORM_OPERANDS, TYPE_SIZES } from './forms.ts';
import { DecodeMode, MAX_OPERANDS, OperandKind, Seg } from './insn.ts';
import type { Insn } from './insn.ts';
import { i16, i32 } from './modrm.ts';
import { ImmKind, Method } from './tables/parse.ts';

/**
 * Read immediate bytes of kind `kind`, from instruction byte `n` on. Returns the number of bytes up to their
 * end; when that exceeds `cap`, nothing was read.
 */
export function readImmediate(insn: Insn, bytes: Uint8Array, offset: number, n: number, cap: number, kind: number): number {
  const at = offset + n;
  insn.imm = 0;
  insn.immHi = 0;
  insn.imm2 = 0;
  let end = n;
  switch (kind) {
    case ImmKind.None:
      return n;
    case ImmKind.Ib:
      end = n + 1;
      if (end <= cap) insn.imm = bytes[at];
      return end;
    case ImmKind.Ibs:
    case ImmKind.Jb:
      end = n + 1;
      if (end <= cap) insn.imm = (bytes[at] << 24) >> 24;
      break;
    case ImmKind.Iw:
      end = n + 2;
      if (end <= cap) insn.imm = i16(bytes, at) & 0xffff;
      return end;
    case ImmKind.Iz:
    case ImmKind.Jz:
      end = n + (insn.opSize === 2 ? 2 : 4);
      if (end <= cap) insn.imm = insn.opSize === 2 ? i16(bytes, at) : i32(bytes, at);
      break;
    case ImmKind.Iv:
      end = n + insn.opSize;
      if (end > cap) return end;
      insn.imm = insn.opSize === 2 ? i16(bytes, at) : i32(bytes, at);
      if (insn.opSize === 8) {
        insn.immHi = i32(bytes, at + 4);
        return end;
      }
      break;
    case ImmKind.Far:
      end = n + insn.opSize + 2;
      if (end > cap) return end;
      insn.imm = insn.opSize === 2 ? i16(bytes, at) & 0xffff : i32(bytes, at);
      insn.imm2 = i16(bytes, at + insn.opSize) & 0xffff;
      return end;
    case ImmKind.IwIb:
      end = n + 3;
      if (end > cap) return end;
      insn.imm = i16(bytes, at) & 0xffff;
      insn.imm2 = bytes[at + 2];
      return end;
    case ImmKind.Moffs:
      end = n + insn.addrSize;
      if (end > cap) return end;
      insn.base = -1;
      insn.index = -1;
      insn.scale = 1;
      insn.seg = insn.segOverride >= 0 ? insn.segOverride : Seg.DS;
      insn.disp = insn.addrSize === 2 ? i16(bytes, at) : i32(bytes, at);
      insn.dispHi = insn.addrSize === 8 ? i32(bytes, at + 4) : insn.disp >> 31;
      return end;
  }
  insn.immHi = insn.imm >> 31;
  return end;
}

/** Kind of a general register operand of `size` bytes: 4–7 without REX name the high bytes. */
function setGpr(insn: Insn, i: number, reg: number, size: number): void {
  if (size === 1 && insn.rex === 0 && reg >= 4 && !insn.vex) {
    insn.opKinds[i] = OperandKind.GprHigh;
    insn.opRegs[i] = reg - 4;
  } else {
    insn.opKinds[i] = OperandKind.Gpr;
    insn.opRegs[i] = reg;
  }
}

function set(insn: Insn, i: number, kind: OperandKind, reg: number): void {
  insn.opKinds[i] = kind;
  insn.opRegs[i] = reg;
}

/** Fill the operand list of `insn`, whose other fields are final. */
export function resolveOperands(insn: Insn): void {
  const long = (insn.mode & DecodeMode.WidthMask) === DecodeMode.Bits64 ? 8 : 0;
  const sizeAt = long | (insn.w << 2) | (insn.opSize >> 2);
  const first = insn.form * MAX_OPERANDS;
  let i = 0;
  for (; i < MAX_OPERANDS; i++) {
    const spec = FORM_OPERANDS[first + i];
    if (spec === 0) break;
    const size = TYPE_SIZES[(((spec >> 5) & 31) << 4) | sizeAt];
    insn.opSizes[i] = size;
    switch (spec & 31) {
      case Method.E:
        if (insn.mod === 3) setGpr(insn, i, insn.rm, size);
        else set(insn, i, OperandKind.Mem, 0);
        break;
      case Method.R:
      case Method.Z:
        setGpr(insn, i, insn.rm, size);
        break;
      case Method.G:
        setGpr(insn, i, insn.reg, size);
        break;
      case Method.B:
        setGpr(insn, i, long !== 0 ? insn.vexV : insn.vexV & 7, size);
        break;
      case Method.M:
      case Method.O:
        set(insn, i, OperandKind.Mem, 0);
        break;
      case Method.Q:
        if (insn.mod === 3) set(insn, i, OperandKind.Mmx, insn.rm & 7);
        else set(insn, i, OperandKind.Mem, 0);
        break;
      case Method.N:
        set(insn, i, OperandKind.Mmx, insn.rm & 7);
        break;
      case Method.P:
        set(insn, i, OperandKind.Mmx, insn.reg & 7);
        break;
      case Method.W:
        if (insn.mod === 3) set(insn, i, OperandKind.Xmm, insn.rm);
        else set(insn, i, OperandKind.Mem, 0);
        break;
      case Method.U:
        set(insn, i, OperandKind.Xmm, insn.rm);
        break;
      case Method.V:
        set(insn, i, OperandKind.Xmm, insn.reg);
        break;
      case Method.S:
        set(insn, i, OperandKind.Seg, insn.reg & 7);
        break;
      case Method.C:
        set(insn, i, OperandKind.Cr, insn.reg);
        break;
      case Method.D:
        set(insn, i, OperandKind.Dr, insn.reg);
        break;
      case Method.I:
        set(insn, i, OperandKind.Imm, 0);
        break;
      case Method.I2:
        set(insn, i, OperandKind.Imm2, 0);
        break;
      case Method.J:
        set(insn, i, OperandKind.Rel, 0);
        break;
      case Method.A:
        set(insn, i, OperandKind.Far, 0);
        break;
      case Method.X:
        set(insn, i, OperandKind.SrcIndex, 0);
        break;
      case Method.Y:
        set(insn, i, OperandKind.DstIndex, 0);
        break;
      case Method.Sti:
        set(insn, i, OperandKind.St, insn.modrm & 7);
        break;
      case Method.FixedSt:
        set(insn, i, OperandKind.St, 0);
        break;
      case Method.FixedGpr:
        set(insn, i, OperandKind.Gpr, spec >> 10);
        break;
      case Method.FixedSeg:
        set(insn, i, OperandKind.Seg, spec >> 10);
        break;
      case Method.One:
        set(insn, i, OperandKind.One, 0);
        break;
    }
  }
  insn.opCount = i;
  for (; i < MAX_OPERANDS; i++) {
    set(insn, i, OperandKind.None, 0);
    insn.opSizes[i] = 0;
  }
}
