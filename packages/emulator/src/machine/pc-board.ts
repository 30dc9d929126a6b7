/** The board of a PC: the bus that its devices are on, and what CPU, run loop and firmware do to them. */
import type { AcpiPm } from '../devices/acpi-pm.ts';
import { PcInterrupts } from '../devices/apic/pc-interrupts.ts';
import type { Device, DeviceBus, MachineControl } from '../devices/device.ts';
import type { FerrLatch } from '../devices/ferr.ts';
import type { I8042 } from '../devices/i8042.ts';
import type { PciBus } from '../devices/pci/pci-bus.ts';
import type { Drive } from '../drives/drive.ts';
import { firmwareAccesses } from '../firmware/device-state.ts';
import type { BootPlan } from './boot-plan.ts';
import { busMasterMemory } from './bus-master.ts';
import type { MachineClock } from './clock.ts';
import type { Entropy } from './entropy.ts';
import type { MachineParts } from './parts.ts';
import type { PcConfig } from './pc-config.ts';
import { createPcDevices } from './pc-devices.ts';
import { mapRam } from './pc-memory.ts';
import type { SerialLine } from './serial-port.ts';

/** MAXPHYADDR of the models that say so; the others have 36. */
const PHYSICAL_BITS = 40;
/** MSRs that are the local APIC's. */
const Msr = { apicBase: 0x1b, tscDeadline: 0x6e0 } as const;

export interface BoardOptions {
  readonly parts: MachineParts;
  readonly clock: MachineClock;
  readonly entropy: Entropy;
  readonly control: MachineControl;
  readonly devices: PcConfig['devices'];
  readonly drives: readonly Drive[];
  readonly plan: BootPlan;
  /** Something may want the CPU's attention. */
  readonly wake: () => void;
}

export class Board {
  readonly interrupts: PcInterrupts;
  /** In the order in which they are reset and saved. */
  readonly devices: readonly Device[];
  readonly serial: readonly SerialLine[];
  readonly console: SerialLine | undefined;
  readonly keyboard: I8042;
  readonly #parts: MachineParts;
  readonly #acpi: AcpiPm;
  readonly #ferr: FerrLatch;
  readonly #pci: PciBus;

  constructor({ parts, clock, entropy, control, devices, drives, plan, wake }: BoardOptions) {
    const { ram, ports } = parts;
    this.#parts = parts;
    const attach: Pick<DeviceBus, 'clock' | 'attachPorts' | 'attachMmio'> = {
      clock,
      attachPorts: (first, last, handler) => ports.attach(first, last, handler),
      attachMmio: (physical, size, handler) => {
        ram.map({ kind: 'mmio', physical, size, handler });
        return () => {
          ram.unmap(physical, size);
          // A guest may have put the device over RAM.
          mapRam(ram, parts.memory.size, physical, physical + size);
        };
      },
    };
    this.interrupts = new PcInterrupts(attach, { physicalBits: PHYSICAL_BITS, onInit: () => control.reset() });
    this.interrupts.onChange(wake);
    const bus: DeviceBus = { ...attach, control, memory: busMasterMemory(ram), irq: (line) => this.interrupts.line(line) };

    const made = createPcDevices(bus, this.interrupts, { parts, entropy, devices, drives, plan, wake });
    this.devices = made.all;
    this.serial = made.serial;
    this.console = made.console;
    this.keyboard = made.keyboard;
    this.#acpi = made.acpi;
    this.#ferr = made.ferr;
    this.#pci = made.pci;
  }

  /** Hand on what the guest has sent. */
  flush(): void {
    for (const line of this.serial) line.flush();
    this.console?.flush();
  }

  readMsr(msr: number): bigint | undefined {
    const { localApic } = this.interrupts;
    switch (msr) {
      case Msr.apicBase: return BigInt(localApic.base);
      case Msr.tscDeadline: return BigInt(localApic.timer.deadline);
      default: return undefined;
    }
  }

  writeMsr(msr: number, value: bigint): boolean {
    const { localApic } = this.interrupts;
    switch (msr) {
      case Msr.apicBase: return localApic.writeBase(Number(value));
      case Msr.tscDeadline:
        localApic.timer.deadline = Number(value);
        return true;
      default: return false;
    }
  }

  /** The processor's FERR# output. @returns whether IGNNE# is asserted */
  ferr(asserted: boolean): boolean {
    this.#ferr.setFerr(asserted);
    return this.#ferr.ignne;
  }

  powerButton(): void {
    this.#acpi.pressPowerButton();
  }

  /** Bring devices to where firmware leaves them. They have been reset. */
  programAsFirmware(): void {
    const { ports, ram, x86 } = this.#parts;
    const accesses = firmwareAccesses(PHYSICAL_BITS);
    for (const { port, value } of accesses.ports) ports.write(port, value, 1);
    const word = new Uint8Array(4);
    for (const { physical, value } of accesses.mmio) {
      new DataView(word.buffer).setUint32(0, value, true);
      ram.write(physical, word);
    }
    for (const { index, value } of accesses.msrs) x86.writeMsr(0, index, value);
    this.#pci.assignResources();
  }
}
