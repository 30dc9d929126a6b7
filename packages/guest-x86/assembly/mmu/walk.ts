// tlb_fill: the page walk (SDM vol. 3, chapter 4) for no paging, 32-bit paging with PSE, PAE, and 4-level paging.
//
// Invariants: at most four table reads per walk and a fixed number of attempts when a table changes underneath, so that no table, however wrong,
// can hang it; table addresses where nothing is read as all ones, which faults as reserved bits or leads nowhere; A and D go to memory through
// phys_cas, which honours translated code.
import {
  ACCESS_CROSSING, ACCESS_FETCH, ACCESS_MISALIGNED, ACCESS_WATCHED, ACCESS_WRITE, HF_AC, MMU_KERNEL_SMAP, MMU_USER, PROT_EXEC, PROT_GLOBAL, PROT_READ,
  PROT_SIZE_SHIFT, PROT_WATCH, PROT_WRITE, ST_A20_MASK, ST_CR3, ST_PDPTE, FEATURE_GIGA_PAGES, FEATURE_PSE36,
} from '../generated/layout';
import { CR0_PG, CR0_WP, CR4_PAE, CR4_PGE, CR4_PSE, CR4_SMEP, EFER_NXE, VEC_AC, VEC_GP, VEC_PF } from '../system/arch';
import { reservedAddressBits } from '../system/control';
import { data_breakpoint, isWatched } from '../system/debug';
import { raiseAccess } from '../system/fault';
import { phys_cas32, phys_cas64, phys_ld32, phys_ld64, tlb_set_page } from '../system/memory';
import { cr0, cr4, efer, has, hflags, isCanonical, isLongMode } from '../system/state';

/** Bits of table entries. */
const P: u64 = 1;
const RW: u64 = 2;
const US: u64 = 4;
const A: u64 = 0x20;
const D: u64 = 0x40;
const PS: u64 = 0x80;
const G: u64 = 0x100;
const NX: u64 = 1 << 63;
const ADDRESS: u64 = 0x000ffffffffff000;

/** Bits of the page-fault error code. */
const PF_P: u32 = 1;
const PF_W: u32 = 2;
const PF_U: u32 = 4;
const PF_RSVD: u32 = 8;
const PF_I: u32 = 16;

/** Walks started over because another processor changed an entry while its A or D bit was being set. */
const ATTEMPTS: i32 = 8;

/** What a request is: bits 0–1 access, bits 4–7 MMU index, bit 8 probe. Keeps the walk's parameter lists short. */
@inline function accessOf(request: i32): i32 { return request & 3; }
@inline function mmuOf(request: i32): i32 { return (request >> 4) & 15; }

/**
 * The guest's hook of the softmmu: (env, linear address, Access, MMU index, probe) → 1 when the page has been entered in the TLB, 0 for a
 * fault, whose record is written unless probe.
 */
export function tlb_fill(env: usize, addr: u64, access: i32, mmu: i32, probe: i32): i32 {
  if (access & ACCESS_MISALIGNED) return misaligned(env, addr, access);
  if (access & ACCESS_WATCHED) {
    data_breakpoint(env, addr, 1 << ((access >> 8) & 7), access & 3);
    return 1;
  }
  const request = (access & 3) | mmu << 4 | (probe ? 0x100 : 0);
  if (isLongMode(env)) {
    // The whole operand has to be canonical, and that comes before what its first page has to say.
    const last = access & ACCESS_CROSSING ? addr + 0x1000 : addr;
    if (!isCanonical(addr) || !isCanonical(last)) {
      if (!probe) raiseAccess(env, VEC_GP, 0, isCanonical(addr) ? last : addr, access & 3);
      return 0;
    }
  }
  if (!(cr0(env) & CR0_PG)) {
    tlb_set_page(env, addr, physicalPage(env, addr), PROT_READ | PROT_WRITE | PROT_EXEC | (isWatched(env, addr) ? PROT_WATCH : 0), mmu);
    return 1;
  }
  for (let i = 0; i < ATTEMPTS; i++) {
    const result = !(cr4(env) & CR4_PAE) ? walk32(env, addr, request) : walk64(env, addr, request);
    if (result != AGAIN) return result;
  }
  // Another processor rewrites the entry as fast as it is read: a spurious fault, which handlers must expect (SDM vol. 3, 4.10.4.3).
  return pageFault(env, addr, request, 0);
}

