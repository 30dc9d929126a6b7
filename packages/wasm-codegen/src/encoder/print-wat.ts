/**
 * Prints the modules of this encoder as WebAssembly text: types, imports, functions, exports, code. Instructions are in flat form, one per
 * line, indented by blocks. What the encoder never writes into generated modules (globals, segments …) is passed over with a comment.
 *
 * For reading and for `inspect`; wasm-tools is the judge of what it prints (tci-interp/test/wat.test.ts).
 */
import { CodegenError } from '../errors.ts';
import { ByteReader, readInstruction, TYPE_NAMES } from './read-instruction.ts';
import { SectionId } from './sections/section.ts';

const FUNC_TYPE = 0x60;

interface FuncType {
  readonly params: readonly string[];
  readonly results: readonly string[];
}

class WatPrinter {
  readonly #r: ByteReader;
  readonly #lines: string[] = [];
  readonly #types: FuncType[] = [];
  /** Name of each function, imported ones first: `$h.ld_slow`, `$f0`. */
  readonly #funcs: string[] = [];
  readonly #defined: number[] = [];

  constructor(bytes: Uint8Array) {
    this.#r = new ByteReader(bytes, 8);
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
      const text = readInstruction(r, (index) => this.#funcs[index] ?? '?');
      if (r.at === end) break;
      if (text === 'end' || text === 'else') depth--;
      this.#lines.push('  '.repeat(depth) + text);
      if (/^(block|loop|if|else)\b/.test(text)) depth++;
    }
  }
}

/**
 * Text of a module made by this encoder.
 * @throws CodegenError when the bytes are cut off or hold what the encoder never writes
 */
export function printWat(bytes: Uint8Array): string {
  return new WatPrinter(bytes).print();
}
