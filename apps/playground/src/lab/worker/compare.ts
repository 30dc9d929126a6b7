/** The same program in every mode, each on a machine of its own: what it costs, and that it comes to the same. */
import type { ExecutionMode } from '@wasm-tcg/emulator';
import type { ModeRun } from '../protocol.ts';
import { digest } from './machine/digest.ts';
import type { LabMachine } from './machine/lab-machine.ts';
import { runSlices, type Job } from './run-slices.ts';

const MODES: readonly ExecutionMode[] = ['tci', 'tb-per-module', 'tiered'];

/**
 * @param make a machine at the program's beginning
 * @param limit instructions of each
 */
export async function compareModes(make: (mode: ExecutionMode) => LabMachine, limit: number, job: Job, onProgress: (runs: readonly ModeRun[]) => void): Promise<readonly ModeRun[]> {
  const runs = MODES.map((mode) => waiting(mode));
  for (const [i, mode] of MODES.entries()) {
    if (job.stopped) break;
    const lab = make(mode);
    const report = (milliseconds: number): void => {
      runs[i] = measure(lab, milliseconds, 'running', '', '');
      onProgress([...runs]);
    };
    report(0);
    const { finished, milliseconds } = await runSlices(lab, limit, job, report);
    const stopped = !finished && job.stopped;
    const ended = finished || stopped ? endText(lab, stopped) : `limit of ${limit} instructions`;
    // What is stopped is stopped somewhere: there is nothing to compare.
    runs[i] = measure(lab, milliseconds, stopped ? 'stopped' : 'done', stopped ? '' : digest(lab.machine, lab.program.bits, lab.output), ended);
    onProgress([...runs]);
  }
  return runs;
}

function waiting(mode: ExecutionMode): ModeRun {
  return {
    mode, state: 'waiting', milliseconds: 0, instructions: 0, tciShare: 0, moduleShare: 0, regionShare: 0, translatedTbs: 0, compiledModules: 0, compiledRegions: 0, wasmBytes: 0,
    compileMs: 0, digest: '', ended: '',
  };
}

function measure(lab: LabMachine, milliseconds: number, state: ModeRun['state'], digestText: string, ended: string): ModeRun {
  const counters = lab.machine.counters();
  const share = (instructions: number): number => (counters.instructions === 0 ? 0 : instructions / counters.instructions);
  return {
    mode: lab.mode, state, milliseconds, instructions: lab.instructions,
    tciShare: share(counters.tciInstructions), moduleShare: share(counters.moduleInstructions), regionShare: share(counters.regionInstructions),
    translatedTbs: counters.translatedTbs, compiledModules: counters.compiledModules, compiledRegions: counters.compiledRegions, wasmBytes: counters.wasmBytes,
    compileMs: counters.compileMs, digest: digestText, ended,
  };
}

function endText({ status, fault }: LabMachine, stopped: boolean): string {
  if (stopped) return 'stopped';
  if (status === 'halted') return 'HLT';
  const name = fault === undefined ? '' : fault.pc === undefined ? fault.name : `${fault.name} at 0x${fault.pc.toString(16)}`;
  return status === 'faulted' ? name : `triple fault${name === '' ? '' : ` after ${name}`}`;
}
