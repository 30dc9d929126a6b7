/** The memory map as BIOS call E820 reports it (ACPI specification, section 15, "System Address Map Interfaces"). */
import { MachineError } from '../errors.ts';
import { LowMemory } from './pc-map.ts';

export const E820Type = { ram: 1, reserved: 2, acpi: 3, nvs: 4 } as const;
export type E820Type = (typeof E820Type)[keyof typeof E820Type];

/** Bytes of address space, in the order of addresses, none twice. What no range covers is free for devices. */
export interface E820Range {
  readonly base: number;
  readonly size: number;
  readonly type: E820Type;
}

/** Bytes of one entry: base, size (64 bits each), type. */
export const E820_ENTRY_BYTES = 20;

/** RAM with the reserved ranges of a PC below 1 MiB and `top`, ranges at the upper end of RAM, cut out. */
export function pcMemoryMap(ramBytes: number, top: readonly E820Range[]): readonly E820Range[] {
  const ramEnd = top[0]?.base ?? ramBytes;
  return [
    { base: 0, size: LowMemory.ebda, type: E820Type.ram },
    { base: LowMemory.ebda, size: LowMemory.conventionalEnd - LowMemory.ebda, type: E820Type.reserved },
    { base: LowMemory.bios, size: LowMemory.biosEnd - LowMemory.bios, type: E820Type.reserved },
    { base: LowMemory.biosEnd, size: ramEnd - LowMemory.biosEnd, type: E820Type.ram },
    ...top,
  ];
}

/** First byte above the highest usable RAM that starts at 1 MiB. @throws MachineError `bad-option` when there is none */
export function highMemoryEnd(map: readonly E820Range[]): number {
  const high = map.find(({ base, type }) => type === E820Type.ram && base >= LowMemory.biosEnd);
  if (high === undefined) throw new MachineError('bad-option', 'no RAM above 1 MiB', 'give the machine more `memory`');
  return high.base + high.size;
}

/** Entries as they stand in boot_params and in BIOS replies, {@link E820_ENTRY_BYTES} each. */
export function encodeE820(map: readonly E820Range[]): Uint8Array {
  const bytes = new Uint8Array(map.length * E820_ENTRY_BYTES);
  const data = new DataView(bytes.buffer);
  map.forEach(({ base, size, type }, i) => {
    const at = i * E820_ENTRY_BYTES;
    data.setBigUint64(at, BigInt(base), true);
    data.setBigUint64(at + 8, BigInt(size), true);
    data.setUint32(at + 16, type, true);
  });
  return bytes;
}
