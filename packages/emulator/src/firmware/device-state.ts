/**
 * What firmware programs into devices before it hands over, as the accesses that a BIOS makes: the machine performs them at reset, through
 * the same paths as a guest's own, when no firmware runs. PCI resources are not among them: the PCI bus assigns those itself.
 */
import { LAPIC_BASE, MMIO_HOLE, PIRQ_LINES, SCI_LINE, SMI_COMMAND } from './pc-map.ts';

/** A write of one byte. */
export interface PortWrite {
  readonly port: number;
  readonly value: number;
}

/** A write of 32 bits to a device's memory. */
export interface MmioWrite {
  readonly physical: number;
  readonly value: number;
}

export interface MsrWrite {
  readonly index: number;
  readonly value: bigint;
}

/** In each list in order; the lists in any order. */
export interface FirmwareAccesses {
  readonly ports: readonly PortWrite[];
  readonly mmio: readonly MmioWrite[];
  readonly msrs: readonly MsrWrite[];
}

/** @param physBits width of physical addresses, as CPUID leaf 0x80000008 says: 32 … 52 */
export function firmwareAccesses(physBits: number): FirmwareAccesses {
  return { ports: [...picWrites(), ...elcrWrites(), ...pitWrites(), { port: SMI_COMMAND.port, value: SMI_COMMAND.acpiEnable }], mmio: lapicWrites(), msrs: mtrrWrites(physBits) };
}

/** IRQ0 … 7 on vectors 0x08 …, 8 … 15 on 0x70 …; open are timer, keyboard, cascade, floppy, RTC, mouse, IDE. */
function picWrites(): readonly PortWrite[] {
  const INIT_WITH_ICW4 = 0x11;
  const CASCADE = 2;
  const MODE_8086 = 1;
  const init = (base: number, vector: number, wiring: number, mask: number): readonly PortWrite[] => [
    { port: base, value: INIT_WITH_ICW4 }, { port: base + 1, value: vector }, { port: base + 1, value: wiring }, { port: base + 1, value: MODE_8086 },
    { port: base + 1, value: mask },
  ];
  return [...init(0x20, 0x08, 1 << CASCADE, 0xb8), ...init(0xa0, 0x70, CASCADE, 0x8e)];
}

/** The SCI and what PIRQs lead to are level-triggered. */
function elcrWrites(): readonly PortWrite[] {
  const level = [...PIRQ_LINES, SCI_LINE].reduce((mask, line) => mask | (1 << line), 0);
  return [{ port: 0x4d0, value: level & 0xff }, { port: 0x4d1, value: level >> 8 }];
}

/** Channel 0, mode 2, divisor 65,536: 18.2 Hz. */
function pitWrites(): readonly PortWrite[] {
  const CHANNEL0_WORD_MODE2 = 0x34;
  return [{ port: 0x43, value: CHANNEL0_WORD_MODE2 }, { port: 0x40, value: 0 }, { port: 0x40, value: 0 }];
}

/** Enabled, LINT0 takes the PICs' interrupts, LINT1 is NMI: "virtual wire mode" (MultiProcessor Specification, section 3.6.2.2). */
function lapicWrites(): readonly MmioWrite[] {
  const SVR_ENABLED = 0x1ff;
  const LVT_EXTINT_LEVEL = 0x8700;
  const LVT_NMI = 0x400;
  return [
    { physical: LAPIC_BASE + 0xf0, value: SVR_ENABLED },
    { physical: LAPIC_BASE + 0x350, value: LVT_EXTINT_LEVEL },
    { physical: LAPIC_BASE + 0x360, value: LVT_NMI },
  ];
}

/** RAM is write-back by default; the display's window and the hole below 4 GiB are uncached, what the BIOS lives in is write-protected (SDM vol. 3, section 12.11). */
function mtrrWrites(physBits: number): readonly MsrWrite[] {
  const repeated = (type: bigint): bigint => type * 0x0101010101010101n;
  const WRITE_BACK = 6n;
  const WRITE_PROTECTED = 5n;
  const UNCACHED = 0n;
  const VALID = 0x800n;
  const ENABLE_ALL = 0xc00n;
  const FIRST_4K = 0x268;
  const LAST_4K = 0x26f;
  const mask = (1n << BigInt(physBits)) - (0x100000000n - BigInt(MMIO_HOLE));
  const fourKiB = Array.from({ length: LAST_4K - FIRST_4K + 1 }, (_, i) => ({ index: FIRST_4K + i, value: repeated(WRITE_PROTECTED) }));
  return [
    { index: 0x250, value: repeated(WRITE_BACK) },
    { index: 0x258, value: repeated(WRITE_BACK) },
    { index: 0x259, value: repeated(UNCACHED) },
    ...fourKiB,
    { index: 0x200, value: BigInt(MMIO_HOLE) | UNCACHED },
    { index: 0x201, value: mask | VALID },
    { index: 0x2ff, value: ENABLE_ALL | WRITE_BACK },
  ];
}
