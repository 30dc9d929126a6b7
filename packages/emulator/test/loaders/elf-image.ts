/** Synthetic ELF executables. */

export interface ElfFields {
  readonly bits?: 32 | 64;
  /** Default 3 (386) or 62 (x86-64). */
  readonly machine?: number;
  readonly type?: number;
  readonly entry?: number;
  readonly segments?: readonly { readonly physical: number; readonly virtual?: number; readonly bytes: Uint8Array; readonly memoryBytes?: number }[];
  readonly notes?: readonly { readonly name: string; readonly type: number; readonly descriptor: Uint8Array }[];
}

/** Segments stand in the file from 0x400 on, in order, each at a multiple of 16. */
export function elfImage(fields: ElfFields = {}): Uint8Array {
  const { bits = 32, type = 2, entry = 0x100000, segments = [{ physical: 0x100000, bytes: new Uint8Array(64).fill(0x90) }], notes = [] } = fields;
  const wide = bits === 64;
  const { machine = wide ? 62 : 3 } = fields;
  const noteBytes = Uint8Array.from(notes.flatMap(encodeNote));
  const parts = [...segments.map((segment) => segment.bytes), ...(notes.length > 0 ? [noteBytes] : [])];
  const offsets: number[] = [];
  let size = 0x400;
  for (const part of parts) {
    offsets.push(size);
    size = Math.ceil((size + part.length) / 16) * 16;
  }
  const file = new Uint8Array(size);
  const data = new DataView(file.buffer);
  const headerBytes = wide ? 64 : 52;
  const programBytes = wide ? 56 : 32;
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  data.setUint16(16, type, true);
  data.setUint16(18, machine, true);
  if (wide) {
    data.setBigUint64(24, BigInt(entry), true);
    data.setBigUint64(32, BigInt(headerBytes), true);
  } else {
    data.setUint32(24, entry, true);
    data.setUint32(28, headerBytes, true);
  }
  data.setUint16(wide ? 54 : 42, programBytes, true);
  data.setUint16(wide ? 56 : 44, parts.length, true);
  parts.forEach((part, i) => {
    const at = headerBytes + i * programBytes;
    const segment = segments[i];
    data.setUint32(at, segment === undefined ? 4 : 1, true);
    const physical = segment?.physical ?? 0;
    const values = [offsets[i]!, segment?.virtual ?? physical, physical, part.length, segment?.memoryBytes ?? part.length];
    values.forEach((value, field) => {
      if (wide) data.setBigUint64(at + 8 + field * 8, BigInt(value), true);
      else data.setUint32(at + 4 + field * 4, value, true);
    });
    file.set(part, offsets[i]);
  });
  return file;
}

function encodeNote({ name, type, descriptor }: { readonly name: string; readonly type: number; readonly descriptor: Uint8Array }): number[] {
  const padded = (bytes: readonly number[]): number[] => [...bytes, ...Array.from({ length: -bytes.length & 3 }, () => 0)];
  const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
  return [...word(name.length + 1), ...word(descriptor.length), ...word(type), ...padded([...new TextEncoder().encode(name), 0]), ...padded([...descriptor])];
}

/** A PVH note with a 32-bit entry. */
export function pvhNote(entry: number): { readonly name: string; readonly type: number; readonly descriptor: Uint8Array } {
  const descriptor = new Uint8Array(4);
  new DataView(descriptor.buffer).setUint32(0, entry, true);
  return { name: 'Xen', type: 18, descriptor };
}

/** A Multiboot header; `addresses` are its five address fields. */
export function multibootHeader(flags = 0, addresses: readonly number[] = []): Uint8Array {
  const words = [0x1badb002, addresses.length > 0 ? flags | 0x10000 : flags];
  words.push(-(words[0]! + words[1]!) >>> 0, ...addresses);
  return new Uint8Array(Uint32Array.from(words).buffer);
}
