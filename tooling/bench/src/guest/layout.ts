/** Where a kernel lies: the same linear addresses in the guest and in the native process, so that the same bytes run in both. */

/** First byte of the kernel's code. */
export const CODE = 0x2000_0000;
/** Its data. */
export const DATA = 0x3000_0000;
/** Its stack grows down from `STACK + STACK_BYTES`. */
export const STACK = 0x3800_0000;

export const CODE_BYTES: number = 256 * 4096;
export const DATA_BYTES: number = 256 * 4096;
export const STACK_BYTES: number = 16 * 4096;

/** Guest only: `call CODE; hlt`, on a page of its own. */
export const STUB: number = CODE - 4096;

/** Guest only, physical: page tables, then the memory above. */
export const TABLES = 0x1_0000;
export const PHYSICAL = 0x10_0000;
