/** The two 8259A of a PC: master at 0x20, slave at 0xA0 on the master's input 2, edge/level registers at 0x4D0. */
import type { Device, DeviceBus, SavedValue } from './device.ts';
import { Pic8259 } from './pic8259.ts';
import { SavedFields } from './saved-fields.ts';

const MASTER_PORT = 0x20;
const SLAVE_PORT = 0xa0;
const ELCR_PORT = 0x4d0;
const CASCADE = 2;
/** Timer, keyboard and cascade are edge-triggered for good; so are RTC and FPU. */
const MASTER_ELCR = 0xf8;
const SLAVE_ELCR = 0xde;

export class PicPair implements Device {
  readonly id = 'pic';
  readonly #master = new Pic8259({ cascade: CASCADE, elcrMask: MASTER_ELCR });
  readonly #slave = new Pic8259({ cascade: -1, elcrMask: SLAVE_ELCR });
  readonly #onOutput: (intr: boolean) => void;
  #intr = false;

  /** @param options.onOutput called when INTR changes */
  constructor(bus: Pick<DeviceBus, 'attachPorts'>, options: { readonly onOutput: (intr: boolean) => void }) {
    this.#onOutput = options.onOutput;
    this.#master.reset();
    this.#slave.reset();
    this.#attach(bus, MASTER_PORT, this.#master);
    this.#attach(bus, SLAVE_PORT, this.#slave);
    bus.attachPorts(ELCR_PORT, ELCR_PORT + 1, {
      maxSize: 1,
      read: (port) => (port === ELCR_PORT ? this.#master : this.#slave).elcr,
      write: (port, _size, value) => {
        (port === ELCR_PORT ? this.#master : this.#slave).elcr = value;
        this.#update();
      },
    });
  }

  /** The line to the processor. */
  get intr(): boolean {
    return this.#intr;
  }

  /** @param irq 0 … 15; 2 is the cascade, and nobody else's */
  setLine(irq: number, level: boolean): void {
    if (irq === CASCADE) return;
    if (irq < 8) this.#master.setLine(irq, level);
    else this.#slave.setLine(irq - 8, level);
    this.#update();
  }

  /** INTA. @returns the vector; input 7's (15's) when the request is gone by now */
  acknowledge(): number {
    const input = this.#master.acknowledge();
    const vector = input === CASCADE ? this.#slave.vector(this.#slave.acknowledge()) : this.#master.vector(input);
    this.#update();
    return vector;
  }

  reset(): void {
    this.#master.reset();
    this.#slave.reset();
    this.#update();
  }

  save(): SavedValue {
    return { master: this.#master.save(), slave: this.#slave.save() };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    this.#master.load(from.fields('master'));
    this.#slave.load(from.fields('slave'));
    this.#update();
  }

  #attach(bus: Pick<DeviceBus, 'attachPorts'>, first: number, chip: Pic8259): void {
    bus.attachPorts(first, first + 1, {
      maxSize: 1,
      read: (port) => {
        const value = chip.read(port === first ? 0 : 1);
        // A poll acknowledges.
        this.#update();
        return value;
      },
      write: (port, _size, value) => {
        chip.write(port === first ? 0 : 1, value);
        this.#update();
      },
    });
  }

  #update(): void {
    this.#master.setLine(CASCADE, this.#slave.output);
    const intr = this.#master.output;
    if (intr === this.#intr) return;
    this.#intr = intr;
    this.#onOutput(intr);
  }
}
