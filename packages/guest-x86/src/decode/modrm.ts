/**
 * ModRM, SIB and displacement: the memory operand (SDM vol. 2, 2.1.5 and 2.2.1.3–2.2.1.6, tables 2-1 to 2-3).
 */
import { BASE_RIP, DecodeMode, Seg } from './insn.ts';
import type { Insn } from './insn.ts';

const BX = 3;
const SP = 4;
const BP = 5;
const SI = 6;
const DI = 7;

/** Base and index of 16-bit addressing by ModRM.rm. */
const BASE_16 = Int8Array.of(BX, BX, BP, BP, SI, DI, BP, BX);
const INDEX_16 = Int8Array.of(SI, DI, SI, DI, -1, -1, -1, -1);

/** Sign-extended little-endian word. */
export const i16 = (bytes: Uint8Array, at: number): number => ((bytes[at] | (bytes[at + 1] << 8)) << 16) >> 16;

/** Little-endian doubleword as i32. */
export const i32 = (bytes: Uint8Array, at: number): number => bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);

/** Set `disp` from `size` bytes at `at`. */
function displacement(insn: Insn, bytes: Uint8Array, at: number, size: number): void {
  insn.disp = size === 0 ? 0 : size === 1 ? (bytes[at] << 24) >> 24 : size === 2 ? i16(bytes, at) : i32(bytes, at);
  insn.dispHi = insn.disp >> 31;
}

/**
 * Read SIB and displacement of the memory operand that `insn.modrm` announces; they start at instruction byte `n`. Returns
 * the number of bytes up to their end. When that exceeds `cap`, the bytes were not all there, and the operand is not set.
 */
export function readMemory(insn: Insn, bytes: Uint8Array, offset: number, n: number, cap: number): number {
  const mod = insn.mod;
  const rm = insn.modrm & 7;
  let base: number;
  let index = -1;
  let scale = 0;
  let size: number;
  if (insn.addrSize === 2) {
    base = BASE_16[rm];
    index = INDEX_16[rm];
    size = mod;
    if (mod === 0 && rm === 6) {
      base = -1;
      size = 2;
    }
  } else {
    const ext = insn.ext;
    size = mod === 2 ? 4 : mod;
    base = rm;
    if (rm === SP) {
      if (n >= cap) return n + 1;
      const sib = bytes[offset + n++];
      base = sib & 7;
      index = ((sib >> 3) & 7) | ((ext & 2) << 2);
      if (index === SP) index = -1;
      else scale = sib >> 6;
    }
    if (base === BP && mod === 0) {
      size = 4;
      base = rm === BP && (insn.mode & DecodeMode.WidthMask) === DecodeMode.Bits64 ? BASE_RIP : -1;
    } else base |= (ext & 1) << 3;
  }
  const end = n + size;
  if (end > cap) return end;
  insn.base = base;
  insn.index = index;
  insn.scale = (1 << scale) as 1 | 2 | 4 | 8;
  insn.seg = insn.segOverride >= 0 ? insn.segOverride : base === SP || base === BP ? Seg.SS : Seg.DS;
  displacement(insn, bytes, offset + n, size);
  return end;
}
