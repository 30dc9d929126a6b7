// Port I/O (SDM vol. 1, chapter 19), HLT, MONITOR and MWAIT. Devices live in the host.
import { CTX_EXIT_CODE, EXIT_HALT, HF_PE, SEG_TR, ST_EFLAGS, ST_INTERRUPT_SHADOW, ST_MONITOR_ARMED } from '../generated/layout';
import { D_P, TF } from './arch';
import { port_breakpoint } from './debug';
import { exited, raiseGp } from './fault';
import { update_hflags } from './hflags';
import { systemLd16, systemLd8 } from './memory';
import { accessOf, baseOf, cpl, hflags, iopl, isVm86, limitOf } from './state';
import { isTss32 } from './transfer';

@external('host', 'port_in') declare function host_port_in(env: usize, port: u32, size: u32): u32;
@external('host', 'port_out') declare function host_port_out(env: usize, port: u32, value: u32, size: u32): void;

/** Offset of the I/O map base in a 32- or 64-bit TSS. */
const IO_MAP: u32 = 0x66;

export function check_io(env: usize, port: u32, size: u32): void {
  if (!(hflags(env) & HF_PE) || (cpl(env) <= iopl(env) && !isVm86(env))) return;
  const limit = limitOf(env, SEG_TR);
  if (!(accessOf(env, SEG_TR) & D_P) || !isTss32(env) || limit < IO_MAP + 1) {
    raiseGp(env, 0);
    return;
  }
  const map = systemLd16(env, baseOf(env, SEG_TR) + IO_MAP);
  if (exited(env)) return;
  const at = map + ((port & 0xffff) >> 3);
  // Two bytes are read whatever the size, so that the last byte of the map must lie inside the limit.
  if (at + 1 > limit) {
    raiseGp(env, 0);
    return;
  }
  const low = systemLd8(env, baseOf(env, SEG_TR) + at);
  if (exited(env)) return;
  const high = systemLd8(env, baseOf(env, SEG_TR) + at + 1);
  if (exited(env)) return;
  const bits = (low | high << 8) >> (port & 7);
  if (bits & ((1 << size) - 1)) raiseGp(env, 0);
}

export function port_in(env: usize, port: u32, size: u32): u32 {
  port_breakpoint(env, port & 0xffff, size);
  const value = host_port_in(env, port & 0xffff, size);
  return size == 4 ? value : value & ((1 << (size * 8)) - 1);
}

export function port_out(env: usize, port: u32, value: u32, size: u32): void {
  port_breakpoint(env, port & 0xffff, size);
  host_port_out(env, port & 0xffff, size == 4 ? value : value & ((1 << (size * 8)) - 1), size);
}

export function hlt(env: usize): void {
  if (cpl(env) == 0) halt(env);
  else raiseGp(env, 0);
}

function halt(env: usize): void {
  store<u32>(env, 0, ST_INTERRUPT_SHADOW);
  update_hflags(env);
  // A single step follows at once, and would wake the processor.
  if (!(load<u32>(env, ST_EFLAGS) & TF)) store<u32>(env, EXIT_HALT, CTX_EXIT_CODE);
}

export function monitor(env: usize): void { store<u32>(env, 1, ST_MONITOR_ARMED); }

/** The only processor waits for an interrupt: nobody else stores to the monitored line. */
export function mwait(env: usize): void {
  const armed = load<u32>(env, ST_MONITOR_ARMED) != 0;
  store<u32>(env, 0, ST_MONITOR_ARMED);
  if (armed) halt(env);
}
