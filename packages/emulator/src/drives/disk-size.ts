/** What every raw disk image has to be. */
import { MachineError } from '../errors.ts';

/** Bytes of a sector: the unit of all transfers. */
export const SECTOR = 512;

/** @throws MachineError `bad-image` for an image that no disk can be */
export function checkDiskSize(bytes: number): void {
  if (bytes > 0 && bytes % SECTOR === 0) return;
  throw new MachineError('bad-image', `a disk image of ${bytes} bytes`, `a raw image is a whole number of ${SECTOR}-byte sectors, at least one: is the file complete?`);
}
