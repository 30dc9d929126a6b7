/**
 * The growing byte buffer everything is emitted into. It is made once and reused from module to module: emitting costs
 * 0.6–0.8 ns/byte that way, while nested arrays cost more than the engine's compile (design, section 5).
 *
 * Invariant: between calls at least `SLACK` bytes are free after `position`, so that an instruction with all its
 * immediates is written after one capacity test.
 */
import { CodegenError } from '../errors.ts';
import { LEB32_MAX, writeS32, writeS64, writeU32, writeU32Padded } from './leb128.ts';
import { isCoreOpcode, opcodeNumber, opcodePrefix, type Opcode } from './opcodes.ts';

/** Room for the longest instruction but br_table and vectors: prefix and opcode (4), two u32 (10), a v128 (16), spare. */
const SLACK = 32;

/** A function index of an imported function (final) or of a defined one (relocated): see `ByteSink.func`. */
export type FuncRef = number & { readonly brand: 'FuncRef' };

/** Engines refuse modules with more functions (WebAssembly JS API, "Limits"), so an index fits three LEB128 bytes. */
export const MAX_FUNCTIONS = 1_000_000;
const FUNC_WIDTH = 3;

export class ByteSink {
  /** The bytes; only those below `position` mean anything. Replaced by a larger array when it grows. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Offset of the next byte. */
  position = 0;
  private limit: number;
  private readonly floats = new Float64Array(1);
  private readonly single = new Float32Array(this.floats.buffer);
  private readonly words = new Int32Array(this.floats.buffer);
  /** Offsets of references to defined functions, not yet resolved. */
  private relocations = new Uint32Array(64);
  private relocationCount = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(Math.max(capacity, 2 * SLACK));
    this.limit = this.bytes.length - SLACK;
  }

  /** Forgets the content and keeps the memory. */
  reset(): void {
    this.position = 0;
    this.relocationCount = 0;
  }

  u8(value: number): void {
    if (this.position > this.limit) this.grow(0);
    this.bytes[this.position++] = value;
  }

  u32(value: number): void {
    if (this.position > this.limit) this.grow(0);
    if (value >>> 0 < 0x80) this.bytes[this.position++] = value;
    else this.position = writeU32(this.bytes, this.position, value);
  }

  s32(value: number): void {
    if (this.position > this.limit) this.grow(0);
    this.position = writeS32(this.bytes, this.position, value);
  }

  /** An opcode as `Op` numbers it: one byte, or prefix and LEB128 number. */
  opcode(op: Opcode): void {
    if (this.position > this.limit) this.grow(0);
    if (isCoreOpcode(op)) this.bytes[this.position++] = op;
    else this.position = writeOpcode(this.bytes, this.position, op);
  }

  // An instruction with its immediates in one call: one test of the capacity, one update of the position.

  /** An opcode and an unsigned immediate. */
  opU32(op: Opcode, value: number): void {
    if (this.position > this.limit) this.grow(0);
    const { bytes, position } = this;
    if (value >>> 0 < 0x80 && isCoreOpcode(op)) {
      bytes[position] = op;
      bytes[position + 1] = value;
      this.position = position + 2;
    } else {
      this.position = writeU32(bytes, writeOpcode(bytes, position, op), value);
    }
  }

  /** An opcode of one byte and a signed 32-bit immediate. */
  opS32(op: Opcode, value: number): void {
    if (this.position > this.limit) this.grow(0);
    const { bytes, position } = this;
    bytes[position] = op;
    if (value >= -0x40 && value < 0x40) {
      bytes[position + 1] = value & 0x7f;
      this.position = position + 2;
    } else {
      this.position = writeS32(bytes, position + 1, value);
    }
  }

  /** An opcode of one byte and a signed 64-bit immediate in two halves. */
  opS64(op: Opcode, low: number, high: number): void {
    if (this.position > this.limit) this.grow(0);
    const { bytes, position } = this;
    bytes[position] = op;
    this.position = writeS64(bytes, position + 1, low, high);
  }

  /** A memory access: opcode, log2 of the alignment, offset. */
  opMem(op: Opcode, alignment: number, offset: number): void {
    if (this.position > this.limit) this.grow(0);
    const { bytes, position } = this;
    let at = position + 1;
    if (isCoreOpcode(op)) bytes[position] = op;
    else at = writeOpcode(bytes, position, op);
    bytes[at] = alignment;
    this.position = writeU32(bytes, at + 1, offset);
  }

  /** Signed 64-bit in two halves. */
  s64(low: number, high: number): void {
    if (this.position > this.limit) this.grow(0);
    this.position = writeS64(this.bytes, this.position, low, high);
  }

  /** IEEE single, little-endian. A NaN payload may be lost on the way through a JavaScript number: see `word`. */
  f32(value: number): void {
    this.single[0] = value;
    this.word(this.words[0]);
  }

  /** IEEE double, little-endian. A NaN payload may be lost on the way through a JavaScript number: see `word`. */
  f64(value: number): void {
    this.floats[0] = value;
    const low = this.words[0];
    const high = this.words[1];
    this.word(low);
    this.word(high);
  }

  /** 32 bits, little-endian, not LEB128: the bits of an f32, half an f64, a quarter of a v128. */
  word(value: number): void {
    if (this.position > this.limit) this.grow(0);
    const { bytes, position } = this;
    bytes[position] = value;
    bytes[position + 1] = value >> 8;
    bytes[position + 2] = value >> 16;
    bytes[position + 3] = value >> 24;
    this.position = position + 4;
  }

  /** The bytes of `source[start, end)`. */
  append(source: Uint8Array, start = 0, end: number = source.length): void {
    const length = end - start;
    if (this.position + length > this.limit) this.grow(length);
    this.bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.position);
    this.position += length;
  }

  /** A name: byte length, then UTF-8. */
  name(text: string): void {
    if (this.position + text.length * 3 > this.limit) this.grow(text.length * 3);
    let ascii = text.length < 0x80;
    for (let i = 0; ascii && i < text.length; i++) ascii = text.charCodeAt(i) < 0x80;
    if (!ascii) {
      const utf8 = new TextEncoder().encode(text);
      this.u32(utf8.length);
      this.append(utf8);
      return;
    }
    this.bytes[this.position++] = text.length;
    for (let i = 0; i < text.length; i++) this.bytes[this.position++] = text.charCodeAt(i);
  }

  /** Leaves five bytes for a u32 that is not known yet; returns their offset for `patchU32`. */
  reserveU32(): number {
    if (this.position > this.limit) this.grow(0);
    const at = this.position;
    this.position += LEB32_MAX;
    return at;
  }

  /** Fills what `reserveU32` left. */
  patchU32(at: number, value: number): void {
    writeU32Padded(this.bytes, at, value, LEB32_MAX);
  }

  /** Fills what `reserveU32` left with the number of bytes written since. */
  patchSize(at: number): void {
    this.patchU32(at, this.position - at - LEB32_MAX);
  }

  /**
   * A function index. Imports precede defined functions in the index space and may still be added while bodies are
   * written ("import exactly what is called"), so the index of the k-th defined function is written in fixed width as k
   * and gets the number of imports added by `resolveFuncs`. An imported function's index is final.
   */
  func(ref: FuncRef): void {
    if (ref >= 0) {
      this.u32(ref);
      return;
    }
    if (this.position > this.limit) this.grow(0);
    if (this.relocationCount === this.relocations.length) {
      const larger = new Uint32Array(this.relocationCount * 2);
      larger.set(this.relocations);
      this.relocations = larger;
    }
    this.relocations[this.relocationCount++] = this.position;
    this.position = writeU32Padded(this.bytes, this.position, ~ref, FUNC_WIDTH);
  }

  /** Adds the number of imported functions to every reference to a defined function. Once per content. */
  resolveFuncs(importCount: number): void {
    const { bytes, relocations } = this;
    for (let i = 0; i < this.relocationCount; i++) {
      const at = relocations[i];
      const index = (bytes[at] & 0x7f) | ((bytes[at + 1] & 0x7f) << 7) | (bytes[at + 2] << 14);
      writeU32Padded(bytes, at, index + importCount, FUNC_WIDTH);
    }
    this.relocationCount = 0;
  }

  /** Makes sure that `bytes` has room for `length` more bytes, without writing any. */
  reserve(length: number): void {
    if (this.position + length > this.limit) this.grow(length);
  }

  /** Moves the content from `from` on `distance` bytes up and leaves a gap there, which the caller fills. */
  openGap(from: number, distance: number): void {
    if (this.position + distance > this.limit) this.grow(distance);
    this.bytes.copyWithin(from + distance, from, this.position);
    for (let i = this.relocationCount - 1; i >= 0 && this.relocations[i] >= from; i--) this.relocations[i] += distance;
    this.position += distance;
  }

  private grow(extra: number): void {
    const size = Math.max(this.bytes.length * 2, this.position + extra + 2 * SLACK);
    // Engines refuse larger modules (JS API limits), and by then something upstream has lost its bounds.
    if (size > 1 << 30) {
      throw new CodegenError('too-large', `a Wasm module would grow to ${size} bytes`, 'split what is emitted into several modules');
    }
    const larger = new Uint8Array(size);
    larger.set(this.bytes);
    this.bytes = larger;
    this.limit = size - SLACK;
  }
}

/** Storing an `Opcode` without a prefix into a byte array keeps its low eight bits: the opcode byte. */
function writeOpcode(bytes: Uint8Array, at: number, op: Opcode): number {
  if (isCoreOpcode(op)) {
    bytes[at] = op;
    return at + 1;
  }
  bytes[at] = opcodePrefix(op);
  return writeU32(bytes, at + 1, opcodeNumber(op));
}

/** The reference to the k-th function a module defines (not imports). */
export function definedFunc(k: number): FuncRef {
  return ~k as FuncRef;
}

/** The reference to the k-th function a module imports. */
export function importedFunc(k: number): FuncRef {
  return k as FuncRef;
}
