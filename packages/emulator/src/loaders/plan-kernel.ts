/** `-kernel`: whatever it is given, started by the protocol that fits. */
import type { FirmwarePlan } from '../firmware/firmware.ts';
import { detectImage } from './detect.ts';
import { badImage } from './image-reader.ts';
import type { BootDisplay } from './linux/boot-params.ts';
import { planBzImage, type LinuxEntryMode } from './linux/bzimage.ts';
import { planVmlinux } from './linux/vmlinux.ts';
import type { BootModule } from './multiboot/modules.ts';
import { planMultiboot } from './multiboot/multiboot.ts';
import type { LoadPlan } from './plan.ts';
import { planPvh } from './pvh.ts';

export interface KernelOptions {
  readonly firmware: FirmwarePlan;
  /** Can the CPU run 64-bit code? */
  readonly longMode: boolean;
  readonly append?: string;
  readonly initrd?: Uint8Array;
  /** Multiboot: modules; without them the initrd is the one module. */
  readonly modules?: readonly BootModule[];
  /** Multiboot: first word of the command line. */
  readonly kernelName?: string;
  /** Linux: see {@link planBzImage}. */
  readonly entry?: LinuxEntryMode;
  readonly rngSeed?: Uint8Array;
  readonly display?: BootDisplay;
  /** Linux: the ELF that `unpackBzImage` made of the bzImage; it is started instead, the image only gives its header. */
  readonly unpacked?: Uint8Array;
}

/** @throws MachineError `bad-image` for what cannot be started, with what to do about it */
export function planKernel(bytes: Uint8Array, options: KernelOptions): LoadPlan {
  const { initrd, unpacked } = options;
  switch (detectImage(bytes)) {
    case 'bzimage':
      return unpacked === undefined ? planBzImage(bytes, options) : planVmlinux(unpacked, { ...options, bzImage: bytes });
    case 'multiboot':
      return planMultiboot(bytes, { ...options, modules: options.modules ?? (initrd === undefined ? [] : [{ bytes: initrd, text: '' }]) });
    case 'pvh':
      return planPvh(bytes, options);
    case 'vmlinux':
      return planVmlinux(bytes, options);
    case 'elf':
      return badImage('an ELF file with neither Multiboot header nor PVH note', 'give it a Multiboot header in its first 8 KiB, or start a flat image of it');
    case 'boot-sector':
      return badImage('a boot sector or disk image as kernel', 'give it as a disk, or as a flat image at 0x7c00');
    case 'unknown':
      return badImage(`${bytes.length} bytes that are no kernel`, 'a bzImage, a Multiboot image or an ELF kernel is wanted here');
  }
}
