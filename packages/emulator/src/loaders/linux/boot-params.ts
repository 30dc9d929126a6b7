/**
 * boot_params, the "zero page" (Linux Documentation/arch/x86/zero-page.rst): what a loader tells the kernel. Starts from the kernel's own
 * setup header and fills in the loader's fields.
 */
import { encodeE820, type E820Range } from '../../firmware/e820.ts';
import { badImage } from '../image-reader.ts';
import { BOOT_FLAG, HEADER_MAGIC, LoadFlag, Protocol, SetupField } from './setup-header.ts';

export const BOOT_PARAMS_BYTES = 4096;

/** Fields of boot_params outside the setup header. */
const Field = { videoMode: 0x06, videoColumns: 0x07, videoLines: 0x0e, isVga: 0x0f, fontLines: 0x10, rsdp: 0x070, e820Entries: 0x1e8, e820Table: 0x2d0 } as const;
/** Entries that fit the table. */
const E820_MAX = 128;
/** Loaders without a number of their own. */
const UNKNOWN_LOADER = 0xff;
const SETUP_RNG_SEED = 9;

/** What the kernel may draw on: `none`, or the text mode of a VGA, 80 columns by 25 lines. */
export type BootDisplay = 'none' | 'text80x25';

/** Bytes at a place in RAM. */
export interface Extent {
  readonly base: number;
  readonly size: number;
}

export interface BootParamsOptions {
  /** Setup header from {@link SetupField.setupSects} on, as it stands in the image. */
  readonly header: Uint8Array;
  /** Its boot protocol. */
  readonly version: number;
  /** Physical address of the protected-mode part. */
  readonly code32Start: number;
  /** Physical address of the command line. */
  readonly cmdline: number;
  readonly initrd: Extent | undefined;
  /** Physical address of the first setup_data; 0 for none. */
  readonly setupData: number;
  readonly e820: readonly E820Range[];
  /** Physical address of the ACPI root pointer; 0: the kernel searches. */
  readonly rsdp: number;
  readonly display: BootDisplay;
}

/** The whole page. */
export function bootParams(options: BootParamsOptions): Uint8Array {
  const page = new Uint8Array(BOOT_PARAMS_BYTES);
  const data = new DataView(page.buffer);
  page.set(options.header, SetupField.setupSects);
  fillHeader(page, options);
  screenInfo(page, options.display);
  data.setBigUint64(Field.rsdp, BigInt(options.rsdp), true);
  const { e820 } = options;
  if (e820.length > E820_MAX) badImage(`${e820.length} ranges of memory`, `boot_params has room for ${E820_MAX}`);
  page[Field.e820Entries] = e820.length;
  page.set(encodeE820(e820), Field.e820Table);
  return page;
}

/** The loader's fields of a setup header at its place in `page` (boot_params, or the real-mode part of an image). */
export function fillHeader(page: Uint8Array, options: Pick<BootParamsOptions, 'version' | 'code32Start' | 'cmdline' | 'initrd' | 'setupData'>): void {
  const data = new DataView(page.buffer, page.byteOffset, page.length);
  page[SetupField.typeOfLoader] = UNKNOWN_LOADER;
  page[SetupField.loadFlags] = page[SetupField.loadFlags]! | LoadFlag.loadedHigh;
  data.setUint32(SetupField.code32Start, options.code32Start, true);
  data.setUint32(SetupField.cmdLinePtr, options.cmdline, true);
  data.setUint32(SetupField.ramdiskImage, options.initrd?.base ?? 0, true);
  data.setUint32(SetupField.ramdiskSize, options.initrd?.size ?? 0, true);
  if (options.version >= Protocol.setupData) data.setBigUint64(SetupField.setupData, BigInt(options.setupData), true);
}

/** All zero means that there is nothing to draw on; the kernel then probes no VGA. */
function screenInfo(page: Uint8Array, display: BootDisplay): void {
  if (display === 'none') return;
  const COLOUR_TEXT_80 = 3;
  page[Field.videoMode] = COLOUR_TEXT_80;
  page[Field.videoColumns] = 80;
  page[Field.videoLines] = 25;
  page[Field.isVga] = 1;
  page[Field.fontLines] = 16;
}

/** One setup_data of type SETUP_RNG_SEED, the last of its chain: the kernel credits the bytes to its generator and wipes them. */
export function rngSeedData(seed: Uint8Array): Uint8Array {
  const HEADER = 16;
  const bytes = new Uint8Array(HEADER + seed.length);
  const data = new DataView(bytes.buffer);
  data.setUint32(8, SETUP_RNG_SEED, true);
  data.setUint32(12, seed.length, true);
  bytes.set(seed, HEADER);
  return bytes;
}

/** A setup header for a kernel that comes without one (an ELF vmlinux), as {@link BootParamsOptions.header}. */
export function syntheticHeader(): { readonly header: Uint8Array; readonly version: number } {
  const version = 0x20f;
  const header = new Uint8Array(0x280 - SetupField.setupSects);
  const data = new DataView(header.buffer);
  const at = (field: number): number => field - SetupField.setupSects;
  data.setUint16(at(SetupField.bootFlag), BOOT_FLAG, true);
  data.setUint32(at(SetupField.magic), HEADER_MAGIC, true);
  data.setUint16(at(SetupField.version), version, true);
  return { header, version };
}
