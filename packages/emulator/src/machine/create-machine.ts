/** Makes flat machines. */
import type { MachineOptions } from '../api.ts';
import { FlatMachine } from './flat-machine.ts';
import { checkOptions, parseMemorySize, planFlatBoot } from './options.ts';
import { createParts } from './parts.ts';

/**
 * Make a machine with a flat image, or none, loaded.
 * @throws MachineError `bad-option`, `aborted`; RuntimeError `out-of-memory`
 */
export function createMachine(options: MachineOptions = {}): FlatMachine {
  checkOptions(options);
  const ram = parseMemorySize(options.memory);
  const plan = options.boot === undefined ? undefined : planFlatBoot(options.boot, ram);
  // Parts call the machine, which is made of them: these are set before the first call.
  const late: { flat?: FlatMachine } = {};
  const parts = createParts(
    { model: options.cpu?.model ?? 'max', ram, shared: options.sharedMemory ?? false, execution: options.execution, debug: options.debug, modules: options.modules },
    {
      portStop: (access) => late.flat!.portStop(access),
      cpu: {},
    },
  );
  // Without a clock, time is what has been executed.
  parts.context.setTime(0, 0, 1, Infinity);
  parts.ram.map({ kind: 'ram', physical: 0, size: ram, offset: 0 });
  const flat = new FlatMachine(parts, plan, options.signal);
  late.flat = flat;
  flat.reset();
  return flat;
}
