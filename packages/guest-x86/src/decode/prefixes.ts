/**
 * Prefixes: legacy, REX and VEX (SDM vol. 2, 2.1.1, 2.2.1, 2.3).
 *
 * Rules that the loops below keep: of several prefixes of one group the last counts; REX counts only directly before the
 * opcode; in 64-bit mode ES, CS, SS and DS overrides do nothing and do not cancel an earlier FS or GS.
 */
import { DecodeMode, DecodeStatus, MAX_INSN_LENGTH, Seg } from './insn.ts';
import type { Insn } from './insn.ts';
import { OpcodeMap } from './tables/index.ts';

/** Why byte number `needed` (counted from 1) of an instruction cannot be had: the length limit comes before the page end. */
export function shortOf(needed: number): DecodeStatus {
  return needed > MAX_INSN_LENGTH ? DecodeStatus.TooLong : DecodeStatus.NeedMore;
}

/**
 * Read legacy and REX prefixes into `insn`; `insn.length` becomes the offset of the opcode byte, which is within `cap`
 * (the smaller of the bytes available and 15) when the result is `Ok`.
 */
export function readPrefixes(insn: Insn, bytes: Uint8Array, offset: number, cap: number, mode: number): DecodeStatus {
  const long = (mode & DecodeMode.WidthMask) === DecodeMode.Bits64;
  insn.lock = false;
  insn.rep = false;
  insn.repne = false;
  insn.osizePrefix = false;
  insn.asizePrefix = false;
  insn.segOverride = -1;
  let rex = 0;
  let n = 0;
  for (; ; n++) {
    if (n >= cap) {
      insn.length = n;
      return shortOf(n + 1);
    }
    const byte = bytes[offset + n];
    if (long && (byte & 0xf0) === 0x40) {
      rex = byte;
      continue;
    }
    switch (byte) {
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e:
        if (!long) insn.segOverride = (byte >> 3) & 3;
        break;
      case 0x64:
        insn.segOverride = Seg.FS;
        break;
      case 0x65:
        insn.segOverride = Seg.GS;
        break;
      case 0x66:
        insn.osizePrefix = true;
        break;
      case 0x67:
        insn.asizePrefix = true;
        break;
      case 0xf0:
        insn.lock = true;
        break;
      case 0xf2:
        insn.repne = true;
        insn.rep = false;
        break;
      case 0xf3:
        insn.rep = true;
        insn.repne = false;
        break;
      default:
        insn.length = n;
        insn.rex = rex;
        insn.ext = rex & 15;
        insn.vex = false;
        insn.vexL = 0;
        insn.vexV = 0;
        return DecodeStatus.Ok;
    }
    rex = 0;
  }
}

/** VEX prefix class (VEX.pp) and opcode map as `readVex` returns them: `pp | map << 2`. */
export const VEX_NO_MAP = -1;

/**
 * Read the VEX prefix whose first byte is at `n`; its other bytes are within reach. Sets the VEX fields of `insn` and
 * returns `pp | map << 2`, or `VEX_NO_MAP` when the prefix is not legal here (#UD): after 66h, F2h, F3h, LOCK or REX, in
 * real and virtual-8086 mode, or with a map that does not exist.
 */
export function readVex(insn: Insn, bytes: Uint8Array, at: number, mode: number): number {
  const long = (mode & DecodeMode.WidthMask) === DecodeMode.Bits64;
  const protectedMode = long || (mode & DecodeMode.Protected) !== 0;
  if (!protectedMode || insn.lock || insn.rep || insn.repne || insn.osizePrefix || insn.rex !== 0) return VEX_NO_MAP;
  const first = bytes[at + 1];
  let last = first;
  let rxb = (~first >> 5) & 4;
  let w = 0;
  let map: number = OpcodeMap.Vex;
  if (bytes[at] === 0xc4) {
    last = bytes[at + 2];
    rxb = (~first >> 5) & 7;
    w = last >> 7;
    const mmmmm = first & 31;
    if (mmmmm < 1 || mmmmm > 3) return VEX_NO_MAP;
    map = OpcodeMap.Vex + mmmmm - 1;
  }
  // Outside 64-bit mode there are eight registers and 32-bit operands: R and X are 1 or this were LES/LDS, B, W and the
  // top bit of vvvv are ignored.
  insn.ext = long ? (w << 3) | rxb : 0;
  insn.vex = true;
  insn.vexL = (last >> 2) & 1;
  insn.vexV = (~last >> 3) & (long ? 15 : 7);
  const pp = last & 3;
  return pp | (map << 2);
}
