/**
 * Prints the modules of this encoder as WebAssembly text: types, imports, functions, exports, code. Instructions are in flat form, one per
 * line, indented by blocks. What the encoder never writes into generated modules (globals, segments …) is passed over with a comment.
 *
 * For reading and for `inspect`; wasm-tools in the tooling is the judge of what it prints (test/print-wat.test.ts).
 */
import { CodegenError } from '../errors.ts';
import { OPCODES, type OpcodeName, type OpcodeRow } from './opcodes.ts';
import { ATOMIC } from './opcodes/atomic.ts';
import { MISC } from './opcodes/misc.ts';
import { RELAXED } from './opcodes/relaxed.ts';
import { SIMD } from './opcodes/simd.ts';
import { SectionId } from './sections/section.ts';

const TYPE_NAMES: Readonly<Record<number, string>> = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64', 0x7b: 'v128', 0x70: 'funcref', 0x6f: 'externref' };
const EMPTY_BLOCK = 0x40;
const FUNC_TYPE = 0x60;

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

class Reader {
  at: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

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

interface FuncType {
  readonly params: readonly string[];
  readonly results: readonly string[];
}

class WatPrinter {
  readonly #r: Reader;
  readonly #lines: string[] = [];
  readonly #types: FuncType[] = [];
  /** Name of each function, imported ones first: `$h.ld_slow`, `$f0`. */
  readonly #funcs: string[] = [];
  readonly #defined: number[] = [];

  constructor(bytes: Uint8Array) {
    this.#r = new Reader(bytes, 8);
  }

  print(): string {
    const r = this.#r;
    this.#lines.push('(module');
    while (r.at < r.bytes.length) {
      const id = r.byte();
      const size = r.u32();
      const end = r.at + size;
      if (id === SectionId.type) this.#typeSection();
      else if (id === SectionId.import) this.#importSection();
      else if (id === SectionId.function) this.#functionSection();
      else if (id === SectionId.export) this.#exportSection();
      else if (id === SectionId.code) this.#codeSection();
      else if (id !== SectionId.custom) this.#lines.push(`  ;; section ${id}, ${size} bytes`);
      r.at = end;
    }
    this.#lines.push(')');
    return this.#lines.join('\n');
  }

  #typeSection(): void {
    const r = this.#r;
    for (let n = r.u32(); n > 0; n--) {
      if (r.byte() !== FUNC_TYPE) throw new CodegenError('bad-signature', 'a type is no function type', 'print modules of this encoder');
      const list = (): string[] => Array.from({ length: r.u32() }, () => TYPE_NAMES[r.byte()] ?? '?');
      this.#types.push({ params: list(), results: list() });
      this.#lines.push(`  (type (;${this.#types.length - 1};) (func${this.#signature(this.#types.length - 1)}))`);
    }
  }

  #signature(type: number): string {
    const { params, results } = this.#types[type]!;
    return `${params.length > 0 ? ` (param ${params.join(' ')})` : ''}${results.length > 0 ? ` (result ${results.join(' ')})` : ''}`;
  }

  #importSection(): void {
    const r = this.#r;
    for (let n = r.u32(); n > 0; n--) {
      const module = r.name();
      const name = r.name();
      const kind = r.byte();
      let text: string;
      if (kind === 0) {
        const id = `$${module}.${name}`;
        this.#funcs.push(id);
        text = `(func ${id} (type ${r.u32()}))`;
      } else if (kind === 1) {
        const type = TYPE_NAMES[r.byte()] ?? '?';
        text = `(table ${this.#limits()} ${type})`;
      } else if (kind === 2) text = `(memory ${this.#limits()})`;
      else {
        const type = TYPE_NAMES[r.byte()] ?? '?';
        text = r.byte() ? `(global (mut ${type}))` : `(global ${type})`;
      }
      this.#lines.push(`  (import "${module}" "${name}" ${text})`);
    }
  }

  #limits(): string {
    const flags = this.#r.byte();
    const min = this.#r.u32();
    return `${min}${flags & 1 ? ` ${this.#r.u32()}` : ''}${flags & 2 ? ' shared' : ''}`;
  }

  #functionSection(): void {
    for (let n = this.#r.u32(); n > 0; n--) {
      this.#funcs.push(`$f${this.#defined.length}`);
      this.#defined.push(this.#r.u32());
    }
  }

  #exportSection(): void {
    const kinds = ['func', 'table', 'memory', 'global'];
    for (let n = this.#r.u32(); n > 0; n--) {
      const name = this.#r.name();
      const kind = this.#r.byte();
      const index = this.#r.u32();
      this.#lines.push(`  (export "${name}" (${kinds[kind]} ${kind === 0 ? this.#funcs[index] : index}))`);
    }
  }

  #codeSection(): void {
    const r = this.#r;
    const count = r.u32();
    for (let k = 0; k < count; k++) {
      const size = r.u32();
      const end = r.at + size;
      const type = this.#defined[k]!;
      this.#lines.push(`  (func $f${k} (type ${type})${this.#signature(type)}`);
      for (let n = r.u32(); n > 0; n--) {
        const locals = r.u32();
        const name = TYPE_NAMES[r.byte()] ?? '?';
        this.#lines.push(`    (local${` ${name}`.repeat(locals)})`);
      }
      this.#body(end);
      this.#lines.push('  )');
    }
  }

  #body(end: number): void {
    const r = this.#r;
    let depth = 2;
    while (r.at < end) {
      const text = this.#instruction();
      if (r.at === end) break;
      if (text === 'end' || text === 'else') depth--;
      this.#lines.push('  '.repeat(depth) + text);
      if (/^(block|loop|if|else)\b/.test(text)) depth++;
    }
  }

  #instruction(): string {
    const r = this.#r;
    const first = r.byte();
    const prefix = first >= 0xfc ? first : 0;
    const number = prefix ? r.u32() : first;
    const name = NAMES.get(prefix)?.get(number);
    if (name === undefined) throw new CodegenError('bad-index', `no opcode ${first} ${number}`, 'print modules of this encoder');
    const operands = this.#immediates(OPCODES[name as OpcodeName]);
    return `${name === 'select_t' ? 'select' : name}${operands === '' ? '' : ` ${operands}`}`;
  }

  #immediates(row: OpcodeRow): string {
    const r = this.#r;
    switch (row[0]) {
      case 'none': case 'delimiter': return '';
      case 'block': return this.#blockType();
      case 'label': case 'index': return String(r.u32());
      case 'func': return this.#funcs[r.u32()] ?? '?';
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
      case 'memarg': return this.#memarg(row);
      case 'memarg-lane': return `${this.#memarg(row)} ${r.byte()}`.trim();
      case 'lane': return String(r.byte());
      case 'lanes': return r.raw(16).join(' ');
    }
  }

  #memarg(row: OpcodeRow): string {
    const align = this.#r.u32();
    const offset = this.#r.u32();
    return [offset === 0 ? '' : `offset=${offset}`, align === (row[3] ?? 0) ? '' : `align=${1 << align}`].filter((s) => s !== '').join(' ');
  }

  #blockType(): string {
    const at = this.#r.at;
    const byte = this.#r.byte();
    if (byte === EMPTY_BLOCK) return '';
    const name = TYPE_NAMES[byte];
    if (name !== undefined) return `(result ${name})`;
    this.#r.at = at;
    return `(type ${this.#r.signed(33)})`;
  }
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

/**
 * Text of a module made by this encoder.
 * @throws CodegenError when the bytes are cut off or hold what the encoder never writes
 */
export function printWat(bytes: Uint8Array): string {
  return new WatPrinter(bytes).print();
}
