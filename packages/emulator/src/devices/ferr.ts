/**
 * FPU errors the PC/AT way (Intel SDM vol. 1, section 8.7.2): with CR0.NE clear an unmasked x87 exception raises FERR#, which is interrupt 13; a
 * write to port 0xF0 lowers it and asserts IGNNE#, so that the handler can use the FPU until the error is cleared.
 */
import type { Device, DeviceBus, IrqLine, SavedValue } from './device.ts';
import { SavedFields } from './saved-fields.ts';

const FIRST_PORT = 0xf0;
/** 0xF1 reset the 80287; today it does the same. */
const LAST_PORT = 0xf1;
const LINE = 13;

export class FerrLatch implements Device {
  readonly id = 'ferr';
  readonly #irq: IrqLine;
  #raised = false;
  #ignne = false;

  constructor(bus: Pick<DeviceBus, 'irq' | 'attachPorts'>) {
    this.#irq = bus.irq(LINE);
    bus.attachPorts(FIRST_PORT, LAST_PORT, {
      maxSize: 1,
      write: () => {
        if (this.#raised) this.#ignne = true;
        this.#setRaised(false);
      },
    });
  }

  /** The processor ignores numeric errors. */
  get ignne(): boolean {
    return this.#ignne;
  }

  /** The processor's FERR# output: an unmasked error is pending, or no longer. */
  setFerr(level: boolean): void {
    if (!level) this.#ignne = false;
    this.#setRaised(level && !this.#ignne);
  }

  reset(): void {
    this.#ignne = false;
    this.#setRaised(false);
  }

  save(): SavedValue {
    return { raised: this.#raised, ignne: this.#ignne };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    this.#ignne = from.bool('ignne');
    this.#setRaised(from.bool('raised'));
  }

  #setRaised(raised: boolean): void {
    this.#raised = raised;
    this.#irq.set(raised);
  }
}
