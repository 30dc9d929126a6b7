/** What a kind of virtio device is to its transport: features, queues, configuration, and what it does with the driver's buffers. */
import type { SavedValue } from '../device.ts';
import type { Virtqueue } from './virtqueue.ts';

/** Device type (Virtio 1.2, chapter 5) and the PCI class that goes with it. */
export const VirtioKind = {
  block: { type: 2, classCode: 0x010000 },
  console: { type: 3, classCode: 0x078000 },
  entropy: { type: 4, classCode: 0x00ff00 },
} as const;
export type VirtioKind = (typeof VirtioKind)[keyof typeof VirtioKind];

export interface VirtioModel {
  readonly kind: VirtioKind;
  /** Feature bits 0 … 23, those of the kind. */
  readonly features: number;
  /** Largest number of entries of each queue: powers of two. */
  readonly queueSizes: readonly number[];
  /** Device-specific configuration as the driver reads it. */
  readonly config: Uint8Array;
  /** Called once. @param kick have {@link serve} called for a queue, when its driver is ready: something came from outside */
  connect?(kick: (queue: number) => void): void;
  /**
   * Buffers may have become available: take chains by {@link Virtqueue.pop}, give them back by {@link Virtqueue.push}. The transport then calls
   * {@link Virtqueue.flush}; who gives back later calls it itself.
   */
  serve(index: number, queue: Virtqueue): void;
  /** The driver resets the device. */
  reset(): void;
  save(): SavedValue;
  /** @throws MachineError `bad-snapshot` */
  load(saved: SavedValue): void;
}
