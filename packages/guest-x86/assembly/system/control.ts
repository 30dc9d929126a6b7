// Control registers, CLTS, LMSW, INVLPG (SDM vol. 3, 2.5).
import {
  CTX_TLB_FLUSH_CAUSE, FLUSH_CONTROL, FLUSH_CR3, HF_CS64, SEG_TR, ST_CR0, ST_CR2, ST_CR3, ST_CR4, ST_CR4_ALLOWED, ST_EFER, ST_PDPTE, ST_PHYS_BITS, SEG_CS,
} from '../generated/layout';
import {
  CR0_AM, CR0_CD, CR0_EM, CR0_ET, CR0_MP, CR0_NE, CR0_NW, CR0_PE, CR0_PG, CR0_TS, CR0_WP, CR4_PAE, CR4_PGE, CR4_PSE, CR4_SMAP, CR4_SMEP, D_L,
  EFER_LMA, EFER_LME,
} from './arch';
import { typeOf } from './descriptor';
import { raiseGp, raiseUd, takeBudget } from './fault';
import { update_hflags } from './hflags';
import { phys_ld64, tlb_flush, tlb_flush_local, tlb_flush_page } from './memory';
import { accessOf, cpl, cr0, cr4, efer, hflags, isCanonical, isLongMode } from './state';

/** CR8, 0–15, of the machine's local APIC (or of the state, without one). */
@external('host', 'tpr_read') declare function host_tpr_read(env: usize): u32;
@external('host', 'tpr_write') declare function host_tpr_write(env: usize, value: u32): void;

/** Bits of CR0 that exist; ET is fixed to one. */
const CR0_BITS: u32 = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;
/** Bits of CR0 and CR4 on which translations depend. */
const CR0_MAPPING: u32 = CR0_PE | CR0_PG | CR0_WP;
const CR4_MAPPING: u32 = CR4_PSE | CR4_PAE | CR4_PGE | CR4_SMEP | CR4_SMAP;
/** Bits of CR4 whose change reloads the page-directory-pointer-table entries. */
const CR4_PDPTE: u32 = CR4_PSE | CR4_PAE | CR4_PGE | CR4_SMEP;

export function privileged(env: usize): bool { return cpl(env) == 0 || raiseGp(env, 0); }

/** Physical address bits above what the model has: reserved in CR3 and in table entries. */
export function reservedAddressBits(env: usize): u64 { return 0x000fffffffffffff & ~((<u64>1 << load<u32>(env, ST_PHYS_BITS)) - 1); }

/** Is paging by PDPTEs in registers in force with these values? */
@inline function isPae(c0: u32, c4: u32, e: u64): bool { return (c0 & CR0_PG) != 0 && (c4 & CR4_PAE) != 0 && (e & EFER_LMA) == 0; }

/** Load the four PDPTEs that CR3 points at; #GP(0) and nothing loaded when a present one has reserved bits set. */
export function loadPdptes(env: usize, cr3: u64): bool {
  const at = cr3 & 0xffffffe0;
  const reserved = reservedAddressBits(env) | 0xfff00000000001e6;
  for (let i: u32 = 0; i < 4; i++) {
    const entry = phys_ld64(env, at + i * 8);
    if ((entry & 1) != 0 && (entry & reserved) != 0) return raiseGp(env, 0);
  }
  for (let i: u32 = 0; i < 4; i++) store<u64>(env + (i << 3), phys_ld64(env, at + i * 8), ST_PDPTE);
  return true;
}

/** Drop the TLB because control bits that translations depend on have changed. */
export function flushForControl(env: usize): void {
  store<u32>(env, FLUSH_CONTROL, CTX_TLB_FLUSH_CAUSE);
  tlb_flush(env);
}

/** CR3 as MOV and the task switch load it. False: #GP(0). */
export function setCr3(env: usize, value: u64): bool {
  if (isLongMode(env) && (value & (reservedAddressBits(env) | 0xfff0000000000000)) != 0) return raiseGp(env, 0);
  if (isPae(cr0(env), cr4(env), efer(env)) && !loadPdptes(env, value)) return false;
  store<u64>(env, value, ST_CR3);
  store<u32>(env, FLUSH_CR3, CTX_TLB_FLUSH_CAUSE);
  tlb_flush_local(env);
  return true;
}

