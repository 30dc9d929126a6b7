/** Which devices a PC has, and how they are wired to each other. */
import { A20Gate } from '../devices/a20-gate.ts';
import { AcpiPm } from '../devices/acpi-pm.ts';
import type { PcInterrupts } from '../devices/apic/pc-interrupts.ts';
import { DebugConsole, DebugExit } from '../devices/debug-ports.ts';
import { TestDevice } from '../devices/debug-testdev.ts';
import type { Device, DeviceBus, IrqLine } from '../devices/device.ts';
import { FerrLatch } from '../devices/ferr.ts';
import { Hpet } from '../devices/hpet.ts';
import { I8042 } from '../devices/i8042.ts';
import type { PciBus } from '../devices/pci/pci-bus.ts';
import { Pit } from '../devices/pit.ts';
import { Rtc } from '../devices/rtc.ts';
import { SystemControl } from '../devices/system-control.ts';
import { Uart16550 } from '../devices/uart16550.ts';
import type { Drive } from '../drives/drive.ts';
import type { BootPlan } from './boot-plan.ts';
import type { Entropy } from './entropy.ts';
import type { MachineParts } from './parts.ts';
import type { PcConfig } from './pc-config.ts';
import { createFwCfg } from './pc-fw-cfg.ts';
import { createPciDevices } from './pc-pci.ts';
import { SerialLine } from './serial-port.ts';

const CPUS = 1;
/** ISA lines that the HPET can take over. */
const PIT_LINE = 0;
const RTC_LINE = 8;

export interface PcDevicesOptions {
  readonly parts: MachineParts;
  readonly entropy: Entropy;
  readonly devices: PcConfig['devices'];
  readonly drives: readonly Drive[];
  readonly plan: BootPlan;
  /** Something may want the CPU's attention. */
  readonly wake: () => void;
}

export interface PcDevices {
  /** In the order in which they are reset and saved, interrupts first. */
  readonly all: readonly Device[];
  readonly serial: readonly SerialLine[];
  readonly console: SerialLine | undefined;
  readonly keyboard: I8042;
  readonly acpi: AcpiPm;
  readonly ferr: FerrLatch;
  readonly pci: PciBus;
}

/** @throws MachineError `bad-option` */
export function createPcDevices(bus: DeviceBus, interrupts: PcInterrupts, { parts, entropy, devices, drives, plan, wake }: PcDevicesOptions): PcDevices {
  const serial = Array.from({ length: devices.serial }, (_, index) => serialPort(bus, { index, patient: plan.linux, wake }));
  const a20 = new A20Gate((open) => parts.x86.setA20(0, open));
  const acpi = new AcpiPm(bus);
  const ferr = new FerrLatch(bus);
  const keyboard = new I8042(bus, { a20 });
  const hpet = devices.hpet ? new Hpet(bus) : undefined;
  const legacyLine = (line: number): IrqLine => hpet?.legacyLine(bus.irq(line)) ?? bus.irq(line);
  const memory = { below4G: parts.memory.size, above4G: 0 };
  const pci = createPciDevices(bus, {
    drives, random: devices.rng ? (target) => entropy.fill(target) : undefined, console: devices.console, msi: (address, data) => interrupts.msi(address, data), wake,
  });
  const { debugPort, debugExit } = devices;
  const all = [
    interrupts,
    ...pci.devices,
    new Pit(bus, { irq: legacyLine(PIT_LINE) }),
    new Rtc(bus, { memory, irq: legacyLine(RTC_LINE), onNmiMask: (masked) => interrupts.maskNmi(masked) }),
    ...(hpet === undefined ? [] : [hpet]),
    a20,
    new SystemControl(bus, { a20 }),
    acpi,
    ferr,
    keyboard,
    createFwCfg(bus, { ramBytes: parts.memory.size, cpus: CPUS, e820: plan.firmware.e820 }),
    ...serial.map(({ uart }) => uart),
    ...(debugPort === undefined ? [] : [new DebugConsole(bus, { onOutput: debugPort })]),
    ...(debugExit === undefined ? [] : [new DebugExit(bus, { port: debugExit.iobase, size: debugExit.iosize })]),
    ...(devices.testdev ? [new TestDevice(bus)] : []),
  ];
  return { all, serial: serial.map(({ line }) => line), console: pci.console, keyboard, acpi, ferr, pci: pci.bus };
}

/** @param options.patient hold back what is sent until the guest listens */
function serialPort(bus: DeviceBus, { index, patient, wake }: { readonly index: number; readonly patient: boolean; readonly wake: () => void }): { readonly uart: Uart16550; readonly line: SerialLine } {
  const uart: Uart16550 = new Uart16550(bus, { index, patient, onTransmit: (bytes) => line.fromGuest(bytes) });
  const line: SerialLine = new SerialLine(
    (bytes) => {
      uart.receive(bytes);
      wake();
    },
    () => uart.receiveBreak(),
  );
  return { uart, line };
}
