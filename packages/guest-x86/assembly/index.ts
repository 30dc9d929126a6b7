// Entry of the x86 helper module: the rows of the helper tables (src/helpers), and what the host calls.
export { tlb_fill } from './mmu/walk';
export { update_hflags } from './system/hflags';
export { get_eflags, set_eflags, read_eflags, check_pushf, notice_interrupts, popf, sti, begin_shadow, cli, set_ac, end_shadow } from './system/flags';
export { restore_state } from './system/restore';
export { fault_deliver, interrupt_deliver, nmi_deliver, int_n, int3, int1, into } from './system/interrupt';
export { raise_exception } from './system/fault';
export { far_jmp, far_call } from './system/far';
export { far_ret, iret } from './system/return';
export { syscall, sysret, sysenter, sysexit } from './system/fast-calls';
export {
  load_seg, mov_ss, lldt, ltr, lgdt, lidt, check_umip, lar, lsl, verr, verw, swapgs, read_fs_gs_base, write_fs_gs_base,
} from './system/segments';
export { mov_to_cr, mov_from_cr, clts, lmsw, invlpg, invpcid } from './system/control';
export { random } from './system/random';
export { mov_to_dr, mov_from_dr, code_breakpoint, debug_trap } from './system/debug';
export { rdmsr, wrmsr, msr_get, msr_set } from './system/msr';
export { rdtsc, rdtscp, rdpmc } from './system/time';
export { cpuid, cpuid_table, cpuid_rows } from './system/cpuid';
export { hlt, monitor, mwait, check_io, port_in, port_out } from './system/ports';
export {
  compute_flags, rcl, rcl64, rcr, rcr64, crc32, pdep, pext, aaa, aas, daa, das, check_segment, code_limit,
} from './integer/index';
export { string_compare, string_fill, string_move, string_scan } from './integer/string';
export { ldmxcsr, rcp_f32, rsqrt_f32, sse_compare, sse_compute, sse_to_integer } from './sse/index';
export {
  aesdec, aesdeclast, aesenc, aesenclast, aesimc, aeskeygenassist, clmul, mask_store, pcmpestr, pcmpistr, sha1msg1, sha1msg2, sha1nexte, sha1rnds4,
  sha256msg1, sha256msg2, sha256rnds2,
} from './simd/index';
export * from './x87/index';
