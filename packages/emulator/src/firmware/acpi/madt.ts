/** MADT: interrupt controllers and how ISA interrupts reach them (ACPI 6.4, section 5.2.12); HPET table (IA-PC HPET 1.0a, section 3.2.4). */
import { ByteWriter } from '../byte-writer.ts';
import { HPET_BASE, IOAPIC_BASE, LAPIC_BASE, SCI_LINE } from '../pc-map.ts';
import { acpiTable } from './table.ts';

const Entry = { localApic: 0, ioApic: 1, sourceOverride: 2, localApicNmi: 4 } as const;
/** MPS INTI flags (table 5.26). */
export const IntiFlags = { conforming: 0, activeHighEdge: 0x5, activeHighLevel: 0xd } as const;

const PCAT_COMPAT = 1;
const ENABLED = 1;
const ALL_PROCESSORS = 0xff;
const ISA = 0;

/** ISA interrupts that are not wired to the IOAPIC pin of their number, or not edge-triggered: the timer and the SCI. */
export const SOURCE_OVERRIDES = [
  { source: 0, gsi: 2, flags: IntiFlags.conforming },
  { source: SCI_LINE, gsi: SCI_LINE, flags: IntiFlags.activeHighLevel },
] as const;

/** APIC id of the IOAPIC: the first that no processor has. */
export function ioApicId(cpus: number): number {
  return cpus;
}

/** @param cpus processors, whose APIC ids are 0 … cpus − 1 */
export function madt(cpus: number): Uint8Array {
  const w = new ByteWriter().u32(LAPIC_BASE, PCAT_COMPAT);
  for (let cpu = 0; cpu < cpus; cpu++) w.u8(Entry.localApic, 8, cpu, cpu).u32(ENABLED);
  w.u8(Entry.ioApic, 12, ioApicId(cpus), 0).u32(IOAPIC_BASE, 0);
  for (const { source, gsi, flags } of SOURCE_OVERRIDES) w.u8(Entry.sourceOverride, 10, ISA, source).u32(gsi).u16(flags);
  w.u8(Entry.localApicNmi, 6, ALL_PROCESSORS).u16(IntiFlags.conforming).u8(1);
  return acpiTable({ signature: 'APIC', revision: 3 }, w.finish());
}

/** @param id bits 0 … 31 of the HPET's capability register: vendor, legacy replacement, counter size, comparators, revision */
export function hpet(id: number): Uint8Array {
  const MEMORY_SPACE = 0;
  /** Ticks below which a periodic timer may lose interrupts: 1 µs at 100 MHz. */
  const MINIMUM_TICK = 100;
  const w = new ByteWriter().u32(id).u8(MEMORY_SPACE, 64, 0, 0).u64(HPET_BASE).u8(0).u16(MINIMUM_TICK).u8(0);
  return acpiTable({ signature: 'HPET', revision: 1 }, w.finish());
}
