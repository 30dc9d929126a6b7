// FXSAVE and FXRSTOR: 512 bytes, aligned to 16 (SDM vol. 1, 10.5; vol. 2, FXSAVE, tables 3-43 to 3-46). XMM registers and MXCSR take part while
// CR4.OSFXSR is set. FXSAVE probes its bytes before the first store; FXRSTOR reads MXCSR, which may be refused, before anything changes.
import {
  FR_XMM0, FX_IMAGE_CODE64, FX_IMAGE_POINTERS64, HF_OSFXSR, ST_FP_CONTROL, ST_FP_EMPTY, ST_FP_LAST_CS, ST_FP_LAST_DP, ST_FP_LAST_DS, ST_MXCSR,
} from '../generated/layout';
import { exited, raiseGp } from '../system/fault';
import { guest_ld16, guest_ld32, guest_ld64, guest_st64 } from '../system/memory';
import { hflags } from '../system/state';
import { mxcsrMask, setMxcsr } from '../sse/control';
import { setControl } from './control';
import { at, lastIp, lastOpcode, probeImage, setLast, setStatusWord, statusWord } from './environment';
import { head, setCell, significand, st } from './state';

const MXCSR: u32 = 24;
const REGISTERS: u32 = 32;
const XMM: u32 = 160;
/** Bytes of the image. What is behind the last XMM register is left to software; it must be accessible nevertheless. */
const SIZE: u32 = 512;

@inline function savesXmm(env: usize): bool { return (hflags(env) & HF_OSFXSR) != 0; }
@inline function xmmCount(image: u32): u32 { return image & FX_IMAGE_CODE64 ? 16 : 8; }

function put64(env: usize, addr: u64, by: u32, low: u64, high: u64, mmu: u32): bool {
  guest_st64(env, at(env, addr, by), low, mmu);
  if (exited(env)) return false;
  guest_st64(env, at(env, addr, by + 8), high, mmu);
  return !exited(env);
}

export function fxsave(env: usize, addr: u64, mmu: u32, image: u32): void {
  if (addr & 15) {
    raiseGp(env, 0);
    return;
  }
  if (!probeImage(env, addr, mmu, 16, SIZE, 1)) return;
  const full = ~load<u32>(env, ST_FP_EMPTY) & 0xff;
  const words = load<u32>(env, ST_FP_CONTROL) | statusWord(env) << 16;
  let ip = lastIp(env);
  let dp = load<u64>(env, ST_FP_LAST_DP);
  if (!(image & FX_IMAGE_POINTERS64)) {
    ip = (ip & 0xffffffff) | <u64>load<u32>(env, ST_FP_LAST_CS) << 32;
    dp = (dp & 0xffffffff) | <u64>load<u32>(env, ST_FP_LAST_DS) << 32;
  }
  if (!put64(env, addr, 0, <u64>words | <u64>(full | lastOpcode(env) << 16) << 32, ip, mmu)) return;
  if (savesXmm(env)) {
    if (!put64(env, addr, 16, dp, <u64>load<u32>(env, ST_MXCSR) | <u64>mxcsrMask(env) << 32, mmu)) return;
  } else {
    guest_st64(env, at(env, addr, 16), dp, mmu);
    if (exited(env)) return;
  }
  for (let i: u32 = 0; i < 8; i++) {
    const cell = st(env, i);
    if (!put64(env, addr, REGISTERS + (i << 4), significand(cell), head(cell), mmu)) return;
  }
  if (!savesXmm(env)) return;
  const count = xmmCount(image);
  for (let i: u32 = 0; i < count; i++) {
    const from = env + FR_XMM0 + (i << 4);
    if (!put64(env, addr, XMM + (i << 4), load<u64>(from), load<u64>(from, 8), mmu)) return;
  }
}

export function fxrstor(env: usize, addr: u64, mmu: u32, image: u32): void {
  if (addr & 15) {
    raiseGp(env, 0);
    return;
  }
  if (!probeImage(env, addr, mmu, 16, SIZE, 0)) return;
  const mxcsr = guest_ld32(env, at(env, addr, MXCSR), mmu);
  if (savesXmm(env) && (mxcsr & ~mxcsrMask(env)) != 0) {
    raiseGp(env, 0);
    return;
  }
  const control = guest_ld16(env, addr, mmu);
  const status = guest_ld16(env, at(env, addr, 2), mmu);
  const full = guest_ld16(env, at(env, addr, 4), mmu);
  const opcode = guest_ld16(env, at(env, addr, 6), mmu);
  let ip = guest_ld64(env, at(env, addr, 8), mmu);
  let dp = guest_ld64(env, at(env, addr, 16), mmu);
  let cs: u32 = 0;
  let ds: u32 = 0;
  if (!(image & FX_IMAGE_POINTERS64)) {
    cs = <u32>(ip >> 32);
    ds = <u32>(dp >> 32);
    ip &= 0xffffffff;
    dp &= 0xffffffff;
  }
  setControl(env, control);
  setStatusWord(env, status);
  store<u32>(env, ~full & 0xff, ST_FP_EMPTY);
  setLast(env, ip, cs, opcode, dp, ds);
  for (let i: u32 = 0; i < 8; i++) {
    const mantissa = guest_ld64(env, at(env, addr, REGISTERS + (i << 4)), mmu);
    setCell(st(env, i), guest_ld16(env, at(env, addr, REGISTERS + (i << 4) + 8), mmu), mantissa);
  }
  if (!savesXmm(env)) return;
  setMxcsr(env, mxcsr);
  const count = xmmCount(image);
  for (let i: u32 = 0; i < count; i++) {
    const to = env + FR_XMM0 + (i << 4);
    const low = guest_ld64(env, at(env, addr, XMM + (i << 4)), mmu);
    store<u64>(to, low);
    store<u64>(to, guest_ld64(env, at(env, addr, XMM + (i << 4) + 8), mmu), 8);
  }
}
