/** Choosing and recording vectors; `main.ts` is the command line. */
export { plan } from './generate.ts';
export type { Plan } from './generate.ts';
export { planPrograms } from './program/plan.ts';
export { FP_GROUPS, INTEGER_GROUPS } from './spec/groups.ts';
export { RecorderError, buildRecorder } from './native/build.ts';
export { record } from './native/run.ts';
export type { Case, Outcome } from './native/protocol.ts';
