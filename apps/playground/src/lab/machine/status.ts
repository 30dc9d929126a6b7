/** What the machine is doing, in words. */
import { formatCount, hex } from '../../ui/format.ts';
import type { Activity } from '../controller.ts';
import type { MachineView } from '../protocol.ts';

const STATUS: Readonly<Record<MachineView['status'], string>> = {
  ready: 'At the first instruction',
  stopped: 'Stopped',
  halted: 'Halted',
  faulted: 'Faulted',
  shutdown: 'Shut down by a triple fault',
};

/** For the eye, and for a live region: it says what changed, not how far a run is. */
export function statusText(activity: Activity, view: MachineView | undefined, problems: number): string {
  if (problems > 0) return problems === 1 ? 'One problem in the program' : `${problems} problems in the program`;
  if (activity === 'running') return 'Running';
  if (activity === 'comparing') return 'Comparing the modes';
  if (view === undefined) return activity === 'loading' ? 'Starting' : 'No machine';
  if (view.ops !== undefined) return `In a block, before op ${Math.min(view.ops.at + 1, view.ops.lines.length)} of ${view.ops.lines.length}`;
  const done = view.instructions === 0 ? '' : ` after ${formatCount(view.instructions)} instruction${view.instructions === 1 ? '' : 's'}`;
  return `${STATUS[view.status]}${done}`;
}

/** Where it is, for beside the status. */
export function whereText(view: MachineView): string {
  return `0x${hex(view.pc, view.bits === 64 && view.pc > 0xffff_ffffn ? 64 : view.bits === 16 ? 20 : 32)}`;
}
