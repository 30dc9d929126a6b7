/** What a PC starts with: firmware's leavings and the image that was asked for, as one plan that can be carried out again at every reset. */
import { CPU_MODELS } from '@wasm-tcg/guest-x86';
import type { KernelBoot, PcFlatBoot } from '../api.ts';
import { MachineError } from '../errors.ts';
import type { SavedValue } from '../devices/device.ts';
import { SavedFields } from '../devices/saved-fields.ts';
import { planFirmware, type FirmwarePlan } from '../firmware/firmware.ts';
import type { CpuStart } from '../loaders/cpu-start.ts';
import { detectImage } from '../loaders/detect.ts';
import { FILE_KINDS } from '../loaders/detect-file.ts';
import { ImageReader } from '../loaders/image-reader.ts';
import { parseSetupHeader } from '../loaders/linux/setup-header.ts';
import { planFlatImage } from '../loaders/flat.ts';
import { unpackBzImage } from '../loaders/linux/payload.ts';
import { planKernel } from '../loaders/plan-kernel.ts';
import type { LoadPlan } from '../loaders/plan.ts';
import type { PcConfig } from './pc-config.ts';

/** Bytes of entropy that Linux is given at boot. */
const SEED_BYTES = 32;
/** Kinds of images that are Linux. */
const LINUX: ReadonlySet<string> = new Set(['bzimage', 'vmlinux', 'pvh']);
const ENTRY_MODES = { real16: 16, protected32: 32, long64: 64 } as const;
/** How a kernel may be entered. */
const ENTRIES: readonly string[] = ['auto', 'unpacked', ...Object.keys(ENTRY_MODES)];

export interface BootPlan {
  readonly firmware: FirmwarePlan;
  /** Without an image: the CPU stays in its power-on state. */
  readonly image: Pick<LoadPlan, 'segments' | 'start'> | undefined;
  /** The image is a Linux kernel. */
  readonly linux: boolean;
  /** What it is, for people: `Linux 6.1.0`. */
  readonly title: string;
}

export interface BootRequest {
  readonly boot: KernelBoot | PcFlatBoot | undefined;
  readonly config: PcConfig;
  /** Fill with random bytes. */
  readonly random: (target: Uint8Array) => void;
}

/** @throws MachineError `bad-image`, `bad-option` */
export async function planBoot({ boot, config, random }: BootRequest): Promise<BootPlan> {
  const firmware = planFirmware(config.firmware);
  if (boot === undefined) return { firmware, image: undefined, linux: false, title: '' };
  if ('image' in boot) {
    const { image, loadAddress, entry, cs, mode, stack } = boot;
    const options = { firmware, loadAddress, mode: mode ?? 'real16', ...(entry === undefined ? {} : { entry }), ...(cs === undefined ? {} : { cs }), ...(stack === undefined ? {} : { stack }) };
    return { firmware, image: planFlatImage(image, options), linux: false, title: 'flat image' };
  }
  const { kernel, name, initrd, append, modules, entry = 'auto' } = boot;
  if (!ENTRIES.includes(entry)) throw new MachineError('bad-option', `boot.entry: ${String(entry)}`, `one of ${ENTRIES.join(', ')}`);
  const rngSeed = new Uint8Array(SEED_BYTES);
  random(rngSeed);
  const longMode = (CPU_MODELS[config.model].features as readonly string[]).includes('lm');
  const unpacked = entry === 'unpacked' ? await unpackBzImage(kernel) : undefined;
  const image = planKernel(kernel, {
    firmware, longMode, rngSeed,
    ...(initrd === undefined ? {} : { initrd }),
    ...(append === undefined ? {} : { append }),
    ...(name === undefined ? {} : { kernelName: name }),
    ...(modules === undefined ? {} : { modules: modules.map(({ bytes, append: text = '' }) => ({ bytes, text })) }),
    ...(entry === 'auto' || entry === 'unpacked' ? {} : { entry: ENTRY_MODES[entry] }),
    ...(unpacked === undefined ? {} : { unpacked }),
  });
  return { firmware, image, linux: LINUX.has(detectImage(kernel)), title: titleOf(kernel) };
}

function titleOf(kernel: Uint8Array): string {
  const kind = detectImage(kernel);
  if (kind !== 'bzimage') return FILE_KINDS[kind === 'unknown' ? 'flat' : kind].label;
  // "6.1.0-50-cloud-amd64 (builder) #1 SMP …"
  const release = parseSetupHeader(new ImageReader(kernel, 'kernel image')).kernelVersion.split(' ', 1)[0]!;
  return release === '' ? 'Linux' : `Linux ${release}`;
}

/** What a snapshot keeps of a plan, so that the restored machine can be reset. Firmware's part follows from the configuration. */
export function saveBootPlan({ image, linux }: BootPlan): SavedValue {
  if (image === undefined) return null;
  return { linux, segments: image.segments.map(({ name, physical, bytes }) => ({ name, physical, bytes })), start: JSON.stringify(image.start) };
}

/** @param saved the body of a snapshot. @param title of its header. @throws MachineError `bad-snapshot` */
export function restoreBootPlan(saved: SavedValue, config: PcConfig, title: string): { readonly plan: BootPlan; readonly machine: SavedValue } {
  const body = new SavedFields(saved, 'body');
  const machine = body.value('machine');
  const firmware = planFirmware(config.firmware);
  if (body.value('boot') === null) return { plan: { firmware, image: undefined, linux: false, title }, machine };
  const boot = body.fields('boot');
  const segments = boot.list('segments', { max: 1000 }).map((segment) => {
    const physical = segment.int('physical', 0, config.ram);
    return { name: 'restored', physical, bytes: segment.bytes('bytes', { max: config.ram - physical }) };
  });
  return { plan: { firmware, image: { segments, start: startOf(boot.value('start')) }, linux: boot.bool('linux'), title }, machine };
}

function startOf(saved: SavedValue): CpuStart {
  try {
    return JSON.parse(String(saved)) as CpuStart;
  } catch (cause) {
    throw new MachineError('bad-snapshot', 'the snapshot does not say how its guest is started', 'it is damaged: take it again', { cause });
  }
}
