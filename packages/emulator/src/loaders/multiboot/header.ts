/** The header of a Multiboot image (Multiboot Specification 0.6.96, section 3.1), and the segments it or the ELF around it names. */
import { elfEnd, isElf, parseElf, physicalEntry } from '../elf.ts';
import { badImage, ImageReader, RELOAD_HINT } from '../image-reader.ts';
import type { PlacedBytes } from '../plan.ts';

const MAGIC = 0x1badb002;
/** The header lies in the first 8 KiB, on a multiple of 4. */
const SEARCH_BYTES = 8192;
const Flag = {
  pageAlignedModules: 1 << 0, memoryInfo: 1 << 1, video: 1 << 2,
  /** The header itself says where the image goes. */
  addresses: 1 << 16,
} as const;
/** Flags that a loader has to understand or refuse. */
const REQUIRED = 0xffff;

export interface MultibootImage {
  readonly segments: readonly PlacedBytes[];
  /** Physical address of the first instruction. */
  readonly entry: number;
  /** First byte above everything the image occupies, zeroes included. */
  readonly end: number;
  /** What it occupies, zeroes included. */
  readonly occupied: readonly { readonly physical: number; readonly size: number }[];
}

/** Offset of the header; undefined when there is none. */
export function findMultibootHeader(bytes: Uint8Array): number | undefined {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const last = Math.min(bytes.length, SEARCH_BYTES) - 12;
  for (let at = 0; at <= last; at += 4) {
    if (data.getUint32(at, true) !== MAGIC) continue;
    const sum = MAGIC + data.getUint32(at + 4, true) + data.getUint32(at + 8, true);
    if (sum >>> 0 === 0) return at;
  }
  return undefined;
}

/** @throws MachineError `bad-image`: no header, asks for what is not offered, or is cut short */
export function parseMultiboot(bytes: Uint8Array): MultibootImage {
  const at = findMultibootHeader(bytes);
  if (at === undefined) badImage('no Multiboot header in the first 8 KiB', 'link the header to the start of the image');
  const image = new ImageReader(bytes, 'Multiboot image');
  const flags = image.u32(at + 4);
  const unknown = flags & REQUIRED & ~(Flag.pageAlignedModules | Flag.memoryInfo | Flag.video);
  if (unknown !== 0) badImage(`a Multiboot header that requires flags 0x${unknown.toString(16)}`, 'page-aligned modules, memory map and (ignored) video mode are supported');
  if (flags & Flag.addresses) return fromHeader(image, at);
  if (!isElf(bytes)) badImage('a Multiboot header without addresses in a file that is no ELF', 'set bit 16 of the flags and fill in the address fields');
  return fromElf(bytes);
}

function fromElf(bytes: Uint8Array): MultibootImage {
  const elf = parseElf(bytes);
  const entry = physicalEntry(elf);
  const end = elfEnd(elf);
  if (end > 2 ** 32 || entry >= 2 ** 32) badImage('a Multiboot image linked above 4 GiB', 'link it to physical addresses below 4 GiB: it is started in 32-bit mode');
  return {
    segments: elf.segments.filter((segment) => segment.bytes.length > 0).map((segment) => ({ name: 'kernel', physical: segment.physical, bytes: segment.bytes })),
    occupied: elf.segments.map(({ physical, memoryBytes }) => ({ physical, size: memoryBytes })),
    entry,
    end,
  };
}

/** The address fields of the header ("a.out kludge"). */
function fromHeader(image: ImageReader, at: number): MultibootImage {
  const [headerAddress, load, loadEnd, bssEnd, entry] = [12, 16, 20, 24, 28].map((field) => image.u32(at + field)) as [number, number, number, number, number];
  const offset = at - (headerAddress - load);
  if (headerAddress < load || offset < 0 || (loadEnd !== 0 && loadEnd < load)) badImage('a Multiboot header whose addresses contradict each other', RELOAD_HINT);
  const size = loadEnd === 0 ? image.length - offset : loadEnd - load;
  const bytes = image.slice(offset, size);
  const end = Math.max(load + size, bssEnd);
  return { segments: [{ name: 'kernel', physical: load, bytes }], occupied: [{ physical: load, size: end - load }], entry, end };
}
