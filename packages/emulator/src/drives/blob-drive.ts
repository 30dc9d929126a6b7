/**
 * A disk whose image is a Blob: a file that the user chose in a browser, or something fetched. It is read as the guest asks for it, and never as a whole.
 *
 * Reads take the host's time, so that with `icount` two runs are only the same if nothing is read from it; and they end between two turns of `start()`, never
 * within a `runUntil()`.
 */
import type { SavedValue } from '../devices/device.ts';
import { SavedFields } from '../devices/saved-fields.ts';
import { checkDiskSize } from './disk-size.ts';
import type { Drive } from './drive.ts';

/**
 * A read-only drive; with `overlayDrive` around it, one that can be written to.
 * @throws MachineError `bad-image`
 */
export function blobDrive(blob: Blob): Drive {
  checkDiskSize(blob.size);
  return new BlobDrive(blob);
}

class BlobDrive implements Drive {
  readonly readonly = true;
  readonly #blob: Blob;

  constructor(blob: Blob) {
    this.#blob = blob;
  }

  get size(): number {
    return this.#blob.size;
  }

  /** Rejects when the file behind the Blob has changed or gone: an I/O error to the guest. */
  async read(offset: number, target: Uint8Array): Promise<void> {
    target.set(new Uint8Array(await this.#blob.slice(offset, offset + target.length).arrayBuffer()));
  }

  write(): void {
    throw new TypeError('a Blob cannot be written to');
  }

  flush(): void {
    // Nothing is written.
  }

  /** The image is not part of a snapshot: it is given again with it. */
  save(): SavedValue {
    return { size: this.size };
  }

  load(saved: SavedValue): void {
    new SavedFields(saved, 'drive').int('size', this.size, this.size);
  }
}
