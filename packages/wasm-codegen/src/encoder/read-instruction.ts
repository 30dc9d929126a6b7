/**
 * Reads instructions back from the binary format, one at a time: their text, and by it where the next one begins. What printer and
 * `instructionStarts` stand on.
 */
import { CodegenError } from '../errors.ts';
import { OPCODES, type OpcodeName, type OpcodeRow } from './opcodes.ts';
import { ATOMIC } from './opcodes/atomic.ts';
import { MISC } from './opcodes/misc.ts';
import { RELAXED } from './opcodes/relaxed.ts';
import { SIMD } from './opcodes/simd.ts';

/** Text names of value and reference types, by their byte. */
export const TYPE_NAMES: Readonly<Record<number, string>> = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64', 0x7b: 'v128', 0x70: 'funcref', 0x6f: 'externref' };
const EMPTY_BLOCK = 0x40;

/** Opcode tables by prefix: number → text name. */
const NAMES: ReadonlyMap<number, ReadonlyMap<number, string>> = (() => {
  const prefixed = new Map<number, Map<number, string>>();
  const add = (prefix: number, rows: Readonly<Record<string, OpcodeRow>>): void => {
    const names = prefixed.get(prefix) ?? new Map<number, string>();
    for (const [name, row] of Object.entries(rows)) names.set(row[1], name);
    prefixed.set(prefix, names);
  };
  const isPrefixed = new Set([...Object.keys(MISC), ...Object.keys(SIMD), ...Object.keys(RELAXED), ...Object.keys(ATOMIC)]);
  add(0, Object.fromEntries(Object.entries(OPCODES).filter(([name]) => !isPrefixed.has(name))));
  add(0xfc, MISC);
  add(0xfd, { ...SIMD, ...RELAXED });
  add(0xfe, ATOMIC);
  return prefixed;
})();

/** A position in the bytes of a module. */
export class ByteReader {
  at: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** @throws CodegenError `bad-index` at the end, as all others */
  byte(): number {
    if (this.at >= this.bytes.length) throw new CodegenError('bad-index', 'the module ends in the middle of something', 'print a whole module');
    return this.bytes[this.at++]!;
  }

  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  signed(bits: 33 | 32 | 64): bigint {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return BigInt.asIntN(bits, BigInt.asIntN(Number(shift), value));
    }
  }

  name(): string {
    const length = this.u32();
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return text;
  }

  raw(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/**
 * Text of the instruction at the reader, which then stands behind it.
 * @param funcName how a function index is written
 * @throws CodegenError `bad-index` for an opcode that the table lacks
 */
export function readInstruction(r: ByteReader, funcName: (index: number) => string): string {
  const first = r.byte();
  const prefix = first >= 0xfc ? first : 0;
  const number = prefix ? r.u32() : first;
  const name = NAMES.get(prefix)?.get(number);
  if (name === undefined) throw new CodegenError('bad-index', `no opcode ${first} ${number}`, 'print modules of this encoder');
  const operands = immediates(r, OPCODES[name as OpcodeName], funcName);
  return `${name === 'select_t' ? 'select' : name}${operands === '' ? '' : ` ${operands}`}`;
}

function immediates(r: ByteReader, row: OpcodeRow, funcName: (index: number) => string): string {
  switch (row[0]) {
    case 'none': case 'delimiter': return '';
    case 'block': return blockType(r);
    case 'label': case 'index': return String(r.u32());
    case 'func': return funcName(r.u32());
    case 'br-table': return Array.from({ length: r.u32() + 1 }, () => r.u32()).join(' ');
    case 'indirect': {
      const type = r.u32();
      return `${r.u32()} (type ${type})`;
    }
    case 'index2': return `${r.u32()} ${r.u32()}`;
    case 'zero': return r.byte(), '';
    case 'reftype': return r.byte() === 0x70 ? 'func' : 'extern';
    case 'types': return `(result ${Array.from({ length: r.u32() }, () => TYPE_NAMES[r.byte()]).join(' ')})`;
    case 'i32': return String(r.signed(32));
    case 'i64': return String(r.signed(64));
    case 'f32': return floatText(r.raw(4));
    case 'f64': return floatText(r.raw(8));
    case 'v128': {
      const bytes = r.raw(16);
      const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
      return `i32x4 ${[0, 4, 8, 12].map((at) => `0x${view.getUint32(at, true).toString(16)}`).join(' ')}`;
    }
    case 'memarg': return memarg(r, row);
    case 'memarg-lane': return `${memarg(r, row)} ${r.byte()}`.trim();
    case 'lane': return String(r.byte());
    case 'lanes': return r.raw(16).join(' ');
  }
}

function memarg(r: ByteReader, row: OpcodeRow): string {
  const align = r.u32();
  const offset = r.u32();
  return [offset === 0 ? '' : `offset=${offset}`, align === (row[3] ?? 0) ? '' : `align=${1 << align}`].filter((s) => s !== '').join(' ');
}

function blockType(r: ByteReader): string {
  const { at } = r;
  const byte = r.byte();
  if (byte === EMPTY_BLOCK) return '';
  const name = TYPE_NAMES[byte];
  if (name !== undefined) return `(result ${name})`;
  r.at = at;
  return `(type ${r.signed(33)})`;
}

/** A float that the text format reads back to the same bits. */
function floatText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const value = bytes.length === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
  const high = bytes[bytes.length - 1]!;
  if (Number.isNaN(value)) {
    const payload = bytes.length === 4 ? BigInt(view.getUint32(0, true) & 0x7fffff) : view.getBigUint64(0, true) & 0xfffffffffffffn;
    return `${high & 0x80 ? '-' : ''}nan:0x${payload.toString(16)}`;
  }
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
