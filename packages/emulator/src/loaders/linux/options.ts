/** What is asked of a Linux loader, besides the kernel itself. */
import type { FirmwarePlan } from '../../firmware/firmware.ts';
import { badImage } from '../image-reader.ts';
import type { PlacedBytes } from '../plan.ts';
import { rngSeedData, type BootDisplay } from './boot-params.ts';
import { CMDLINE_ROOM, LinuxLow } from './low-layout.ts';

export interface LinuxOptions {
  readonly initrd?: Uint8Array;
  /** Command line; UTF-8 when it is not ASCII. Default empty. */
  readonly append?: string;
  /** Entropy for the kernel's generator, 32 bytes or so. */
  readonly rngSeed?: Uint8Array;
  /** Default `none`. */
  readonly display?: BootDisplay;
  readonly firmware: FirmwarePlan;
}

/** @param limit longest command line the kernel takes, without the zero. @throws MachineError `bad-image` when it is longer */
export function commandLine(append: string, limit: number): Uint8Array {
  const text = new TextEncoder().encode(append);
  const most = Math.min(limit, CMDLINE_ROOM - 1);
  if (text.length > most) badImage(`a command line of ${text.length} bytes`, `this kernel takes ${most}: shorten \`append\``);
  const bytes = new Uint8Array(text.length + 1);
  bytes.set(text);
  return bytes;
}

/** The setup_data chain: empty, or the seed. */
export function setupDataSegments(rngSeed: Uint8Array | undefined): readonly PlacedBytes[] {
  return rngSeed === undefined || rngSeed.length === 0 ? [] : [{ name: 'setup_data', physical: LinuxLow.setupData, bytes: rngSeedData(rngSeed) }];
}
