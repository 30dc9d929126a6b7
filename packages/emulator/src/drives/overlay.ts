/** Copy on write: a disk that reads from another and keeps to itself what is written. */
import type { SavedValue } from '../devices/device.ts';
import { SavedFields } from '../devices/saved-fields.ts';
import type { Drive } from './drive.ts';

/** Bytes copied when a part of them is written. */
const CLUSTER = 65_536;

/** @param base never written to */
export function overlayDrive(base: Drive): Drive {
  return new OverlayDrive(base);
}

class OverlayDrive implements Drive {
  readonly readonly = false;
  readonly #base: Drive;
  /** By number; a last one may be short. */
  readonly #clusters = new Map<number, Uint8Array>();

  constructor(base: Drive) {
    this.#base = base;
  }

  get size(): number {
    return this.#base.size;
  }

  read(offset: number, target: Uint8Array): void | Promise<void> {
    const waits: Promise<void>[] = [];
    this.#each(offset, target.length, (cluster, within, from, length) => {
      const own = this.#clusters.get(cluster);
      const part = target.subarray(from, from + length);
      if (own !== undefined) {
        part.set(own.subarray(within, within + length));
        return;
      }
      const wait = this.#base.read(cluster * CLUSTER + within, part);
      if (wait !== undefined) waits.push(wait);
    });
    return all(waits);
  }

  write(offset: number, bytes: Uint8Array): void | Promise<void> {
    const waits: Promise<void>[] = [];
    this.#each(offset, bytes.length, (cluster, within, from, length) => {
      const part = bytes.subarray(from, from + length);
      const own = this.#clusters.get(cluster);
      if (own !== undefined) {
        own.set(part, within);
        return;
      }
      const copy = new Uint8Array(Math.min(CLUSTER, this.size - cluster * CLUSTER));
      const wait = this.#base.read(cluster * CLUSTER, copy);
      const commit = (): void => {
        // Two writes may have waited for the same cluster: the later one goes on top of the earlier.
        const present = this.#clusters.get(cluster) ?? copy;
        present.set(part, within);
        this.#clusters.set(cluster, present);
      };
      if (wait === undefined) commit();
      else waits.push(wait.then(commit));
    });
    return all(waits);
  }

  flush(): void {
    // What is written lasts as long as the machine, or its snapshot.
  }

  save(): SavedValue {
    const numbers = [...this.#clusters.keys()].sort((a, b) => a - b);
    return { size: this.size, clusters: numbers.map((number) => ({ number, bytes: this.#clusters.get(number)!.slice() })) };
  }

  load(saved: SavedValue): void {
    const fields = new SavedFields(saved, 'drive');
    fields.int('size', this.size, this.size);
    const count = Math.ceil(this.size / CLUSTER);
    const clusters = fields.list('clusters', { max: count }).map((cluster) => {
      const number = cluster.int('number', 0, count - 1);
      return [number, cluster.bytes('bytes', Math.min(CLUSTER, this.size - number * CLUSTER))] as const;
    });
    this.#clusters.clear();
    for (const [number, bytes] of clusters) this.#clusters.set(number, bytes);
  }

  /** Parts of a transfer, cluster by cluster: offset within the cluster, offset in the transfer, length. */
  #each(offset: number, length: number, visit: (cluster: number, within: number, from: number, length: number) => void): void {
    for (let done = 0; done < length; ) {
      const at = offset + done;
      const within = at % CLUSTER;
      const part = Math.min(length - done, CLUSTER - within);
      visit((at - within) / CLUSTER, within, done, part);
      done += part;
    }
  }
}

function all(waits: readonly Promise<void>[]): void | Promise<void> {
  return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
}
