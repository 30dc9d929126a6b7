/**
 * The PCI transport of virtio 1.x (Virtio 1.2, section 4.1), without the transitional interface: four structures in one BAR, MSI-X in another.
 *
 * A driver that breaks the rules where they matter to the device gets DEVICE_NEEDS_RESET, and nothing happens until it resets the device.
 */
import type { MmioHandlers } from '../../api.ts';
import type { Device, DeviceBus, SavedValue, Timer, VirtualClock } from '../device.ts';
import { Msix } from '../pci/msix.ts';
import type { PciBus } from '../pci/pci-bus.ts';
import { PciFunction } from '../pci/pci-function.ts';
import { partOf } from '../register-access.ts';
import { SavedFields } from '../saved-fields.ts';
import { addVirtioCapabilities, STRUCTURES_BAR, STRUCTURES_BYTES, Structure, STRUCTURE_BYTES } from './capabilities.ts';
import type { VirtioModel } from './model.ts';
import { AREAS, NO_VECTOR, Virtqueue } from './virtqueue.ts';

const VENDOR = 0x1af4;
/** Device id of type 0 under virtio 1.x. */
const FIRST_DEVICE_ID = 0x1040;
/** Not a transitional device. */
const REVISION = 1;
const MSIX_BAR = 1;

const Status = { driverOk: 4, featuresOk: 8, needsReset: 64 } as const;
/** Feature bits of every device: 28, 29 in the low word, 32 in the high one. */
const Feature = { indirect: 2 ** 28, eventIndex: 2 ** 29 } as const;
const FEATURES_HIGH_VERSION_1 = 1;
const Isr = { queue: 1, config: 2 } as const;

/** The common configuration structure (section 4.1.4.3): offset and bytes of its fields. */
const Common = {
  deviceFeatureSelect: 0, deviceFeature: 4, driverFeatureSelect: 8, driverFeature: 12, configVector: 16, queues: 18, status: 20,
  queueSelect: 22, queueSize: 24, queueVector: 26, queueEnable: 28, queueNotifyOffset: 30, queueAreas: 32, bytes: 56,
} as const;
/** Virtual ns before a queue that had more than one kick may take is served on. */
const NEXT_ROUND = 10_000;

export interface VirtioPciOptions {
  /** See {@link Device.id}. */
  readonly id: string;
  readonly slot: number;
  readonly model: VirtioModel;
}

export class VirtioPci implements Device {
  readonly id: string;
  readonly #model: VirtioModel;
  readonly #function: PciFunction;
  readonly #msix: Msix;
  readonly #queues: readonly Virtqueue[];
  readonly #clock: VirtualClock;
  readonly #nextRound: Timer;
  #status = 0;
  #isr = 0;
  #configVector: number = NO_VECTOR;
  #queueSelect = 0;
  #deviceFeatureSelect = 0;
  #driverFeatureSelect = 0;
  /** Accepted by the driver, low and high word. */
  readonly #accepted = new Uint32Array(2);

