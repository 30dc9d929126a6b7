/**
 * Ways on which one compiled function led to another through tb_exec, sampled: what says that regions were cut in the wrong place. A direct-mapped table, written
 * by tb_exec for a share of the dispatches (`wasmContext.wayShare`), read and emptied by tiering. An entry that meets another way counts down, and is given to it at 0: ways
 * that are frequent stay.
 */
import { defStruct } from './struct.ts';

export const WAY_TAKEN = defStruct('wayTaken', {
  /** Header of the TB at which the function was entered that was left; 0 = free. */
  entry: 'ptr',
  /** Header of the TB in it that was left, 0 if it has a link to `to`, and of the TB that was entered then. They may have been retired since. */
  from: 'ptr',
  to: 'ptr',
  /** Page base of `to` minus that of `from`, in pages, if it was looked up; the target of a link is where the link says. */
  pages: 'i32',
  count: 'u32',
}, 32);
export const WAY_TAKEN_BITS = 5;
/** log2 of entries. A shell's loop has some 300 ways between regions that are taken once in 100,000 instructions or more. */
export const WAYS_TAKEN_BITS = 10;
