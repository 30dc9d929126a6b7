// FNSTENV, FLDENV, FNSAVE, FRSTOR: 14 or 28 bytes of control, status, tags and pointers, in the layouts of protected and of real mode, and the
// registers behind them (SDM vol. 1, 8.1.10). Stores: all pages are probed first, and nothing changes before the last store.
import {
  FPI_NARROW, FPI_OFFSET_MASK, FPI_OPCODE_MASK, FPI_OPCODE_SHIFT, FP_IMAGE_REAL, FP_IMAGE_WIDE, FSW_TOP_SHIFT, ST_FPR, ST_FP_CONTROL, ST_FP_EMPTY,
  ST_FP_LAST_BASE, ST_FP_LAST_CS, ST_FP_LAST_DP, ST_FP_LAST_DS, ST_FP_LAST_INSN, ST_FP_STATUS, ST_PC_MASK, ST_SCRATCH,
} from '../generated/layout';
import { exited } from '../system/fault';
import { guest_ld16, guest_ld32, guest_ld64, guest_probe, guest_st16, guest_st32, guest_st64 } from '../system/memory';
import { fpu_fninit, releaseError, setControl } from './control';
import { head, setCell, setTop, significand, st, summarise, top } from './state';
import { isNormal, isZero } from '../../../runtime/assembly/softfloat/f80-format';

const EXCEPTION_MASKS: u32 = 0x3f;
/** Bits of the status word that an image loads: TOP is apart, ES and B follow from the rest. */
const LOADED_STATUS: u32 = 0x477f;
/** Reserved upper halves of the 32-bit image read as ones. */
const RESERVED: u32 = 0xffff0000;

/** Status word with TOP. */
export function statusWord(env: usize): u32 { return load<u32>(env, ST_FP_STATUS) | top(env) << FSW_TOP_SHIFT; }

/** Status word from an image. The control word has been set, so that ES can follow. */
export function setStatusWord(env: usize, value: u32): void {
  const old = load<u32>(env, ST_FP_STATUS);
  setTop(env, value >> FSW_TOP_SHIFT);
  store<u32>(env, value & LOADED_STATUS, ST_FP_STATUS);
  summarise(env);
  releaseError(env, old);
}

/** Tag word: 0 valid, 1 zero, 2 special, 3 empty, two bits per physical register. */
function tagWord(env: usize): u32 {
  let word: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) {
    const cell = env + ST_FPR + (i << 4);
    const mantissa = significand(cell);
    const signExponent = head(cell);
    let tag: u32 = isNormal(signExponent, mantissa) ? 0 : isZero(signExponent, mantissa) ? 1 : 2;
    if ((load<u32>(env, ST_FP_EMPTY) >> i) & 1) tag = 3;
    word |= tag << (i << 1);
  }
  return word;
}

/** Only 3 means anything: all other tags are found from the values. */
function setTagWord(env: usize, word: u32): void {
  let empty: u32 = 0;
  for (let i: u32 = 0; i < 8; i++) if (((word >> (i << 1)) & 3) == 3) empty |= 1 << i;
  store<u32>(env, empty, ST_FP_EMPTY);
}

/** Address of the last instruction. */
export function lastIp(env: usize): u64 {
  const insn = load<u32>(env, ST_FP_LAST_INSN);
  const pc = load<u64>(env, ST_FP_LAST_BASE) + (insn & FPI_OFFSET_MASK);
  return insn & FPI_NARROW ? pc & 0xffffffff : pc;
}

export function lastOpcode(env: usize): u32 { return (load<u32>(env, ST_FP_LAST_INSN) >> FPI_OPCODE_SHIFT) & FPI_OPCODE_MASK; }

export function setLast(env: usize, ip: u64, cs: u32, opcode: u32, dp: u64, ds: u32): void {
  store<u64>(env, ip, ST_FP_LAST_BASE);
  store<u32>(env, (opcode & FPI_OPCODE_MASK) << FPI_OPCODE_SHIFT, ST_FP_LAST_INSN);
  store<u32>(env, cs & 0xffff, ST_FP_LAST_CS);
  store<u64>(env, dp, ST_FP_LAST_DP);
  store<u32>(env, ds & 0xffff, ST_FP_LAST_DS);
}

// ---- images -------------------------------------------------------------------------------------------------------------------

/** Bytes of the environment. */
@inline function environmentSize(image: u32): u32 { return image & FP_IMAGE_WIDE ? 28 : 14; }

/** Linear address `by` bytes on: outside 64-bit code it wraps at 4 GiB. */
@inline export function at(env: usize, addr: u64, by: u32): u64 { return (addr + by) & load<u64>(env, ST_PC_MASK); }

/** All pages of an image: its first item and its last byte, which is what processors try first. False: a fault. */
export function probeImage(env: usize, addr: u64, mmu: u32, first: u32, size: u32, write: u32): bool {
  return guest_probe(env, addr, first, write, mmu) != 0 && guest_probe(env, at(env, addr, size - 1), 1, write, mmu) != 0;
}

/** Bytes of an item of the environment. */
@inline function itemSize(image: u32): u32 { return image & FP_IMAGE_WIDE ? 4 : 2; }

/** Item `i` of the environment: a word, in a slot of two or four bytes. False: the store has faulted. */
function put(env: usize, addr: u64, mmu: u32, image: u32, i: u32, value: u32): bool {
  if (image & FP_IMAGE_WIDE) guest_st32(env, at(env, addr, i << 2), value, mmu);
  else guest_st16(env, at(env, addr, i << 1), value & 0xffff, mmu);
  return !exited(env);
}

