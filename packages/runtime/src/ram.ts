/**
 * Physical memory as devices, loaders and debuggers use it. Invariant: every byte that the host writes to guest RAM goes through
 * here, so that translated code made from it is invalidated first. Nobody else keeps a view of guest RAM.
 */
import { RuntimeError } from './errors.ts';
import { PAGE_SIZE, PhysKind } from './layout/phys-map.ts';
import { WASM_CONTEXT } from './layout/wasm-context.ts';
import { codeWord, granuleBits, type MachineMemory } from './memory.ts';
import { PhysRegions, type RegionSpec } from './phys-regions.ts';

/** What the owner of translated code has to do when physical memory changes under it. */
export interface RamHooks {
  /**
   * The host is about to write `size` bytes (within one page) that share 64-byte granules with translated code: drop what they hit.
   * When the running TB is hit as well (a device writes while generated code waits for it), have it left soon.
   */
  codeWrite(physical: number, size: number): void;
  /**
   * These pages are about to hold something else: retire their TBs (the code bits still belong to the old pages), and flush the TLBs of
   * all vCPUs.
   */
  beforeRemap(physical: number, size: number): void;
}

export type DmaDirection = 'to-guest' | 'from-guest';

/** Physical addresses are bytes, integers ≥ 0; above 4 GiB there is nothing. Nothing reads as 0xff and takes no store. */
export interface Ram {
  /** Map a region, replacing what was there. @throws RuntimeError `bad-region` */
  map(spec: RegionSpec): void;
  /** Leave nothing at whole pages. @throws RuntimeError `bad-region` */
  unmap(physical: number, size: number): void;
  /** What is at an address. */
  kindAt(physical: number): 'ram' | 'rom' | 'mmio' | 'none';
  /** Fill `target` from physical memory, device reads included. */
  read(physical: number, target: Uint8Array): void;
  /** Store as a bus master would; ROM ignores it, unless `rom` says that a loader or debugger writes. */
  write(physical: number, bytes: Uint8Array, options?: { readonly rom?: boolean }): void;
  /** Store `size` times the same byte. */
  fill(physical: number, size: number, value: number): void;
  /**
   * Bulk transfer without a copy: `visit` gets, page by page, bytes to fill (`to-guest`) or to take (`from-guest`), with their
   * offset in the transfer. They are good during the call only.
   */
  dma(physical: number, size: number, direction: DmaDirection, visit: (bytes: Uint8Array, offset: number) => void): void;
  /** The `mmio_read` import of the helper module: value into the context's ret. */
  mmioRead(env: number, physLo: number, physHi: number, size: number): void;
  /** The `mmio_write` import of the helper module: value from the context's arg. */
  mmioWrite(env: number, physLo: number, physHi: number, size: number): void;
}

export function createRam(machine: MachineMemory, hooks: RamHooks): Ram {
  return new PhysicalMemory(machine, hooks);
}

const KINDS = { 0: 'none', [PhysKind.ram]: 'ram', [PhysKind.rom]: 'rom', [PhysKind.mmio]: 'mmio' } as const;
const KIND_MASK = PhysKind.ram | PhysKind.rom | PhysKind.mmio;

class PhysicalMemory implements Ram {
  readonly #machine: MachineMemory;
  readonly #hooks: RamHooks;
  readonly #regions: PhysRegions;

  constructor(machine: MachineMemory, hooks: RamHooks) {
    this.#machine = machine;
    this.#hooks = hooks;
    this.#regions = new PhysRegions(machine);
  }

  map(spec: RegionSpec): void {
    this.#regions.check(spec);
    this.#hooks.beforeRemap(spec.physical, spec.size);
    this.#regions.map(spec);
  }

  unmap(physical: number, size: number): void {
    this.#regions.check({ physical, size });
    this.#hooks.beforeRemap(physical, size);
    this.#regions.unmap(physical, size);
  }

  kindAt(physical: number): 'ram' | 'rom' | 'mmio' | 'none' {
    checkRange(physical, 1);
    return KINDS[(this.#entry(physical) & KIND_MASK) as keyof typeof KINDS];
  }

  read(physical: number, target: Uint8Array): void {
    this.#eachPage(physical, target.length, (at, size, done) => this.#readPage(at, target.subarray(done, done + size)));
  }

  write(physical: number, bytes: Uint8Array, options: { readonly rom?: boolean } = {}): void {
    this.#eachPage(physical, bytes.length, (at, size, done) => this.#writePage(at, bytes.subarray(done, done + size), options.rom ?? false));
  }

  fill(physical: number, size: number, value: number): void {
    this.#eachPage(physical, size, (at, part) => {
      const entry = this.#entry(at);
      if (entry & PhysKind.ram) this.#writable(entry, at, part).fill(value);
      else if (entry & PhysKind.mmio) this.#writePage(at, new Uint8Array(part).fill(value), false);
    });
  }

  dma(physical: number, size: number, direction: DmaDirection, visit: (bytes: Uint8Array, offset: number) => void): void {
    this.#eachPage(physical, size, (at, part, done) => {
      const entry = this.#entry(at);
      if (direction === 'from-guest') {
        if (entry & (PhysKind.ram | PhysKind.rom)) return visit(this.#bytes(entry, at, part), done);
        const copy = new Uint8Array(part);
        this.#readPage(at, copy);
        return visit(copy, done);
      }
      if (entry & PhysKind.ram) return visit(this.#writable(entry, at, part), done);
      const copy = new Uint8Array(part);
      visit(copy, done);
      return this.#writePage(at, copy, false);
    });
  }

