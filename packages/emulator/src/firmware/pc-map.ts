/**
 * Fixed places of the PC that firmware tables, loaders and devices have to agree on: each is written down here and nowhere else.
 * Addresses are physical and in bytes; lines are global system interrupts (GSI).
 */

/** Memory below 1 MiB. */
export const LowMemory = {
  /** Extended BIOS data area: the last KiB of conventional memory. */
  ebda: 0x9fc00,
  ebdaSize: 0x400,
  /** End of conventional memory, start of the display's window. */
  conventionalEnd: 0xa0000,
  /** The firmware's own segment, read-only to good programs: RSDP, MP table, BIOS services. */
  bios: 0xf0000,
  biosEnd: 0x100000,
} as const;

export const IOAPIC_BASE = 0xfec00000;
export const LAPIC_BASE = 0xfee00000;
export const HPET_BASE = 0xfed00000;
/** Pins of the IOAPIC. */
export const IOAPIC_PINS = 24;

/** First and last byte of the windows that BARs are assigned from. Devices that do not decode PCI have no addresses in them. */
export const PciWindow = {
  memory: { first: 0xe0000000, last: 0xfebfffff },
  ports: { first: 0xc000, last: 0xffff },
} as const;

/** Nothing cacheable is between here and 4 GiB. A power of two below 4 GiB, so that one variable MTRR covers it. */
export const MMIO_HOLE = 0xe0000000;

/** Ports of the ACPI power-management block. */
export const PmPort = {
  /** PM1a event block: 4 bytes, status and enable. */
  event: 0x600,
  /** PM1a control: 2 bytes. */
  control: 0x604,
  /** PM timer: 4 bytes. */
  timer: 0x608,
  /** General-purpose events 0: 4 bytes. */
  gpe0: 0x620,
} as const;

/** SMI command port, and what enables and disables ACPI mode when written there. */
export const SMI_COMMAND = { port: 0xb2, acpiEnable: 0xf1, acpiDisable: 0xf0 } as const;
/** Writing the value to the port resets the machine. */
export const RESET_REGISTER = { port: 0xcf9, value: 0x06 } as const;
/** SLP_TYPa of the soft-off state: PM1a control bits 10 … 12. */
export const SLEEP_TYPE_S5 = 5;
/** The ACPI interrupt: level, active high. */
export const SCI_LINE = 9;

/** The four serial ports a PC can have. */
export const COM_PORTS = [
  { port: 0x3f8, line: 4 },
  { port: 0x2f8, line: 3 },
  { port: 0x3e8, line: 4 },
  { port: 0x2e8, line: 3 },
] as const;

/** Slots of PCI bus 0. */
export const PCI_SLOTS = 32;

/**
 * INTx of a device as an IOAPIC input: 16 … 23, so that neighbouring slots do not share.
 * @param slot device number, 0 … 31
 * @param pin 0 = INTA# … 3 = INTD#
 */
export function pciGsi(slot: number, pin: number): number {
  return 16 + ((slot + pin + 7) & 7);
}

/**
 * INTx as one of the four PIRQ inputs of the ISA bridge (0 = PIRQA# … 3 = PIRQD#), which {@link PIRQ_LINES} lead to the PICs. The PIIX
 * wiring: slot 1's INTA# is PIRQA#.
 */
export function pciPirq(slot: number, pin: number): number {
  return (slot + pin + 3) & 3;
}

/** ISA line of PIRQA# … PIRQD#, as firmware programs the bridge's registers 0x60 … 0x63. Level-triggered. */
export const PIRQ_LINES = [10, 10, 11, 11] as const;
