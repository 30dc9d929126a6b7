/** The page's side of the machine: what the views show, as signals, and what they can do with it. */
import { signal } from '@preact/signals';
import type { MachineStatus } from './protocol.ts';

export class MachineController {
  readonly status = signal<MachineStatus>('off');
}
