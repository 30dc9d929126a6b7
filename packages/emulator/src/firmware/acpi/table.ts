/** What all ACPI tables share: the header (ACPI 6.4, section 5.2.6) and the checksum over everything. */
import { ByteWriter, checksum } from '../byte-writer.ts';

const OEM_ID = 'WSMTCG';
const OEM_TABLE_ID = 'WASM-TCG';
const CREATOR_ID = 'WTCG';
const REVISION = 1;

/** Bytes of the header. */
const HEADER_BYTES = 36;
const CHECKSUM = 9;

export interface TableId {
  /** Four letters. */
  readonly signature: string;
  readonly revision: number;
}

/** A whole table: header, body, checksum. */
export function acpiTable({ signature, revision }: TableId, body: Uint8Array): Uint8Array {
  const table = new ByteWriter()
    .text(signature, 4).u32(HEADER_BYTES + body.length).u8(revision, 0)
    .text(OEM_ID, 6).text(OEM_TABLE_ID, 8).u32(REVISION).text(CREATOR_ID, 4).u32(REVISION)
    .bytes(body).finish();
  table[CHECKSUM] = checksum(table);
  return table;
}

/** Root tables: RSDT with 32-bit, XSDT with 64-bit addresses of all others (sections 5.2.7, 5.2.8). */
export function rsdt(addresses: readonly number[]): Uint8Array {
  return acpiTable({ signature: 'RSDT', revision: 1 }, new ByteWriter().u32(...addresses).finish());
}

export function xsdt(addresses: readonly number[]): Uint8Array {
  const body = new ByteWriter();
  for (const address of addresses) body.u64(address);
  return acpiTable({ signature: 'XSDT', revision: 1 }, body.finish());
}

/** RSDP of revision 2 (section 5.2.5.3). It stands on a multiple of 16 below 1 MiB, where guests search for it. */
export function rsdp(rsdtAddress: number, xsdtAddress: number): Uint8Array {
  const OLD_BYTES = 20;
  const BYTES = 36;
  const table = new ByteWriter()
    .text('RSD PTR ').u8(0).text(OEM_ID, 6).u8(2).u32(rsdtAddress)
    .u32(BYTES).u64(xsdtAddress).u8(0).zero(3).finish();
  table[8] = checksum(table.subarray(0, OLD_BYTES));
  table[32] = checksum(table);
  return table;
}
