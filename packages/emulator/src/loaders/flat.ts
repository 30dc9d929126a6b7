/** Flat images: bytes at an address, entered in a mode of the caller's choice on a machine with firmware tables. */
import { IDENTITY_TABLE_PAGES, identityPageTables } from '@wasm-tcg/guest-x86';
import { highMemoryEnd } from '../firmware/e820.ts';
import type { FirmwarePlan } from '../firmware/firmware.ts';
import type { CpuStart } from './cpu-start.ts';
import { BOOT_CODE, BOOT_DATA, BOOT_GDT_BYTES, bootGdt } from './gdt.ts';
import { badImage } from './image-reader.ts';
import { LowBlock } from './low-block.ts';
import type { LoadPlan, PlacedBytes } from './plan.ts';

export interface FlatImageOptions {
  /** Physical address of the first byte. */
  readonly loadAddress: number;
  /** `long64`: under identity page tables of the first 4 GiB. */
  readonly mode: 'real16' | 'protected32' | 'long64';
  /** Physical address of the first instruction. Default {@link loadAddress}. In real16 CS is the highest 64 KiB-aligned segment at or below it, or `cs`. */
  readonly entry?: number;
  readonly cs?: number;
  /** Initial stack pointer. Default 0x7c00 in real16, the top of usable RAM else. */
  readonly stack?: number;
  readonly firmware: FirmwarePlan;
}

/** @throws MachineError `bad-image` when it does not fit */
export function planFlatImage(bytes: Uint8Array, options: FlatImageOptions): LoadPlan {
  const { loadAddress, entry = loadAddress, firmware: { e820 } } = options;
  const ramEnd = highMemoryEnd(e820);
  if (!(Number.isInteger(loadAddress) && loadAddress >= 0 && loadAddress + bytes.length <= ramEnd)) {
    badImage(`an image of ${bytes.length} bytes at ${loadAddress}, usable RAM ends at ${ramEnd}`, 'load it lower, or give the machine more `memory`');
  }
  const image: PlacedBytes = { name: 'image', physical: loadAddress, bytes };
  if (options.mode === 'real16') return { segments: [image], start: realStart(entry, options), e820 };

  const block = new LowBlock();
  const gdt = block.reserve(BOOT_GDT_BYTES);
  const wide = options.mode === 'long64';
  const tables = wide ? block.reserve(IDENTITY_TABLE_PAGES * 4096, 4096) : 0;
  const low = block.place([{ physical: loadAddress, size: bytes.length }]);
  low.bytes(gdt, bootGdt(wide ? 'code64' : 'code32'));
  if (wide) low.bytes(tables, identityPageTables(low.at(tables)));
  const segments = { gdt: { base: low.at(gdt), limit: BOOT_GDT_BYTES - 1 }, code: BOOT_CODE, data: BOOT_DATA };
  const stack = options.stack ?? ramEnd;
  const start: CpuStart = wide
    ? { kind: 'long64', rip: entry, rsp: stack, pageTables: low.at(tables), segments }
    : { kind: 'protected32', eip: entry, esp: stack, segments };
  return { segments: [image, low.finish('start tables')], start, e820 };
}

/** @throws MachineError `bad-image` when no segment reaches the entry */
function realStart(entry: number, { cs = (entry >> 16) << 12, stack = 0x7c00 }: FlatImageOptions): CpuStart {
  const ip = entry - cs * 16;
  if (!(cs >= 0 && cs <= 0xffff && ip >= 0 && ip <= 0xffff)) badImage(`entry ${entry} with CS ${cs}`, 'in real mode the entry is CS × 16 + 0 … 65535');
  return { kind: 'real16', cs, ip, data: 0, sp: stack };
}
