/** A disk whose image is in memory. */
import type { SavedValue } from '../devices/device.ts';
import { SavedFields } from '../devices/saved-fields.ts';
import { checkDiskSize } from './disk-size.ts';
import type { Drive } from './drive.ts';

/** Its contents are part of snapshots. */
export class MemoryDrive implements Drive {
  readonly readonly: boolean;
  readonly #image: Uint8Array;

  /**
   * @param image used as it is: what the guest writes is written into it
   * @throws MachineError `bad-image`
   */
  constructor(image: Uint8Array, options: { readonly readonly?: boolean } = {}) {
    checkDiskSize(image.length);
    this.#image = image;
    this.readonly = options.readonly ?? false;
  }

  get size(): number {
    return this.#image.length;
  }

  read(offset: number, target: Uint8Array): void {
    target.set(this.#image.subarray(offset, offset + target.length));
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#image.set(bytes, offset);
  }

  flush(): void {
    // Memory lasts as long as the machine.
  }

  save(): SavedValue {
    return this.readonly ? { size: this.size } : { size: this.size, image: this.#image };
  }

  load(saved: SavedValue): void {
    const fields = new SavedFields(saved, 'drive');
    fields.int('size', this.size, this.size);
    if (!this.readonly) this.#image.set(fields.bytes('image', this.size));
  }
}
