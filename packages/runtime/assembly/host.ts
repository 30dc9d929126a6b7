/**
 * What the host does: device memory and translated code. Physical addresses come in two halves, values in the context.
 * These functions return to generated code, so they never set the exit code: to have it left soon, the host moves
 * the budget to budgetHeld.
 */

/** Reads 1, 2, 4 or 8 bytes of device memory into the first bytes of context.ret. */
@external("host", "mmio_read")
export declare function mmio_read(env: usize, physLo: u32, physHi: u32, size: u32): void;

/** Writes the first 1, 2, 4 or 8 bytes of context.arg to device memory. */
@external("host", "mmio_write")
export declare function mmio_write(env: usize, physLo: u32, physHi: u32, size: u32): void;

/**
 * A store is about to meet 64-byte granules that hold translated code. 0: store now (no TB was hit, or others than the running one and
 * they are gone); 1: the running TB or region was hit and is gone: nothing may be stored, the instruction is to be retried.
 */
@external("host", "code_write")
export declare function code_write(env: usize, physLo: u32, size: u32): u32;