  mmioRead(env: number, physLo: number, _physHi: number, size: number): void {
    const physical = physLo >>> 0;
    const { physical: base, handler } = this.#regions.device(this.#entry(physical));
    const { data } = this.#machine.views();
    const target = env + WASM_CONTEXT.offset.ret;
    if (size === 1) data.setUint8(target, handler.read(physical - base, 1));
    else if (size === 2) data.setUint16(target, handler.read(physical - base, 2), true);
    else for (let i = 0; i < size; i += 4) data.setUint32(target + i, handler.read(physical - base + i, 4), true);
  }

  mmioWrite(env: number, physLo: number, _physHi: number, size: number): void {
    const physical = physLo >>> 0;
    const { physical: base, handler } = this.#regions.device(this.#entry(physical));
    const { data } = this.#machine.views();
    const source = env + WASM_CONTEXT.offset.arg;
    if (size === 1) handler.write(physical - base, 1, data.getUint8(source));
    else if (size === 2) handler.write(physical - base, 2, data.getUint16(source, true));
    else for (let i = 0; i < size; i += 4) handler.write(physical - base + i, 4, data.getUint32(source + i, true));
  }

  #entry(physical: number): number {
    return this.#regions.entry(Math.floor(physical / PAGE_SIZE));
  }

  /** Calls `visit` once per page, with the address, size and bytes done before. */
  #eachPage(physical: number, size: number, visit: (at: number, size: number, done: number) => void): void {
    checkRange(physical, size);
    for (let done = 0; done < size; ) {
      const at = physical + done;
      const part = Math.min(size - done, PAGE_SIZE - (at % PAGE_SIZE));
      visit(at, part, done);
      done += part;
    }
  }

  /** The RAM or ROM bytes of part of a page. */
  #bytes(entry: number, physical: number, size: number): Uint8Array {
    const start = ((entry & -PAGE_SIZE) >>> 0) + (physical % PAGE_SIZE);
    return this.#machine.views().u8.subarray(start, start + size);
  }

  /** The same, after translated code in the way has been dropped. */
  #writable(entry: number, physical: number, size: number): Uint8Array {
    const { u32 } = this.#machine.views();
    const word = codeWord(this.#machine.map, (entry & -PAGE_SIZE) >>> 0) >>> 2;
    if ((u32[word] | u32[word + 1]) !== 0) {
      const from = physical % PAGE_SIZE;
      const hit = (u32[word] & granuleBits(from, from + size, 0)) | (u32[word + 1] & granuleBits(from, from + size, 1));
      if (hit !== 0) this.#hooks.codeWrite(physical, size);
    }
    return this.#bytes(entry, physical, size);
  }

  #readPage(physical: number, target: Uint8Array): void {
    const entry = this.#entry(physical);
    if (entry & (PhysKind.ram | PhysKind.rom)) target.set(this.#bytes(entry, physical, target.length));
    else if (entry & PhysKind.mmio) this.#readDevice(entry, physical, target);
    else target.fill(0xff);
  }

  #writePage(physical: number, bytes: Uint8Array, rom: boolean): void {
    const entry = this.#entry(physical);
    if (entry & PhysKind.mmio) return this.#writeDevice(entry, physical, bytes);
    if (entry & PhysKind.ram) return this.#writable(entry, physical, bytes.length).set(bytes);
    if (!(entry & PhysKind.rom) || !rom) return;
    // ROM has no code bits, nobody but a loader writes it, and it may be at several addresses.
    for (const page of this.#regions.pagesOf(entry)) this.#hooks.beforeRemap(page * PAGE_SIZE, PAGE_SIZE);
    this.#bytes(entry, physical, bytes.length).set(bytes);
  }

  #readDevice(entry: number, physical: number, target: Uint8Array): void {
    const { physical: base, handler } = this.#regions.device(entry);
    for (let i = 0; i < target.length; ) {
      const size = accessSize(physical + i, target.length - i);
      const value = handler.read(physical + i - base, size);
      for (let byte = 0; byte < size; byte++) target[i + byte] = value >>> (byte * 8);
      i += size;
    }
  }

  #writeDevice(entry: number, physical: number, bytes: Uint8Array): void {
    const { physical: base, handler } = this.#regions.device(entry);
    for (let i = 0; i < bytes.length; ) {
      const size = accessSize(physical + i, bytes.length - i);
      let value = 0;
      for (let byte = 0; byte < size; byte++) value |= bytes[i + byte] << (byte * 8);
      handler.write(physical + i - base, size, value >>> 0);
      i += size;
    }
  }
}

/** The largest aligned device access at an address. */
function accessSize(physical: number, left: number): 1 | 2 | 4 {
  if (physical % 4 === 0 && left >= 4) return 4;
  return physical % 2 === 0 && left >= 2 ? 2 : 1;
}

function checkRange(physical: number, size: number): void {
  if (Number.isSafeInteger(physical) && physical >= 0 && Number.isSafeInteger(size) && size >= 0 && Number.isSafeInteger(physical + size)) return;
  throw new RuntimeError('bad-address', `${size} bytes at physical address ${physical}`, 'use integers from 0 to 2^53 − 1');
}
