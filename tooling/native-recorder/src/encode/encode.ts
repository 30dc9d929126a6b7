/** Turns a row into instruction bytes: registers, addressing form, prefixes and immediates chosen at random. */
import { REGIONS, codeBase } from '@wasm-tcg/conformance';
import type { Mode, SegmentName } from '@wasm-tcg/conformance';
import type { Random } from '../random.ts';
import type { Row } from '../spec/row.ts';
import { chooseMemory, segmentBaseOf, segmentOf, segmentOfForm } from './memory.ts';
import type { MemoryForm } from './memory.ts';
import { bitsOf, parseOperands } from './operands.ts';
import { WINDOWS } from './windows.ts';
import type { Operand } from './operands.ts';

/** A row at one operand size, with a register or memory operand: what vectors are counted by. */
export interface FormSpec {
  readonly row: Row;
  readonly mode: Mode;
  /** Operand size in bits for size letters v, y, z. */
  readonly bits: number;
  readonly memory: boolean;
}

/** An operand with its place: a register number or the memory operand. */
export interface Placed {
  readonly kind: string;
  readonly bits: number;
  /** Register number; for bytes without REX 4–7 mean AH…BH. −1 for memory and immediates. */
  readonly register: number;
  /** A byte operand that is AH, CH, DH or BH. */
  readonly high: boolean;
}

export interface Encoded {
  readonly code: Uint8Array;
  readonly codeAddress: bigint;
  readonly operands: readonly Placed[];
  readonly memory: MemoryForm | undefined;
  readonly immediate: bigint;
  /** Where a memory form without registers points. */
  readonly fixedTarget: bigint;
  readonly lock: boolean;
  /** Address size in bits. */
  readonly addressBits: number;
  /** Segment of a string source, or of the memory operand, and its base. */
  readonly segment: SegmentName;
  readonly segmentBase: bigint;
}

const SEGMENT_PREFIXES = { 16: [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65], 32: [0x26, 0x2e, 0x36, 0x3e, 0x64], 64: [0x26, 0x2e, 0x36, 0x3e, 0x65, 0x65] } as const;
const MAX_LENGTH = 15;

/** Opcode part of a row, parsed. */
interface Opcode {
  readonly mandatory: number;
  readonly bytes: readonly number[];
  readonly digit: number;
  readonly modrm: boolean;
  readonly plus: boolean;
  readonly vex: { readonly pp: number; readonly map: number } | undefined;
}

function parseOpcode(op: string): Opcode {
  const bytes: number[] = [];
  let mandatory = 0;
  let digit = 0;
  let modrm = false;
  let plus = false;
  let vex: Opcode['vex'];
  for (const token of op.split(' ')) {
    if (token.startsWith('VEX.')) {
      const [, pp, map] = token.split('.');
      vex = { pp: ['NP', '66', 'F3', 'F2'].indexOf(pp), map: map === '0F38' ? 2 : 3 };
    } else if (token.startsWith('/')) {
      modrm = true;
      if (token !== '/r') digit = Number(token.slice(1));
    } else if (token.endsWith('+')) {
      plus = true;
      bytes.push(parseInt(token, 16));
    } else if (bytes.length === 0 && /^(66|F2|F3)$/.test(token) && op.includes(' 0F')) {
      mandatory = parseInt(token, 16);
    } else {
      bytes.push(parseInt(token, 16));
    }
  }
  return { mandatory, bytes, digit, modrm, plus, vex };
}

/** A random encoding of a form. */
export function encode(rng: Random, spec: FormSpec): Encoded {
  for (;;) {
    const encoded = attempt(rng, spec);
    const fits = spec.row.tooLong === true || encoded.code.length <= MAX_LENGTH;
    if (fits && spec.row.cut === true && encoded.code.length > 1) return cutShort(rng, encoded);
    if (fits && spec.row.cut !== true) return encoded;
  }
}

/** Moves an instruction so that its last bytes would lie behind the code region. */
function cutShort(rng: Random, encoded: Encoded): Encoded {
  const present = rng.between(1, encoded.code.length - 1);
  const end = REGIONS.code.address + BigInt(REGIONS.code.length);
  return { ...encoded, code: encoded.code.slice(0, present), codeAddress: end - BigInt(present) };
}

