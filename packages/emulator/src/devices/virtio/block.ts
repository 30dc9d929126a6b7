/** virtio-blk (Virtio 1.2, section 5.2): a drive as a disk of 512-byte sectors. */
import type { SavedValue } from '../device.ts';
import type { Drive } from '../../drives/drive.ts';
import { SECTOR } from '../../drives/disk-size.ts';
import type { DescriptorChain } from './chain.ts';
import { VirtioKind, type VirtioModel } from './model.ts';
import type { Virtqueue } from './virtqueue.ts';

const QUEUE_SIZE = 256;
const Feature = { segmentMax: 1 << 2, readonly: 1 << 5, blockSize: 1 << 6, flush: 1 << 9 } as const;
/** Data segments of a request: a queue's worth but header and status. */
const SEGMENTS = QUEUE_SIZE - 2;
const Config = { capacity: 0, segmentMax: 12, blockSize: 20, bytes: 24 } as const;
const Request = { read: 0, write: 1, flush: 4, getId: 8 } as const;
const Result = { ok: 0, ioError: 1, unsupported: 2 } as const;
/** Type, reserved, sector. */
const HEADER = 16;
const STATUS = 1;
const ID_BYTES = 20;

export class VirtioBlock implements VirtioModel {
  readonly kind = VirtioKind.block;
  readonly features: number;
  readonly queueSizes = [QUEUE_SIZE] as const;
  readonly config = new Uint8Array(Config.bytes);
  readonly #drive: Drive;
  readonly #serial: Uint8Array;

  /** @param options.serial what the guest reads as the disk's serial number: up to 20 bytes of ASCII */
  constructor(drive: Drive, options: { readonly serial: string }) {
    this.#drive = drive;
    this.features = Feature.segmentMax | Feature.blockSize | Feature.flush | (drive.readonly ? Feature.readonly : 0);
    const view = new DataView(this.config.buffer);
    view.setBigUint64(Config.capacity, BigInt(drive.size / SECTOR), true);
    view.setUint32(Config.segmentMax, SEGMENTS, true);
    view.setUint32(Config.blockSize, SECTOR, true);
    this.#serial = new Uint8Array(ID_BYTES);
    this.#serial.set(new TextEncoder().encode(options.serial).subarray(0, ID_BYTES));
  }

  serve(_index: number, queue: Virtqueue): void {
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      if (chain.readableLength < HEADER || chain.writableLength < STATUS) {
        queue.reject();
        return;
      }
      this.#request(chain, queue);
    }
  }

  reset(): void {
    // Requests under way end where nobody sees it: their chains are not live any more.
  }

  /** Requests under way are the queue's to save. */
  save(): SavedValue {
    return null;
  }

  load(): void {
    // It has no state.
  }

  #request(chain: DescriptorChain, queue: Virtqueue): void {
    const header = new DataView(chain.read(0, HEADER).buffer);
    const offset = (header.getUint32(12, true) * 2 ** 32 + header.getUint32(8, true)) * SECTOR;
    const end = (status: number, data?: Uint8Array): void => {
      if (data !== undefined) chain.write(0, data);
      chain.write(chain.writableLength - STATUS, Uint8Array.of(status));
      queue.push(chain, (data?.length ?? 0) + STATUS);
    };
    switch (header.getUint32(0, true)) {
      case Request.read: {
        const length = chain.writableLength - STATUS;
        if (!this.#has(offset, length)) return end(Result.ioError);
        const data = new Uint8Array(length);
        return settle(queue, () => this.#drive.read(offset, data), (ok) => (ok ? end(Result.ok, data) : end(Result.ioError)));
      }
      case Request.write: {
        const data = chain.read(HEADER, chain.readableLength - HEADER);
        if (this.#drive.readonly || !this.#has(offset, data.length)) return end(Result.ioError);
        return settle(queue, () => this.#drive.write(offset, data), (ok) => end(ok ? Result.ok : Result.ioError));
      }
      case Request.flush:
        return settle(queue, () => this.#drive.flush(), (ok) => end(ok ? Result.ok : Result.ioError));
      case Request.getId:
        return end(Result.ok, this.#serial.slice(0, chain.writableLength - STATUS));
      default:
        return end(Result.unsupported);
    }
  }

  #has(offset: number, length: number): boolean {
    return length % SECTOR === 0 && offset + length <= this.#drive.size;
  }
}

/** Call `end` when the drive is done, now or later. What it throws, or rejects with, is an I/O error to the guest. */
function settle(queue: Virtqueue, start: () => void | Promise<void>, end: (ok: boolean) => void): void {
  let wait: void | Promise<void>;
  try {
    wait = start();
  } catch {
    end(false);
    return;
  }
  if (wait === undefined) {
    end(true);
    return;
  }
  const later = (ok: boolean): void => {
    end(ok);
    queue.flush();
  };
  void wait.then(() => later(true), () => later(false));
}
