/** Memory operands: choice of an addressing form, its ModRM/SIB/displacement bytes, and the registers that lead to a target. */
import { SEGMENTS } from '@wasm-tcg/conformance';
import type { Mode, SegmentName } from '@wasm-tcg/conformance';
import type { Random } from '../random.ts';

/** An addressing form. */
export interface MemoryForm {
  /** Register numbers, or −1. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly displacement: bigint;
  /** Address size in bits. */
  readonly bits: number;
  readonly segmentBase: bigint;
  /** RIP-relative; the displacement is filled in when the length is known. */
  readonly ripRelative: boolean;
  /** ModRM without reg, SIB, displacement. */
  readonly bytes: number[];
  /** Where the displacement stands in `bytes`, 4 bytes; −1 if it need not change. */
  readonly patchAt: number;
  readonly rexB: number;
  readonly rexX: number;
}

const signed32 = (n: number): number[] => [n & 0xff, (n >> 8) & 0xff, (n >> 16) & 0xff, (n >> 24) & 0xff];

/** A form with a random shape. `fixedTarget` is where forms without registers shall point. */
export function chooseMemory(rng: Random, mode: Mode, addressBits: number, segmentBase: bigint, rex: boolean, fixedTarget: bigint): MemoryForm {
  if (addressBits === 16) return choose16(rng, segmentBase, fixedTarget);
  const registers = mode === 64 && rex ? 16 : 8;
  const common = { bits: addressBits, segmentBase, rexB: 0, rexX: 0, patchAt: -1, ripRelative: false };
  const displacement8 = rng.chance(0.3) ? rng.pick([-128, -1, 127, 0]) : rng.between(-128, 127);
  const displacement32 = rng.chance(0.2) ? rng.pick([-0x8000_0000, 0x7fff_ffff, -1]) : (rng.u32() | 0);
  const absolute = Number(BigInt.asIntN(32, fixedTarget - segmentBase));
  const shape = rng.weighted([[20, 'base'], [25, 'base8'], [10, 'base32'], [25, 'sib'], [8, 'index'], [5, 'absolute'], [7, 'plain']] as const);

  if (shape === 'plain' && mode === 64) {
    return { ...common, base: -1, index: -1, scale: 1, displacement: 0n, ripRelative: true, bytes: [0x05, 0, 0, 0, 0], patchAt: 1 };
  }
  if (shape === 'plain') {
    return { ...common, base: -1, index: -1, scale: 1, displacement: BigInt(absolute), bytes: [0x05, ...signed32(absolute)] };
  }
  if (shape === 'absolute') {
    return { ...common, base: -1, index: -1, scale: 1, displacement: BigInt(absolute), bytes: [0x04, 0x25, ...signed32(absolute)] };
  }
  if (shape === 'index') {
    const index = pickExcept(rng, registers, [4]);
    const log = rng.below(4);
    const even = displacement32 & ~15; // so that every target with the alignment of its scale can be reached
    return {
      ...common, base: -1, index, scale: 1 << log, displacement: BigInt(even),
      bytes: [0x04, (log << 6) | ((index & 7) << 3) | 5, ...signed32(even)], rexX: index >> 3,
    };
  }
  const base = rng.below(registers);
  const low = base & 7;
  let mod: number = { base: 0, base8: 1, base32: 2, sib: rng.below(3) }[shape];
  if (mod === 0 && low === 5) mod = 1;
  const displacement = mod === 0 ? 0 : mod === 1 ? displacement8 : displacement32;
  const tail = mod === 0 ? [] : mod === 1 ? [displacement & 0xff] : signed32(displacement);
  const index = shape === 'sib' && !rng.chance(0.1) ? pickExcept(rng, registers, [4, base]) : -1;
  if (shape === 'sib' || low === 4) {
    const log = rng.below(4);
    return {
      ...common, base, index, scale: 1 << log, displacement: BigInt(displacement),
      bytes: [(mod << 6) | 4, (log << 6) | ((index < 0 ? 4 : index & 7) << 3) | low, ...tail], rexB: base >> 3, rexX: index < 0 ? 0 : index >> 3,
    };
  }
  return { ...common, base, index: -1, scale: 1, displacement: BigInt(displacement), bytes: [(mod << 6) | low, ...tail], rexB: base >> 3 };
}

