/** What the nightly run and the tests use. */
export { runCheck, type RunCheckOptions } from './run-check.ts';
export type { BootReport, CheckResult } from './report.ts';
