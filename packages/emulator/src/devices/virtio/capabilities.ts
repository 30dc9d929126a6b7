/** How a driver finds the structures of a virtio device on PCI: vendor-specific capabilities (Virtio 1.2, section 4.1.4). */
import type { MmioHandlers } from '../../api.ts';
import type { PciFunction } from '../pci/pci-function.ts';

const VENDOR_SPECIFIC = 0x09;
const Type = { common: 1, notify: 2, isr: 3, device: 4, pciAccess: 5 } as const;
/** Capability: id, link, length, type, BAR, padding, offset, length. */
const HEADER = 16;
/** What follows the header: the notify multiplier, the data of {@link Type.pciAccess}. */
const EXTRA = 4;
const NOTIFY_MULTIPLIER = 4;
/** Offsets in the capability. */
const Field = { bar: 4, offset: 8, length: 12, data: 16 } as const;

/** Each structure has a page of the BAR. */
export const STRUCTURE_BYTES = 0x1000;
export const Structure = { common: 0, isr: 0x1000, device: 0x2000, notify: 0x3000 } as const;
export const STRUCTURES_BAR = 0;
export const STRUCTURES_BYTES = 0x4000;

/** @param handler of the structures' BAR, which can be reached through configuration space, too */
export function addVirtioCapabilities(pciFunction: PciFunction, handler: MmioHandlers): void {
  for (const name of ['common', 'isr', 'device'] as const) pciFunction.addCapability(VENDOR_SPECIFIC, body(Type[name], Structure[name], STRUCTURE_BYTES));
  const notify = body(Type.notify, Structure.notify, STRUCTURE_BYTES, EXTRA);
  new DataView(notify.buffer).setUint32(HEADER - 2, NOTIFY_MULTIPLIER, true);
  pciFunction.addCapability(VENDOR_SPECIFIC, notify);
  addPciAccess(pciFunction, handler);
}

/** Access to the structures for who cannot map BARs (section 4.1.4.9): BAR, offset and length are the driver's to write. */
function addPciAccess(pciFunction: PciFunction, handler: MmioHandlers): void {
  const writable = new Uint8Array(HEADER - 2 + EXTRA);
  writable[Field.bar - 2] = 0xff;
  writable.fill(0xff, Field.offset - 2, Field.data - 2);
  const at = pciFunction.addCapability(VENDOR_SPECIFIC, body(Type.pciAccess, 0, 0, EXTRA), writable);
  /** Where an access goes, if the capability is set up for one of this size. */
  const target = (size: number): number | undefined => {
    const offset = pciFunction.read(at + Field.offset, 4);
    const good = pciFunction.read(at + Field.bar, 1) === STRUCTURES_BAR && pciFunction.read(at + Field.length, 4) === size && offset % size === 0;
    return good && offset + size <= STRUCTURES_BYTES ? offset : undefined;
  };
  pciFunction.addWindow({
    offset: at + Field.data,
    bytes: EXTRA,
    read: (byte, size) => {
      const offset = byte === 0 ? target(size) : undefined;
      return offset === undefined ? 0 : handler.read(offset, size);
    },
    write: (byte, size, value) => {
      const offset = byte === 0 ? target(size) : undefined;
      if (offset !== undefined) handler.write(offset, size, value);
    },
  });
}

/** A capability without its id and link. */
function body(type: number, offset: number, length: number, extra = 0): Uint8Array {
  const bytes = new Uint8Array(HEADER - 2 + extra);
  const view = new DataView(bytes.buffer);
  bytes[0] = HEADER + extra;
  bytes[1] = type;
  bytes[Field.bar - 2] = STRUCTURES_BAR;
  view.setUint32(Field.offset - 2, offset, true);
  view.setUint32(Field.length - 2, length, true);
  return bytes;
}
