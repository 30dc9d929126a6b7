/**
 * The setup header of a bzImage (Linux Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"): what a kernel says about itself, and
 * where a loader leaves its answers. Offsets are the same in the image and in boot_params.
 */
import { badImage, RELOAD_HINT, type ImageReader } from '../image-reader.ts';

/** Offsets of fields. */
export const SetupField = {
  setupSects: 0x1f1, sysSize: 0x1f4, bootFlag: 0x1fe, jump: 0x200, magic: 0x202, version: 0x206, kernelVersion: 0x20e, typeOfLoader: 0x210, loadFlags: 0x211, code32Start: 0x214,
  ramdiskImage: 0x218, ramdiskSize: 0x21c, heapEndPtr: 0x224, cmdLinePtr: 0x228, initrdAddrMax: 0x22c, kernelAlignment: 0x230, relocatable: 0x234,
  xloadflags: 0x236, cmdlineSize: 0x238, payloadOffset: 0x248, payloadLength: 0x24c, setupData: 0x250, prefAddress: 0x258, initSize: 0x260,
} as const;

/** "HdrS". */
export const HEADER_MAGIC = 0x53726448;
export const BOOT_FLAG = 0xaa55;
export const SECTOR = 512;

/** Bits of loadflags. */
export const LoadFlag = { loadedHigh: 0x01, canUseHeap: 0x80 } as const;
/** Bits of xloadflags. */
const XLoadFlag = { kernel64: 0x01 } as const;

/** Protocol versions that brought fields. */
export const Protocol = { initrdLimit: 0x203, sysSize: 0x204, relocatable: 0x205, cmdlineSize: 0x206, payload: 0x208, setupData: 0x209, prefAddress: 0x20a, xloadflags: 0x20c } as const;

export interface SetupHeader {
  /** Boot protocol: major × 256 + minor. */
  readonly version: number;
  /** Bytes of the real-mode part, boot sector included. */
  readonly setupBytes: number;
  /** Bytes of the header from {@link SetupField.setupSects} on. */
  readonly headerBytes: number;
  readonly loadFlags: number;
  /** Has an entry for 64-bit mode at 0x200 past the start of the protected-mode part. */
  readonly entry64: boolean;
  readonly relocatable: boolean;
  /** Highest byte an initrd may occupy. */
  readonly initrdAddrMax: number;
  /** Longest command line, without the zero. */
  readonly cmdlineSize: number;
  readonly kernelAlignment: number;
  /** Where the kernel runs when nothing moves it; 0x100000 for kernels that do not say. */
  readonly prefAddress: number;
  /** Bytes from where it runs that it needs before it reads the memory map; 0 when it does not say. */
  readonly initSize: number;
  /** `uname -r` and builder, as the image's text says; empty when it has none. */
  readonly kernelVersion: string;
}

/** Is it a kernel with a setup header at all? */
export function isBzImage(bytes: Uint8Array): boolean {
  if (bytes.length < SetupField.version) return false;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return data.getUint16(SetupField.bootFlag, true) === BOOT_FLAG && data.getUint32(SetupField.magic, true) === HEADER_MAGIC;
}

/** @throws MachineError `bad-image` for an image that is no kernel, of a protocol before 2.02, loaded low, or cut short */
export function parseSetupHeader(image: ImageReader): SetupHeader {
  if (image.length < SECTOR * 2) badImage(`a kernel image of ${image.length} bytes`, RELOAD_HINT);
  if (image.u16(SetupField.bootFlag) !== BOOT_FLAG || image.u32(SetupField.magic) !== HEADER_MAGIC) {
    badImage('no boot flag and "HdrS" in the kernel image', 'a Linux kernel for x86 is wanted here: arch/x86/boot/bzImage, or /boot/vmlinuz of a distribution');
  }
  const version = image.u16(SetupField.version);
  const OLDEST = 0x202;
  if (version < OLDEST) badImage(`a kernel of boot protocol ${protocolName(version)}`, 'kernels before 2.4 (protocol 2.02) are not supported');
  const loadFlags = image.u8(SetupField.loadFlags);
  if ((loadFlags & LoadFlag.loadedHigh) === 0) badImage('a zImage, which loads below 1 MiB', 'build a bzImage');
  const DEFAULT_SETUP_SECTS = 4;
  const setupBytes = ((image.u8(SetupField.setupSects) || DEFAULT_SETUP_SECTS) + 1) * SECTOR;
  if (image.length <= setupBytes) badImage(`the kernel image ends in its real-mode part: ${image.length} of more than ${setupBytes} bytes`, RELOAD_HINT);
  const PARAGRAPH = 16;
  if (version >= Protocol.sysSize) image.check(setupBytes, image.u32(SetupField.sysSize) * PARAGRAPH);
  const since = <T>(protocol: number, field: () => T, otherwise: T): T => (version >= protocol ? field() : otherwise);
  const HIGH = 0x100000;
  // The header ends where the jump over it lands.
  const headerEnd = SetupField.magic + image.u8(SetupField.jump + 1);
  const xloadflags = since(Protocol.xloadflags, () => image.u16(SetupField.xloadflags), 0);
  return {
    version,
    setupBytes,
    headerBytes: headerEnd - SetupField.setupSects,
    loadFlags,
    entry64: (xloadflags & XLoadFlag.kernel64) !== 0,
    relocatable: since(Protocol.relocatable, () => image.u8(SetupField.relocatable) !== 0, false),
    initrdAddrMax: since(Protocol.initrdLimit, () => image.u32(SetupField.initrdAddrMax), 0x37ffffff),
    cmdlineSize: since(Protocol.cmdlineSize, () => image.u32(SetupField.cmdlineSize), 255),
    kernelAlignment: since(Protocol.relocatable, () => image.u32(SetupField.kernelAlignment), HIGH) || HIGH,
    prefAddress: since(Protocol.prefAddress, () => image.u64(SetupField.prefAddress), HIGH) || HIGH,
    initSize: since(Protocol.prefAddress, () => image.u32(SetupField.initSize), 0),
    kernelVersion: versionText(image, setupBytes),
  };
}

export function protocolName(version: number): string {
  return `${version >> 8}.${String(version & 0xff).padStart(2, '0')}`;
}

/** The text stands 0x200 past what the field says, and only inside the real-mode part. */
function versionText(image: ImageReader, setupBytes: number): string {
  const pointer = image.u16(SetupField.kernelVersion);
  const start = pointer + SECTOR;
  if (pointer === 0 || start >= setupBytes) return '';
  const text = image.slice(start, setupBytes - start);
  const end = text.indexOf(0);
  return String.fromCharCode(...text.subarray(0, end < 0 ? 0 : Math.min(end, 200)));
}
