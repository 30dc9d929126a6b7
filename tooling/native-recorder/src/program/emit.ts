/** Bytes of the instructions that programs are made of: ModRM with a register or a base plus displacement, REX where needed. */
import type { Mode } from '@wasm-tcg/conformance';

/** A register, or memory at a register plus a displacement and maybe a scaled index. */
export type Place = { readonly register: number } | { readonly base: number; readonly index: number; readonly scaleLog: number; readonly displacement: number };

/** Little-endian bytes of an integer. */
export function le(value: bigint | number, bytes: number): number[] {
  const cut = BigInt.asUintN(bytes * 8, BigInt(value));
  return Array.from({ length: bytes }, (_, i) => Number((cut >> BigInt(i * 8)) & 0xffn));
}

function modrm(reg: number, place: Place): { bytes: number[]; b: number; x: number } {
  const field = (reg & 7) << 3;
  if ('register' in place) return { bytes: [0xc0 | field | (place.register & 7)], b: place.register >> 3, x: 0 };
  const { base, index, scaleLog, displacement } = place;
  const short = displacement >= -128 && displacement <= 127;
  const mod = short ? 0x40 : 0x80;
  const tail = le(displacement, short ? 1 : 4);
  if (index < 0 && (base & 7) !== 4) return { bytes: [mod | field | (base & 7), ...tail], b: base >> 3, x: 0 };
  const sib = (scaleLog << 6) | ((index < 0 ? 4 : index & 7) << 3) | (base & 7);
  return { bytes: [mod | field | 4, sib, ...tail], b: base >> 3, x: index < 0 ? 0 : index >> 3 };
}

/** `[prefix] [66] [REX] opcode ModRM`; `plainByte` keeps REX away so that registers 4–7 are AH…BH. */
export function withModrm(mode: Mode, bits: number, opcode: readonly number[], reg: number, place: Place, prefix: readonly number[] = []): number[] {
  const { bytes, b, x } = modrm(reg, place);
  const rex = (bits === 64 ? 8 : 0) | ((reg >> 3) << 2) | (x << 1) | b;
  if (mode === 32 && rex !== 0) throw new RangeError('32-bit code has no such register or size');
  return [...prefix, ...(bits === 16 ? [0x66] : []), ...(rex ? [0x40 | rex] : []), ...opcode, ...bytes];
}

/** Opcode plus register number in its low bits. */
export function withRegister(mode: Mode, bits: number, opcode: readonly number[], register: number): number[] {
  const rex = (bits === 64 ? 8 : 0) | (register >> 3);
  if (mode === 32 && rex !== 0) throw new RangeError('32-bit code has no such register or size');
  const last = opcode.length - 1;
  return [...(bits === 16 ? [0x66] : []), ...(rex ? [0x40 | rex] : []), ...opcode.slice(0, last), (opcode[last] as number) + (register & 7)];
}
