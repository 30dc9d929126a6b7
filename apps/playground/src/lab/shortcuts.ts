/** Keys that work everywhere in the Lab, in the editor too: function keys write nothing. */
import type { LabController } from './controller.ts';

type Action = (lab: LabController) => Promise<void>;

const runOrStop: Action = (lab) => (lab.activity.peek() === 'running' ? lab.stop() : lab.canRun.peek() ? lab.run() : Promise.resolve());
const KEYS: Readonly<Record<string, Action>> = {
  F8: (lab) => (lab.canRun.peek() ? lab.stepOp() : Promise.resolve()),
  F9: runOrStop,
  'Shift+F9': (lab) => lab.reset(),
  F10: (lab) => (lab.canRun.peek() && lab.view.peek()?.ops === undefined ? lab.stepInsn() : Promise.resolve()),
};

export function onShortcut(event: KeyboardEvent, lab: LabController): void {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]') !== null) return;
  const action = KEYS[`${event.shiftKey ? 'Shift+' : ''}${event.key}`];
  if (action === undefined) return;
  event.preventDefault();
  void action(lab);
}
