/** From what a page wants booted to what `createPc` takes: files fetched or read, their kinds found out, disks opened. */
import { blobDrive, describeSnapshot, detectFile, overlayDrive, tinyGuest, type CpuModelName, type KernelBoot, type PcDrive, type PcFlatBoot, type PcOptions } from '@wasm-tcg/emulator';
import { WorkerError } from '../../rpc/errors.ts';
import { loadGuests, TINY_GUEST } from '../guests.ts';
import type { BootSource, MachineConfig, MachineProgress, SiteGuest } from '../protocol.ts';
import { fetchFile } from './fetch-file.ts';
import { TRANSFER_BYTES, type FileTransfer } from './file-transfer.ts';
import { readBlob } from './read-blob.ts';

/** 2^2 ns per instruction, as the tests run: 250 MIPS of virtual time. */
const ICOUNT_SHIFT = 2;
/** Where a BIOS puts a boot sector; and where a flat image goes whose name is all that is known. */
const BOOT_SECTOR_AT = 0x7c00;
const FLAT_AT = 0x8000;
/** End of what is RAM below the first MiB, with room for the firmware's data. */
const LOW_RAM_END = 0x9_f000;
const DEBUG_EXIT = { iobase: 0xf4, iosize: 4 } as const;

export interface SourceContext {
  /** Address of the site's folder. */
  readonly site: URL;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: MachineProgress) => void;
}

export interface PreparedMachine {
  readonly options: PcOptions;
  readonly model: CpuModelName;
  /** The transfer disk is the machine's last one. */
  readonly transfers: boolean;
}

/** @throws WorkerError, MachineError; what `signal` was aborted with */
export async function prepareMachine(config: MachineConfig, transfer: FileTransfer, context: SourceContext): Promise<PreparedMachine> {
  const { source, model, memory, clock, mode } = config;
  const common = { memory: `${memory}M`, cpu: { model }, clock: clock === 'host' ? 'host' : { icount: ICOUNT_SHIFT }, execution: { mode } } as const satisfies PcOptions;
  const transferDrive: PcDrive = { image: transfer.drive };
  switch (source.kind) {
    case 'guest': {
      const { boot, devices } = await guestBoot(source.name, config.append, context);
      return { options: { ...common, boot, devices, drives: [transferDrive] }, model, transfers: true };
    }
    case 'files': {
      const boot = await filesBoot(source, [source.append, config.append].filter((words) => words !== '').join(' '));
      return { options: { ...common, boot, devices: { debugExit: DEBUG_EXIT }, drives: [...openDisks(source.disks), transferDrive] }, model, transfers: true };
    }
    case 'snapshot': {
      const from = await readBlob(source.file, 'the snapshot');
      const summary = describeSnapshot(from);
      const last = summary.drives.at(-1);
      const transfers = summary.drives.length > source.disks.length && last?.size === TRANSFER_BYTES && !last.readonly;
      return { options: { from, execution: { mode }, drives: [...openDisks(source.disks), ...(transfers ? [transferDrive] : [])] }, model: summary.model, transfers };
    }
  }
}

async function guestBoot(name: string, append: string, context: SourceContext): Promise<Required<Pick<PcOptions, 'boot' | 'devices'>>> {
  if (name === TINY_GUEST.name) return { boot: tinyGuest(), devices: { debugExit: DEBUG_EXIT } };
  const guest = (await loadGuests(context.site, context.fetch)).find((candidate) => candidate.name === name);
  if (guest?.kernel === undefined) {
    throw new WorkerError(`this site has no guest "${name}"`, 'unknown-guest', 'choose one of those it has, or build the site with `npm run playground:build -- --with-guests`');
  }
  return { boot: await fetchGuest(guest, guest.kernel, append, context), devices: {} };
}

async function fetchGuest(guest: SiteGuest, kernelPath: string, append: string, { site, fetch, signal, onProgress }: SourceContext): Promise<KernelBoot> {
  let done = 0;
  const report = (bytes: number): void => {
    done += bytes;
    onProgress({ phase: 'fetch', text: `fetching ${guest.title}`, done, total: guest.bytes });
  };
  report(0);
  const file = (path: string, name: string): Promise<Uint8Array> => fetchFile(new URL(path, site), `${name} of ${guest.title}`, { signal, fetch, onBytes: report });
  const [kernel, initrd] = await Promise.all([file(kernelPath, 'the kernel'), guest.initrd === undefined ? undefined : file(guest.initrd, 'the initial RAM disk')]);
  if (done !== guest.bytes) {
    throw new WorkerError(`the files of ${guest.title} have ${done} bytes, the site's list says ${guest.bytes}`, 'fetch', 'reload the page without its cache; if it persists, the site is incomplete: build it again');
  }
  return { kernel, append: joinWords(guest.append, append), ...(initrd === undefined ? {} : { initrd }) };
}

const joinWords = (...parts: readonly string[]): string => parts.filter((words) => words !== '').join(' ');

async function filesBoot({ kernel: file, initrd }: Extract<BootSource, { readonly kind: 'files' }>, append: string): Promise<KernelBoot | PcFlatBoot> {
  if (file === undefined) throw new WorkerError('there is no kernel', 'no-kernel', 'this PC has no BIOS that boots disks: add a kernel (and its initrd) that mounts the disk');
  const bytes = await readBlob(file, file.name);
  const detected = detectFile(file.name, bytes);
  if (detected.role === 'kernel') {
    const initrdBytes = initrd === undefined ? undefined : await readBlob(initrd, initrd.name);
    return {
      kernel: bytes, name: file.name, append,
      // Multiboot kernels get it as their module.
      ...(initrdBytes === undefined ? {} : { initrd: initrdBytes, modules: [{ bytes: initrdBytes, append: initrd?.name ?? '' }] }),
    };
  }
  if (bytes[510] === 0x55 && bytes[511] === 0xaa) return { image: bytes.subarray(0, LOW_RAM_END - BOOT_SECTOR_AT), loadAddress: BOOT_SECTOR_AT, mode: 'real16' };
  if (detected.kind === 'flat') return { image: bytes, loadAddress: FLAT_AT, mode: 'real16' };
  const hint = 'hint' in detected ? detected.hint : '';
  throw new WorkerError(`${file.name} is no kernel: ${detected.label}`, 'bad-kernel', hint === '' ? 'give a Linux, Multiboot or PVH kernel, a boot sector, or 16-bit code in a file that ends in .bin' : hint);
}

/** What a guest writes stays in the machine and its snapshots: files are never changed. */
const openDisks = (files: readonly File[]): PcDrive[] => files.map((file) => ({ image: overlayDrive(blobDrive(file)) }));