/** Base and index of the eight 16-bit forms, SDM volume 2, table 2-1. */
const FORMS16 = [[3, 6], [3, 7], [5, 6], [5, 7], [6, -1], [7, -1], [5, -1], [3, -1]] as const;

function choose16(rng: Random, segmentBase: bigint, fixedTarget: bigint): MemoryForm {
  const rm = rng.below(8);
  const mod = rng.below(3);
  const common = { bits: 16, segmentBase, scale: 1, rexB: 0, rexX: 0, patchAt: -1, ripRelative: false };
  if (rm === 6 && mod === 0) {
    const offset = Number((fixedTarget - segmentBase) & 0xffffn);
    return { ...common, base: -1, index: -1, displacement: BigInt(offset), bytes: [0x06, offset & 0xff, offset >> 8] };
  }
  const [base, index] = FORMS16[rm];
  const displacement = mod === 0 ? 0 : mod === 1 ? rng.between(-128, 127) : rng.between(-0x8000, 0x7fff);
  const tail = mod === 0 ? [] : mod === 1 ? [displacement & 0xff] : [displacement & 0xff, (displacement >> 8) & 0xff];
  return { ...common, base, index, displacement: BigInt(displacement), bytes: [(mod << 6) | rm, ...tail] };
}

function pickExcept(rng: Random, n: number, except: readonly number[]): number {
  for (;;) {
    const r = rng.below(n);
    if (!except.includes(r)) return r;
  }
}

/** What `aim` needs to read and write registers. */
export interface Registers {
  get(n: number): bigint;
  set(n: number, value: bigint): void;
}

/**
 * Gives the registers of a form values that make it address `target`, and returns the linear address that came out:
 * near `target` when a scaled index alone cannot reach it, and wherever it must be for forms without registers.
 */
export function aim(rng: Random, form: MemoryForm, target: bigint, registers: Registers, mode: Mode): bigint {
  const width = mode === 64 ? 64 : 32; // of registers and linear addresses
  const cut = (n: bigint): bigint => BigInt.asUintN(form.bits, n);
  const scale = BigInt(form.scale);
  const whole = (low: bigint): bigint =>
    form.bits === width ? low : BigInt.asUintN(width, (rng.u64() << BigInt(form.bits)) | low); // what lies above the address size is not looked at
  if (form.base < 0 && form.index < 0) return linear(form, form.displacement, width);
  if (form.base < 0) {
    const quotient = cut(target - form.segmentBase - form.displacement) / scale;
    const lost = form.scale === 1 ? 0n : rng.u64() << (BigInt(form.bits) - BigInt(Math.log2(form.scale)));
    registers.set(form.index, whole(cut(quotient | lost)));
    return linear(form, cut(quotient | lost) * scale + form.displacement, width);
  }
  let offset = form.displacement;
  if (form.index >= 0) {
    if (rng.chance(0.5)) registers.set(form.index, BigInt.asUintN(width, BigInt(rng.between(-64, 64))));
    offset += registers.get(form.index) * scale;
  }
  registers.set(form.base, whole(cut(target - form.segmentBase - offset)));
  return linear(form, registers.get(form.base) + offset, width);
}

function linear(form: MemoryForm, effective: bigint, width: number): bigint {
  return BigInt.asUintN(width, BigInt.asUintN(form.bits, effective) + form.segmentBase);
}

const SEGMENT_OF_PREFIX: Readonly<Record<number, SegmentName>> = { 0x26: 'es', 0x2e: 'cs', 0x36: 'ss', 0x3e: 'ds', 0x64: 'fs', 0x65: 'gs' };

/** Segment of memory that is not addressed through BP or SP, under a prefix byte or 0 for none. */
export function segmentOf(prefix: number): SegmentName {
  return SEGMENT_OF_PREFIX[prefix] ?? 'ds';
}

export function segmentBaseOf(mode: Mode, segment: SegmentName): bigint {
  return SEGMENTS[mode][segment].base;
}

const BP = 5;
const SP = 4;

/** Segment of a form: SS when BP or SP is its base and no prefix says otherwise. */
export function segmentOfForm(form: Pick<MemoryForm, 'base'>, prefix: number): SegmentName {
  return prefix === 0 && (form.base === BP || form.base === SP) ? 'ss' : segmentOf(prefix);
}
