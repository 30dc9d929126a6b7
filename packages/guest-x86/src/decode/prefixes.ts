/**
 * Prefixes: legacy, REX and VEX (SDM vol. 2, 2.1.1, 2.2.1, 2.3).
 *
 * Rules that the loops below keep: of several prefixes of one group the last counts; REX counts only directly before the
 * opcode; in 64-bit mode ES, CS, SS and DS overrides do nothing and do not cancel an earlier FS or GS.
 */
import { DecodeMode, DecodeStatus, MAX_INSN_LENGTH, Seg } from './insn.ts';
import type { Insn } from './insn.ts';
import { OpcodeMap } from './tables/index.ts';

/**
 * Status when an instruction goes on beyond the bytes at hand. Processors fetch up to 15 bytes before they complain about the
 * length, so a missing byte among those comes first (measured on an Intel core: 11 × 66h, 81h 05h 00h before a missing page
 * is #PF, not #GP).
 */
export function shortOf(available: number): DecodeStatus {
  return available >= MAX_INSN_LENGTH ? DecodeStatus.TooLong : DecodeStatus.NeedMore;
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
      return shortOf(cap);
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

/** Number of opcode maps that VEX.mmmmm can select, from 1 on. */
const VEX_MAPS = 3;

/** Opcode map of the VEX prefix that starts at `at`, whose second byte is within reach; -1 when it selects none (#UD). */
export function vexMap(bytes: Uint8Array, at: number): number {
  if (bytes[at] === 0xc5) return OpcodeMap.Vex;
  const mmmmm = bytes[at + 1] & 31;
  return mmmmm >= 1 && mmmmm <= VEX_MAPS ? OpcodeMap.Vex + mmmmm - 1 : -1;
}

/**
 * Read the VEX prefix that starts at `at` and is within reach into `insn`. Returns VEX.pp, which counts 66h, F3h, F2h as the
 * prefix classes of the tables do.
 */
export function readVex(insn: Insn, bytes: Uint8Array, at: number, long: boolean): number {
  const first = bytes[at + 1];
  const three = bytes[at] === 0xc4;
  const last = three ? bytes[at + 2] : first;
  // Outside 64-bit mode there are eight registers and 32-bit operands: R and X are 1 or this were LES/LDS; B and W are
  // ignored, and so is the top bit of vvvv, except that an unused vvvv must be 1111b in full.
  if (!long) insn.ext = 0;
  else insn.ext = three ? ((last >> 4) & 8) | ((~first >> 5) & 7) : (~first >> 5) & 4;
  insn.vex = true;
  insn.vexL = (last >> 2) & 1;
  insn.vexV = (~last >> 3) & 15;
  return last & 3;
}