function get(env: usize, addr: u64, mmu: u32, image: u32, i: u32): u32 {
  return image & FP_IMAGE_WIDE ? guest_ld32(env, at(env, addr, i << 2), mmu) : guest_ld16(env, at(env, addr, i << 1), mmu);
}

/** Store the environment. False: a store has faulted. */
function storeEnvironment(env: usize, addr: u64, mmu: u32, image: u32): bool {
  const wide = (image & FP_IMAGE_WIDE) != 0;
  const reserved = wide ? RESERVED : 0;
  if (!put(env, addr, mmu, image, 0, load<u32>(env, ST_FP_CONTROL) | reserved)) return false;
  if (!put(env, addr, mmu, image, 1, statusWord(env) | reserved)) return false;
  if (!put(env, addr, mmu, image, 2, tagWord(env) | reserved)) return false;
  const opcode = lastOpcode(env);
  const ip = <u32>lastIp(env);
  const dp = <u32>load<u64>(env, ST_FP_LAST_DP);
  const cs = load<u32>(env, ST_FP_LAST_CS);
  const ds = load<u32>(env, ST_FP_LAST_DS);
  if (image & FP_IMAGE_REAL) {
    // Linear addresses, in 16 bits and a rest that is shifted up to bit 12.
    const linearIp = ip + (cs << 4);
    const linearDp = dp + (ds << 4);
    const rest: u32 = wide ? 0x0ffff000 : 0xf000;
    if (!put(env, addr, mmu, image, 3, (linearIp & 0xffff) | reserved)) return false;
    if (!put(env, addr, mmu, image, 4, ((linearIp >> 4) & rest) | opcode)) return false;
    if (!put(env, addr, mmu, image, 5, (linearDp & 0xffff) | reserved)) return false;
    return put(env, addr, mmu, image, 6, (linearDp >> 4) & rest);
  }
  if (!put(env, addr, mmu, image, 3, ip)) return false;
  if (!put(env, addr, mmu, image, 4, cs | (wide ? opcode << 16 : 0))) return false;
  if (!put(env, addr, mmu, image, 5, dp)) return false;
  return put(env, addr, mmu, image, 6, ds | reserved);
}

/** Item `i` of the environment that is being loaded. */
@inline function item(env: usize, i: u32): u32 { return load<u32>(env + (i << 2), ST_SCRATCH); }

/** Read the environment into the scratch area. False: a load has faulted, and nothing has changed. */
function readEnvironment(env: usize, addr: u64, mmu: u32, image: u32): bool {
  for (let i: u32 = 0; i < 7; i++) {
    store<u32>(env + (i << 2), get(env, addr, mmu, image, i), ST_SCRATCH);
    if (exited(env)) return false;
  }
  return true;
}

/** Make what was read the state. */
function loadEnvironment(env: usize, image: u32): void {
  setControl(env, item(env, 0));
  setStatusWord(env, item(env, 1));
  setTagWord(env, item(env, 2));
  if (image & FP_IMAGE_REAL) {
    const rest: u32 = image & FP_IMAGE_WIDE ? 0x0ffff000 : 0xf000;
    const ip = (item(env, 3) & 0xffff) | (item(env, 4) & rest) << 4;
    const dp = (item(env, 5) & 0xffff) | (item(env, 6) & rest) << 4;
    setLast(env, ip, 0, item(env, 4), dp, 0);
  } else {
    setLast(env, item(env, 3), item(env, 4), image & FP_IMAGE_WIDE ? item(env, 4) >> 16 : 0, item(env, 5), item(env, 6));
  }
}

// ---- instructions ----------------------------------------------------------------------------------------------------------

/** FNSTENV masks all exceptions when it is done. */
export function fpu_fnstenv(env: usize, addr: u64, mmu: u32, image: u32): void {
  if (!probeImage(env, addr, mmu, itemSize(image), environmentSize(image), 1)) return;
  if (!storeEnvironment(env, addr, mmu, image)) return;
  const old = load<u32>(env, ST_FP_STATUS);
  setControl(env, load<u32>(env, ST_FP_CONTROL) | EXCEPTION_MASKS);
  releaseError(env, old);
}

export function fpu_fldenv(env: usize, addr: u64, mmu: u32, image: u32): void {
  if (!probeImage(env, addr, mmu, itemSize(image), environmentSize(image), 0)) return;
  if (readEnvironment(env, addr, mmu, image)) loadEnvironment(env, image);
}

export function fpu_fnsave(env: usize, addr: u64, mmu: u32, image: u32): void {
  const size = environmentSize(image);
  if (!probeImage(env, addr, mmu, itemSize(image), size + 80, 1)) return;
  if (!storeEnvironment(env, addr, mmu, image)) return;
  for (let i: u32 = 0; i < 8; i++) {
    const cell = st(env, i);
    guest_st64(env, at(env, addr, size + i * 10), significand(cell), mmu);
    if (exited(env)) return;
    guest_st16(env, at(env, addr, size + i * 10 + 8), head(cell), mmu);
    if (exited(env)) return;
  }
  fpu_fninit(env);
}

export function fpu_frstor(env: usize, addr: u64, mmu: u32, image: u32): void {
  const size = environmentSize(image);
  // The registers are read after the environment has become the state: by then it is known that all of them can be.
  if (!probeImage(env, addr, mmu, itemSize(image), size + 80, 0) || !readEnvironment(env, addr, mmu, image)) return;
  loadEnvironment(env, image);
  for (let i: u32 = 0; i < 8; i++) {
    const mantissa = guest_ld64(env, at(env, addr, size + i * 10), mmu);
    setCell(st(env, i), guest_ld16(env, at(env, addr, size + i * 10 + 8), mmu), mantissa);
  }
}
