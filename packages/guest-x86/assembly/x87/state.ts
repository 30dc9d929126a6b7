// The x87 register stack and the bookkeeping that every instruction shares (SDM vol. 1, 8.1 and 8.4–8.5).
//
// Order of an instruction: stack fault or arithmetic into a scratch cell, then `settle`, which records the exceptions and says whether the
// result counts. Registers change after that only, so that an unmasked IE, DE or ZE leaves the operands as they were.
import {
  FSW_B, FSW_C0, FSW_C1, FSW_C2, FSW_C3, FSW_DE, FSW_ES, FSW_IE, FSW_SF, FSW_ZE, ST_FPR, ST_FP_CONTROL, ST_FP_EMPTY, ST_FP_STATUS, ST_FP_TOP, ST_SCRATCH,
} from '../generated/layout';
import {
  setFlags, setMasks, setPrecision, setRoundedUp, setRounding, sfFlags, sfRoundedUp,
} from '../../../runtime/assembly/softfloat/state';

/** All exceptions of the status word, at the bit positions of their masks. */
export const EXCEPTIONS: u32 = 0x3f;
/** Exceptions that are found before the result: unmasked, they leave the operands alone. */
const BEFORE: u32 = FSW_IE | FSW_DE | FSW_ZE;
export const CONDITIONS: u32 = FSW_C0 | FSW_C1 | FSW_C2 | FSW_C3;

// ---- registers -------------------------------------------------------------------------------------------------------------

@inline export function top(env: usize): u32 { return load<u32>(env, ST_FP_TOP); }
@inline export function setTop(env: usize, value: u32): void { store<u32>(env, value & 7, ST_FP_TOP); }

/** Cell of ST(i). */
@inline export function st(env: usize, i: u32): usize { return env + ST_FPR + (((top(env) + i) & 7) << 4); }

@inline export function isEmpty(env: usize, i: u32): bool { return ((load<u32>(env, ST_FP_EMPTY) >> ((top(env) + i) & 7)) & 1) != 0; }

@inline export function markFull(env: usize, i: u32): void {
  store<u32>(env, load<u32>(env, ST_FP_EMPTY) & ~(1 << ((top(env) + i) & 7)), ST_FP_EMPTY);
}

@inline export function markEmpty(env: usize, i: u32): void {
  store<u32>(env, load<u32>(env, ST_FP_EMPTY) | (1 << ((top(env) + i) & 7)), ST_FP_EMPTY);
}

@inline export function pop(env: usize): void {
  markEmpty(env, 0);
  setTop(env, top(env) + 1);
}

/** Make a new ST(0), which is to be written by the caller. */
@inline export function push(env: usize): usize {
  setTop(env, top(env) - 1);
  markFull(env, 0);
  return st(env, 0);
}

/** Scratch cells 0–3, meaningless between instructions. */
@inline export function scratch(env: usize, i: u32): usize { return env + ST_SCRATCH + (i << 4); }

@inline export function significand(cell: usize): u64 { return load<u64>(cell); }
/** Sign and exponent. */
@inline export function head(cell: usize): u32 { return load<u16>(cell, 8); }

@inline export function setCell(cell: usize, signExponent: u32, mantissa: u64): void {
  store<u64>(cell, mantissa);
  store<u64>(cell, signExponent, 8);
}

@inline export function copy(to: usize, from: usize): void { setCell(to, head(from), significand(from)); }

/** The real indefinite: what masked invalid operations give. */
@inline export function setIndefinite(cell: usize): void { setCell(cell, 0xffff, 0xc000000000000000); }

// ---- exceptions ---------------------------------------------------------------------------------------------------------------

/** Tell softfloat the control word, and have it start without exceptions. */
@inline export function begin(env: usize): void {
  const control = load<u32>(env, ST_FP_CONTROL);
  const precision = (control >> 8) & 3;
  setRounding((control >> 10) & 3);
  setPrecision(precision == 0 ? 24 : precision == 2 ? 53 : 64);
  setMasks(control & EXCEPTIONS);
  setFlags(0);
  setRoundedUp(false);
}

/** Exceptions among the flags that are not masked. */
@inline export function unmasked(env: usize, flags: u32): u32 { return flags & ~load<u32>(env, ST_FP_CONTROL) & EXCEPTIONS; }

/** C1 of an instruction that raises nothing. */
@inline export function clearC1(env: usize): void { store<u32>(env, load<u32>(env, ST_FP_STATUS) & ~FSW_C1, ST_FP_STATUS); }

/** Set exceptions and stack fault, write C1, and set ES and B if one is not masked. */
export function record(env: usize, flags: u32, c1: bool): void {
  let status = (load<u32>(env, ST_FP_STATUS) & ~FSW_C1) | flags;
  if (c1) status |= FSW_C1;
  if (unmasked(env, flags)) status |= FSW_ES | FSW_B;
  store<u32>(env, status, ST_FP_STATUS);
}

/** Record what softfloat raised. True: the result counts, and the stack may change. */
@inline export function settle(env: usize): bool {
  const flags = sfFlags;
  if (flags == 0) {
    clearC1(env);
    return true;
  }
  if (unmasked(env, flags) & BEFORE) {
    record(env, flags & BEFORE, false);
    return false;
  }
  record(env, flags, sfRoundedUp);
  return true;
}

/** Whatever exceptions are found before the result are masked: the result counts, and can be written where it belongs at once. */
@inline export function alwaysCounts(env: usize): bool { return (load<u32>(env, ST_FP_CONTROL) & BEFORE) == BEFORE; }

/** Record a stack fault. True: invalid operation is masked, so that the indefinite takes the place of the result. */
export function stackFault(env: usize, overflow: bool): bool {
  record(env, FSW_IE | FSW_SF, overflow);
  return (unmasked(env, FSW_IE)) == 0;
}

/** Replace condition codes; C1 is among them. */
@inline export function setConditions(env: usize, conditions: u32): void {
  store<u32>(env, (load<u32>(env, ST_FP_STATUS) & ~CONDITIONS) | conditions, ST_FP_STATUS);
}

/** ES and B follow from exceptions and masks after either has been loaded. */
export function summarise(env: usize): void {
  const status = load<u32>(env, ST_FP_STATUS) & ~(FSW_ES | FSW_B);
  store<u32>(env, unmasked(env, status) ? status | FSW_ES | FSW_B : status, ST_FP_STATUS);
}
