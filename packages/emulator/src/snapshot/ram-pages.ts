/** Guest RAM in a snapshot: a bitmap of the pages that are not all zero, and those pages. */
import type { SavedValue } from '../devices/device.ts';
import { SavedFields } from '../devices/saved-fields.ts';
import { MachineError } from '../errors.ts';

const PAGE = 4096;

/** @param ram all of it; it is copied */
export function saveRam(ram: Uint8Array): SavedValue {
  const pages = ram.length / PAGE;
  const words = new BigUint64Array(ram.buffer, ram.byteOffset, ram.length / 8);
  const bitmap = new Uint8Array(Math.ceil(pages / 8));
  let used = 0;
  for (let page = 0; page < pages; page++) {
    if (isZero(words, page)) continue;
    bitmap[page >> 3] |= 1 << (page & 7);
    used++;
  }
  const contents = new Uint8Array(used * PAGE);
  let next = 0;
  for (let page = 0; page < pages; page++) {
    if (!(bitmap[page >> 3]! & (1 << (page & 7)))) continue;
    contents.set(ram.subarray(page * PAGE, (page + 1) * PAGE), next);
    next += PAGE;
  }
  return { bytes: ram.length, bitmap, contents };
}

function isZero(words: BigUint64Array, page: number): boolean {
  const end = ((page + 1) * PAGE) / 8;
  for (let at = end - PAGE / 8; at < end; at++) if (words[at] !== 0n) return false;
  return true;
}

/** @throws MachineError `bad-snapshot` */
export function loadRam(ram: Uint8Array, saved: SavedValue): void {
  const fields = new SavedFields(saved, 'ram');
  const pages = ram.length / PAGE;
  fields.int('bytes', ram.length, ram.length);
  const bitmap = fields.bytes('bitmap', Math.ceil(pages / 8));
  const contents = fields.value('contents');
  let used = 0;
  for (let page = 0; page < pages; page++) used += (bitmap[page >> 3]! >> (page & 7)) & 1;
  if (!(contents instanceof Uint8Array) || contents.length !== used * PAGE) {
    throw new MachineError('bad-snapshot', 'the snapshot does not have all pages of RAM', 'it is damaged: take it again');
  }
  const words = new BigUint64Array(ram.buffer, ram.byteOffset, ram.length / 8);
  let next = 0;
  for (let page = 0; page < pages; page++) {
    if (!(bitmap[page >> 3]! & (1 << (page & 7)))) {
      // Pages that nobody has written take no memory of the host's, and go on taking none.
      if (!isZero(words, page)) ram.fill(0, page * PAGE, (page + 1) * PAGE);
      continue;
    }
    ram.set(contents.subarray(next, next + PAGE), page * PAGE);
    next += PAGE;
  }
}
