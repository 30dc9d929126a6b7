/**
 * An unpacked kernel, entered where its decompressor would have jumped to (startup_64, startup_32) with boot_params in RSI or ESI. It runs
 * at the addresses it was linked for: nothing is relocated, so there is no KASLR.
 */
import { elfEnd, parseElf, physicalEntry } from '../elf.ts';
import { badImage, ImageReader } from '../image-reader.ts';
import type { LoadPlan } from '../plan.ts';
import { bootParams, syntheticHeader } from './boot-params.ts';
import { entry32, entry64 } from './entry.ts';
import { LinuxLow } from './low-layout.ts';
import { commandLine, setupDataSegments, type LinuxOptions } from './options.ts';
import { checkKernelFits, placeInitrd } from './placement.ts';
import { parseSetupHeader, SetupField } from './setup-header.ts';

export interface VmlinuxOptions extends LinuxOptions {
  /** The bzImage it was unpacked from, whose setup header is handed on; without it one is made up. */
  readonly bzImage?: Uint8Array;
  /** Can the CPU run 64-bit code? */
  readonly longMode: boolean;
}

const PAGE = 4096;

/** @throws MachineError `bad-image` */
export function planVmlinux(bytes: Uint8Array, options: VmlinuxOptions): LoadPlan {
  const elf = parseElf(bytes);
  if (elf.bits === 64 && !options.longMode) badImage('a 64-bit kernel on a CPU without long mode', 'choose a 64-bit CPU model, or a 32-bit kernel');
  const { firmware: { e820, rsdp }, initrd: initrdBytes, append = '', display = 'none' } = options;
  const { header, version, cmdlineSize, initrdAddrMax, end: headerEnd } = setupOf(options.bzImage);
  const end = Math.max(Math.ceil(elfEnd(elf) / PAGE) * PAGE, headerEnd);
  const LOWEST = 0x100000;
  if (elf.segments.some(({ physical }) => physical < LOWEST)) badImage('a kernel with segments below 1 MiB', 'Linux kernels lie above: is it one?');
  checkKernelFits(end, e820);
  const initrd = initrdBytes === undefined || initrdBytes.length === 0 ? undefined : placeInitrd(initrdBytes.length, end, initrdAddrMax, e820);
  const setupData = setupDataSegments(options.rngSeed);
  const page = bootParams({
    header, version, code32Start: elf.segments[0]!.physical, cmdline: LinuxLow.cmdline, initrd, setupData: setupData[0]?.physical ?? 0, e820, rsdp, display,
  });
  const { segments, start } = elf.bits === 64 ? entry64(physicalEntry(elf)) : entry32(physicalEntry(elf));
  return {
    segments: [
      ...elf.segments.filter((segment) => segment.bytes.length > 0).map((segment) => ({ name: 'kernel', physical: segment.physical, bytes: segment.bytes })),
      { name: 'boot_params', physical: LinuxLow.setup, bytes: page },
      { name: 'command line', physical: LinuxLow.cmdline, bytes: commandLine(append, cmdlineSize) },
      ...setupData,
      ...(initrd === undefined ? [] : [{ name: 'initrd', physical: initrd.base, bytes: initrdBytes! }]),
      ...segments,
    ],
    start,
    e820,
  };
}

interface SetupFacts {
  readonly header: Uint8Array;
  readonly version: number;
  readonly cmdlineSize: number;
  readonly initrdAddrMax: number;
  /** First byte above what the kernel claims by init_size; 0 when it does not tell. */
  readonly end: number;
}

function setupOf(bzImage: Uint8Array | undefined): SetupFacts {
  if (bzImage === undefined) return { ...syntheticHeader(), cmdlineSize: 2047, initrdAddrMax: 0x7fffffff, end: 0 };
  const image = new ImageReader(bzImage, 'kernel image');
  const { version, headerBytes, cmdlineSize, initrdAddrMax, prefAddress, initSize } = parseSetupHeader(image);
  return { header: image.slice(SetupField.setupSects, headerBytes), version, cmdlineSize, initrdAddrMax, end: initSize === 0 ? 0 : prefAddress + initSize };
}
