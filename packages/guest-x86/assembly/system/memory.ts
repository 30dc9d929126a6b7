// Memory as the system helpers see it: the runtime's softmmu, with the MMU index of what the access is for.
import { CR4_SMAP, AC } from './arch';
import { cpl, cr4, isLongMode } from './state';
import { MMU_KERNEL, MMU_KERNEL_SMAP, MMU_USER, ST_EFLAGS } from '../generated/layout';

@external('runtime', 'guest_ld8') export declare function guest_ld8(env: usize, addr: u64, mmu: i32): u32;
@external('runtime', 'guest_ld16') export declare function guest_ld16(env: usize, addr: u64, mmu: i32): u32;
@external('runtime', 'guest_ld32') export declare function guest_ld32(env: usize, addr: u64, mmu: i32): u32;
@external('runtime', 'guest_ld64') export declare function guest_ld64(env: usize, addr: u64, mmu: i32): u64;
@external('runtime', 'guest_st8') export declare function guest_st8(env: usize, addr: u64, value: u32, mmu: i32): void;
@external('runtime', 'guest_st16') export declare function guest_st16(env: usize, addr: u64, value: u32, mmu: i32): void;
@external('runtime', 'guest_st32') export declare function guest_st32(env: usize, addr: u64, value: u32, mmu: i32): void;
@external('runtime', 'guest_st64') export declare function guest_st64(env: usize, addr: u64, value: u64, mmu: i32): void;
@external('runtime', 'guest_probe') export declare function guest_probe(env: usize, addr: u64, bytes: i32, write: i32, mmu: i32): i32;
@external('runtime', 'phys_ld32') export declare function phys_ld32(env: usize, addr: u64): u32;
@external('runtime', 'phys_ld64') export declare function phys_ld64(env: usize, addr: u64): u64;
@external('runtime', 'phys_cas32') export declare function phys_cas32(env: usize, addr: u64, expected: u32, replacement: u32): i32;
@external('runtime', 'phys_cas64') export declare function phys_cas64(env: usize, addr: u64, expected: u64, replacement: u64): i32;
@external('runtime', 'tlb_flush') export declare function tlb_flush(env: usize): void;
@external('runtime', 'tlb_flush_local') export declare function tlb_flush_local(env: usize): void;
@external('runtime', 'tlb_flush_page') export declare function tlb_flush_page(env: usize, addr: u64): void;
@external('runtime', 'tlb_set_page') export declare function tlb_set_page(env: usize, addr: u64, page: u32, prot: i32, mmu: i32): void;

/**
 * MMU index of an implicit supervisor access (descriptor tables, TSS): CPL does not matter, and SMAP does even with AC set
 * (SDM vol. 3, 4.6).
 */
export function systemMmu(env: usize): i32 { return (cr4(env) & CR4_SMAP) != 0 ? MMU_KERNEL_SMAP : MMU_KERNEL; }

/** MMU index of a data access by code at a privilege level. */
export function dataMmu(env: usize, level: u32): i32 {
  if (level == 3) return MMU_USER;
  const smap = (cr4(env) & CR4_SMAP) != 0 && (cpl(env) == 3 || (load<u32>(env, ST_EFLAGS) & AC) == 0);
  return smap ? MMU_KERNEL_SMAP : MMU_KERNEL;
}

/** Linear addresses of tables have 32 bits outside long mode. */
@inline function table(env: usize, addr: u64): u64 { return isLongMode(env) ? addr : addr & 0xffffffff; }

export function systemLd8(env: usize, addr: u64): u32 { return guest_ld8(env, table(env, addr), systemMmu(env)); }
export function systemLd16(env: usize, addr: u64): u32 { return guest_ld16(env, table(env, addr), systemMmu(env)); }
export function systemLd32(env: usize, addr: u64): u32 { return guest_ld32(env, table(env, addr), systemMmu(env)); }
export function systemLd64(env: usize, addr: u64): u64 { return guest_ld64(env, table(env, addr), systemMmu(env)); }
export function systemSt8(env: usize, addr: u64, value: u32): void { guest_st8(env, table(env, addr), value, systemMmu(env)); }
export function systemSt16(env: usize, addr: u64, value: u32): void { guest_st16(env, table(env, addr), value, systemMmu(env)); }
export function systemSt32(env: usize, addr: u64, value: u32): void { guest_st32(env, table(env, addr), value, systemMmu(env)); }
