/**
 * The data word of `insn_start`: the guest's own, for its restore table, but for what its two highest bits say to the optimiser
 * and the verifier. A region keeps these two bits and has its own numbers in the rest.
 */

/**
 * A negative word: at a fault in this instruction the `restored` globals (but pc) have the values that are in their slots. So
 * the optimiser keeps their stores of earlier instructions, and the instruction itself does not write them before its last
 * faulting op. Otherwise they are recomputed from the word.
 */
export const RESTORE_FROM_FRAME = -1;

/**
 * XOR to the word, after which bits 30 and 31 differ: the instruction may write globals before an op that faults, and is the
 * same when it is started again from what it has written. For what processors commit in steps (POPA).
 */
export const RESTORE_IN_STEPS = 0x4000_0000;

/** Bits of the word that say the above. */
export const INSN_DATA_FLAGS = 0xc000_0000;

/** Do the restored globals keep the values of their slots at a fault in this instruction? */
export function restoresFromFrame(data: number): boolean {
  return data < 0;
}

/** May the instruction write globals before it faults? */
export function commitsInSteps(data: number): boolean {
  return ((data ^ (data << 1)) & 0x8000_0000) !== 0;
}
