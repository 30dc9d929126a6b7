/** A raw disk image in a file, for Node. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import type { SavedValue } from '../devices/device.ts';
import { SavedFields } from '../devices/saved-fields.ts';
import { checkDiskSize } from '../drives/disk-size.ts';
import type { Drive } from '../drives/drive.ts';
import { MachineError } from '../errors.ts';

export interface FileDrive extends Drive {
  close(): void;
}

/** @throws MachineError `bad-image` when the file cannot be opened so, or is no disk image */
export function openFileDrive(path: string, options: { readonly readonly?: boolean } = {}): FileDrive {
  const readonly = options.readonly ?? false;
  let descriptor: number;
  try {
    descriptor = openSync(path, readonly ? 'r' : 'r+');
  } catch (cause) {
    const hint = readonly ? 'give the path of a file that can be read' : 'give a file that can be written, or open it read-only or as a snapshot';
    throw new MachineError('bad-image', `disk image ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, hint, { cause });
  }
  const { size } = fstatSync(descriptor);
  try {
    checkDiskSize(size);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return new OpenFile(descriptor, size, readonly);
}

class OpenFile implements FileDrive {
  readonly size: number;
  readonly readonly: boolean;
  readonly #descriptor: number;

  constructor(descriptor: number, size: number, readonly: boolean) {
    this.#descriptor = descriptor;
    this.size = size;
    this.readonly = readonly;
  }

  read(offset: number, target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const got = readSync(this.#descriptor, target, done, target.length - done, offset + done);
      // The file has become shorter since it was opened.
      if (got === 0) {
        target.fill(0, done);
        return;
      }
      done += got;
    }
  }

  write(offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done, bytes.length - done, offset + done);
  }

  flush(): void {
    fsyncSync(this.#descriptor);
  }

  /** The file keeps its contents itself: a snapshot goes with the file as it is at that time. */
  save(): SavedValue {
    return { size: this.size };
  }

  load(saved: SavedValue): void {
    new SavedFields(saved, 'drive').int('size', this.size, this.size);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
