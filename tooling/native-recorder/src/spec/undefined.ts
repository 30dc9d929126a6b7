/** Which flags the manual (SDM volume 2, "Flags Affected") leaves undefined. */
import { FLAG } from '@wasm-tcg/conformance';
import type { Draft } from '../draft.ts';
import { RESULT_UNDEFINED } from './row.ts';

const { CF, PF, AF, ZF, SF, OF } = FLAG;

export const UNDEF = {
  af: AF,
  /** MUL, IMUL */
  multiply: SF | ZF | AF | PF,
  /** DIV, IDIV */
  all: CF | PF | AF | ZF | SF | OF,
  /** BT, BTS, BTR, BTC: ZF is unchanged. */
  bitTest: OF | SF | AF | PF,
  bitScan: CF | OF | SF | AF | PF,
  /** LZCNT, TZCNT */
  bitCount: OF | SF | AF | PF,
  /** ANDN, BLSI, BLSR, BLSMSK, BZHI */
  bmi: AF | PF,
  bextr: AF | SF | PF,
  /** DAA, DAS */
  decimal: OF,
  /** AAA, AAS */
  ascii: OF | SF | ZF | PF,
  /** AAM, AAD */
  asciiMultiply: OF | AF | CF,
} as const;

/** The count of a shift: its immediate, CL, or 1, masked as the processor does. */
function countOf(d: Draft, operandBits: number): number {
  const kind = d.row.args.split(',').pop();
  const raw = kind === 'Ib' ? Number(d.encoded.immediate) : kind === 'CL' ? Number(d.get(1) & 0xffn) : 1;
  return raw & (operandBits === 64 ? 63 : 31);
}

/** SHL, SHR, SAR: OF beyond a count of 1, AF for any, CF of SHL and SHR from the width on. */
export function shiftUndefined(d: Draft): number {
  const { bits } = d.operand(0);
  const count = countOf(d, bits);
  if (count === 0) return 0;
  return AF | (count > 1 ? OF : 0) | (count >= bits && !d.row.name.startsWith('sar') ? CF : 0);
}

/** ROL, ROR, RCL, RCR: OF beyond a count of 1. */
export function rotateUndefined(d: Draft): number {
  return countOf(d, d.operand(0).bits) > 1 ? OF : 0;
}

/** SHLD, SHRD: with a count above the width (16-bit operands only) everything. */
export function doubleShiftUndefined(d: Draft): number {
  const count = countOf(d, d.bits);
  if (count === 0) return 0;
  return count > d.bits ? UNDEF.all | RESULT_UNDEFINED : AF | (count > 1 ? OF : 0);
}

/** BSF, BSR: the destination too when the source is 0. */
export function bitScanUndefined(d: Draft): number {
  return UNDEF.bitScan | (sourceIsZero(d) ? RESULT_UNDEFINED : 0);
}

function sourceIsZero(d: Draft): boolean {
  const source = d.operand(1);
  if (source.register >= 0) return d.read(source) === 0n;
  const patch = d.patches.filter((p) => p.address === d.target).pop();
  return patch !== undefined && patch.bytes.length * 8 === source.bits && patch.bytes.every((b) => b === 0);
}
