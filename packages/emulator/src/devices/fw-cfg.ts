/**
 * QEMU's firmware configuration device (QEMU's docs/specs/fw_cfg.rst): items of bytes under 16-bit keys, some of them with file names, for firmware and
 * programs under test to read by port or by DMA. Nothing of it can be written.
 */
import { MachineError } from '../errors.ts';
import type { Device, DeviceBus, DeviceMemory, SavedValue } from './device.ts';
import { SavedFields } from './saved-fields.ts';

const SELECTOR_PORT = 0x510;
const DATA_PORT = 0x511;
const DMA_PORT = 0x514;
/** What the DMA address register reads as: big-endian, like all that belongs to DMA. */
const DMA_SIGNATURE = 'QEMU CFG';

/** Keys of items that are not files. */
export const FwCfgKey = { signature: 0x00, id: 0x01, ramSize: 0x03, noGraphic: 0x04, cpus: 0x05, maxCpus: 0x0f, directory: 0x19 } as const;
const FIRST_FILE = 0x20;
/** This bit asks for writing, and is no part of the key. */
const WRITE_CHANNEL = 0x4000;
/** Revisions of the interface: ports, and DMA. */
const FEATURES = 3;

const DirectoryEntry = { size: 0, key: 4, name: 8, bytes: 64 } as const;
const NAME_BYTES = DirectoryEntry.bytes - DirectoryEntry.name;

const DmaControl = { error: 1, read: 2, skip: 4, select: 8, write: 16 } as const;
const DMA_ACCESS_BYTES = 16;
const PIECE = 65_536;

export interface FwCfgItems {
  /** Items by key: see {@link FwCfgKey}. Signature, id and directory are the device's own. */
  readonly items: ReadonlyMap<number, Uint8Array>;
  /** Files by name, of up to 55 characters of ASCII. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

export class FwCfg implements Device {
  readonly id = 'fw-cfg';
  readonly #items: ReadonlyMap<number, Uint8Array>;
  readonly #memory: DeviceMemory;
  #key = 0;
  #offset = 0;
  #dmaHigh = 0;

  /** @throws MachineError `bad-option` for a file name that is too long */
  constructor(bus: Pick<DeviceBus, 'attachPorts' | 'memory'>, { items, files = new Map() }: FwCfgItems) {
    this.#memory = bus.memory;
    const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#items = new Map([
      ...items,
      [FwCfgKey.signature, ascii('QEMU')],
      [FwCfgKey.id, Uint8Array.of(FEATURES, 0, 0, 0)],
      [FwCfgKey.directory, directory(sorted)],
      ...sorted.map(([, bytes], i) => [FIRST_FILE + i, bytes] as const),
    ]);
    bus.attachPorts(SELECTOR_PORT, DATA_PORT, {
      maxSize: 2,
      read: (port, size) => (port === DATA_PORT && size === 1 ? this.#take(1)[0]! : 0),
      write: (port, size, value) => {
        if (port === SELECTOR_PORT && size === 2) this.#select(value);
      },
    });
    const signature = ascii(DMA_SIGNATURE);
    bus.attachPorts(DMA_PORT, DMA_PORT + 7, {
      read: (port, size) => Array.from({ length: size }, (_, i) => (signature[port - DMA_PORT + i] ?? 0) * 256 ** i).reduce((sum, byte) => sum + byte),
      write: (port, size, value) => {
        if (size !== 4) return;
        const word = byteSwapped(value);
        if (port === DMA_PORT) this.#dmaHigh = word;
        else if (port === DMA_PORT + 4) this.#dma(word);
      },
    });
  }

  reset(): void {
    this.#select(0);
    this.#dmaHigh = 0;
  }

  save(): SavedValue {
    return { key: this.#key, offset: this.#offset, dmaHigh: this.#dmaHigh };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    this.#key = from.int('key', 0, 0xffff);
    this.#offset = from.int('offset', 0, Number.MAX_SAFE_INTEGER);
    this.#dmaHigh = from.int('dmaHigh', 0, 0xffffffff);
  }

  #select(key: number): void {
    this.#key = key & ~WRITE_CHANNEL;
    this.#offset = 0;
  }

  /** The next bytes of the item. Past its end, and of an item that does not exist, there are zeros. */
  #take(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    bytes.set(this.#items.get(this.#key)?.subarray(this.#offset, this.#offset + length) ?? []);
    this.#offset += length;
    return bytes;
  }

  /** Do what the structure at the address says, then store the outcome where its first word was. */
  #dma(low: number): void {
    const at = this.#dmaHigh * 2 ** 32 + low;
    this.#dmaHigh = 0;
    if (at + DMA_ACCESS_BYTES > 2 ** 32) return;
    const access = new Uint8Array(DMA_ACCESS_BYTES);
    this.#memory.read(at, access);
    const view = new DataView(access.buffer);
    const ok = this.#access(view.getUint32(0), view.getUint32(4), view.getUint32(8) * 2 ** 32 + view.getUint32(12));
    view.setUint32(0, ok ? 0 : DmaControl.error);
    this.#memory.write(at, access.subarray(0, 4));
  }

  #access(control: number, length: number, address: number): boolean {
    if ((control & DmaControl.select) !== 0) this.#select(control >>> 16);
    if ((control & DmaControl.read) !== 0) return this.#transfer(address, length);
    if ((control & DmaControl.write) !== 0) return false;
    if ((control & DmaControl.skip) !== 0) this.#offset += length;
    return true;
  }

  #transfer(address: number, length: number): boolean {
    if (address + length > 2 ** 32) return false;
    for (let done = 0; done < length; done += PIECE) this.#memory.write(address + done, this.#take(Math.min(PIECE, length - done)));
    return true;
  }
}

/** An item that is a little-endian number. */
export function fwCfgNumber(value: number, bytes: 2 | 4 | 8): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
}

/** Number of files, then size, key and name of each; numbers are big-endian. */
function directory(files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const bytes = new Uint8Array(4 + DirectoryEntry.bytes * files.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, files.length);
  files.forEach(([name, content], i) => {
    if (name.length >= NAME_BYTES) throw new MachineError('bad-option', `fw_cfg file ${name}`, `use a name of up to ${NAME_BYTES - 1} characters`);
    const at = 4 + DirectoryEntry.bytes * i;
    view.setUint32(at + DirectoryEntry.size, content.length);
    view.setUint16(at + DirectoryEntry.key, FIRST_FILE + i);
    bytes.set(ascii(name), at + DirectoryEntry.name);
  });
  return bytes;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function byteSwapped(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
