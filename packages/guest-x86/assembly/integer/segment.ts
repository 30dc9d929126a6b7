// Limits and types of segments on data accesses and instruction fetches (SDM vol. 3, 5.3 and 5.5). Generated code compares the offset with
// `segBound` and comes here when it is not below.
import { CTX_EXIT_CODE, EXIT_RETRY, SEG_CS, SEG_SS, ST_SEG_BOUND, ST_SEG_LIMIT } from '../generated/layout';
import { D_CODE, D_DB, D_DC, D_P, D_RW, D_S, VEC_SS } from '../system/arch';
import { raise, raiseGp } from '../system/fault';
import { accessOf, isProtected, limitOf } from '../system/state';

/** Longest access that an offset below the bound may start: 16 bytes. */
const LONGEST: u32 = 16;

/** May the segment be read (written) at all? In real and virtual-8086 mode every segment may. */
function permits(env: usize, seg: u32, write: bool): bool {
  const access = accessOf(env, seg);
  if (!isProtected(env)) return true;
  if ((access & (D_P | D_S)) != (D_P | D_S)) return false;
  return write ? (access & (D_CODE | D_RW)) == D_RW : (access & (D_CODE | D_RW)) != D_CODE;
}

function bound(env: usize, seg: u32, write: bool): u32 {
  // Expand-down segments have no simple bound: every access is checked in full.
  const down = isProtected(env) && (accessOf(env, seg) & (D_CODE | D_DC)) == D_DC;
  if (down || !permits(env, seg, write)) return 0;
  const limit = limitOf(env, seg);
  return limit < LONGEST ? 0 : limit - LONGEST + 2;
}

/** Present, readable and writable data, expand-up. */
const OPEN: u32 = D_P | D_S | D_RW;
/** Both bounds of 4 GiB of that, in any mode. */
const OPEN_BOUNDS: u64 = (<u64>(0xffffffff - LONGEST + 2) << 32) | (0xffffffff - LONGEST + 2);

/** Recompute `segBound` of all segment registers. Part of update_hflags: hflags must be right. */
export function refresh_segment_bounds(env: usize): void {
  for (let seg: u32 = 0; seg < 6; seg++) {
    // What nearly all segments of nearly all systems are.
    if (limitOf(env, seg) == 0xffffffff && (accessOf(env, seg) & (OPEN | D_CODE | D_DC)) == OPEN) {
      store<u64>(env + (seg << 3), OPEN_BOUNDS, ST_SEG_BOUND);
      continue;
    }
    // A null selector, in protected mode.
    if (accessOf(env, seg) == 0 && isProtected(env)) {
      store<u64>(env + (seg << 3), 0, ST_SEG_BOUND);
      continue;
    }
    store<u32>(env + (seg << 3), bound(env, seg, false), ST_SEG_BOUND);
    store<u32>(env + (seg << 3), bound(env, seg, true), ST_SEG_BOUND + 4);
  }
}

/** `check_segment(segment | write << 8, offset, size)` of the helper table. */
export function check_segment(env: usize, what: u32, offset: u32, size: u32): void {
  const seg = what & 0xff;
  const write = (what & 0x100) != 0;
  const limit = limitOf(env, seg);
  const access = accessOf(env, seg);
  const last = offset + size - 1;
  let ok = permits(env, seg, write) && last >= offset;
  if (isProtected(env) && (access & (D_CODE | D_DC)) == D_DC) {
    ok = ok && offset > limit && last <= ((access & D_DB) != 0 ? 0xffffffff : 0xffff);
  } else {
    ok = ok && last <= limit;
  }
  if (ok) return;
  if (seg == SEG_SS) raise(env, VEC_SS, 0);
  else raiseGp(env, 0);
}

/** `code_limit(last byte of the first instruction)` of the helper table. */
export function code_limit(env: usize, last: u32): void {
  if (last > load<u32>(env + (SEG_CS << 2), ST_SEG_LIMIT)) raiseGp(env, 0);
  else store<u32>(env, EXIT_RETRY, CTX_EXIT_CODE);
}
