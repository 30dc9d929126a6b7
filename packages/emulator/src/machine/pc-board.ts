/** The board of a PC: which devices there are, and how they are wired to each other, to the clock and to the machine. */
import { A20Gate } from '../devices/a20-gate.ts';
import { AcpiPm } from '../devices/acpi-pm.ts';
import { PcInterrupts } from '../devices/apic/pc-interrupts.ts';
import { DebugConsole, DebugExit } from '../devices/debug-ports.ts';
import { TestDevice } from '../devices/debug-testdev.ts';
import type { Device, DeviceBus, IrqLine, MachineControl } from '../devices/device.ts';
import { FerrLatch } from '../devices/ferr.ts';
import { Hpet } from '../devices/hpet.ts';
import { I8042 } from '../devices/i8042.ts';
import { Pit } from '../devices/pit.ts';
import { Rtc } from '../devices/rtc.ts';
import type { PciBus } from '../devices/pci/pci-bus.ts';
import { SystemControl } from '../devices/system-control.ts';
import { Uart16550 } from '../devices/uart16550.ts';
import type { Drive } from '../drives/drive.ts';
import { firmwareAccesses } from '../firmware/device-state.ts';
import type { BootPlan } from './boot-plan.ts';
import { busMasterMemory } from './bus-master.ts';
import type { MachineClock } from './clock.ts';
import type { Entropy } from './entropy.ts';
import type { MachineParts } from './parts.ts';
import type { PcConfig } from './pc-config.ts';
import { createFwCfg } from './pc-fw-cfg.ts';
import { createPciDevices } from './pc-pci.ts';
import { SerialLine } from './serial-port.ts';

/** MAXPHYADDR of the models that say so; the others have 36. */
const PHYSICAL_BITS = 40;
const CPUS = 1;
/** ISA lines that the HPET can take over. */
const PIT_LINE = 0;
const RTC_LINE = 8;
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
        return () => ram.unmap(physical, size);
      },
    };
    this.interrupts = new PcInterrupts(attach, { physicalBits: PHYSICAL_BITS, onInit: () => control.reset() });
    this.interrupts.onChange(wake);
    const bus: DeviceBus = { ...attach, control, memory: busMasterMemory(ram), irq: (line) => this.interrupts.line(line) };

    const serial = Array.from({ length: devices.serial }, (_, index) => {
      const uart: Uart16550 = new Uart16550(bus, { index, patient: plan.linux, onTransmit: (bytes) => line.fromGuest(bytes) });
      const line: SerialLine = new SerialLine(
        (bytes) => {
          uart.receive(bytes);
          wake();
        },
        () => uart.receiveBreak(),
      );
      return { uart, line };
    });
    this.serial = serial.map(({ line }) => line);
    const pci = createPciDevices(bus, {
      drives, random: devices.rng ? (target) => entropy.fill(target) : undefined, console: devices.console, msi: (address, data) => this.interrupts.msi(address, data), wake,
    });
    this.#pci = pci.bus;
    this.console = pci.console;
    const a20 = new A20Gate((open) => parts.x86.setA20(0, open));
    this.#acpi = new AcpiPm(bus);
    this.#ferr = new FerrLatch(bus);
    this.keyboard = new I8042(bus, { a20 });
    const hpet = devices.hpet ? new Hpet(bus) : undefined;
    const legacyLine = (line: number): IrqLine => hpet?.legacyLine(bus.irq(line)) ?? bus.irq(line);
    const memory = { below4G: parts.memory.size, above4G: 0 };
    const { debugPort, debugExit } = devices;
    this.devices = [
      this.interrupts,
      ...pci.devices,
      new Pit(bus, { irq: legacyLine(PIT_LINE) }),
      new Rtc(bus, { memory, irq: legacyLine(RTC_LINE), onNmiMask: (masked) => this.interrupts.maskNmi(masked) }),
      ...(hpet === undefined ? [] : [hpet]),
      a20,
      new SystemControl(bus, { a20 }),
      this.#acpi,
      this.#ferr,
      this.keyboard,
      createFwCfg(bus, { ramBytes: parts.memory.size, cpus: CPUS, e820: plan.firmware.e820 }),
      ...serial.map(({ uart }) => uart),
      ...(debugPort === undefined ? [] : [new DebugConsole(bus, { onOutput: debugPort })]),
      ...(debugExit === undefined ? [] : [new DebugExit(bus, { port: debugExit.iobase, size: debugExit.iosize })]),
      ...(devices.testdev ? [new TestDevice(bus)] : []),
    ];
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
