/** Resource descriptors of _CRS (ACPI 6.4, section 6.4): which addresses and interrupts a device has, or a bridge hands on. */
import { ByteWriter } from '../../byte-writer.ts';
import { buffer, type Aml } from './encode.ts';

/** One descriptor. */
export type Resource = Uint8Array;

/** First and last of a range, both inside. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

const AddressKind = { memory: 0, ports: 1, bus: 2 } as const;
/** General flags: bridge (producer), minimum and maximum fixed, positive decode. */
const PRODUCER_FIXED = 0x0c;
/** Memory: read-write; cacheable or not. */
const MEMORY_UNCACHED = 0x01;
const MEMORY_CACHED = 0x03;
/** Ports: the whole range, ISA and other addresses. */
const ENTIRE_RANGE = 0x03;

/** Interrupt lines of the ISA bus, edge, active high, not shared. */
export function irq(...lines: readonly number[]): Resource {
  const SMALL_IRQ = 0x22;
  return new ByteWriter().u8(SMALL_IRQ).u16(lines.reduce((mask, line) => mask | (1 << line), 0)).finish();
}

/** `count` ports from `first`; all 16 address lines are decoded. */
export function ports(first: number, count: number): Resource {
  const SMALL_IO = 0x47;
  const DECODE16 = 1;
  return new ByteWriter().u8(SMALL_IO, DECODE16).u16(first, first).u8(1, count).finish();
}

export function memory32(first: number, bytes: number): Resource {
  const LARGE_MEMORY32_FIXED = 0x86;
  const READ_ONLY = 0;
  return new ByteWriter().u8(LARGE_MEMORY32_FIXED).u16(9).u8(READ_ONLY).u32(first, bytes).finish();
}

export function busWindow(range: Range): Resource {
  return wordWindow(AddressKind.bus, 0, range);
}

export function portWindow(range: Range): Resource {
  return wordWindow(AddressKind.ports, ENTIRE_RANGE, range);
}

function wordWindow(kind: number, flags: number, { first, last }: Range): Resource {
  const LARGE_WORD = 0x88;
  const BODY = 13;
  return new ByteWriter().u8(LARGE_WORD).u16(BODY).u8(kind, PRODUCER_FIXED, flags).u16(0, first, last, 0, last - first + 1).finish();
}

export function memoryWindow({ first, last }: Range, cached: boolean): Resource {
  const LARGE_DWORD = 0x87;
  const BODY = 23;
  return new ByteWriter().u8(LARGE_DWORD).u16(BODY).u8(AddressKind.memory, PRODUCER_FIXED, cached ? MEMORY_CACHED : MEMORY_UNCACHED)
    .u32(0, first, last, 0, last - first + 1).finish();
}

/** `ResourceTemplate () {…}`. Checksum 0 of the end tag: not checked. */
export function resourceTemplate(...resources: readonly Resource[]): Aml {
  const w = new ByteWriter();
  for (const resource of resources) w.bytes(resource);
  return buffer(w.u8(0x79, 0).finish());
}
