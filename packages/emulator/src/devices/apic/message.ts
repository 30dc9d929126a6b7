/** What travels between APICs: an interrupt message, from the IOAPIC, an MSI or another CPU (Intel SDM vol. 3, sections 11.6 and 11.11). */

export const DeliveryMode = {
  fixed: 0, lowestPriority: 1, smi: 2, nmi: 4, init: 5, startup: 6, extInt: 7,
} as const;

export interface ApicMessage {
  readonly vector: number;
  /** See {@link DeliveryMode}. 3 is reserved. */
  readonly mode: number;
  /** Level-triggered: its EOI is broadcast to the IOAPIC. */
  readonly level: boolean;
  /** APIC id or logical destination, 0 … 255; 255 is everybody. */
  readonly destination: number;
  readonly logical: boolean;
}

/** Address bits 31 … 20 of a message-signalled interrupt. */
const MSI_WINDOW = 0xfee;

/**
 * A message-signalled interrupt (Intel SDM vol. 3, section 11.11): what a write of `data` to `address` asks for, or undefined when the address
 * is none of the APICs'.
 */
export function msiMessage(address: number, data: number): ApicMessage | undefined {
  if (address >>> 20 !== MSI_WINDOW || address > 0xffffffff) return undefined;
  return {
    vector: data & 0xff,
    mode: (data >>> 8) & 7,
    level: (data & 0x8000) !== 0,
    destination: (address >>> 12) & 0xff,
    logical: (address & 4) !== 0,
  };
}