const FAULTED: i32 = 0;
const FILLED: i32 = 1;
const AGAIN: i32 = 2;

/** Alignment that a memop demands and an address breaks: #AC for the sizes of integers while in force, #GP for 16-byte operands. */
function misaligned(env: usize, addr: u64, access: i32): i32 {
  const size = (access >> 8) & 7;
  if (size >= 4) return raiseAccess(env, VEC_GP, 0, addr, access & 3) ? 1 : 0;
  if (!(hflags(env) & HF_AC)) return 1;
  return raiseAccess(env, VEC_AC, 0, addr, access & 3) ? 1 : 0;
}

/** Page number with A20 applied. */
function physicalPage(env: usize, addr: u64): u32 {
  return <u32>(masked(env, addr) >> 12);
}

/** Bit 20 cleared while A20 is off. */
@inline function masked(env: usize, addr: u64): u64 { return addr & (load<u32>(env, ST_A20_MASK) | 0xffffffff00000000); }

function pageFault(env: usize, addr: u64, request: i32, bits: u32): i32 {
  if (request & 0x100) return FAULTED;
  const access = accessOf(request);
  let error = bits;
  if (access == ACCESS_WRITE) error |= PF_W;
  if (mmuOf(request) == MMU_USER) error |= PF_U;
  const tellsFetch = (cr4(env) & CR4_SMEP) != 0 || ((cr4(env) & CR4_PAE) != 0 && (efer(env) & EFER_NXE) != 0);
  if (access == ACCESS_FETCH && tellsFetch) error |= PF_I;
  raiseAccess(env, VEC_PF, error, addr, access);
  return FAULTED;
}

/**
 * Permissions of a translation for an MMU index, as Prot.
 * @param all AND of the entries' RW and US bits
 * @param noExecute any entry has NX
 */
function permissions(env: usize, mmu: i32, all: u64, noExecute: bool): i32 {
  const user = (all & US) != 0;
  if (mmu == MMU_USER) {
    if (!user) return 0;
    return PROT_READ | ((all & RW) != 0 ? PROT_WRITE : 0) | (noExecute ? 0 : PROT_EXEC);
  }
  const smap = user && mmu == MMU_KERNEL_SMAP;
  const writable = (all & RW) != 0 || (cr0(env) & CR0_WP) == 0;
  const executable = !noExecute && !(user && (cr4(env) & CR4_SMEP) != 0);
  return (smap ? 0 : PROT_READ | (writable ? PROT_WRITE : 0)) | (executable ? PROT_EXEC : 0);
}

/** Check a finished translation and enter it. `leaf`: the entry that maps the page, with D as it is or will be. */
function enter(env: usize, addr: u64, request: i32, phys: u64, sizeBits: i32, prot: i32, leaf: u64): i32 {
  const stays = (leaf & G) != 0 && (cr4(env) & CR4_PGE) != 0;
  const usable = ((leaf & D) != 0 ? prot : prot & ~PROT_WRITE) | (isWatched(env, addr) ? PROT_WATCH : 0) | (stays ? PROT_GLOBAL : 0);
  tlb_set_page(env, addr, physicalPage(env, phys), usable | (sizeBits > 12 ? sizeBits << PROT_SIZE_SHIFT : 0), mmuOf(request));
  return FILLED;
}

@inline function allows(prot: i32, access: i32): bool { return (prot & (1 << access)) != 0; }

// ---- 32-bit paging ---------------------------------------------------------------------------------------------------------------

/** Set bits in a 32-bit entry. False: it has changed, walk again. */
function mark32(env: usize, at: u64, entry: u32, bits: u32): bool {
  return (entry & bits) == bits || phys_cas32(env, at, entry, entry | bits) != 0;
}