function attempt(rng: Random, { row, mode, bits, memory }: FormSpec): Encoded {
  const opcode = parseOpcode(row.op);
  const operands = parseOperands(row.args);
  const sized = operands.some((o) => 'vyz'.includes(o.size) && o.size !== '');
  const free = row.bare !== true;
  const prefixes: number[] = [...(row.prefix ?? [])];

  // Sizes.
  const wide = row.rexW === true || (sized && bits === 64 && row.width === undefined && mode === 64);
  const scalable = operands.some((o) => 'vz'.includes(o.size) && o.size !== '');
  if (mode === 16 ? scalable && bits === 32 : sized && bits === 16) prefixes.push(0x66);
  const unaffected = free && !sized && !row.op.includes('0F') && !(mode === 64 && row.args.startsWith('J')); // 66 changes nothing there, or only EIP
  if (unaffected && row.width === undefined && rng.chance(0.04)) prefixes.push(0x66);
  const addresses = memory || row.run !== undefined || operands.some((o) => o.kind === 'O');
  const narrowAddress = addresses && rng.chance(0.15);
  if (narrowAddress || (free && !addresses && rng.chance(0.02))) prefixes.push(0x67);
  const addressBits = mode === 64 ? (narrowAddress ? 32 : 64) : narrowAddress === (mode === 32) ? 16 : 32;

  // LOCK, also where it may not stand.
  const lockable = row.lock === true && memory;
  const lock = free && rng.chance(lockable ? 0.25 : 0.015);
  if (lock) prefixes.push(0xf0);

  // Segments.
  const override = free && rng.chance(addresses ? 0.12 : 0.03) ? rng.pick(SEGMENT_PREFIXES[mode]) : 0;
  if (override) prefixes.push(override);
  const directBase = segmentBaseOf(mode, segmentOf(override));

  // Registers. REX first: it decides what byte registers 4–7 are.
  const useRex = mode === 64 && (wide || rng.chance(0.45)) && !opcode.vex;
  const registers = mode === 64 && (useRex || opcode.vex) ? 16 : 8;
  const few = (kind: string): boolean => 'PQNF'.includes(kind);
  const reg = operands.find((o) => 'GVPS'.includes(o.kind));
  const rm = operands.find((o) => 'EMRWUQN'.includes(o.kind));
  const plus = operands.find((o) => o.kind === 'Z' || o.kind === 'F');
  const vvvv = operands.find((o) => o.kind === 'B');
  const regNumber = reg ? rng.below(reg.kind === 'S' ? 6 : few(reg.kind) ? 8 : registers) : opcode.digit;
  const rmNumber = rm ? rng.below(few(rm.kind) ? 8 : registers) : 0;
  const plusNumber = plus ? rng.below(few(plus.kind) ? 8 : registers) : 0;
  const vNumber = vvvv ? rng.below(mode === 64 ? 16 : 8) : 0;

  // Memory. A target for forms without registers has to be decided now.
  const size = memory ? memoryBytes(row, rm as Operand, bits) : 0;
  const locked = lock || row.lock === true;
  const fixedTarget = mode === 16 ? fixed16(rng, size, segmentOf(override), locked) : fixed(rng, row, size, directBase, addressBits, locked);
  const chosen = memory && rm ? chooseMemory(rng, mode, addressBits, directBase, useRex || opcode.vex !== undefined, fixedTarget) : undefined;
  const segment = chosen ? segmentOfForm(chosen, override) : segmentOf(override);
  const segmentBase = segmentBaseOf(mode, segment);
  const form = chosen ? { ...chosen, segmentBase } : undefined;

  const placed = operands.map((o): Placed => {
    const width = bitsOf(o.size, bits);
    const number = o.kind === 'fixed' ? o.register : o === reg ? regNumber : o === plus ? plusNumber : o === vvvv ? vNumber : o === rm && !form ? rmNumber : -1;
    const general = 'GERZB'.includes(o.kind) || o.kind === 'fixed';
    return { kind: o.kind, bits: width, register: number, high: general && width === 8 && number >= 4 && number < 8 && !useRex };
  });

  // Bytes behind the opcode.
  const tail: number[] = [];
  let ripAt = -1;
  if (opcode.modrm) {
    const regBits = ((reg ? regNumber : opcode.digit) & 7) << 3;
    if (form) {
      if (form.patchAt >= 0) ripAt = tail.length + form.patchAt;
      tail.push((form.bytes[0] as number) | regBits, ...form.bytes.slice(1));
    } else {
      tail.push(0xc0 | regBits | (rmNumber & 7));
    }
  }
  const codeAddress = placeCode(rng);
  let immediate = 0n;
  const immediates: number[] = [];
  for (const o of operands) {
    const width = o.kind === 'O' ? addressBits : o.kind === 'I' ? (o.size === 'v' ? bits : bitsOf(o.size, bits)) : o.kind === 'J' ? (o.size === 'b' ? 8 : bits === 16 ? 16 : 32) : 0;
    if (width === 0) continue;
    let value: bigint;
    if (o.kind === 'O') value = fixedTarget - segmentBase;
    else if (o.kind === 'J') value = width === 32 ? BigInt(rng.between(0x1000, mode === 16 ? 0xdfff : 0x7fff_0000)) - (codeAddress - codeBase(mode)) : rng.u64();
    else if (row.imm) value = BigInt(row.imm({ rng, bits }));
    else value = rng.operand(width);
    immediate = BigInt.asUintN(width, value);
    for (let i = 0; i < width; i += 8) immediates.push(Number((immediate >> BigInt(i)) & 0xffn));
  }

  // Prefixes in any order, REX or VEX last.
  shuffle(rng, prefixes);
  const head = [...prefixes];
  const extension = {
    r: reg && reg.kind !== 'S' && !few(reg.kind) ? regNumber >> 3 : 0,
    x: form ? form.rexX : 0,
    b: form ? form.rexB : plus ? plusNumber >> 3 : rm && !few(rm.kind) ? rmNumber >> 3 : 0,
  };
  const opcodeBytes = [...opcode.bytes];
  if (plus) opcodeBytes[opcodeBytes.length - 1] += plusNumber & 7;
  if (opcode.vex) {
    const { pp, map } = opcode.vex;
    head.push(0xc4, ((extension.r ^ 1) << 7) | ((extension.x ^ 1) << 6) | ((extension.b ^ 1) << 5) | map);
    head.push((bits === 64 ? 0x80 : 0) | ((~vNumber & 15) << 3) | pp);
  } else {
    if (opcode.mandatory) head.push(opcode.mandatory);
    if (useRex) head.push(0x40 | (wide ? 8 : 0) | (extension.r << 2) | (extension.x << 1) | extension.b);
  }
  const code = new Uint8Array([...head, ...opcodeBytes, ...tail, ...immediates]);
  if (ripAt >= 0) {
    const at = head.length + opcodeBytes.length + ripAt;
    const displacement = Number(BigInt.asIntN(32, fixedTarget - segmentBase - codeAddress - BigInt(code.length)));
    new DataView(code.buffer).setInt32(at, displacement, true);
  }
  return { code, codeAddress, operands: placed, memory: form, immediate, fixedTarget, lock, addressBits, segment, segmentBase };
}

