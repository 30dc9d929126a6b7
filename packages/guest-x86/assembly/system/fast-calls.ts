// SYSCALL, SYSRET, SYSENTER, SYSEXIT (SDM vol. 2; vol. 3, 5.8.7 and 5.8.8). They load fixed flat segments and read no descriptor.
import {
  FEATURE_SEP, FEATURE_SYSCALL, FR_R11, FR_RCX, FR_RDX, FR_RSP, HF_PE, SEG_CS, SEG_SS, ST_CSTAR, ST_EFLAGS, ST_FMASK, ST_LSTAR, ST_STAR, ST_SYSENTER_CS,
  ST_SYSENTER_EIP, ST_SYSENTER_ESP,
} from '../generated/layout';
import { EFER_SCE, IF, RF, VM } from './arch';
import { raiseGp, raiseUd } from './fault';
import { get_eflags, noticeInterrupts, writeEflags } from './flags';
import { cpl, efer, has, hflags, isAmd, isCanonical, isCode64, isLongMode, isProtected, rip, setRip, setSegment, shapeOf } from './state';
import { arrivedFrom } from './transfer';

/** Access rights of flat segments, DPL 0: present code (execute, read, accessed) and data (read, write, accessed), 4 GiB. */
const CODE32: u32 = 0x00c09b00;
const CODE64: u32 = 0x00a09b00;
const DATA: u32 = 0x00c09300;
const DPL3: u32 = 0x6000;

function flat(env: usize, seg: u32, selector: u32, access: u32): void { setSegment(env, seg, selector & 0xffff, 0, 0xffffffff, access); }

/** SYSCALL and SYSRET exist: in 64-bit mode always, elsewhere on AMD processors only. */
function hasSyscall(env: usize): bool {
  return (has(env, FEATURE_SYSCALL) && (efer(env) & EFER_SCE) != 0 && (isCode64(env) || isAmd(env))) || raiseUd(env);
}

export function syscall(env: usize): void {
  if (!hasSyscall(env)) return;
  const cs = shapeOf(env, SEG_CS);
  const ss = shapeOf(env, SEG_SS);
  const star = load<u64>(env, ST_STAR);
  const selector = <u32>(star >> 32) & 0xfffc;
  const flags = get_eflags(env);
  if (isLongMode(env)) {
    const target = isCode64(env) ? load<u64>(env, ST_LSTAR) : load<u64>(env, ST_CSTAR);
    store<u64>(env, rip(env), FR_RCX);
    store<u64>(env, flags & ~RF, FR_R11);
    writeEflags(env, flags & ~(<u32>load<u64>(env, ST_FMASK) | RF | VM));
    flat(env, SEG_CS, selector, CODE64);
    setRip(env, target);
  } else {
    if (!(hflags(env) & HF_PE)) {
      raiseUd(env);
      return;
    }
    store<u64>(env, rip(env) & 0xffffffff, FR_RCX);
    writeEflags(env, flags & ~(IF | RF | VM));
    flat(env, SEG_CS, selector, CODE32);
    setRip(env, star & 0xffffffff);
  }
  flat(env, SEG_SS, selector + 8, DATA);
  arrivedFrom(env, cs, ss);
}

export function sysret(env: usize, size: u32): void {
  if (!hasSyscall(env)) return;
  const cs = shapeOf(env, SEG_CS);
  const ss = shapeOf(env, SEG_SS);
  const target = load<u64>(env, FR_RCX);
  // Intel checks the target before it leaves level 0; AMD faults at the target instead.
  if (!isProtected(env) || cpl(env) != 0 || (size == 8 && !isAmd(env) && !isCanonical(target))) {
    raiseGp(env, 0);
    return;
  }
  const selector = <u32>(load<u64>(env, ST_STAR) >> 48) & 0xffff;
  if (isLongMode(env)) writeEflags(env, <u32>load<u64>(env, FR_R11) & ~(RF | VM));
  else store<u32>(env, load<u32>(env, ST_EFLAGS) | IF, ST_EFLAGS);
  if (size == 8) {
    flat(env, SEG_CS, (selector + 16) | 3, CODE64 | DPL3);
    setRip(env, target);
  } else {
    flat(env, SEG_CS, selector | 3, CODE32 | DPL3);
    setRip(env, target & 0xffffffff);
  }
  flat(env, SEG_SS, (selector + 8) | 3, DATA | DPL3);
  arrivedFrom(env, cs, ss);
  noticeInterrupts(env);
}

/** SYSENTER and SYSEXIT exist; AMD processors do not have them in long mode. */
function hasSysenter(env: usize): bool {
  if (!has(env, FEATURE_SEP) || (isAmd(env) && isLongMode(env))) return raiseUd(env);
  return (hflags(env) & HF_PE) != 0 || raiseGp(env, 0);
}

export function sysenter(env: usize): void {
  if (!hasSysenter(env)) return;
  const cs = shapeOf(env, SEG_CS);
  const ss = shapeOf(env, SEG_SS);
  const selector = <u32>load<u64>(env, ST_SYSENTER_CS) & 0xfffc;
  if (selector == 0) {
    raiseGp(env, 0);
    return;
  }
  const mask: u64 = isLongMode(env) ? u64.MAX_VALUE : 0xffffffff;
  writeEflags(env, get_eflags(env) & ~(VM | IF | RF));
  flat(env, SEG_CS, selector, isLongMode(env) ? CODE64 : CODE32);
  flat(env, SEG_SS, selector + 8, DATA);
  store<u64>(env, load<u64>(env, ST_SYSENTER_ESP) & mask, FR_RSP);
  setRip(env, load<u64>(env, ST_SYSENTER_EIP) & mask);
  arrivedFrom(env, cs, ss);
}

export function sysexit(env: usize, size: u32): void {
  if (!hasSysenter(env)) return;
  const cs = shapeOf(env, SEG_CS);
  const ss = shapeOf(env, SEG_SS);
  const selector = <u32>load<u64>(env, ST_SYSENTER_CS) & 0xfffc;
  const sp = load<u64>(env, FR_RCX);
  const target = load<u64>(env, FR_RDX);
  if (selector == 0 || cpl(env) != 0 || (size == 8 && (!isCanonical(sp) || !isCanonical(target)))) {
    raiseGp(env, 0);
    return;
  }
  const mask: u64 = size == 8 ? u64.MAX_VALUE : 0xffffffff;
  const offset: u32 = size == 8 ? 32 : 16;
  flat(env, SEG_CS, (selector + offset) | 3, (size == 8 ? CODE64 : CODE32) | DPL3);
  flat(env, SEG_SS, (selector + offset + 8) | 3, DATA | DPL3);
  store<u64>(env, sp & mask, FR_RSP);
  setRip(env, target & mask);
  arrivedFrom(env, cs, ss);
}