function setCr0(env: usize, value: u64): void {
  const old = cr0(env);
  const next = (<u32>value & CR0_BITS) | CR0_ET;
  const pages = (next & CR0_PG) != 0;
  const invalid = value > 0xffffffff || (pages && !(next & CR0_PE)) || ((next & CR0_NW) != 0 && !(next & CR0_CD));
  if (invalid) {
    raiseGp(env, 0);
    return;
  }
  let e = efer(env);
  if (pages && !(old & CR0_PG)) {
    if (e & EFER_LME) {
      // Entering long mode needs PAE, a CS without L, and no 16-bit TSS (SDM vol. 3, 9.8.5).
      const tss16 = accessOf(env, SEG_TR) != 0 && (typeOf(accessOf(env, SEG_TR)) & 8) == 0;
      if (!(cr4(env) & CR4_PAE) || (accessOf(env, SEG_CS) & D_L) != 0 || tss16) {
        raiseGp(env, 0);
        return;
      }
      e |= EFER_LMA;
    } else if ((cr4(env) & CR4_PAE) != 0 && !loadPdptes(env, load<u64>(env, ST_CR3))) {
      return;
    }
  } else if (!pages && (old & CR0_PG) != 0) {
    if (hflags(env) & HF_CS64) {
      raiseGp(env, 0);
      return;
    }
    e &= ~EFER_LMA;
  } else if (isPae(next, cr4(env), e) && ((old ^ next) & (CR0_CD | CR0_NW)) != 0 && !loadPdptes(env, load<u64>(env, ST_CR3))) {
    return;
  }
  store<u64>(env, next, ST_CR0);
  store<u64>(env, e, ST_EFER);
  if ((old ^ next) & CR0_MAPPING) flushForControl(env);
  update_hflags(env);
}

function setCr4(env: usize, value: u64): void {
  const old = cr4(env);
  const leavesPae = isLongMode(env) && !(value & CR4_PAE);
  if ((value & ~<u64>load<u32>(env, ST_CR4_ALLOWED)) != 0 || leavesPae) {
    raiseGp(env, 0);
    return;
  }
  const next = <u32>value;
  if (isPae(cr0(env), next, efer(env)) && ((old ^ next) & CR4_PDPTE) != 0 && !loadPdptes(env, load<u64>(env, ST_CR3))) return;
  store<u64>(env, next, ST_CR4);
  if ((old ^ next) & CR4_MAPPING) flushForControl(env);
  update_hflags(env);
}

/** CR8 is bits 7–4 of the local APIC's task priority. Interrupts that it held off may be due now, and others not any more. */
function writeTpr(env: usize, value: u64): void {
  host_tpr_write(env, <u32>value);
  takeBudget(env);
}

export function mov_to_cr(env: usize, n: u32, value: u64): void {
  if (!privileged(env)) return;
  switch (n) {
    case 0: setCr0(env, value); break;
    case 2: store<u64>(env, value, ST_CR2); break;
    case 3: setCr3(env, value); break;
    case 4: setCr4(env, value); break;
    case 8:
      if (value > 15) raiseGp(env, 0);
      else writeTpr(env, value);
      break;
    default: raiseUd(env);
  }
}

export function mov_from_cr(env: usize, n: u32): u64 {
  if (!privileged(env)) return 0;
  switch (n) {
    case 0: return load<u64>(env, ST_CR0);
    case 2: return load<u64>(env, ST_CR2);
    case 3: return load<u64>(env, ST_CR3);
    case 4: return load<u64>(env, ST_CR4);
    case 8: return host_tpr_read(env);
    default: raiseUd(env);
  }
  return 0;
}

export function clts(env: usize): void {
  if (!privileged(env)) return;
  store<u64>(env, load<u64>(env, ST_CR0) & ~<u64>CR0_TS, ST_CR0);
  update_hflags(env);
}

/** LMSW sets the low four bits, and cannot clear PE. */
export function lmsw(env: usize, value: u32): void {
  if (!privileged(env)) return;
  const old = cr0(env);
  setCr0(env, (old & ~14) | (value & 15));
}

export function invlpg(env: usize, addr: u64): void {
  if (privileged(env)) tlb_flush_page(env, addr);
}

/** Types of INVPCID: one address, one PCID, all with global pages, all others. */
const INVPCID_ADDRESS: u64 = 0;
const INVPCID_CONTEXT: u64 = 1;
const INVPCID_LAST: u64 = 3;

/** There is one address space, PCID 0 (SDM vol. 2, INVPCID). */
export function invpcid(env: usize, type: u64, pcid: u64, addr: u64): void {
  if (!privileged(env)) return;
  const bad = type > INVPCID_LAST || (pcid >> 12) != 0 || (type <= INVPCID_CONTEXT && pcid != 0) || (type == INVPCID_ADDRESS && !isCanonical(addr));
  if (bad) raiseGp(env, 0);
  else if (type == INVPCID_ADDRESS) tlb_flush_page(env, addr);
  else tlb_flush(env);
}
