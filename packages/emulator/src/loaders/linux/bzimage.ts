/** bzImage: the kernel unpacks itself. Entered in 64-bit mode when it can be, else in 32-bit mode; the 16-bit entry on request or for old kernels. */
import { badImage, ImageReader } from '../image-reader.ts';
import type { LoadPlan, PlacedBytes } from '../plan.ts';
import { bootParams, fillHeader, type Extent } from './boot-params.ts';
import { entry32, entry64 } from './entry.ts';
import { LinuxLow } from './low-layout.ts';
import { commandLine, setupDataSegments, type LinuxOptions } from './options.ts';
import { checkKernelFits, HIGH_LOAD, kernelEnd, placeInitrd } from './placement.ts';
import { LoadFlag, parseSetupHeader, Protocol, protocolName, SetupField, type SetupHeader } from './setup-header.ts';

/** Mode the kernel is entered in. 16 runs its real-mode part, which asks the BIOS. */
export type LinuxEntryMode = 16 | 32 | 64;

export interface BzImageOptions extends LinuxOptions {
  /** Default: 64 if the kernel has that entry and the CPU long mode, else 32, else (protocol before 2.06) 16. */
  readonly entry?: LinuxEntryMode;
  /** Can the CPU run 64-bit code? */
  readonly longMode: boolean;
}

/** Offset of the 64-bit entry in the protected-mode part. */
const ENTRY64 = 0x200;

/** @throws MachineError `bad-image`: no kernel, truncated, too large for the RAM, or of a kind that cannot be entered as asked */
export function planBzImage(bytes: Uint8Array, options: BzImageOptions): LoadPlan {
  const image = new ImageReader(bytes, 'kernel image');
  const header = parseSetupHeader(image);
  const mode = entryMode(header, options);
  const kernel = bytes.subarray(header.setupBytes);
  const end = kernelEnd(header, kernel.length);
  const { firmware: { e820, rsdp }, initrd: initrdBytes, append = '', display = 'none' } = options;
  checkKernelFits(end, e820);
  const cmdline = commandLine(append, header.cmdlineSize);
  const initrd = initrdBytes === undefined || initrdBytes.length === 0 ? undefined : placeInitrd(initrdBytes.length, end, header.initrdAddrMax, e820);
  const setupData = header.version >= Protocol.setupData ? setupDataSegments(options.rngSeed) : [];
  const common: PlacedBytes[] = [
    { name: 'kernel', physical: HIGH_LOAD, bytes: kernel },
    { name: 'command line', physical: LinuxLow.cmdline, bytes: cmdline },
    ...setupData,
    ...(initrd === undefined ? [] : [{ name: 'initrd', physical: initrd.base, bytes: initrdBytes! }]),
  ];
  const fields = { version: header.version, code32Start: HIGH_LOAD, cmdline: LinuxLow.cmdline, initrd, setupData: setupData[0]?.physical ?? 0 };
  if (mode === 16) return { ...realModeEntry(image, header, fields, common), e820 };

  const page = bootParams({ ...fields, header: image.slice(SetupField.setupSects, header.headerBytes), e820, rsdp, display });
  const { segments, start } = mode === 64 ? entry64(HIGH_LOAD + ENTRY64) : entry32(HIGH_LOAD);
  return { segments: [...common, { name: 'boot_params', physical: LinuxLow.setup, bytes: page }, ...segments], start, e820 };
}

function entryMode(header: SetupHeader, { entry, longMode }: BzImageOptions): LinuxEntryMode {
  if (entry === 64 && !header.entry64) badImage('the kernel has no 64-bit entry', 'enter it in 32-bit mode, or use a 64-bit kernel of version 3.8 or later');
  if (entry === 64 && !longMode) badImage('the 64-bit entry on a CPU without long mode', 'choose a 64-bit CPU model');
  if (entry === 32 && header.version < Protocol.cmdlineSize) {
    badImage(`the 32-bit entry of a kernel of boot protocol ${protocolName(header.version)}`, 'it came with 2.06: enter this kernel in 16-bit mode');
  }
  if (entry !== undefined) return entry;
  if (header.version < Protocol.cmdlineSize) return 16;
  return header.entry64 && longMode ? 64 : 32;
}

interface LoaderFields {
  readonly version: number;
  readonly code32Start: number;
  readonly cmdline: number;
  readonly initrd: Extent | undefined;
  readonly setupData: number;
}

/** The real-mode part in a segment of its own, with stack and heap above it; it starts 0x200 past the boot sector's start. */
function realModeEntry(image: ImageReader, header: SetupHeader, fields: LoaderFields, common: readonly PlacedBytes[]): Omit<LoadPlan, 'e820'> {
  const SEGMENT = LinuxLow.setup >> 4;
  const BOOT_SECTOR_PARAGRAPHS = 0x20;
  const STACK_TOP = 0xfff0;
  const STACK_BYTES = 0x400;
  if (header.setupBytes > STACK_TOP - 2 * STACK_BYTES) badImage(`a real-mode part of ${header.setupBytes} bytes`, 'it has to fit 62 KiB: the header is damaged');
  const setup = image.slice(0, header.setupBytes).slice();
  fillHeader(setup, fields);
  setup[SetupField.loadFlags] = setup[SetupField.loadFlags]! | LoadFlag.canUseHeap;
  new DataView(setup.buffer).setUint16(SetupField.heapEndPtr, STACK_TOP - STACK_BYTES - 0x200, true);
  return {
    segments: [...common, { name: 'setup', physical: LinuxLow.setup, bytes: setup }],
    start: { kind: 'real16', cs: SEGMENT + BOOT_SECTOR_PARAGRAPHS, ip: 0, data: SEGMENT, sp: STACK_TOP },
  };
}
