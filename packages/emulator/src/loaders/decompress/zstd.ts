/**
 * Zstandard frames (RFC 8878). Dictionaries are not used by kernels; the optional checksum of a frame is not verified: what is unpacked is an
 * ELF file of a known size.
 */
import { badImage } from '../image-reader.ts';
import { copyMatch } from './copy-match.ts';
import { BackwardBits, damagedZstd } from './zstd-bits.ts';
import { decodeHuffman, fseTable, readFseTable, readHuffmanTable, rleTable, type FseTable, type HuffmanTable } from './zstd-entropy.ts';

const MAGIC = 0xfd2fb528;
const BlockType = { raw: 0, rle: 1, compressed: 2 } as const;
const LiteralsType = { raw: 0, rle: 1, compressed: 2, treeless: 3 } as const;
const TableMode = { predefined: 0, rle: 1, fse: 2, repeat: 3 } as const;
const MAX_BLOCK = 128 * 1024;

/** Extra bits by code (sections 3.1.1.3.2.1.1); a code's base is the sum of the ranges before it. */
const codes = (extra: readonly number[], first: number): { readonly extra: readonly number[]; readonly base: readonly number[] } => {
  let next = first;
  const base = extra.map((bits) => {
    const start = next;
    next += 2 ** bits;
    return start;
  });
  return { extra, base };
};
const zeros = (count: number): readonly number[] => Array.from({ length: count }, () => 0);
const LITERAL_LENGTH = codes([...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 0);
const MATCH_LENGTH = codes([...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 3);

/** Default distributions (section 3.1.1.3.2.2), and limits of those in the stream. */
const ones = (count: number, value = 1): readonly number[] => Array.from({ length: count }, () => value);
const KINDS = {
  literals: { log: 6, maxLog: 9, maxSymbol: 35, defaults: [4, 3, ...ones(11, 2), 1, 1, 1, ...ones(9, 2), 3, 2, ...ones(5), ...ones(4, -1)] },
  offsets: { log: 5, maxLog: 8, maxSymbol: 31, defaults: [...ones(6), 2, 2, 2, ...ones(15), ...ones(5, -1)] },
  matches: { log: 6, maxLog: 9, maxSymbol: 52, defaults: [1, 4, 3, ...ones(6, 2), ...ones(37), ...ones(7, -1)] },
} as const;
type Kind = keyof typeof KINDS;

/**
 * @param size bytes of output
 * @throws MachineError `bad-image` when the data is damaged or ends early
 */
export function unpackZstd(bytes: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let from = 0;
  let at = 0;
  while (at < size) {
    if (from + 6 > bytes.length || data.getUint32(from, true) !== MAGIC) damagedZstd();
    const frame = new Frame(bytes, from + 4, output, at);
    frame.run();
    if (frame.at === at) damagedZstd();
    from = frame.position;
    at = frame.at;
  }
  return output;
}

class Frame {
  position: number;
  at: number;
  readonly #bytes: Uint8Array;
  readonly #output: Uint8Array;
  readonly #start: number;
  readonly #hasChecksum: boolean;
  #huffman: HuffmanTable | undefined;
  readonly #tables: Partial<Record<Kind, FseTable>> = {};
  #offsets: [number, number, number] = [1, 4, 8];

  constructor(bytes: Uint8Array, from: number, output: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#output = output;
    this.#start = at;
    this.at = at;
    const descriptor = bytes[from]!;
    const singleSegment = (descriptor & 0x20) !== 0;
    if ((descriptor & 3) !== 0) badImage('zstd data with a dictionary', 'pack it without');
    const contentSize = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.position = from + 1 + (singleSegment ? 0 : 1) + contentSize;
  }

  run(): void {
    let last = false;
    while (!last) {
      const header = this.#little(this.position, 3);
      this.position += 3;
      last = (header & 1) !== 0;
      this.#block((header >> 1) & 3, header >> 3);
    }
    if (this.#hasChecksum) this.position += 4;
  }

  #little(at: number, count: number): number {
    if (at + count > this.#bytes.length) damagedZstd();
    let value = 0;
    for (let i = count - 1; i >= 0; i--) value = value * 256 + this.#bytes[at + i]!;
    return value;
  }

  #block(type: number, size: number): void {
    const start = this.position;
    this.position += type === BlockType.rle ? 1 : size;
    if (this.position > this.#bytes.length || size > MAX_BLOCK) damagedZstd();
    switch (type) {
      case BlockType.raw:
        this.#append(this.#bytes.subarray(start, this.position));
        break;
      case BlockType.rle:
        this.#room(size);
        this.#output.fill(this.#bytes[start]!, this.at, this.at + size);
        this.at += size;
        break;
      case BlockType.compressed:
        this.#compressed(this.#bytes.subarray(start, this.position));
        break;
      default:
        damagedZstd();
    }
  }

  #room(size: number): void {
    if (this.at + size > this.#output.length) damagedZstd();
  }

  #append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#output.set(bytes, this.at);
    this.at += bytes.length;
  }

  #compressed(block: Uint8Array): void {
    const { literals, next } = this.#literals(block);
    const { count, tables, from } = this.#sequencesHeader(block, next);
    let used = 0;
    if (count > 0) {
      const input = new BackwardBits(block.subarray(from));
      used = this.#sequences(input, count, tables, literals);
    }
    this.#append(literals.subarray(used));
  }

  /** Section 3.1.1.3.1. */
  #literals(block: Uint8Array): { readonly literals: Uint8Array; readonly next: number } {
    const first = block[0] ?? damagedZstd();
    const type = first & 3;
    const format = (first >> 2) & 3;
    const field = (bytes: number): number => {
      if (bytes > block.length) damagedZstd();
      let value = 0;
      for (let i = bytes - 1; i >= 0; i--) value = value * 256 + block[i]!;
      return value;
    };
    if (type === LiteralsType.raw || type === LiteralsType.rle) {
      const headerBytes = [1, 2, 1, 3][format]!;
      const size = Math.floor(field(headerBytes) / (headerBytes === 1 ? 8 : 16));
      if (size > MAX_BLOCK) damagedZstd();
      const next = headerBytes + (type === LiteralsType.rle ? 1 : size);
      if (next > block.length) damagedZstd();
      const literals = type === LiteralsType.rle ? new Uint8Array(size).fill(block[headerBytes]!) : block.subarray(headerBytes, next);
      return { literals, next };
    }
    const headerBytes = [3, 3, 4, 5][format]!;
    const sizeBits = [10, 10, 14, 18][format]!;
    const header = Math.floor(field(headerBytes) / 16);
    const size = header % 2 ** sizeBits;
    const next = headerBytes + Math.floor(header / 2 ** sizeBits);
    if (size > MAX_BLOCK || next > block.length) damagedZstd();
    let from = headerBytes;
    if (type === LiteralsType.compressed) {
      const read = readHuffmanTable(block.subarray(0, next), from);
      this.#huffman = read.table;
      from = read.next;
    }
    if (this.#huffman === undefined) damagedZstd();
    return { literals: huffmanStreams(this.#huffman, block.subarray(from, next), size, format === 0 ? 1 : 4), next };
  }

  /** Section 3.1.1.3.2.1. */
  #sequencesHeader(block: Uint8Array, start: number): { readonly count: number; readonly tables: readonly [FseTable, FseTable, FseTable]; readonly from: number } {
    const byte = (at: number): number => block[at] ?? damagedZstd();
    let from = start;
    let count = byte(from++);
    if (count === 255) {
      count = byte(from) + byte(from + 1) * 256 + 0x7f00;
      from += 2;
    } else if (count > 127) {
      count = (count - 128) * 256 + byte(from++);
    }
    const none = rleTable(0);
    if (count === 0) return { count, tables: [none, none, none], from };
    const modes = byte(from++);
    if ((modes & 3) !== 0) damagedZstd();
    const table = (kind: Kind, mode: number): FseTable => {
      const { log, maxLog, maxSymbol, defaults } = KINDS[kind];
      let result = this.#tables[kind];
      if (mode === TableMode.predefined) result = fseTable(defaults, log);
      if (mode === TableMode.rle) {
        const symbol = byte(from++);
        if (symbol > maxSymbol) damagedZstd();
        result = rleTable(symbol);
      }
      if (mode === TableMode.fse) ({ table: result, next: from } = readFseTable(block, from, maxLog, maxSymbol));
      if (result === undefined) damagedZstd();
      this.#tables[kind] = result;
      return result;
    };
    return { count, tables: [table('literals', modes >> 6), table('offsets', (modes >> 4) & 3), table('matches', (modes >> 2) & 3)], from };
  }

  /** Literals and matches in turns. @returns how many literals were used */
  #sequences(input: BackwardBits, count: number, [literalCodes, offsetCodes, matchCodes]: readonly [FseTable, FseTable, FseTable], literals: Uint8Array): number {
    let literalState = input.read(literalCodes.log);
    let offsetState = input.read(offsetCodes.log);
    let matchState = input.read(matchCodes.log);
    let used = 0;
    for (let i = 0; i < count; i++) {
      const offsetCode = offsetCodes.symbol[offsetState]!;
      const matchCode = matchCodes.symbol[matchState]!;
      const literalCode = literalCodes.symbol[literalState]!;
      const offsetValue = 2 ** offsetCode + input.read(offsetCode);
      const match = MATCH_LENGTH.base[matchCode]! + input.read(MATCH_LENGTH.extra[matchCode]!);
      const literal = LITERAL_LENGTH.base[literalCode]! + input.read(LITERAL_LENGTH.extra[literalCode]!);
      if (i + 1 < count) {
        literalState = literalCodes.base[literalState]! + input.read(literalCodes.bits[literalState]!);
        matchState = matchCodes.base[matchState]! + input.read(matchCodes.bits[matchState]!);
        offsetState = offsetCodes.base[offsetState]! + input.read(offsetCodes.bits[offsetState]!);
      }
      if (input.left < 0 || used + literal > literals.length) damagedZstd();
      this.#append(literals.subarray(used, used + literal));
      used += literal;
      const distance = this.#distance(offsetValue, literal);
      if (distance < 1 || distance > this.at - this.#start) damagedZstd();
      this.#room(match);
      copyMatch(this.#output, this.at, distance, match);
      this.at += match;
    }
    if (input.left !== 0) damagedZstd();
    return used;
  }

  /** Values 1 … 3 name one of the last three distances; without literals they name the next one, and 3 the newest less 1 (section 3.1.1.5). */
  #distance(value: number, literals: number): number {
    const [newest, second, third] = this.#offsets;
    if (value > 3) {
      this.#offsets = [value - 3, newest, second];
      return value - 3;
    }
    const index = value - 1 + (literals === 0 ? 1 : 0);
    if (index === 0) return newest;
    const distance = index === 1 ? second : index === 2 ? third : newest - 1;
    this.#offsets = index === 1 ? [distance, newest, third] : [distance, newest, second];
    return distance;
  }
}

/** One stream, or four of equal length but the last, behind a table of the first three's sizes (section 3.1.1.3.1.6). */
function huffmanStreams(table: HuffmanTable, bytes: Uint8Array, size: number, streams: 1 | 4): Uint8Array {
  const output = new Uint8Array(size);
  if (streams === 1) {
    decodeHuffman(table, bytes, output);
    return output;
  }
  const JUMP_TABLE = 6;
  const each = Math.ceil(size / 4);
  if (bytes.length < JUMP_TABLE || each * 3 > size) damagedZstd();
  let from = JUMP_TABLE;
  for (let i = 0; i < 4; i++) {
    const end = i < 3 ? from + (bytes[i * 2]! | (bytes[i * 2 + 1]! << 8)) : bytes.length;
    if (end > bytes.length) damagedZstd();
    decodeHuffman(table, bytes.subarray(from, end), output.subarray(each * i, i < 3 ? each * (i + 1) : size));
    from = end;
  }
  return output;
}