  constructor(bus: Pick<DeviceBus, 'clock' | 'memory'>, pci: PciBus, { id, slot, model }: VirtioPciOptions) {
    this.id = id;
    this.#model = model;
    this.#clock = bus.clock;
    this.#nextRound = bus.clock.timer(() => this.#serveOn());
    this.#queues = model.queueSizes.map((size) => new Virtqueue(size, {
      memory: bus.memory,
      indirect: () => (this.#accepted[0]! & Feature.indirect) !== 0,
      eventIndex: () => (this.#accepted[0]! & Feature.eventIndex) !== 0,
      interrupt: (queue) => this.#interrupt(Isr.queue, queue.vector),
      broken: () => this.#broken(),
    }));
    const device = FIRST_DEVICE_ID + model.kind.type;
    this.#function = new PciFunction({ vendor: VENDOR, device, classCode: model.kind.classCode, revision: REVISION, subsystemVendor: VENDOR, subsystem: device, pin: 0 });
    const handler: MmioHandlers = {
      read: (offset, size) => this.#read(offset, size),
      write: (offset, size, value) => this.#write(offset, size, value),
    };
    this.#function.defineBar(STRUCTURES_BAR, { kind: 'memory', size: STRUCTURES_BYTES, handler });
    this.#msix = new Msix(this.#function, { vectors: this.#queues.length + 1, bar: MSIX_BAR, send: pci.msi });
    addVirtioCapabilities(this.#function, handler);
    this.#function.onChange(() => this.#showInterrupt());
    pci.add(slot, this.#function);
    model.connect?.((queue) => this.#kick(queue));
  }

  reset(): void {
    this.#resetDevice();
    this.#msix.reset();
  }

  save(): SavedValue {
    return {
      status: this.#status, isr: this.#isr, configVector: this.#configVector, queueSelect: this.#queueSelect, deviceFeatureSelect: this.#deviceFeatureSelect,
      driverFeatureSelect: this.#driverFeatureSelect, accepted: [...this.#accepted], queues: this.#queues.map((queue) => queue.save()),
      msix: this.#msix.save(), model: this.#model.save(), nextRound: this.#nextRound.deadline === Infinity ? null : this.#nextRound.deadline,
    };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    const queues = from.value('queues');
    from.list('queues', this.#queues.length);
    const accepted = from.ints('accepted', 2, 0, 0xffffffff);
    const nextRound = from.intOrNull('nextRound', 0, Number.MAX_SAFE_INTEGER);
    this.#status = from.byte('status');
    this.#isr = from.int('isr', 0, Isr.queue | Isr.config);
    this.#configVector = from.int('configVector', 0, NO_VECTOR);
    this.#queueSelect = from.int('queueSelect', 0, 0xffff);
    this.#deviceFeatureSelect = from.int('deviceFeatureSelect', 0, 0xffffffff);
    this.#driverFeatureSelect = from.int('driverFeatureSelect', 0, 0xffffffff);
    this.#accepted.set(accepted);
    this.#queues.forEach((queue, i) => queue.load((queues as readonly SavedValue[])[i]!));
    this.#msix.load(from.value('msix'));
    this.#model.load(from.value('model'));
    if (nextRound === null) this.#nextRound.cancel();
    else this.#nextRound.set(nextRound);
    // What was under way is begun again, once the rest of the machine is loaded, too.
    if (this.#queues.some((queue) => queue.wantsKick)) this.#nextRound.set(this.#clock.now);
    this.#showInterrupt();
  }

  // ---- queues and interrupts ------------------------------------------------------------------------------------------------------

  get #running(): boolean {
    return (this.#status & Status.driverOk) !== 0 && (this.#status & Status.needsReset) === 0 && this.#function.busMaster;
  }

  /** The driver, or the device's other side, has something for a queue. */
  #kick(index: number): void {
    const queue = this.#queues[index];
    if (queue === undefined || !this.#running) return;
    queue.kick();
    this.#model.serve(index, queue);
    queue.flush();
    if (queue.wantsKick) this.#nextRound.set(this.#clock.now + NEXT_ROUND);
  }

  #serveOn(): void {
    this.#queues.forEach((queue, index) => {
      if (queue.wantsKick) this.#kick(index);
    });
  }

  #interrupt(cause: number, vector: number): void {
    if (this.#msix.enabled) {
      this.#msix.raise(vector);
      return;
    }
    this.#isr |= cause;
    this.#showInterrupt();
  }

