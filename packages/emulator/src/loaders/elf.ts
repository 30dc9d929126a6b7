/** ELF executables (System V ABI, "Object Files"): headers, segments to load, notes. 32 and 64 bits, x86, little-endian. */
import { badImage, ImageReader, RELOAD_HINT } from './image-reader.ts';

const MAGIC = 0x464c457f;
const Class = { elf32: 1, elf64: 2 } as const;
const LITTLE_ENDIAN = 1;
const FileType = { executable: 2, shared: 3 } as const;
const Machine = { i386: 3, x86_64: 62 } as const;
const Segment = { load: 1, note: 4 } as const;

export interface ElfSegment {
  readonly virtual: number;
  readonly physical: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory: what the file does not give is zero. */
  readonly memoryBytes: number;
}

export interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly descriptor: Uint8Array;
}

export interface ElfFile {
  readonly bits: 32 | 64;
  readonly machine: 'i386' | 'x86-64';
  /** As the file says: physical in kernels that start without paging. */
  readonly entry: number;
  /** In the order of the file. Segments without memory are left out. */
  readonly segments: readonly ElfSegment[];
  readonly notes: readonly ElfNote[];
}

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 16 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC;
}

/** @throws MachineError `bad-image` for what is no x86 executable, or is cut short */
export function parseElf(bytes: Uint8Array): ElfFile {
  const file = new ImageReader(bytes, 'ELF file');
  if (!isElf(bytes)) badImage('no ELF file', RELOAD_HINT);
  const elfClass = file.u8(4);
  if ((elfClass !== Class.elf32 && elfClass !== Class.elf64) || file.u8(5) !== LITTLE_ENDIAN) badImage('an ELF file that is not for x86', 'build it for x86');
  const wide = elfClass === Class.elf64;
  const machine = file.u16(18);
  if (machine !== Machine.i386 && machine !== Machine.x86_64) badImage(`an ELF file for machine ${machine}`, 'build it for x86 (machine 3 or 62)');
  const type = file.u16(16);
  if (type !== FileType.executable && type !== FileType.shared) badImage('an ELF file that is no executable', 'link it: object files and core dumps cannot be started');
  const word = (at: number): number => (wide ? file.u64(at) : file.u32(at));
  const headers = wide
    ? { entry: file.u64(24), at: file.u64(32), size: file.u16(54), count: file.u16(56) }
    : { entry: file.u32(24), at: file.u32(28), size: file.u16(42), count: file.u16(44) };
  const segments: ElfSegment[] = [];
  const notes: ElfNote[] = [];
  for (let i = 0; i < headers.count; i++) {
    const at = headers.at + i * headers.size;
    const kind = file.u32(at);
    const [offset, virtual, physical, size, memoryBytes] = wide
      ? [8, 16, 24, 32, 40].map((field) => word(at + field)) as [number, number, number, number, number]
      : [4, 8, 12, 16, 20].map((field) => word(at + field)) as [number, number, number, number, number];
    if (kind === Segment.load && memoryBytes > 0) {
      if (size > memoryBytes) badImage('an ELF segment larger in the file than in memory', RELOAD_HINT);
      segments.push({ virtual, physical, bytes: file.slice(offset, size), memoryBytes });
    }
    if (kind === Segment.note) notes.push(...readNotes(new ImageReader(file.slice(offset, size), 'ELF notes')));
  }
  if (segments.length === 0) badImage('an ELF file with nothing to load', 'link it with program headers');
  return { bits: wide ? 64 : 32, machine: machine === Machine.i386 ? 'i386' : 'x86-64', entry: headers.entry, segments, notes };
}

/** The entry as a physical address: one that lies in no segment physically but in one virtually is moved with it. */
export function physicalEntry({ entry, segments }: ElfFile): number {
  if (segments.some(({ physical, memoryBytes }) => entry >= physical && entry < physical + memoryBytes)) return entry;
  const virtual = segments.find((segment) => entry >= segment.virtual && entry < segment.virtual + segment.memoryBytes);
  return virtual === undefined ? entry : entry - virtual.virtual + virtual.physical;
}

/** First byte above everything it occupies. */
export function elfEnd({ segments }: ElfFile): number {
  return Math.max(...segments.map(({ physical, memoryBytes }) => physical + memoryBytes));
}

/** Names and descriptors are padded to 4 bytes. A damaged tail is no reason not to start the file. */
function readNotes(notes: ImageReader): readonly ElfNote[] {
  const HEADER = 12;
  const found: ElfNote[] = [];
  const padded = (size: number): number => Math.ceil(size / 4) * 4;
  for (let at = 0; at + HEADER <= notes.length; ) {
    const nameBytes = notes.u32(at);
    const size = notes.u32(at + 4);
    const descriptorAt = at + HEADER + padded(nameBytes);
    if (descriptorAt + size > notes.length) break;
    const name = String.fromCharCode(...notes.slice(at + HEADER, nameBytes)).replace(/\0+$/, '');
    found.push({ name, type: notes.u32(at + 8), descriptor: notes.slice(descriptorAt, size) });
    at = descriptorAt + padded(size);
  }
  return found;
}
