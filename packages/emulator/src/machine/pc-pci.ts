/** The PCI bus of a PC with what is plugged into it. Where a device is plugged in depends on its kind alone, so that a guest finds it again. */
import type { Device, DeviceBus } from '../devices/device.ts';
import { FIRST_PCI_SLOT, PciBus } from '../devices/pci/pci-bus.ts';
import { VirtioBlock } from '../devices/virtio/block.ts';
import { VirtioConsole } from '../devices/virtio/console.ts';
import { VirtioEntropy } from '../devices/virtio/entropy.ts';
import type { VirtioModel } from '../devices/virtio/model.ts';
import { VirtioPci } from '../devices/virtio/virtio-pci.ts';
import type { Drive } from '../drives/drive.ts';
import { MachineError } from '../errors.ts';
import { PCI_SLOTS } from '../firmware/pc-map.ts';
import { SerialLine } from './serial-port.ts';

const Slot = { entropy: FIRST_PCI_SLOT, console: FIRST_PCI_SLOT + 1, firstDrive: FIRST_PCI_SLOT + 2 } as const;
const MOST_DRIVES = PCI_SLOTS - Slot.firstDrive;

export interface PciDevicesOptions {
  readonly drives: readonly Drive[];
  /** Entropy source: fills with random bytes. */
  readonly random: ((target: Uint8Array) => void) | undefined;
  readonly console: boolean;
  readonly msi: (address: number, data: number) => void;
  /** The guest may have been given something. */
  readonly wake: () => void;
}

export interface PciDevices {
  readonly bus: PciBus;
  /** The bus first. */
  readonly devices: readonly Device[];
  readonly console: SerialLine | undefined;
}

/** @throws MachineError `bad-option` */
export function createPciDevices(bus: DeviceBus, { drives, random, console, msi, wake }: PciDevicesOptions): PciDevices {
  if (drives.length > MOST_DRIVES) throw new MachineError('bad-option', `${drives.length} drives`, `a PC has slots for ${MOST_DRIVES}`);
  const pci = new PciBus(bus, { msi });
  const plug = (id: string, slot: number, model: VirtioModel): Device => new VirtioPci(bus, pci, { id, slot, model });
  const devices: Device[] = [pci];
  if (random !== undefined) devices.push(plug('virtio-rng', Slot.entropy, new VirtioEntropy(random)));
  let line: SerialLine | undefined;
  if (console) {
    const model: VirtioConsole = new VirtioConsole((bytes) => line?.fromGuest(bytes));
    line = new SerialLine((bytes) => {
      model.receive(bytes);
      wake();
    });
    devices.push(plug('virtio-console', Slot.console, model));
  }
  drives.forEach((drive, i) => devices.push(plug(`virtio-blk${i}`, Slot.firstDrive + i, new VirtioBlock(drive, { serial: drive.serial ?? `drive${i}` }))));
  return { bus: pci, devices, console: line };
}
