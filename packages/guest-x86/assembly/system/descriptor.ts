// Segment descriptors in the GDT and LDT (SDM vol. 3, 3.4.5 and 3.5): finding, reading, taking apart.
import { SEG_LDTR, ST_GDTR_BASE, ST_GDTR_LIMIT } from '../generated/layout';
import { D_ACCESSED, D_CODE, D_DB, D_DC, D_G, D_L, D_MASK, D_P, D_RW, D_S } from './arch';
import { exited, raise } from './fault';
import { systemLd64, systemLd8, systemSt8 } from './memory';
import { accessOf, baseOf, limitOf, setSegment } from './state';

/** No address: the selector lies outside its table. No table starts there, as it would wrap at once. */
export const NOWHERE: u64 = u64.MAX_VALUE;

/** Linear address of a selector's descriptor of 8 or 16 bytes, or NOWHERE. The null selector is the caller's business. */
export function descriptorAddress(env: usize, selector: u32, bytes: u32): u64 {
  const offset = selector & 0xfff8;
  if (selector & 4) {
    if (!(accessOf(env, SEG_LDTR) & D_P) || offset + bytes - 1 > limitOf(env, SEG_LDTR)) return NOWHERE;
    return baseOf(env, SEG_LDTR) + offset;
  }
  return offset + bytes - 1 > load<u32>(env, ST_GDTR_LIMIT) ? NOWHERE : load<u64>(env, ST_GDTR_BASE) + offset;
}

/** Index and table bit of a selector: the error code it makes. */
@inline export function errorOf(selector: u32): u32 { return selector & 0xfffc; }
@inline export function isNull(selector: u32): bool { return (selector & 0xfffc) == 0; }

/**
 * Read a descriptor; outside its table raises `vector` with the selector's error code | ext. Test `exited` before using the
 * result.
 */
export function readDescriptor(env: usize, selector: u32, vector: u32, ext: u32): u64 {
  const at = descriptorAddress(env, selector, 8);
  if (at == NOWHERE) {
    raise(env, vector, errorOf(selector) | ext);
    return 0;
  }
  return systemLd64(env, at);
}

@inline export function accessBits(d: u64): u32 { return <u32>(d >> 32) & D_MASK; }
export function baseBits(d: u64): u64 { return ((d >> 16) & 0xffffff) | ((d >> 32) & 0xff000000); }
/** Limit in bytes. */
export function limitBits(d: u64): u32 {
  const limit = <u32>(d & 0xffff) | (<u32>(d >> 32) & 0xf0000);
  return (accessBits(d) & D_G) != 0 ? limit << 12 | 0xfff : limit;
}
@inline export function dplOf(access: u32): u32 { return (access >> 13) & 3; }
/** Type of a system descriptor: bits 8–11. */
@inline export function typeOf(access: u32): u32 { return (access >> 8) & 15; }
export function isCode(access: u32): bool { return (access & (D_S | D_CODE)) == (D_S | D_CODE); }
export function isConforming(access: u32): bool { return (access & (D_S | D_CODE | D_DC)) == (D_S | D_CODE | D_DC); }
export function isWritableData(access: u32): bool { return (access & (D_S | D_CODE | D_RW)) == (D_S | D_RW); }
export function isReadable(access: u32): bool { return (access & D_S) != 0 && (access & (D_CODE | D_RW)) != D_CODE; }
/** L and D both set: reserved in long mode. */
export function isBadLong(access: u32): bool { return (access & (D_L | D_DB)) == (D_L | D_DB); }

/** Set the accessed bit in memory unless it is set. May fault (a read-only table): call before committing anything. */
export function markAccessed(env: usize, selector: u32, d: u64): bool {
  if (accessBits(d) & D_ACCESSED) return true;
  const at = descriptorAddress(env, selector, 8) + 5;
  const byte = systemLd8(env, at);
  if (exited(env)) return false;
  systemSt8(env, at, byte | 1);
  return !exited(env);
}

/** Load the hidden part from a code or data descriptor, as accessed. */
export function setFromDescriptor(env: usize, seg: u32, selector: u32, d: u64): void {
  setSegment(env, seg, selector, baseBits(d), limitBits(d), accessBits(d) | D_ACCESSED);
}
