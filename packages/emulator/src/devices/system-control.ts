/** The board's control ports: 0x92 (A20 and fast reset, PS/2 System Control Port A) and 0xCF9 (reset control of Intel's ISA bridges). */
import { RESET_REGISTER } from '../firmware/pc-map.ts';
import type { A20Gate } from './a20-gate.ts';
import type { Device, DeviceBus, SavedValue } from './device.ts';
import { SavedFields } from './saved-fields.ts';

const PORT_A = 0x92;
const PortA = { fastReset: 1, a20: 2 } as const;
/** Writing a 1 over a 0 resets: the CPU, or with `system` all of the board. Here both are all of it. */
const ResetControl = { system: 2, cpu: 4, full: 8, writable: 0xe } as const;

export class SystemControl implements Device {
  readonly id = 'system-control';
  readonly #a20: A20Gate;
  /** Bits of port 0x92 but A20, and the reset register. */
  #portA = 0;
  #resetControl = 0;

  /** Attach after the PCI host, whose configuration ports surround 0xCF9. */
  constructor(bus: Pick<DeviceBus, 'attachPorts' | 'control'>, options: { readonly a20: A20Gate }) {
    this.#a20 = options.a20;
    bus.attachPorts(PORT_A, PORT_A, {
      maxSize: 1,
      read: () => this.#portA | (this.#a20.open ? PortA.a20 : 0),
      write: (_port, _size, value) => {
        if ((value & ~this.#portA & PortA.fastReset) !== 0) bus.control.reset();
        this.#portA = value & ~PortA.a20;
        this.#a20.open = (value & PortA.a20) !== 0;
      },
    });
    bus.attachPorts(RESET_REGISTER.port, RESET_REGISTER.port, {
      maxSize: 1,
      read: () => this.#resetControl,
      write: (_port, _size, value) => {
        if ((value & ~this.#resetControl & ResetControl.cpu) !== 0) bus.control.reset();
        this.#resetControl = value & ResetControl.writable;
      },
    });
  }

  reset(): void {
    this.#portA = 0;
    this.#resetControl = 0;
  }

  save(): SavedValue {
    return { portA: this.#portA, resetControl: this.#resetControl };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    this.#portA = from.byte('portA') & ~PortA.a20;
    this.#resetControl = from.byte('resetControl') & ResetControl.writable;
  }
}
