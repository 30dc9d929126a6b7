/**
 * A disk on which the world outside hands files over to a running guest, and takes what the guest has written: a letter box of sectors.
 *
 * The rule: {@link ExchangeDrive.put} only while nothing in the guest has the disk open. A guest remembers what it has read, and does not expect a disk to change
 * by itself; Linux forgets when the last program closes the device, so that the next one that opens it reads anew. Who puts can tell from `onAccess` when the guest
 * was there last. A mounted file system is open all the time: this disk is for archives and plain bytes.
 */
import type { SavedValue } from '../devices/device.ts';
import { SavedFields } from '../devices/saved-fields.ts';
import { MachineError } from '../errors.ts';
import { checkDiskSize, SECTOR } from './disk-size.ts';
import type { Drive } from './drive.ts';

/** Bytes kept together; what is all zeros is not kept. */
const CLUSTER = 65_536;

export type DriveAccess = 'read' | 'write' | 'flush';

export interface ExchangeDriveOptions {
  /** See {@link Drive.serial}. */
  readonly serial?: string;
  /** The guest has accessed these bytes. It may call {@link ExchangeDrive.put} on `flush`. */
  readonly onAccess?: (access: DriveAccess, offset: number, length: number) => void;
}

export interface ExchangeDrive extends Drive {
  /** The guest has written all bytes below this one since the last {@link put}. */
  readonly written: number;
  /** A copy of what is there. */
  peek(offset: number, length: number): Uint8Array<ArrayBuffer>;
  /**
   * Replace everything: these bytes at the beginning, zeros behind. What the guest wrote is gone.
   * @throws MachineError `bad-image` when they do not fit
   */
  put(bytes: Uint8Array): void;
}

/**
 * An empty disk; its contents are part of snapshots.
 * @param size bytes, a multiple of 512: what can be handed over at once. Zeros take no memory
 * @throws MachineError `bad-image`
 */
export function exchangeDrive(size: number, options: ExchangeDriveOptions = {}): ExchangeDrive {
  checkDiskSize(size);
  return new SparseExchangeDrive(size, options);
}

class SparseExchangeDrive implements ExchangeDrive {
  readonly readonly = false;
  readonly size: number;
  readonly serial?: string;
  readonly #clusters = new Map<number, Uint8Array>();
  readonly #onAccess: NonNullable<ExchangeDriveOptions['onAccess']>;
  /** By sector: 1 if the guest has written it. */
  readonly #sectors: Uint8Array;
  #written = 0;

  constructor(size: number, { serial, onAccess = () => undefined }: ExchangeDriveOptions) {
    this.size = size;
    this.#onAccess = onAccess;
    this.#sectors = new Uint8Array(size / SECTOR);
    if (serial !== undefined) this.serial = serial;
  }

  get written(): number {
    return this.#written;
  }

  peek(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    this.#copyOut(offset, bytes);
    return bytes;
  }

  put(bytes: Uint8Array): void {
    if (bytes.length > this.size) throw new MachineError('bad-image', `${bytes.length} bytes for a disk of ${this.size}`, 'hand over less at once');
    this.#clusters.clear();
    this.#copyIn(0, bytes);
    this.#sectors.fill(0);
    this.#written = 0;
  }

  read(offset: number, target: Uint8Array): void {
    this.#copyOut(offset, target);
    this.#onAccess('read', offset, target.length);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#copyIn(offset, bytes);
    this.#sectors.fill(1, offset / SECTOR, (offset + bytes.length) / SECTOR);
    this.#advance();
    this.#onAccess('write', offset, bytes.length);
  }

  flush(): void {
    this.#onAccess('flush', 0, 0);
  }

  save(): SavedValue {
    const numbers = [...this.#clusters.keys()].sort((a, b) => a - b);
    return { size: this.size, sectors: this.#sectors.slice(), clusters: numbers.map((number) => ({ number, bytes: this.#clusters.get(number)!.slice() })) };
  }

  load(saved: SavedValue): void {
    const fields = new SavedFields(saved, 'drive');
    fields.int('size', this.size, this.size);
    const sectors = fields.bytes('sectors', this.#sectors.length);
    const count = Math.ceil(this.size / CLUSTER);
    const clusters = fields.list('clusters', { max: count }).map((cluster) => {
      const number = cluster.int('number', 0, count - 1);
      return [number, cluster.bytes('bytes', this.#bytesOf(number)).slice()] as const;
    });
    this.#clusters.clear();
    for (const [number, bytes] of clusters) this.#clusters.set(number, bytes);
    this.#sectors.set(sectors);
    this.#written = 0;
    this.#advance();
  }

  #advance(): void {
    let sector = this.#written / SECTOR;
    while (this.#sectors[sector] === 1) sector++;
    this.#written = sector * SECTOR;
  }

  #bytesOf(cluster: number): number {
    return Math.min(CLUSTER, this.size - cluster * CLUSTER);
  }

  #copyOut(offset: number, target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const within = (offset + done) % CLUSTER;
      const part = target.subarray(done, done + CLUSTER - within);
      const cluster = this.#clusters.get((offset + done - within) / CLUSTER);
      if (cluster === undefined) part.fill(0);
      else part.set(cluster.subarray(within, within + part.length));
      done += part.length;
    }
  }

  #copyIn(offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const within = (offset + done) % CLUSTER;
      const number = (offset + done - within) / CLUSTER;
      const part = bytes.subarray(done, done + CLUSTER - within);
      let cluster = this.#clusters.get(number);
      if (cluster === undefined && part.some((byte) => byte !== 0)) {
        cluster = new Uint8Array(this.#bytesOf(number));
        this.#clusters.set(number, cluster);
      }
      cluster?.set(part, within);
      done += part.length;
    }
  }
}
