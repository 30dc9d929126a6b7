/** Modules: files that are loaded beside an image. */
import { badImage } from '../image-reader.ts';
import type { PlacedBytes } from '../plan.ts';

export interface BootModule {
  readonly bytes: Uint8Array;
  /** What the image is told about it: file name and arguments by custom. */
  readonly text: string;
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
