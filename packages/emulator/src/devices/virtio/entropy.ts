/** virtio-rng (Virtio 1.2, section 5.4): fills buffers with random bytes. */
import type { SavedValue } from '../device.ts';
import { VirtioKind, type VirtioModel } from './model.ts';
import type { Virtqueue } from './virtqueue.ts';

const QUEUE_SIZE = 8;
/** Most bytes given at once: a driver takes what it gets, and asks again. */
const MOST = 4096;

export class VirtioEntropy implements VirtioModel {
  readonly kind = VirtioKind.entropy;
  readonly features = 0;
  readonly queueSizes = [QUEUE_SIZE] as const;
  readonly config = new Uint8Array(0);
  readonly #fill: (target: Uint8Array) => void;

  /** @param fill fills with random bytes */
  constructor(fill: (target: Uint8Array) => void) {
    this.#fill = fill;
  }

  serve(_index: number, queue: Virtqueue): void {
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const bytes = new Uint8Array(Math.min(chain.writableLength, MOST));
      this.#fill(bytes);
      chain.write(0, bytes);
      queue.push(chain, bytes.length);
    }
  }

  reset(): void {
    // It has no state.
  }

  /** The generator's state is its owner's to save. */
  save(): SavedValue {
    return null;
  }

  load(): void {
    // It has no state.
  }
}
