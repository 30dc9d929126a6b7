// FADD, FSUB, FMUL, FDIV in all forms (SDM vol. 1, 8.3.5). Each operation is compiled in twice: for two registers, and for ST(0) and a
// value from memory.
// Operands are read before the result is written, so that it may take the place of one.
import { FP_OPERANDS_POP_SHIFT, FP_OPERANDS_SOURCE_SHIFT } from '../generated/layout';
import { alwaysCounts, begin, copy, isEmpty, markFull, pop, scratch, setIndefinite, settle, st, stackFault } from './state';
import { finishDenormal, widenOperand } from './load';
import { f80_add, f80_div, f80_mul, f80_sub } from '../../../runtime/assembly/softfloat/f80-arithmetic';

const ADD: u32 = 0;
const MUL: u32 = 1;
const SUB: u32 = 2;
const SUBR: u32 = 3;
const DIV: u32 = 4;
const DIVR: u32 = 5;

@inline function operate(op: u32, result: usize, destination: usize, source: usize): void {
  if (op == ADD) f80_add(result, destination, source);
  else if (op == MUL) f80_mul(result, destination, source);
  else if (op == SUB) f80_sub(result, destination, source);
  else if (op == SUBR) f80_sub(result, source, destination);
  else if (op == DIV) f80_div(result, destination, source);
  else f80_div(result, source, destination);
}

/** ST(destination) = ST(destination) op ST(source), then perhaps a pop. `operands`: FpuOperands. */
@inline function registers(env: usize, op: u32, operands: u32): void {
  const destination = operands & 7;
  const source = (operands >> FP_OPERANDS_SOURCE_SHIFT) & 7;
  const pops = (operands >> FP_OPERANDS_POP_SHIFT) != 0;
  if (isEmpty(env, destination) || isEmpty(env, source)) {
    if (!stackFault(env, false)) return;
    setIndefinite(st(env, destination));
    markFull(env, destination);
  } else {
    begin(env);
    const target = st(env, destination);
    if (alwaysCounts(env)) {
      operate(op, target, target, st(env, source));
      settle(env);
    } else {
      const result = scratch(env, 0);
      operate(op, result, target, st(env, source));
      if (!settle(env)) return;
      copy(target, result);
    }
  }
  if (pops) pop(env);
}

/** ST(0) = ST(0) op the value of a memory operand. */
@inline function memory(env: usize, op: u32, kind: u32, bits: u64): void {
  if (isEmpty(env, 0)) {
    if (!stackFault(env, false)) return;
    setIndefinite(st(env, 0));
    markFull(env, 0);
    return;
  }
  begin(env);
  const result = scratch(env, 0);
  const value = scratch(env, 1);
  const destination = st(env, 0);
  if (widenOperand(value, kind, bits)) {
    operate(op, result, destination, value);
    finishDenormal(destination);
  } else if (alwaysCounts(env)) {
    operate(op, destination, destination, value);
    settle(env);
    return;
  } else {
    operate(op, result, destination, value);
  }
  if (settle(env)) copy(destination, result);
}

export function fpu_add(env: usize, operands: u32): void { registers(env, ADD, operands); }
export function fpu_mul(env: usize, operands: u32): void { registers(env, MUL, operands); }
export function fpu_sub(env: usize, operands: u32): void { registers(env, SUB, operands); }
export function fpu_subr(env: usize, operands: u32): void { registers(env, SUBR, operands); }
export function fpu_div(env: usize, operands: u32): void { registers(env, DIV, operands); }
export function fpu_divr(env: usize, operands: u32): void { registers(env, DIVR, operands); }

export function fpu_add_memory(env: usize, kind: u32, bits: u64): void { memory(env, ADD, kind, bits); }
export function fpu_mul_memory(env: usize, kind: u32, bits: u64): void { memory(env, MUL, kind, bits); }
export function fpu_sub_memory(env: usize, kind: u32, bits: u64): void { memory(env, SUB, kind, bits); }
export function fpu_subr_memory(env: usize, kind: u32, bits: u64): void { memory(env, SUBR, kind, bits); }
export function fpu_div_memory(env: usize, kind: u32, bits: u64): void { memory(env, DIV, kind, bits); }
export function fpu_divr_memory(env: usize, kind: u32, bits: u64): void { memory(env, DIVR, kind, bits); }
