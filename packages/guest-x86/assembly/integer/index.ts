// Helpers of the integer instructions: the rows of src/helpers/table-integer.ts.
export { compute_flags } from './flags';
export { rcl, rcl64, rcr, rcr64 } from './rotate';
export { crc32, pdep, pext } from './bits';
export { aaa, aas, daa, das } from './bcd';
export { check_segment, code_limit } from './segment';
