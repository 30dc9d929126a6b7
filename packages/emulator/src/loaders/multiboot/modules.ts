/** Modules: files that are loaded beside an image. */
import { badImage } from '../image-reader.ts';
import type { PlacedBytes } from '../plan.ts';

export interface BootModule {
  readonly bytes: Uint8Array;
  /** What the image is told about it: file name and arguments by custom. */
  readonly text: string;
}

/** One module as named on a command line. */
export interface ModuleName {
  readonly file: string;
  /** File and arguments. */
  readonly text: string;
}

/**
 * QEMU's notation of modules: `a.bin,b.bin with arguments`. A comma in a name is written twice; the file ends at the first space.
 */
export function parseModuleList(list: string): readonly ModuleName[] {
  const texts = list.split(/(?<!,),(?!,)/).map((text) => text.replaceAll(',,', ',').trim());
  return texts.filter((text) => text !== '').map((text) => ({ text, file: text.split(' ', 1)[0]! }));
}

/**
 * On pages of their own, upwards.
 * @param from first address that is free
 * @param ramEnd first address that is no RAM
 * @throws MachineError `bad-image` when they do not fit
 */
export function placeModules(modules: readonly BootModule[], from: number, ramEnd: number): readonly PlacedBytes[] {
  const PAGE = 4096;
  let next = from;
  return modules.map(({ bytes, text }, i) => {
    const physical = Math.ceil(next / PAGE) * PAGE;
    next = physical + bytes.length;
    if (next > ramEnd) {
      badImage(`module ${text === '' ? i : JSON.stringify(text)} of ${bytes.length} bytes ends at ${next}, RAM at ${ramEnd}`, 'give the machine more `memory`');
    }
    return { name: `module ${i}`, physical, bytes };
  });
}
