/**
 * What a file is to a machine: for whoever takes files from a user and has to decide where they go. Contents come first; the name decides only between things that
 * look alike.
 */
import { isSnapshot } from '../snapshot/format.ts';
import { detectImage, type ImageKind } from './detect.ts';
import { isBzImage } from './linux/setup-header.ts';

/** What to do with it: `kernel` and `initrd` are those of `KernelBoot`, `disk` is an image for `PcDrive`, `flat` one for `PcFlatBoot`, `snapshot` is for `PcOptions.from`. */
export type FileRole = 'kernel' | 'initrd' | 'disk' | 'flat' | 'snapshot' | 'none';

/** How it is packed. Kernels take an initrd packed as it is. */
export type Packing = 'gzip' | 'xz' | 'zstd' | 'lz4' | 'bzip2' | 'lzma' | 'lzo';

interface FileRow {
  readonly role: FileRole;
  /** For people. */
  readonly label: string;
  /** What to do, where it is of no use as it is. */
  readonly hint?: string;
}

const UNPACK = 'unpack it first';
const CONVERT = 'convert it with `qemu-img convert -O raw`';

export const FILE_KINDS = {
  bzimage: { role: 'kernel', label: 'Linux kernel (bzImage)' },
  vmlinux: { role: 'kernel', label: 'Linux kernel (vmlinux)' },
  pvh: { role: 'kernel', label: 'kernel with a PVH entry' },
  multiboot: { role: 'kernel', label: 'Multiboot kernel' },
  elf: { role: 'none', label: 'ELF file that no boot protocol starts', hint: 'give it a Multiboot header or a PVH note' },
  cpio: { role: 'initrd', label: 'initial RAM disk (cpio)' },
  'packed-initrd': { role: 'initrd', label: 'initial RAM disk, packed' },
  iso: { role: 'disk', label: 'ISO 9660 image' },
  gpt: { role: 'disk', label: 'disk image with GPT partitions' },
  mbr: { role: 'disk', label: 'disk image with MBR partitions' },
  fat: { role: 'disk', label: 'FAT file system' },
  ext: { role: 'disk', label: 'ext2/3/4 file system' },
  xfs: { role: 'disk', label: 'XFS file system' },
  squashfs: { role: 'disk', label: 'SquashFS file system' },
  'raw-disk': { role: 'disk', label: 'raw disk image' },
  'packed-disk': { role: 'none', label: 'packed disk image', hint: UNPACK },
  'packed-kernel': { role: 'none', label: 'packed kernel', hint: UNPACK },
  qcow2: { role: 'none', label: 'QCOW2 disk image', hint: CONVERT },
  vmdk: { role: 'none', label: 'VMDK disk image', hint: CONVERT },
  vdi: { role: 'none', label: 'VirtualBox disk image', hint: CONVERT },
  vhdx: { role: 'none', label: 'VHDX disk image', hint: CONVERT },
  archive: { role: 'none', label: 'archive', hint: 'unpack it, and take the kernel or disk image inside' },
  'boot-sector': { role: 'flat', label: 'boot sector' },
  flat: { role: 'flat', label: 'flat image, by its name' },
  snapshot: { role: 'snapshot', label: 'wasm-tcg snapshot' },
  empty: { role: 'none', label: 'empty file', hint: 'fetch it again' },
  unknown: { role: 'none', label: 'unknown file', hint: 'give a kernel, an initrd, a raw disk image, an ISO image or a snapshot' },
} as const satisfies Readonly<Record<string, FileRow>>;

export type FileKind = keyof typeof FILE_KINDS;

export interface DetectedFile extends FileRow {
  readonly kind: FileKind;
  readonly packing?: Packing;
}

/** Bytes of a file's beginning that are enough for all kinds but ELF, whose notes may be anywhere: for `elf`, ask again with all of them. */
export const DETECT_BYTES = 65_536;

/** Offset and bytes, or text. The first row that fits counts. */
const MAGIC: readonly (readonly [kind: FileKind, at: number, bytes: string | readonly number[]])[] = [
  ['iso', 0x8001, 'CD001'],
  ['cpio', 0, '070701'], ['cpio', 0, '070702'], ['cpio', 0, '070707'], ['cpio', 0, [0xc7, 0x71]],
  ['qcow2', 0, [0x51, 0x46, 0x49, 0xfb]], ['vmdk', 0, 'KDMV'], ['vmdk', 0, '# Disk DescriptorFile'], ['vdi', 0x40, [0x7f, 0x10, 0xda, 0xbe]], ['vhdx', 0, 'vhdxfile'],
  ['archive', 0, [0x50, 0x4b, 0x03, 0x04]], ['archive', 0, [0x37, 0x7a, 0xbc, 0xaf]], ['archive', 0, '!<arch>\n'], ['archive', 257, 'ustar'],
  ['gpt', 512, 'EFI PART'], ['xfs', 0, 'XFSB'], ['squashfs', 0, 'hsqs'],
];
const PACKED: readonly (readonly [packing: Packing, bytes: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 8]], ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]], ['zstd', [0x28, 0xb5, 0x2f, 0xfd]], ['lz4', [0x02, 0x21, 0x4c, 0x18]], ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['bzip2', [0x42, 0x5a, 0x68]], ['lzo', [0x89, 0x4c, 0x5a, 0x4f]], ['lzma', [0x5d, 0, 0]],
];
/** Names of what contents do not tell apart, with what packed it (`.gz`) taken off. */
const DISK_NAME = /\.(img|raw|dd|ima|flp|vfd|hdd|disk|iso)$/i;
const FLAT_NAME = /\.(bin|com|rom|sys|flat)$/i;
const KERNEL_NAME = /^(vmlinux|vmlinuz|bzimage|kernel)\b/i;
const ARCHIVE_NAME = /\.(tar|tgz|deb|rpm|zip)$/i;
const PACKED_NAME = /\.(gz|xz|zst|lz4|bz2|lzma|lzo)$/i;

