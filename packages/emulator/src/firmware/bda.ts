/** The BIOS data area at 0x400 and its extension: what programs without ACPI read about the machine. */
import type { PlacedBytes } from '../loaders/plan.ts';
import { COM_PORTS, LowMemory } from './pc-map.ts';

const BDA = 0x400;
const BDA_BYTES = 0x100;
/** Offsets in the area. */
const Field = {
  comPorts: 0x00, ebdaSegment: 0x0e, equipment: 0x10, memoryKiB: 0x13, keyboardHead: 0x1a, keyboardTail: 0x1c, videoMode: 0x49, columns: 0x4a,
  pageBytes: 0x4c, cursorShape: 0x60, crtcPort: 0x63, rowsLess1: 0x84, keyboardStart: 0x80, keyboardEnd: 0x82,
} as const;
/** The keyboard's ring buffer, as offsets from {@link BDA}. */
const KEYBOARD_BUFFER = { first: 0x1e, end: 0x3e } as const;
/** Equipment word: x87, PS/2 pointer, initial video mode 80×25 colour. */
const Equipment = { x87: 1 << 1, pointer: 1 << 2, colour80: 2 << 4, serialShift: 9 } as const;

/** @param serialPorts those that exist: 0 = COM1 … 3 = COM4 */
export function biosDataArea(serialPorts: readonly number[]): PlacedBytes {
  const bytes = new Uint8Array(BDA_BYTES);
  const data = new DataView(bytes.buffer);
  const u16 = (field: number, value: number): void => data.setUint16(field, value, true);
  serialPorts.forEach((n, i) => u16(Field.comPorts + i * 2, COM_PORTS[n]!.port));
  u16(Field.ebdaSegment, LowMemory.ebda >> 4);
  u16(Field.equipment, Equipment.x87 | Equipment.pointer | Equipment.colour80 | (serialPorts.length << Equipment.serialShift));
  u16(Field.memoryKiB, LowMemory.ebda >> 10);
  u16(Field.keyboardHead, KEYBOARD_BUFFER.first);
  u16(Field.keyboardTail, KEYBOARD_BUFFER.first);
  u16(Field.keyboardStart, KEYBOARD_BUFFER.first);
  u16(Field.keyboardEnd, KEYBOARD_BUFFER.end);
  bytes[Field.videoMode] = 3;
  u16(Field.columns, 80);
  u16(Field.pageBytes, 0x1000);
  u16(Field.cursorShape, 0x0607);
  u16(Field.crtcPort, 0x3d4);
  bytes[Field.rowsLess1] = 24;
  return { name: 'bda', physical: BDA, bytes };
}

/** Its first byte is its size in KiB. */
export function extendedBiosDataArea(): Uint8Array {
  return Uint8Array.of(LowMemory.ebdaSize >> 10);
}
