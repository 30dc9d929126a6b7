/** Where kernel and initrd go in RAM, and what to say when they do not fit. */
import { highMemoryEnd, type E820Range } from '../../firmware/e820.ts';
import { badImage } from '../image-reader.ts';
import type { Extent } from './boot-params.ts';
import type { SetupHeader } from './setup-header.ts';

/** Where a bzImage's protected-mode part is loaded. */
export const HIGH_LOAD = 0x100000;
const PAGE = 4096;

const alignUp = (value: number, to: number): number => Math.ceil(value / to) * to;
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/**
 * First byte above all that the kernel uses before it has read the memory map: its image as loaded, and `init_size` from where it
 * unpacks itself. Kernels that do not tell are taken to be four times as large unpacked.
 */
export function kernelEnd(header: SetupHeader, imageBytes: number): number {
  const loadedEnd = HIGH_LOAD + imageBytes;
  if (header.initSize === 0) return alignUp(HIGH_LOAD + imageBytes * 4, PAGE);
  const runs = header.relocatable ? Math.max(alignUp(HIGH_LOAD, header.kernelAlignment), header.prefAddress) : header.prefAddress;
  return alignUp(Math.max(loadedEnd, runs + header.initSize), PAGE);
}

/** @throws MachineError `bad-image` when the kernel ends above RAM */
export function checkKernelFits(end: number, e820: readonly E820Range[]): void {
  const ramEnd = highMemoryEnd(e820);
  if (end <= ramEnd) return;
  badImage(`the kernel needs RAM up to ${mib(end)}, the machine has ${mib(ramEnd)}`, `give the machine at least ${Math.ceil(end / 2 ** 20) + 32}M of \`memory\``);
}

/**
 * As high as possible: below the end of RAM and the kernel's limit, above the kernel.
 * @param lowest first address that is free
 * @param addrMax highest byte it may occupy
 * @throws MachineError `bad-image` when there is no room
 */
export function placeInitrd(size: number, lowest: number, addrMax: number, e820: readonly E820Range[]): Extent {
  const ramEnd = highMemoryEnd(e820);
  const end = Math.min(ramEnd, addrMax + 1);
  const base = Math.floor((end - size) / PAGE) * PAGE;
  if (base >= lowest) return { base, size };
  const room = Math.max(0, end - lowest);
  const remedy = end === ramEnd
    ? `give the machine at least ${Math.ceil((lowest + size) / 2 ** 20) + 32}M of \`memory\`, or a smaller initrd`
    : 'use a smaller initrd: the limit is the kernel\'s, not the machine\'s';
  return badImage(`the initrd has ${mib(size)}; between the kernel, which ends at ${mib(lowest)}, and ${mib(end)} there is room for ${mib(room)}`, remedy);
}