function walk32(env: usize, addr: u64, request: i32): i32 {
  const access = accessOf(request);
  const at = masked(env, (load<u32>(env, ST_CR3) & 0xfffff000) + ((addr >> 20) & 0xffc));
  const pde = phys_ld32(env, at);
  if (!(pde & <u32>P)) return pageFault(env, addr, request, 0);
  if ((pde & <u32>PS) != 0 && (cr4(env) & CR4_PSE) != 0) {
    // PSE-36 puts address bits 39–32 into bits 20–13 and reserves bit 21; without it all of them are reserved.
    const wide = has(env, FEATURE_PSE36);
    const high: u64 = wide ? <u64>((pde >> 13) & 0xff) << 32 : 0;
    if ((pde & (wide ? 0x200000 : 0x3fe000)) != 0 || (high & reservedAddressBits(env)) != 0) return pageFault(env, addr, request, PF_P | PF_RSVD);
    const prot = permissions(env, mmuOf(request), pde, false);
    if (!allows(prot, access)) return pageFault(env, addr, request, PF_P);
    const bits = <u32>A | (access == ACCESS_WRITE ? <u32>D : 0);
    if (!mark32(env, at, pde, bits)) return AGAIN;
    return enter(env, addr, request, high | (pde & 0xffc00000) | (addr & 0x3fffff), 22, prot, pde | bits);
  }
  if (!mark32(env, at, pde, <u32>A)) return AGAIN;
  const leafAt = masked(env, (pde & 0xfffff000) + ((addr >> 10) & 0xffc));
  const pte = phys_ld32(env, leafAt);
  if (!(pte & <u32>P)) return pageFault(env, addr, request, 0);
  const prot = permissions(env, mmuOf(request), pde & pte, false);
  if (!allows(prot, access)) return pageFault(env, addr, request, PF_P);
  const bits = <u32>A | (access == ACCESS_WRITE ? <u32>D : 0);
  if (!mark32(env, leafAt, pte, bits)) return AGAIN;
  return enter(env, addr, request, (pte & 0xfffff000) | (addr & 0xfff), 12, prot, pte | bits);
}

// ---- PAE and 4-level paging --------------------------------------------------------------------------------------------------------

function mark64(env: usize, at: u64, entry: u64, bits: u64): bool {
  return (entry & bits) == bits || phys_cas64(env, at, entry, entry | bits) != 0;
}

/** Reserved bits of an entry that maps a page of 2^sizeBits (a table: 12) at a level. */
function reservedBits(env: usize, sizeBits: i32): u64 {
  let bits = reservedAddressBits(env);
  if (!(efer(env) & EFER_NXE)) bits |= NX;
  // Outside long mode bits 62–52 are reserved, too.
  if (!isLongMode(env)) bits |= 0x7ff0000000000000;
  // Address bits below the page's size, but the PAT bit 12.
  if (sizeBits > 12) bits |= ((<u64>1 << sizeBits) - 1) & 0x3fffe000;
  return bits;
}

function walk64(env: usize, addr: u64, request: i32): i32 {
  const access = accessOf(request);
  const long = isLongMode(env);
  let table: u64;
  let shift: i32;
  let all: u64 = RW | US;
  let noExecute = false;
  if (long) {
    table = load<u64>(env, ST_CR3) & ADDRESS;
    shift = 39;
  } else {
    // PDPTEs are registers without permissions; their reserved bits were checked when they were loaded.
    const pdpte = load<u64>(env + ((<usize>addr >> 30 & 3) << 3), ST_PDPTE);
    if (!(pdpte & P)) return pageFault(env, addr, request, 0);
    table = pdpte & ADDRESS;
    shift = 21;
  }
  for (;;) {
    const at = masked(env, table + ((addr >> shift & 0x1ff) << 3));
    const entry = phys_ld64(env, at);
    if (!(entry & P)) return pageFault(env, addr, request, 0);
    const large = (entry & PS) != 0 && (shift == 21 || shift == 30);
    const badSize = (entry & PS) != 0 && (shift == 39 || (shift == 30 && !has(env, FEATURE_GIGA_PAGES)));
    const leaf = large || shift == 12;
    if (badSize || (entry & reservedBits(env, leaf ? shift : 12)) != 0) return pageFault(env, addr, request, PF_P | PF_RSVD);
    all &= entry;
    noExecute = noExecute || (entry & NX) != 0;
    if (!leaf) {
      if (!mark64(env, at, entry, A)) return AGAIN;
      table = entry & ADDRESS;
      shift -= 9;
      continue;
    }
    const prot = permissions(env, mmuOf(request), all, noExecute);
    if (!allows(prot, access)) return pageFault(env, addr, request, PF_P);
    const bits = A | (access == ACCESS_WRITE ? D : 0);
    if (!mark64(env, at, entry, bits)) return AGAIN;
    const offset = (<u64>1 << shift) - 1;
    return enter(env, addr, request, (entry & ADDRESS & ~offset) | (addr & offset), shift, prot, entry | bits);
  }
}
