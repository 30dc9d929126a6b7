/** virtio-console (Virtio 1.2, section 5.3) with one port: bytes to and from the guest. */
import type { SavedValue } from '../device.ts';
import { SavedFields } from '../saved-fields.ts';
import { VirtioKind, type VirtioModel } from './model.ts';
import type { Virtqueue } from './virtqueue.ts';

const QUEUE_SIZE = 64;
const Queue = { receive: 0, transmit: 1 } as const;
/** Bytes handed on at once. */
const PIECE = 65_536;
/** Largest input that a snapshot is believed to hold. */
const MOST_INPUT = 2 ** 30;

export class VirtioConsole implements VirtioModel {
  readonly kind = VirtioKind.console;
  readonly features = 0;
  readonly queueSizes = [QUEUE_SIZE, QUEUE_SIZE] as const;
  /** Columns, rows, number of ports, emergency write: none of them is offered. */
  readonly config = new Uint8Array(12);
  readonly #onOutput: (bytes: Uint8Array) => void;
  #kick: (queue: number) => void = () => undefined;
  /** What the guest has not yet made room for. */
  #input = new Uint8Array(0);

  /** @param onOutput gets what the guest writes */
  constructor(onOutput: (bytes: Uint8Array) => void) {
    this.#onOutput = onOutput;
  }

  connect(kick: (queue: number) => void): void {
    this.#kick = kick;
  }

  /** Bytes for the guest. They wait until it takes them. */
  receive(bytes: Uint8Array): void {
    const input = new Uint8Array(this.#input.length + bytes.length);
    input.set(this.#input);
    input.set(bytes, this.#input.length);
    this.#input = input;
    this.#kick(Queue.receive);
  }

  serve(index: number, queue: Virtqueue): void {
    if (index === Queue.receive) this.#giveInput(queue);
    else this.#takeOutput(queue);
  }

  /** What waits for the guest is not the guest's to throw away: a driver resets the device before it uses it. */
  reset(): void {
    // Nothing else is kept.
  }

  save(): SavedValue {
    return { input: this.#input };
  }

  load(saved: SavedValue): void {
    this.#input = new Uint8Array(new SavedFields(saved, 'virtio-console').bytes('input', { max: MOST_INPUT }));
  }

  #giveInput(queue: Virtqueue): void {
    while (this.#input.length > 0) {
      const chain = queue.pop();
      if (chain === undefined) return;
      const part = this.#input.subarray(0, chain.writableLength);
      chain.write(0, part);
      queue.push(chain, part.length);
      this.#input = this.#input.slice(part.length);
    }
  }

  #takeOutput(queue: Virtqueue): void {
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      for (let done = 0; done < chain.readableLength; done += PIECE) this.#onOutput(chain.read(done, PIECE));
      queue.push(chain, 0);
    }
  }
}
