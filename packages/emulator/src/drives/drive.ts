/** What a disk is to the device in front of it: bytes at offsets, read and written now or later. */
import type { SavedValue } from '../devices/device.ts';

export interface Drive {
  /** Bytes, a multiple of 512. */
  readonly size: number;
  readonly readonly: boolean;
  /** What the guest reads as the disk's serial number: up to 20 ASCII characters. Default: `drive` and its position. */
  readonly serial?: string;
  /**
   * Fill `target` from `offset`; both are multiples of 512 and within the size. A promise when it takes time: the device then completes the request later.
   */
  read(offset: number, target: Uint8Array): void | Promise<void>;
  /** As {@link read}. Never called on a drive that is read-only. */
  write(offset: number, bytes: Uint8Array): void | Promise<void>;
  /** Make all that was written last. */
  flush(): void | Promise<void>;
  /** What a snapshot has to keep of it. */
  save(): SavedValue;
  /** @throws MachineError `bad-snapshot` when it is of another disk */
  load(saved: SavedValue): void;
}