const SECTOR = 512;
/** ext2/3/4: s_magic of the superblock, which is at 1024. */
const EXT = { at: 1024 + 0x38, magic: [0x53, 0xef] } as const;

/**
 * @param name of the file, with or without its path
 * @param bytes all of it, or its first {@link DETECT_BYTES}
 * @param size bytes of the whole file. Default: all of it was given
 */
export function detectFile(name: string, bytes: Uint8Array, size: number = bytes.length): DetectedFile {
  const base = name.replace(/^.*[/\\]/, '');
  const packing = PACKED.find(([, magic]) => has(bytes, 0, magic))?.[0];
  const kind = kindOf(base, bytes, size, packing);
  return { kind, ...FILE_KINDS[kind], ...(packing === undefined || !kind.startsWith('packed') ? {} : { packing }) };
}

function kindOf(name: string, bytes: Uint8Array, size: number, packing: Packing | undefined): FileKind {
  if (size === 0) return 'empty';
  if (isSnapshot(bytes)) return 'snapshot';
  if (isBzImage(bytes)) return 'bzimage';
  const known = MAGIC.find(([, at, magic]) => has(bytes, at, magic))?.[0];
  if (known !== undefined) return known;
  if (packing !== undefined) return packedKind(name);
  const image = detectImage(bytes);
  if (image !== 'unknown' && image !== 'boot-sector') return image;
  return diskKind(bytes, size, image) ?? (image === 'boot-sector' ? 'boot-sector' : kindByName(name, size));
}

/** What is inside is not looked at. Most of what is packed and given to a machine is an initrd. */
function packedKind(name: string): FileKind {
  const inner = name.replace(PACKED_NAME, '');
  if (ARCHIVE_NAME.test(inner)) return 'archive';
  // `initrd.img` is the name that Debian gives its initrd.
  if (/initr|rootfs|cpio/i.test(inner)) return 'packed-initrd';
  if (DISK_NAME.test(inner)) return 'packed-disk';
  return KERNEL_NAME.test(inner) ? 'packed-kernel' : 'packed-initrd';
}

function diskKind(bytes: Uint8Array, size: number, image: ImageKind): FileKind | undefined {
  if (has(bytes, EXT.at, EXT.magic)) return 'ext';
  if (image !== 'boot-sector') return undefined;
  if (isFat(bytes)) return 'fat';
  if (hasPartitions(bytes)) return 'mbr';
  return size > SECTOR && size % SECTOR === 0 ? 'raw-disk' : undefined;
}

/** A BIOS parameter block (Microsoft FAT specification 1.03): a jump over it, sectors of 512 … 4096 bytes, one or two FATs. */
function isFat(bytes: Uint8Array): boolean {
  const jump = (bytes[0] === 0xeb && bytes[2] === 0x90) || bytes[0] === 0xe9;
  const sectorBytes = bytes[11]! | (bytes[12]! << 8);
  return jump && [512, 1024, 2048, 4096].includes(sectorBytes) && (bytes[16] === 1 || bytes[16] === 2) && bytes[13] !== 0;
}

/** Four entries, none of them impossible, and not all empty. */
function hasPartitions(bytes: Uint8Array): boolean {
  const entries = [446, 462, 478, 494].map((at) => ({ status: bytes[at]!, type: bytes[at + 4]! }));
  return entries.every(({ status }) => status === 0 || status === 0x80) && entries.some(({ type }) => type !== 0);
}

function kindByName(name: string, size: number): FileKind {
  if (DISK_NAME.test(name) && size % SECTOR === 0) return 'raw-disk';
  return FLAT_NAME.test(name) ? 'flat' : 'unknown';
}

function has(bytes: Uint8Array, at: number, magic: string | readonly number[]): boolean {
  if (at + magic.length > bytes.length) return false;
  for (let i = 0; i < magic.length; i++) if (bytes[at + i] !== (typeof magic === 'string' ? magic.charCodeAt(i) : magic[i])) return false;
  return true;
}
