// CPUID. The leaves of the machine's model are data, written into this table by the host (src/cpuid); only bits that mirror running state are
// computed here.
import { FR_RAX, FR_RBX, FR_RCX, FR_RDX, ST_APIC_BASE } from '../generated/layout';
import { isAmd } from './state';

/** Rows of {leaf, subleaf or −1 for any, eax, ebx, ecx, edx}, u32 each; ended by the count in front. */
const MAX_ROWS: usize = 64;
const TABLE: usize = memory.data(4 + 64 * 24, 16);

/** No table has it. */
const NO_LEAF: u32 = 0x7fffffff;

/** Address of the table: count, then rows. */
export function cpuid_table(): usize { return TABLE; }
export function cpuid_rows(): usize { return MAX_ROWS; }

/** Row of a leaf and subleaf, or 0. */
function find(leaf: u32, subleaf: u32): usize {
  const count = load<u32>(TABLE);
  for (let i: u32 = 0; i < count; i++) {
    const row = TABLE + 4 + i * 24;
    if (load<u32>(row) != leaf) continue;
    const sub = load<u32>(row, 4);
    if (sub == subleaf || sub == 0xffffffff) return row;
  }
  return 0;
}

/** Highest leaf of a range, which is eax of its first leaf. */
function highest(first: u32): u32 {
  const row = find(first, 0);
  return row == 0 ? 0 : load<u32>(row, 8);
}

/** Global enable in IA32_APIC_BASE, and what it is in EDX of leaf 1. */
const APIC_ENABLED: u32 = 1 << 11;
const APIC_BIT: u32 = 1 << 9;

export function cpuid(env: usize): void {
  let leaf = load<u32>(env, FR_RAX);
  const subleaf = load<u32>(env, FR_RCX);
  // Beyond the last leaf of either range, the last basic leaf answers (SDM vol. 2, CPUID); on AMD processors, nothing does.
  if (leaf > highest(leaf & 0x80000000)) leaf = isAmd(env) ? NO_LEAF : highest(0);
  const row = find(leaf, subleaf);
  store<u64>(env, row == 0 ? 0 : load<u32>(row, 8), FR_RAX);
  store<u64>(env, row == 0 ? 0 : load<u32>(row, 12), FR_RBX);
  store<u64>(env, row == 0 ? 0 : load<u32>(row, 16), FR_RCX);
  let edx = row == 0 ? 0 : load<u32>(row, 20);
  // The APIC bit goes when software switches the APIC off (SDM vol. 3, 11.4.3).
  if (leaf == 1 && !(load<u32>(env, ST_APIC_BASE) & APIC_ENABLED)) edx &= ~APIC_BIT;
  store<u64>(env, edx, FR_RDX);
}
