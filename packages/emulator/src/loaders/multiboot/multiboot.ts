/**
 * Multiboot 1 (Multiboot Specification 0.6.96, sections 3.2, 3.3): 32-bit mode, EAX holds the magic, EBX points at what the image is told.
 * As QEMU does it: the command line starts with the image's name, fields are given whether asked for or not, no video mode is set.
 */
import { E820_ENTRY_BYTES, encodeE820, highMemoryEnd } from '../../firmware/e820.ts';
import type { FirmwarePlan } from '../../firmware/firmware.ts';
import { LowMemory } from '../../firmware/pc-map.ts';
import { BOOT_CODE, BOOT_DATA, BOOT_GDT_BYTES, bootGdt } from '../gdt.ts';
import { badImage } from '../image-reader.ts';
import { LowBlock } from '../low-block.ts';
import type { LoadPlan } from '../plan.ts';
import { parseMultiboot } from './header.ts';
import { placeModules, type BootModule } from './modules.ts';

export interface MultibootOptions {
  /** First word of the command line. Default `kernel`. */
  readonly kernelName?: string;
  /** The rest of the command line. */
  readonly append?: string;
  readonly modules?: readonly BootModule[];
  readonly firmware: FirmwarePlan;
}

const BOOTLOADER_MAGIC = 0x2badb002;
const LOADER_NAME = 'wasm-tcg';
/** Offsets in the information structure. */
const Info = { flags: 0, memLower: 4, bootDevice: 12, cmdline: 16, modsCount: 20, modsAddr: 24, mmapLength: 44, mmapAddr: 48, loaderName: 64 } as const;
const INFO_BYTES = 120;
const InfoFlag = { memory: 1 << 0, bootDevice: 1 << 1, cmdline: 1 << 2, modules: 1 << 3, memoryMap: 1 << 6, loaderName: 1 << 9 } as const;
/** First disk, no partition. */
const BOOT_DEVICE = 0x8000ffff;
const MODULE_BYTES = 16;
/** An entry of the memory map: its size (not counting this field), then as E820. */
const MMAP_ENTRY_BYTES = 4 + E820_ENTRY_BYTES;
const KIB = 1024;

/** @throws MachineError `bad-image` */
export function planMultiboot(bytes: Uint8Array, options: MultibootOptions): LoadPlan {
  const { kernelName = 'kernel', append = '', modules = [], firmware: { e820 } } = options;
  const image = parseMultiboot(bytes);
  const ramEnd = highMemoryEnd(e820);
  if (image.end > ramEnd) badImage(`the image needs RAM up to ${image.end}, there is RAM up to ${ramEnd}`, 'give the machine more `memory`');
  const placed = placeModules(modules, Math.max(image.end, LowMemory.biosEnd), ramEnd);

  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const cmdline = text(append === '' ? kernelName : `${kernelName} ${append}`);
  const loader = text(LOADER_NAME);
  const names = modules.map((module) => text(module.text));
  const block = new LowBlock();
  const info = block.reserve(INFO_BYTES);
  const gdt = block.reserve(BOOT_GDT_BYTES);
  const map = block.reserve(e820.length * MMAP_ENTRY_BYTES);
  const list = block.reserve(modules.length * MODULE_BYTES);
  const cmdlineAt = block.reserveText(cmdline);
  const loaderAt = block.reserveText(loader);
  const nameAt = names.map((name) => block.reserveText(name));
  const low = block.place(image.occupied);

  low.u32(info + Info.flags, InfoFlag.memory | InfoFlag.bootDevice | InfoFlag.cmdline | InfoFlag.modules | InfoFlag.memoryMap | InfoFlag.loaderName);
  low.u32(info + Info.memLower, LowMemory.ebda / KIB, (ramEnd - LowMemory.biosEnd) / KIB);
  low.u32(info + Info.bootDevice, BOOT_DEVICE);
  low.u32(info + Info.cmdline, low.at(cmdlineAt));
  low.u32(info + Info.modsCount, modules.length, low.at(list));
  low.u32(info + Info.mmapLength, e820.length * MMAP_ENTRY_BYTES, low.at(map));
  low.u32(info + Info.loaderName, low.at(loaderAt));
  low.bytes(gdt, bootGdt('code32'));
  const entries = encodeE820(e820);
  e820.forEach((_range, i) => {
    low.u32(map + i * MMAP_ENTRY_BYTES, E820_ENTRY_BYTES);
    low.bytes(map + i * MMAP_ENTRY_BYTES + 4, entries.subarray(i * E820_ENTRY_BYTES, (i + 1) * E820_ENTRY_BYTES));
  });
  placed.forEach(({ physical, bytes: { length } }, i) => {
    low.u32(list + i * MODULE_BYTES, physical, physical + length, low.at(nameAt[i]!), 0);
    low.bytes(nameAt[i]!, names[i]!);
  });
  low.bytes(cmdlineAt, cmdline);
  low.bytes(loaderAt, loader);
  return {
    segments: [...image.segments, ...placed.filter((module) => module.bytes.length > 0), low.finish('multiboot information')],
    start: {
      kind: 'protected32', eip: image.entry, esp: 0,
      segments: { gdt: { base: low.at(gdt), limit: BOOT_GDT_BYTES - 1 }, code: BOOT_CODE, data: BOOT_DATA },
      registers: { rax: BOOTLOADER_MAGIC, rbx: low.at(info) },
    },
    e820,
  };
}
