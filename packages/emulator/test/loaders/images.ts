/** Synthetic images: the smallest that the loaders accept, with fields to spoil. */

export interface BzImageFields {
  readonly version?: number;
  readonly setupSects?: number;
  readonly xloadflags?: number;
  readonly loadFlags?: number;
  readonly relocatable?: boolean;
  readonly initrdAddrMax?: number;
  readonly cmdlineSize?: number;
  readonly prefAddress?: number;
  readonly initSize?: number;
  readonly payload?: Uint8Array;
  /** Bytes of the protected-mode part without payload. */
  readonly kernelBytes?: number;
}

const SECTOR = 512;
/** Where the payload starts in the protected-mode part. */
const PAYLOAD_AT = 0x400;

/** A kernel image whose protected-mode part is filled with 0x90. */
export function bzImage(fields: BzImageFields = {}): Uint8Array {
  const { version = 0x20f, setupSects = 3, xloadflags = 3, loadFlags = 1, relocatable = true, payload = new Uint8Array(0) } = fields;
  const setupBytes = (setupSects + 1) * SECTOR;
  const kernelBytes = Math.ceil(((fields.kernelBytes ?? 0x800) + payload.length) / 16) * 16;
  const image = new Uint8Array(setupBytes + kernelBytes);
  const data = new DataView(image.buffer);
  image.fill(0x90, setupBytes);
  image[0x1f1] = setupSects;
  data.setUint32(0x1f4, kernelBytes / 16, true);
  data.setUint16(0x1fe, 0xaa55, true);
  // jmp over the header, which ends at 0x26c.
  data.setUint16(0x200, 0x6aeb, true);
  data.setUint32(0x202, 0x53726448, true);
  data.setUint16(0x206, version, true);
  data.setUint16(0x20e, 0x400, true);
  image.set(new TextEncoder().encode('6.1.0-test (made up)\0'), 0x600);
  image[0x211] = loadFlags;
  data.setUint32(0x22c, fields.initrdAddrMax ?? 0x7fffffff, true);
  data.setUint32(0x230, 0x200000, true);
  image[0x234] = relocatable ? 1 : 0;
  data.setUint16(0x236, xloadflags, true);
  data.setUint32(0x238, fields.cmdlineSize ?? 2047, true);
  data.setUint32(0x248, PAYLOAD_AT, true);
  data.setUint32(0x24c, payload.length, true);
  data.setBigUint64(0x258, BigInt(fields.prefAddress ?? 0x1000000), true);
  data.setUint32(0x260, fields.initSize ?? 0x2000000, true);
  image.set(payload, setupBytes + PAYLOAD_AT);
  return image;
}

/** Reads of a plan's RAM by physical address, as the guest would see it. */
export class PlannedRam {
  readonly #segments: readonly { readonly name: string; readonly physical: number; readonly bytes: Uint8Array }[];

  constructor(segments: readonly { readonly name: string; readonly physical: number; readonly bytes: Uint8Array }[]) {
    this.#segments = segments;
  }

  /** Pairs of segments that lie in each other. */
  overlaps(): readonly string[] {
    const sorted = [...this.#segments].filter(({ bytes }) => bytes.length > 0).sort((a, b) => a.physical - b.physical);
    return sorted.flatMap((segment, i) => {
      const next = sorted[i + 1];
      return next !== undefined && segment.physical + segment.bytes.length > next.physical ? [`${segment.name} / ${next.name}`] : [];
    });
  }

  bytes(physical: number, size: number): Uint8Array {
    const result = new Uint8Array(size);
    for (const segment of this.#segments) {
      const from = Math.max(physical, segment.physical);
      const to = Math.min(physical + size, segment.physical + segment.bytes.length);
      if (from < to) result.set(segment.bytes.subarray(from - segment.physical, to - segment.physical), from - physical);
    }
    return result;
  }

  view(physical: number, size: number): DataView {
    return new DataView(this.bytes(physical, size).buffer);
  }

  u8(physical: number): number {
    return this.view(physical, 1).getUint8(0);
  }

  u16(physical: number): number {
    return this.view(physical, 2).getUint16(0, true);
  }

  u32(physical: number): number {
    return this.view(physical, 4).getUint32(0, true);
  }

  u64(physical: number): bigint {
    return this.view(physical, 8).getBigUint64(0, true);
  }

  /** Zero-terminated, Latin-1. */
  text(physical: number): string {
    let text = '';
    for (let at = physical; this.u8(at) !== 0; at++) text += String.fromCharCode(this.u8(at));
    return text;
  }
}

/** The code and message of what `run` throws. */
export function thrown(run: () => unknown): { readonly code: string; readonly message: string; readonly hint: string } {
  try {
    run();
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return { code, message, hint };
  }
  throw new Error('nothing was thrown');
}
