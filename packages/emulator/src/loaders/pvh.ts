/**
 * PVH: the entry that hypervisors give to ELF kernels (Xen docs/misc/pvh.pandoc, public/arch-x86/hvm/start_info.h). 32-bit mode, EBX points
 * at hvm_start_info.
 */
import { highMemoryEnd } from '../firmware/e820.ts';
import type { FirmwarePlan } from '../firmware/firmware.ts';
import { elfEnd, type ElfFile, parseElf } from './elf.ts';
import { BOOT_CODE, BOOT_DATA, BOOT_GDT_BYTES, bootGdt } from './gdt.ts';
import { badImage } from './image-reader.ts';
import { LowBlock } from './low-block.ts';
import type { LoadPlan } from './plan.ts';
import { checkKernelFits, placeInitrd } from './linux/placement.ts';
import { commandLine } from './linux/options.ts';

export interface PvhOptions {
  readonly append?: string;
  /** The one module Linux takes: its initrd. */
  readonly initrd?: Uint8Array;
  readonly firmware: FirmwarePlan;
}

const NOTE_OWNER = 'Xen';
const PHYS32_ENTRY = 18;
const START_MAGIC = 0x336ec578;
const START_VERSION = 1;
const START_BYTES = 56;
const MODULE_BYTES = 32;
const MEMORY_ENTRY_BYTES = 24;
/** Longest command line that Linux takes. */
const CMDLINE_SIZE = 2047;
/** Initrds of 32-bit kernels lie below 2 GiB. */
const INITRD_MAX = 0x7fffffff;

/** Physical address of the PVH entry; undefined when the file has none. */
export function pvhEntry({ notes }: ElfFile): number | undefined {
  const note = notes.find(({ name, type, descriptor }) => name === NOTE_OWNER && type === PHYS32_ENTRY && descriptor.length >= 4);
  if (note === undefined) return undefined;
  return new DataView(note.descriptor.buffer, note.descriptor.byteOffset).getUint32(0, true);
}

/** @throws MachineError `bad-image` */
export function planPvh(bytes: Uint8Array, { append = '', initrd, firmware: { e820, rsdp } }: PvhOptions): LoadPlan {
  const elf = parseElf(bytes);
  const entry = pvhEntry(elf);
  if (entry === undefined) badImage('an ELF file without the PVH note', 'configure the kernel with CONFIG_PVH');
  const PAGE = 4096;
  const end = Math.ceil(elfEnd(elf) / PAGE) * PAGE;
  checkKernelFits(end, e820);
  const module = initrd === undefined || initrd.length === 0 ? undefined : placeInitrd(initrd.length, end, Math.min(INITRD_MAX, highMemoryEnd(e820) - 1), e820);
  const cmdline = commandLine(append, CMDLINE_SIZE);

  const block = new LowBlock();
  const info = block.reserve(START_BYTES);
  const gdt = block.reserve(BOOT_GDT_BYTES);
  const modules = block.reserve(MODULE_BYTES);
  const map = block.reserve(e820.length * MEMORY_ENTRY_BYTES);
  const cmdlineAt = block.reserve(cmdline.length, 1);
  const low = block.place(elf.segments.map(({ physical, memoryBytes }) => ({ physical, size: memoryBytes })));

  low.u32(info, START_MAGIC, START_VERSION, 0, module === undefined ? 0 : 1);
  low.u64(info + 16, module === undefined ? 0 : low.at(modules), low.at(cmdlineAt), rsdp, low.at(map));
  low.u32(info + 48, e820.length, 0);
  if (module !== undefined) low.u64(modules, module.base, module.size, 0, 0);
  e820.forEach(({ base, size, type }, i) => {
    low.u64(map + i * MEMORY_ENTRY_BYTES, base, size);
    low.u32(map + i * MEMORY_ENTRY_BYTES + 16, type, 0);
  });
  low.bytes(gdt, bootGdt('code32'));
  low.bytes(cmdlineAt, cmdline);
  return {
    segments: [
      ...elf.segments.filter((segment) => segment.bytes.length > 0).map((segment) => ({ name: 'kernel', physical: segment.physical, bytes: segment.bytes })),
      ...(module === undefined ? [] : [{ name: 'initrd', physical: module.base, bytes: initrd! }]),
      low.finish('hvm_start_info'),
    ],
    start: {
      kind: 'protected32', eip: entry, esp: 0,
      segments: { gdt: { base: low.at(gdt), limit: BOOT_GDT_BYTES - 1 }, code: BOOT_CODE, data: BOOT_DATA },
      registers: { rbx: low.at(info) },
    },
    e820,
  };
}
