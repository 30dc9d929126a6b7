/** The 32- and 64-bit entries of the Linux boot protocol (boot.rst, "32-bit BOOT PROTOCOL", "64-bit BOOT PROTOCOL"): RSI or ESI points at boot_params. */
import { identityPageTables } from '@wasm-tcg/guest-x86';
import type { CpuStart, FlatSegments } from '../cpu-start.ts';
import { BOOT_CODE, BOOT_DATA, BOOT_GDT_BYTES, bootGdt } from '../gdt.ts';
import type { PlacedBytes } from '../plan.ts';
import { LinuxLow } from './low-layout.ts';

const SEGMENTS: FlatSegments = { gdt: { base: LinuxLow.gdt, limit: BOOT_GDT_BYTES - 1 }, code: BOOT_CODE, data: BOOT_DATA };

export interface LinuxEntry {
  readonly segments: readonly PlacedBytes[];
  readonly start: CpuStart;
}

/** @param entry physical address of the first instruction */
export function entry64(entry: number): LinuxEntry {
  return {
    segments: [
      { name: 'gdt', physical: LinuxLow.gdt, bytes: bootGdt('code64') },
      { name: 'page tables', physical: LinuxLow.pageTables, bytes: identityPageTables(LinuxLow.pageTables) },
    ],
    start: {
      kind: 'long64', rip: entry, rsp: LinuxLow.stackTop, pageTables: LinuxLow.pageTables, segments: SEGMENTS, registers: { rsi: LinuxLow.setup },
    },
  };
}

/** @param entry physical address of the first instruction */
export function entry32(entry: number): LinuxEntry {
  return {
    segments: [{ name: 'gdt', physical: LinuxLow.gdt, bytes: bootGdt('code32') }],
    start: { kind: 'protected32', eip: entry, esp: LinuxLow.stackTop, segments: SEGMENTS, registers: { rsi: LinuxLow.setup } },
  };
}
