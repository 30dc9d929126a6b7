/**
 * The data word of `insn_start`: what a fault needs to know of an instruction besides its pc. Read by `restore_state` and
 * `fault_deliver` (assembly/system/restore.ts).
 */

/** Fields of the word. */
export const RestoreData = {
  /** cc_op at the start of the instruction; {@link ccOpDynamic} when the frame's value is right. */
  ccOpMask: 0xff,
  ccOpDynamic: 0xff,
  /**
   * 64-bit code: explicit or implicit loads (stores) of this instruction are stack-segment accesses, so that a non-canonical
   * address raises #SS(0) instead of #GP(0) (SDM vol. 1, 3.3.7.1). `push [rax]` sets stores only, `pop [rax]` loads only.
   */
  stackLoads: 0x100,
  stackStores: 0x200,
} as const;

/**
 * Make the word.
 * @param ccOp 0–254, or −1 for "dynamic: the frame's cc_op is right". The word is then negative, which keeps the frame's value alive
 *   (RESTORE_FROM_FRAME of @wasm-tcg/ir)
 */
export function restoreData(ccOp: number, stackLoads: boolean, stackStores: boolean): number {
  return (ccOp & (RestoreData.ccOpMask | 0xc000_0000)) | (stackLoads ? RestoreData.stackLoads : 0) | (stackStores ? RestoreData.stackStores : 0);
}
