/**
 * MP table (Intel MultiProcessor Specification 1.4, chapter 4): processors, buses, IOAPIC and interrupt routing for kernels that run without
 * ACPI. 32-bit Linux reads it with `acpi=off`; 64-bit Debian kernels have no parser for it.
 */
import { ioApicId, SOURCE_OVERRIDES } from './acpi/madt.ts';
import { ByteWriter, checksum } from './byte-writer.ts';
import { IOAPIC_BASE, LAPIC_BASE, PCI_SLOTS, pciGsi, PIRQ_LINES } from './pc-map.ts';

const Entry = { processor: 0, bus: 1, ioApic: 2, ioInterrupt: 3, localInterrupt: 4 } as const;
const InterruptType = { vectored: 0, nmi: 1, extInt: 3 } as const;
/** Polarity and trigger: as the bus has them; active low, level. */
const Flags = { conforming: 0, activeLowLevel: 0xf } as const;
const Bus = { pci: 0, isa: 1 } as const;
const ALL_LOCAL_APICS = 0xff;
const SPEC_REVISION = 4;
const LOCAL_APIC_VERSION = 0x14;
const IOAPIC_VERSION = 0x11;
const ENABLED = 1;
const BOOTSTRAP = 2;
/** Family 6 with FPU and APIC: what the entry of a processor wants of CPUID. */
const PROCESSOR_SIGNATURE = 0x600;
const PROCESSOR_FEATURES = 0x201;

/** The 16 bytes that guests search for: they name the table. */
export function mpFloatingPointer(table: number): Uint8Array {
  const bytes = new ByteWriter().text('_MP_').u32(table).u8(1, SPEC_REVISION, 0, 0).zero(4).finish();
  bytes[10] = checksum(bytes);
  return bytes;
}

/** @param cpus processors, whose APIC ids are 0 … cpus − 1 */
export function mpTable(cpus: number): Uint8Array {
  const entries: Uint8Array[] = [];
  const add = (w: ByteWriter): void => {
    entries.push(w.finish());
  };
  for (let cpu = 0; cpu < cpus; cpu++) {
    add(new ByteWriter().u8(Entry.processor, cpu, LOCAL_APIC_VERSION, ENABLED | (cpu === 0 ? BOOTSTRAP : 0))
      .u32(PROCESSOR_SIGNATURE, PROCESSOR_FEATURES).zero(8));
  }
  add(new ByteWriter().u8(Entry.bus, Bus.pci).text('PCI   '));
  add(new ByteWriter().u8(Entry.bus, Bus.isa).text('ISA   '));
  add(new ByteWriter().u8(Entry.ioApic, ioApicId(cpus), IOAPIC_VERSION, ENABLED).u32(IOAPIC_BASE));
  const apic = ioApicId(cpus);
  const interrupt = (entry: number, type: number, flags: number, bus: number, source: number, to: number, pin: number): void =>
    add(new ByteWriter().u8(entry, type).u16(flags).u8(bus, source, to, pin));
  for (let slot = 1; slot < PCI_SLOTS; slot++) {
    for (let pin = 0; pin < 4; pin++) {
      interrupt(Entry.ioInterrupt, InterruptType.vectored, Flags.activeLowLevel, Bus.pci, (slot << 2) | pin, apic, pciGsi(slot, pin));
    }
  }
  for (const line of isaLines()) {
    const override = SOURCE_OVERRIDES.find(({ source }) => source === line);
    interrupt(Entry.ioInterrupt, InterruptType.vectored, override?.flags ?? Flags.conforming, Bus.isa, line, apic, override?.gsi ?? line);
  }
  interrupt(Entry.localInterrupt, InterruptType.extInt, Flags.conforming, Bus.isa, 0, ALL_LOCAL_APICS, 0);
  interrupt(Entry.localInterrupt, InterruptType.nmi, Flags.conforming, Bus.isa, 0, ALL_LOCAL_APICS, 1);
  return withHeader(entries);
}

/** Lines of the ISA bus: not the cascade, not those that PIRQs take in PIC mode. */
function isaLines(): readonly number[] {
  const CASCADE = 2;
  const taken: readonly number[] = [CASCADE, ...PIRQ_LINES];
  return Array.from({ length: 16 }, (_, line) => line).filter((line) => !taken.includes(line));
}

function withHeader(entries: readonly Uint8Array[]): Uint8Array {
  const HEADER_BYTES = 44;
  const length = entries.reduce((sum, entry) => sum + entry.length, HEADER_BYTES);
  const w = new ByteWriter().text('PCMP').u16(length).u8(SPEC_REVISION, 0).text('WASM-TCG', 8).text('PC', 12, 0x20)
    .u32(0).u16(0, entries.length).u32(LAPIC_BASE, 0);
  for (const entry of entries) w.bytes(entry);
  const table = w.finish();
  table[7] = checksum(table);
  return table;
}
