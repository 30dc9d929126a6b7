/** Exports of the runtime's helper module: the rows of src/core-helpers.ts. */
export { configure, set_hooks } from './machine';
export { phys_cas32, phys_cas64, phys_ld8, phys_ld32, phys_ld64 } from './physical';
export {
  guest_translate, guest_translate_host, tlb_bump_generation, tlb_flush, tlb_flush_local, tlb_flush_page, tlb_flush_page_host, tlb_protect_code, tlb_set_page,
} from './tlb';
export { guest_probe, ld_slow, ld_slow128, probe_slow, rmw_ld_slow, rmw_st_slow, st_slow, st_slow128 } from './slow-path';
export { guest_span } from './guest-span';
export { guest_ld8, guest_ld16, guest_ld32, guest_ld64, guest_st8, guest_st16, guest_st32, guest_st64 } from './guest-access';
export { region_check, tb_find } from './tb-find';
export { mulu_hi64, muls_hi64, sdiv128, udiv128 } from './wide-arithmetic';