  #showInterrupt(): void {
    this.#function.setIntx(this.#isr !== 0 && !this.#msix.enabled);
  }

  #broken(): void {
    this.#status |= Status.needsReset;
    if ((this.#status & Status.driverOk) !== 0) this.#interrupt(Isr.config, this.#configVector);
  }

  #resetDevice(): void {
    this.#status = 0;
    this.#isr = 0;
    this.#configVector = NO_VECTOR;
    this.#queueSelect = this.#deviceFeatureSelect = this.#driverFeatureSelect = 0;
    this.#accepted.fill(0);
    this.#nextRound.cancel();
    for (const queue of this.#queues) queue.reset();
    this.#model.reset();
    this.#showInterrupt();
  }

  // ---- registers ------------------------------------------------------------------------------------------------------------------

  #read(offset: number, size: 1 | 2 | 4): number {
    const at = offset % STRUCTURE_BYTES;
    switch (offset - at) {
      case Structure.common: return this.#readCommon(at, size);
      case Structure.isr: return at === 0 ? this.#takeIsr() : 0;
      case Structure.device: return readConfig(this.#model.config, at, size);
      default: return 0;
    }
  }

  #write(offset: number, size: 1 | 2 | 4, value: number): void {
    const at = offset % STRUCTURE_BYTES;
    // Each queue has its own word to be notified by: the value written need not be looked at.
    if (offset - at === Structure.notify) this.#kick(at >> 2);
    else if (offset - at === Structure.common) this.#writeCommon(at, size, value);
  }

  #takeIsr(): number {
    const isr = this.#isr;
    this.#isr = 0;
    this.#showInterrupt();
    return isr;
  }

  get #offered(): readonly [number, number] {
    return [(this.#model.features | Feature.indirect | Feature.eventIndex) >>> 0, FEATURES_HIGH_VERSION_1];
  }

  get #selected(): Virtqueue | undefined {
    return this.#queues[this.#queueSelect];
  }

  #readCommon(at: number, size: 1 | 2 | 4): number {
    return at + size > Common.bytes ? 0 : partOf(this.#commonWord(at & ~3), at & 3, size);
  }

  #commonWord(at: number): number {
    const queue = this.#selected;
    switch (at) {
      case Common.deviceFeatureSelect: return this.#deviceFeatureSelect;
      case Common.deviceFeature: return this.#offered[this.#deviceFeatureSelect] ?? 0;
      case Common.driverFeatureSelect: return this.#driverFeatureSelect;
      case Common.driverFeature: return this.#accepted[this.#driverFeatureSelect] ?? 0;
      case Common.configVector: return this.#configVector | (this.#queues.length << 16);
      // The generation of the configuration is always 0: it does not change.
      case Common.status: return this.#status | (this.#queueSelect << 16);
      case Common.queueSize: return queue === undefined ? NO_VECTOR << 16 : queue.size | (queue.vector << 16);
      case Common.queueEnable: return queue === undefined ? 0 : Number(queue.enabled) | (this.#queueSelect << 16);
      default: return queue?.areaWord(...areaAt(at)) ?? 0;
    }
  }

  #writeCommon(at: number, size: 1 | 2 | 4, value: number): void {
    const bytes = at === Common.status ? 1 : at >= Common.configVector && at < Common.queueAreas ? 2 : 4;
    if (size !== bytes) return;
    const queue = this.#selected;
    switch (at) {
      case Common.deviceFeatureSelect: this.#deviceFeatureSelect = value; break;
      case Common.driverFeatureSelect: this.#driverFeatureSelect = value; break;
      case Common.driverFeature:
        if (this.#driverFeatureSelect < 2 && (this.#status & Status.featuresOk) === 0) this.#accepted[this.#driverFeatureSelect] = value;
        break;
      case Common.configVector: this.#configVector = this.#vector(value); break;
      case Common.status: this.#writeStatus(value); break;
      case Common.queueSelect: this.#queueSelect = value; break;
      case Common.queueVector: if (queue !== undefined) queue.vector = this.#vector(value); break;
      case Common.queueSize: if (queue !== undefined && !queue.enabled && isSize(value, queue.maxSize)) queue.size = value; break;
      // A queue is enabled once; only a reset disables it.
      case Common.queueEnable: if (queue !== undefined && value === 1) queue.enabled = true; break;
      default: if (at >= Common.queueAreas && at < Common.bytes && at % 4 === 0 && !(queue?.enabled ?? true)) queue?.setAreaWord(...areaAt(at), value);
    }
  }

  #writeStatus(value: number): void {
    if (value === 0) {
      this.#resetDevice();
      return;
    }
    const keep = this.#status & Status.needsReset;
    const [offered, offeredHigh] = this.#offered;
    const [low, high] = this.#accepted;
    const acceptable = (low! & ~offered) === 0 && high === FEATURES_HIGH_VERSION_1 && offeredHigh === high;
    this.#status = (acceptable ? value : value & ~Status.featuresOk) | keep;
  }

  /** A vector as it reads back: one that does not exist is refused. */
  #vector(value: number): number {
    return value < this.#msix.vectors ? value : NO_VECTOR;
  }
}

/** Area and half of it that a register is for. */
function areaAt(at: number): [area: (typeof AREAS)[number], half: 0 | 1] {
  return [AREAS[(at - Common.queueAreas) >> 3]!, at & 4 ? 1 : 0];
}

function isSize(value: number, most: number): boolean {
  return value > 0 && value <= most && (value & (value - 1)) === 0;
}

function readConfig(config: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (config[at + i] ?? 0);
  return value;
}
