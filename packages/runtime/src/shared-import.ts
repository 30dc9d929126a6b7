/**
 * Makes a module that imports its memory take a shared one. Shared and unshared memories are different types to the
 * linker (threads proposal, "limits"), and the code is the same, so one built module serves both.
 */
import { RuntimeError } from './errors.ts';

const IMPORT_SECTION = 2;
const KIND_FUNCTION = 0;
const KIND_TABLE = 1;
const KIND_MEMORY = 2;
const KIND_GLOBAL = 3;
const HAS_MAXIMUM = 1;
const SHARED = 2;
/** 65536 pages, the most a 32-bit memory can have, in LEB128. */
const MAX_PAGES = [0x80, 0x80, 0x04];

/** @returns a copy of a Wasm binary whose imported memories are shared, with the largest maximum */
export function useSharedMemory(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new Reader(wasm);
  while (reader.at < wasm.length) {
    const start = reader.at;
    const id = wasm[reader.at++];
    const size = reader.leb();
    if (id !== IMPORT_SECTION) {
      reader.at += size;
      continue;
    }
    const body = rewriteImports(wasm, reader, reader.at + size);
    const section = [IMPORT_SECTION, ...leb(body.length), ...body];
    const out = new Uint8Array(start + section.length + wasm.length - reader.at);
    out.set(wasm.subarray(0, start));
    out.set(section, start);
    out.set(wasm.subarray(reader.at), start + section.length);
    return out;
  }
  throw new RuntimeError('bad-instance', 'the module imports nothing', 'build it with an imported memory');
}

/** Copies an import section's contents, which end at `end`, with every memory made shared. */
function rewriteImports(wasm: Uint8Array, reader: Reader, end: number): number[] {
  const count = reader.leb();
  const out = leb(count);
  for (let i = 0; i < count; i++) {
    const start = reader.at;
    reader.skipName();
    reader.skipName();
    const kind = wasm[reader.at++];
    if (kind === KIND_MEMORY) {
      out.push(...wasm.subarray(start, reader.at));
      const flags = wasm[reader.at++];
      const minimum = reader.leb();
      if (flags & HAS_MAXIMUM) reader.leb();
      out.push(HAS_MAXIMUM | SHARED, ...leb(minimum), ...MAX_PAGES);
      continue;
    }
    if (kind === KIND_FUNCTION) reader.leb();
    else if (kind === KIND_TABLE) reader.skipTable();
    else if (kind === KIND_GLOBAL) reader.at += 2;
    else throw new RuntimeError('bad-instance', `import kind ${kind} in the helper module`, 'only functions, tables, memories and globals are known');
    out.push(...wasm.subarray(start, reader.at));
  }
  if (reader.at !== end) throw new RuntimeError('bad-instance', 'the import section does not end where it says', 'the module is damaged: build it again');
  return out;
}

class Reader {
  at = 8;
  readonly #wasm: Uint8Array;

  constructor(wasm: Uint8Array) {
    this.#wasm = wasm;
  }

  leb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#wasm[this.at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  skipName(): void {
    const length = this.leb();
    this.at += length;
  }

  skipTable(): void {
    this.at++;
    const flags = this.#wasm[this.at++];
    this.leb();
    if (flags & HAS_MAXIMUM) this.leb();
  }
}

function leb(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest > 127) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
  return out;
}
