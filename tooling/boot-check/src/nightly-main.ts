/**
 * `npm run boot:nightly [-- --guest G]`: all kernels in all modes, calibrations on a busy host, then runs under `icount` that must be the same to
 * the byte. Each boot is a process of its own, so that none profits or suffers from another. Closes with
 * `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isGuestName } from '@wasm-tcg/guest-images';
import { CALIBRATED, MATRIX, REPEATED, runDifferences, type NightlyRun } from './nightly/matrix.ts';
import type { BootReport } from './report.ts';

const BOOT_CHECK = fileURLToPath(new URL('./main.js', import.meta.url));
/** Seconds to the shell and again for the checks: the interpreter alone takes minutes. */
const TIMEOUT = 1800;

const label = ({ guest, mode, clock, cpu, load }: NightlyRun): string =>
  [guest, mode, clock, ...(cpu === undefined ? [] : [cpu]), ...(load === undefined ? [] : [`with load ${load}`])].join(' ');

/** The report, or undefined when there was none; the reason is on standard error then. */
function boot({ guest, mode, clock, cpu, load, append, only }: NightlyRun, signal: AbortSignal): Promise<BootReport | undefined> {
  return new Promise((resolve, reject) => {
    const args = [
      '--guest', guest, '--mode', mode, '--clock', clock, '--timeout', String(TIMEOUT),
      ...(cpu === undefined ? [] : ['--cpu', cpu]),
      ...(load === undefined ? [] : ['--load', String(load)]),
      ...(append === undefined ? [] : ['--append', append]),
      ...(only === undefined ? [] : ['--only', only.join(',')]),
    ];
    const child = spawn(process.execPath, [BOOT_CHECK, ...args], { stdio: ['ignore', 'pipe', 'inherit'], signal });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', reject);
    child.on('close', () => resolve(output === '' ? undefined : (JSON.parse(output) as BootReport)));
  });
}

async function main(signal: AbortSignal): Promise<boolean> {
  const { values } = parseArgs({ options: { guest: { type: 'string', multiple: true, default: [] } } });
  const unknown = values.guest.find((name) => !isGuestName(name));
  if (unknown !== undefined) throw new Error(`no guest ${unknown}`);
  const chosen = ({ guest }: NightlyRun): boolean => values.guest.length === 0 || values.guest.includes(guest);
  const counts = { passed: 0, failed: 0 };
  const count = (what: string, ok: boolean, why = ''): void => {
    if (ok) counts.passed++;
    else counts.failed++;
    process.stdout.write(`${ok ? 'ok     ' : 'FAILED '} ${what}${why === '' ? '' : `: ${why}`}\n`);
  };
  for (const run of [...MATRIX, ...CALIBRATED].filter(chosen)) {
    const report = await boot(run, signal);
    count(label(run), report?.ok === true, report === undefined ? 'no report' : `shell ${report.secondsToShell.toFixed(1)} s, off ${report.seconds.toFixed(1)} s, ${report.mips ?? '?'} MIPS`);
  }
  for (const runs of REPEATED.map((group) => group.filter(chosen)).filter(({ length }) => length > 0)) {
    const reports: (BootReport | undefined)[] = [];
    for (const run of runs) {
      const report = await boot(run, signal);
      count(label(run), report?.ok === true);
      reports.push(report);
    }
    const [first, ...others] = reports;
    others.forEach((other, index) => {
      const differences = first === undefined || other === undefined ? ['a run has no report'] : runDifferences(first, other);
      count(`${label(runs[0])} and ${label(runs[index + 1])} are the same`, differences.length === 0, differences.join('; '));
    });
  }
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
  return counts.failed === 0;
}

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());
try {
  process.exitCode = (await main(controller.signal)) ? 0 : 1;
} catch (error) {
  if (!controller.signal.aborted) {
    process.stderr.write(`boot:nightly: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write('boot:nightly: interrupted\n');
    process.exitCode = 130;
  }
}
