/** The closing line `N passed, N failed` that every suite prints and that the next script up adds together. */

const LINE = /^(\d+) passed, (\d+) failed\s*$/gm;

/** The last closing line in `output`, or undefined when there is none. */
export function lastCounts(output) {
  const match = [...output.matchAll(LINE)].at(-1);
  return match && { passed: Number(match[1]), failed: Number(match[2]) };
}

/**
 * What a finished program contributes: its own closing line, or one passed / one failed by its exit code. A non-zero
 * exit code is never lost, even when the closing line says that nothing failed.
 */
export function countsOf({ code, output }) {
  const counts = lastCounts(output) ?? { passed: code === 0 ? 1 : 0, failed: 0 };
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

export function addCounts(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

export function formatCounts({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}
