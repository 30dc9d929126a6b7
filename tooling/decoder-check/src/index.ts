/** The comparison of the decoder with iced-x86, for the command line and the tests. */
export { runCheck } from './check.ts';
export type { Bits, CheckOptions, CheckResult } from './check.ts';
export { EXPLAINED } from './explained.ts';
export type { Difference, Explanation } from './explained.ts';
