// A stack that is worked on before anything is committed: interrupts, far calls and returns push and pop on it and write RSP (and SS)
// only when nothing can fault any more. Lives in the scratch area of the vCPU.
import { FR_RSP, SEG_SS, ST_SCRATCH } from '../generated/layout';
import { D_DB, D_DC, D_P, D_RW, D_S, D_CODE, VEC_SS } from './arch';
import { accessBits, baseBits, limitBits } from './descriptor';
import { exited, raise } from './fault';
import { dataMmu, guest_ld16, guest_ld32, guest_ld64, guest_st16, guest_st32, guest_st64 } from './memory';
import { accessOf, baseOf, cpl, isCanonical, isCode64, isProtected, limitOf, rsp } from './state';

@unmanaged
export class Stack {
  env: usize;
  mmu: i32;
  base: u64;
  /** ffffh, ffffffffh or all ones. */
  mask: u64;
  sp: u64;
  /** Bits of RSP above the mask, kept by 16-bit stacks. */
  high: u64;
  limit: u32;
  access: u32;
  /** Error code of a stack fault: 0, EXT, or the new SS selector with it. */
  error: u32;
  /** Of an inner stack: its SS, whose hidden part has not been loaded yet; descriptor 0 for the null selector. */
  selector: u32;
  descriptor: u64;

  /** True when [at, at + size) may be used; raises #SS if not. */
  private check(at: u64, size: u32): bool {
    if (this.mask == u64.MAX_VALUE) {
      return (isCanonical(at) && isCanonical(at + size - 1)) || raise(this.env, VEC_SS, this.error);
    }
    const last = at + size - 1;
    const usable = !isProtected(this.env) || (this.access & (D_P | D_S | D_CODE | D_RW)) == (D_P | D_S | D_RW);
    const within = (this.access & D_DC) != 0
      ? at > this.limit && last <= ((this.access & D_DB) != 0 ? 0xffffffff : 0xffff)
      : last <= this.limit;
    return (usable && within) || raise(this.env, VEC_SS, this.error);
  }

  private linear(at: u64): u64 { return this.mask == u64.MAX_VALUE ? at : (this.base + at) & 0xffffffff; }

  /** Push 2, 4 or 8 bytes; false on a fault. */
  push(value: u64, size: u32): bool {
    const at = (this.sp - size) & this.mask;
    if (!this.check(at, size)) return false;
    const addr = this.linear(at);
    if (size == 8) guest_st64(this.env, addr, value, this.mmu);
    else if (size == 4) guest_st32(this.env, addr, <u32>value, this.mmu);
    else guest_st16(this.env, addr, <u32>value & 0xffff, this.mmu);
    this.sp = at;
    return !exited(this.env);
  }

  /** Read 2, 4 or 8 bytes at an offset above the top of the stack. Test `exited` before using the result. */
  peek(offset: u32, size: u32): u64 {
    const at = (this.sp + offset) & this.mask;
    if (!this.check(at, size)) return 0;
    const addr = this.linear(at);
    return size == 8 ? guest_ld64(this.env, addr, this.mmu)
      : size == 4 ? <u64>guest_ld32(this.env, addr, this.mmu)
      : <u64>guest_ld16(this.env, addr, this.mmu);
  }

  pop(size: u32): u64 {
    const value = this.peek(0, size);
    this.sp = (this.sp + size) & this.mask;
    return value;
  }

  /** Drop bytes from the top. */
  release(bytes: u32): void { this.sp = (this.sp + bytes) & this.mask; }

  /** Write RSP: bits above the stack's width stay as they are in a 16-bit stack, and are cleared in a 32-bit one. */
  commit(): void { store<u64>(this.env, this.high | this.sp, FR_RSP); }
}

/** Mask of a stack's width from SS's access rights. */
export function stackMask(access: u32): u64 { return (access & D_DB) != 0 ? 0xffffffff : 0xffff; }

/** Bytes of one of the two places in the scratch area. */
const PLACE: usize = 96;

/** The running stack, at the running privilege level. */
export function currentStack(env: usize, error: u32): Stack {
  const stack = changetype<Stack>(env + ST_SCRATCH);
  const wide = isCode64(env);
  stack.env = env;
  stack.mmu = dataMmu(env, cpl(env));
  stack.access = accessOf(env, SEG_SS);
  stack.limit = limitOf(env, SEG_SS);
  stack.base = wide ? 0 : baseOf(env, SEG_SS);
  stack.mask = wide ? u64.MAX_VALUE : stackMask(stack.access);
  stack.sp = rsp(env) & stack.mask;
  stack.high = stack.mask == 0xffff ? rsp(env) & ~<u64>0xffff : 0;
  stack.error = error;
  return stack;
}

/** A 16- or 32-bit stack that a transfer of control to `level` switches to, from its SS descriptor. */
export function innerStack(env: usize, level: u32, selector: u32, descriptor: u64, sp: u64, error: u32): Stack {
  const stack = changetype<Stack>(env + ST_SCRATCH + PLACE);
  stack.env = env;
  stack.mmu = dataMmu(env, level);
  stack.access = accessBits(descriptor);
  stack.limit = limitBits(descriptor);
  stack.base = baseBits(descriptor);
  stack.mask = stackMask(stack.access);
  stack.sp = sp & stack.mask;
  stack.high = stack.mask == 0xffff ? sp & 0xffff0000 : 0;
  stack.error = error;
  stack.selector = selector;
  stack.descriptor = descriptor;
  return stack;
}

/** A 64-bit stack at `level`; its SS is null, of that level. */
export function wideStack(env: usize, level: u32, sp: u64, error: u32): Stack {
  const stack = changetype<Stack>(env + ST_SCRATCH + PLACE);
  stack.env = env;
  stack.mmu = dataMmu(env, level);
  stack.access = 0;
  stack.limit = 0;
  stack.base = 0;
  stack.mask = u64.MAX_VALUE;
  stack.sp = sp;
  stack.high = 0;
  stack.error = error;
  stack.selector = level;
  stack.descriptor = 0;
  return stack;
}
