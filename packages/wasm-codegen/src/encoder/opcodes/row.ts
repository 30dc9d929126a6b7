/**
 * The shape of an opcode row, shared by the table's parts.
 *
 * Signature notation, also used for function types all over the encoder: parameters, `>`, results; one letter each:
 * `i` i32, `I` i64, `f` f32, `F` f64, `v` v128, `c` funcref, `e` externref. `?` stands for a signature that depends on the
 * immediate or on the context (drop, branches, calls, local access).
 */

/** What follows an opcode in the byte stream, in the order of the bytes. */
export type Immediate =
  | 'none'
  | 'delimiter' // nothing; it ends a block or an arm, so only methods that keep track of labels write it
  | 'block' // block type, s33
  | 'label' // u32 branch depth
  | 'br-table' // vector of labels, default label
  | 'func' // u32 function index
  | 'indirect' // u32 type index, u32 table index
  | 'index' // one u32: local, global, table, memory, data or element segment
  | 'index2' // two u32
  | 'zero' // one 0x00 (atomic.fence)
  | 'reftype' // one value type
  | 'types' // vector of value types
  | 'i32' | 'i64' | 'f32' | 'f64' | 'v128' // a constant
  | 'memarg' // u32 log2 of the alignment, u32 offset
  | 'memarg-lane' // memarg, one byte
  | 'lane' // one byte
  | 'lanes'; // 16 bytes

/** Immediate kind, opcode (after the prefix, if the table has one), signature; for memory accesses log2 of the access size. */
export type OpcodeRow = readonly [Immediate, number, string, number?];
