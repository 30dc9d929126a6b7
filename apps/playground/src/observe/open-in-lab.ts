/** From a hot block to the Lab: its bytes as they are in the machine now, as a link. What makes programs of code is loaded when it is first needed. */
import { routeHash } from '../app/route.ts';
import type { MachineController } from '../machine/controller.ts';
import { WorkerError } from '../rpc/errors.ts';
import { hex } from '../ui/format.ts';
import type { HotBlock } from './hot-blocks.ts';

/**
 * The Lab's address with a block in it.
 * @throws WorkerError `no-code`: the machine is gone, or has nothing there any more
 */
export async function labAddress(machine: Pick<MachineController, 'codeAt'>, { physical, pc }: HotBlock): Promise<string> {
  const code = await machine.codeAt(physical, pc);
  if (code === undefined) {
    throw new WorkerError(`There is no code at physical address 0x${hex(physical, 32)} any more`, 'no-code', 'Start the machine again, or choose a block that is hot now.');
  }
  const [{ programFromCode }, { encodeLink }, { DEFAULT_SETTINGS }] = await Promise.all([
    import('../lab/program-from-code.ts'),
    import('../lab/link.ts'),
    import('../lab/controller.ts'),
  ]);
  const state = await encodeLink(programFromCode(code), DEFAULT_SETTINGS);
  return routeHash('lab', new URLSearchParams({ s: state }));
}