/** Bytes of a row's memory operand. */
export function memoryBytes(row: Row, operand: { readonly size: string }, bits: number): number {
  return row.memory ?? bitsOf(operand.size, bits) / 8;
}

/** A place in `data`, or in `low` for 16-bit addresses. */
function fixed(rng: Random, row: Row, size: number, segmentBase: bigint, addressBits: number, locked: boolean): bigint {
  const alignment = locked ? Math.max(size, 1) : (row.align ?? 1);
  const region = addressBits === 16 ? REGIONS.low : REGIONS.data;
  const from = segmentBase > region.address && addressBits !== 16 ? Number(segmentBase - region.address) : 0x40;
  const offset = rng.between(from, region.length - 0x100);
  return region.address + BigInt(offset - (offset % alignment) + (offset % alignment && offset - (offset % alignment) < from ? alignment : 0));
}

/** A place in a segment of 16-bit code. */
function fixed16(rng: Random, size: number, segment: SegmentName, locked: boolean): bigint {
  const { first, last } = WINDOWS[segment];
  const offset = rng.between(first + 0x40, last - 0x100);
  return segmentBaseOf(16, segment) + BigInt(locked ? offset - (offset % Math.max(size, 1)) : offset);
}

/** Mostly mid-page, sometimes across the page boundary. */
function placeCode(rng: Random): bigint {
  return REGIONS.code.address + BigInt(rng.chance(0.05) ? 0x1000 - rng.between(1, 6) : 0x800 + rng.below(32) * 16);
}

function shuffle(rng: Random, list: number[]): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    const swap = list[i] as number;
    list[i] = list[j] as number;
    list[j] = swap;
  }
}
