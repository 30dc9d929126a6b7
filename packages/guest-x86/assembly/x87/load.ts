// Values from memory: FLD, FILD, FBLD, and memory operands of arithmetic. Generated code has loaded the bytes, so that nothing faults here.
import { FP_SOURCE_F32, FP_SOURCE_F64 } from '../generated/layout';
import { begin, clearC1, copy, head, isEmpty, push, scratch, setCell, setIndefinite, settle, significand, stackFault } from './state';
import { bcd_to_f80 } from '../../../runtime/assembly/softfloat/f80-bcd';
import { isNaNCell } from '../../../runtime/assembly/softfloat/f80-format';
import { DE, IE, ZE, raise, sfFlags } from '../../../runtime/assembly/softfloat/state';
import { f32_to_f80, f64_to_f80, i64_to_f80 } from '../../../runtime/assembly/softfloat/f80-convert';

/** Was the last operand of `widenOperand` denormal in its own format? In the x87's it is not. */
let denormalOperand: bool = false;

/** The value of f32 or f64 bits in a cell, raising nothing: a signaling NaN stays one, so that the operation sees it. */
@inline function widen(cell: usize, sign: u32, field: u32, special: u32, bias: u32, mantissa: u64): void {
  denormalOperand = false;
  if (field == special) {
    setCell(cell, sign | 0x7fff, mantissa | 0x8000000000000000);
  } else if (field) {
    setCell(cell, sign | (field + 0x3fff - bias), mantissa | 0x8000000000000000);
  } else if (mantissa) {
    const shift = <u32>clz<u64>(mantissa);
    denormalOperand = true;
    setCell(cell, sign | (0x3fff - bias + 1 - shift), mantissa << shift);
  } else {
    setCell(cell, sign, 0);
  }
}

/** The memory operand of an arithmetic instruction in a cell. @returns true if it is a denormal f32 or f64 */
export function widenOperand(cell: usize, kind: u32, bits: u64): bool {
  denormalOperand = false;
  if (kind == FP_SOURCE_F64) widen(cell, <u32>(bits >> 48) & 0x8000, <u32>(bits >> 52) & 0x7ff, 0x7ff, 0x3ff, bits << 12 >> 1);
  else if (kind == FP_SOURCE_F32) widen(cell, <u32>(bits >> 16) & 0x8000, <u32>(bits >> 23) & 0xff, 0xff, 0x7f, bits << 41 >> 1);
  else i64_to_f80(cell, <i64>bits);
  return denormalOperand;
}

/**
 * After an operation whose memory operand was denormal: DE, unless something ranks before it (SDM vol. 1, 4.9.2): an invalid operation, a division by
 * zero, or a NaN, which only the other operand can be.
 */
export function finishDenormal(other: usize): void {
  if ((sfFlags & (IE | ZE)) == 0 && !isNaNCell(head(other), significand(other))) raise(DE);
}

/** Put the scratch cell on the stack if the conversion's exceptions allow it. */
@inline function pushScratch(env: usize): void {
  if (settle(env)) copy(push(env), scratch(env, 0));
}

/** True if there is room; else the stack overflow has been dealt with. */
@inline function hasRoom(env: usize): bool {
  if (isEmpty(env, 7)) return true;
  if (stackFault(env, true)) setIndefinite(push(env));
  return false;
}

export function fpu_fld_f32(env: usize, bits: u32): void {
  if (!hasRoom(env)) return;
  const field = (bits >> 23) & 0xff;
  if (field - 1 < 0xfe) {
    clearC1(env);
    setCell(push(env), (bits >> 16 & 0x8000) | (field + 0x3f80), 0x8000000000000000 | <u64>bits << 41 >> 1);
    return;
  }
  begin(env);
  f32_to_f80(scratch(env, 0), bits);
  pushScratch(env);
}

export function fpu_fld_f64(env: usize, bits: u64): void {
  if (!hasRoom(env)) return;
  const field = <u32>(bits >> 52) & 0x7ff;
  if (field - 1 < 0x7fe) {
    clearC1(env);
    setCell(push(env), (<u32>(bits >> 48) & 0x8000) | (field + 0x3c00), 0x8000000000000000 | bits << 12 >> 1);
    return;
  }
  begin(env);
  f64_to_f80(scratch(env, 0), bits);
  pushScratch(env);
}

/** FLD m80 takes any pattern as it is. */
export function fpu_fld_f80(env: usize, mantissa: u64, signExponent: u32): void {
  if (!hasRoom(env)) return;
  clearC1(env);
  setCell(push(env), signExponent & 0xffff, mantissa);
}

/** FILD of any size, sign-extended. */
export function fpu_fild(env: usize, value: u64): void {
  if (!hasRoom(env)) return;
  clearC1(env);
  i64_to_f80(push(env), <i64>value);
}

/** FBLD: 18 packed digits, sign in bit 79. */
export function fpu_fbld(env: usize, low: u64, high: u32): void {
  if (!hasRoom(env)) return;
  clearC1(env);
  const packed = scratch(env, 0);
  setCell(packed, high, low);
  bcd_to_f80(push(env), packed);
}
