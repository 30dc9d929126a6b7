/**
 * Vector files: one group of forms each. FORMAT.md has the layout; this file is its other half.
 *
 * Four streams, compressed together, so that like stands beside like: structure, flags, values before, values after.
 * A vector's position gives its seed, the seed gives registers, and only what differs is stored.
 */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { FLAGS_ALWAYS, FORMAT_VERSION, WORD_COUNT, baseRegisters, regionsOf } from './environment.ts';
import type { Mode } from './environment.ts';
import { FormatError } from './error.ts';
import { Sink, Source, getValue, putValue } from './streams.ts';
import type { Bytes, Fault, Run, Vector } from './vector.ts';

/** 'WTCV', little-endian. */
const MAGIC = 0x5643_5457;

/** What a file says about itself. */
export interface FileHeader {
  readonly group: string;
  readonly mode: Mode;
  /** Processor that recorded it, as CPUID names it. */
  readonly cpu: string;
  /** Seed of the generator. */
  readonly seed: number;
}

/** Vectors of one instruction form; vector `i` (counted through all encodings) has register seed `seed + i`. */
export interface Form {
  readonly name: string;
  readonly seed: number;
  readonly usesFp: boolean;
  /** As in `Vector`. */
  readonly statusUndefined: number;
  readonly run: Run;
  readonly encodings: readonly Encoding[];
}

/** The same bytes with several states. */
export interface Encoding {
  readonly codeAddress: bigint;
  readonly code: Uint8Array;
  readonly stop: bigint;
  readonly vectors: readonly State[];
}

/** The part of a `Vector` that is its own. */
export type State = Pick<Vector,
  'before' | 'after' | 'flagsBefore' | 'flagsAfter' | 'flagsUndefined' | 'resultUndefined' | 'ripAfter' | 'memory' | 'writes' | 'fault'>;

const HAS = { fault: 1, undefinedResult: 2, jumped: 4, undefinedFlags: 8, flagsChanged: 16 } as const;

/** Bytes of a file. Slow: it compresses as well as it can. */
export function encodeFile(header: FileHeader, forms: readonly Form[]): Uint8Array {
  const writer = new Writer(header.mode);
  for (const form of forms) writer.form(form);
  const body = new Sink();
  const text = new TextEncoder().encode(JSON.stringify(header));
  body.uint(text.length);
  body.bytes(text);
  body.uint(forms.length);
  for (const stream of writer.streams) {
    body.uint(stream.length);
    body.bytes(stream.finish());
  }
  const packed = brotliCompressSync(body.finish(), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  });
  const file = new Uint8Array(6 + packed.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, FORMAT_VERSION, true);
  file.set(packed, 6);
  return file;
}

/** A decoded file: its header, and its vectors one by one. */
export interface VectorFile {
  readonly header: FileHeader;
  /** Decodes as it goes; each vector is a fresh object. Throws `FormatError` when the file is damaged. */
  vectors(): Generator<Vector, void, undefined>;
}

/** Opens a file's bytes. Throws `FormatError` with code `version` or `corrupt`. */
export function decodeFile(file: Uint8Array): VectorFile {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 6 || view.getUint32(0, true) !== MAGIC) throw new FormatError('corrupt', 'not a vector file');
  const version = view.getUint16(4, true);
  if (version !== FORMAT_VERSION) throw new FormatError('version', `vector file of version ${version}, this reader knows ${FORMAT_VERSION}`);
  let body: Source;
  try {
    const plain = brotliDecompressSync(file.subarray(6));
    body = new Source(new Uint8Array(plain.buffer, plain.byteOffset, plain.length)); // not a Buffer, whose slice() shares
  } catch (cause) {
    throw new FormatError('corrupt', `the vector file cannot be decompressed: ${String(cause)}`);
  }
  const header = JSON.parse(new TextDecoder().decode(body.bytes(body.uint()))) as FileHeader;
  const forms = body.uint();
  const streams = [0, 1, 2, 3].map(() => body.bytes(body.uint()));
  return { header, vectors: () => readVectors(header, forms, streams.map((s) => new Source(s))) };
}

class Writer {
  readonly #structure = new Sink();
  readonly #flags = new Sink();
  readonly #before = new Sink();
  readonly #after = new Sink();
  readonly #base = new BigUint64Array(WORD_COUNT);
  readonly #mode: Mode;

  constructor(mode: Mode) {
    this.#mode = mode;
  }

  get streams(): readonly Sink[] {
    return [this.#structure, this.#flags, this.#before, this.#after];
  }

  form(form: Form): void {
    const s = this.#structure;
    const name = new TextEncoder().encode(form.name);
    s.uint(name.length);
    s.bytes(name);
    s.uint(form.seed);
    s.byte(Number(form.usesFp) | (form.run << 1));
    s.uint(form.statusUndefined);
    s.uint(form.encodings.length);
    let seed = form.seed;
    for (const encoding of form.encodings) {
      this.#address(encoding.codeAddress);
      s.uint(encoding.code.length);
      s.bytes(encoding.code);
      s.uint(Number(encoding.stop - encoding.codeAddress));
      s.uint(encoding.vectors.length);
      for (const state of encoding.vectors) this.#state(state, encoding, seed++);
    }
  }

  /** Region number and offset. */
  #address(address: bigint): void {
    const regions = regionsOf(this.#mode);
    const at = regions.findIndex((r) => address >= r.address && address < r.address + BigInt(r.length));
    if (at < 0) throw new FormatError('unmapped', `address 0x${address.toString(16)} is in no region`);
    this.#structure.byte(at);
    this.#structure.uint(Number(address - regions[at].address));
  }

  #blocks(blocks: readonly Bytes[], values: Sink): void {
    this.#structure.uint(blocks.length);
    for (const block of blocks) {
      this.#address(block.address);
      this.#structure.uint(block.bytes.length);
      values.bytes(block.bytes);
    }
  }

  /** The words in which `now` differs from `then`. */
  #words(then: BigUint64Array, now: BigUint64Array, values: Sink): void {
    const changed: number[] = [];
    for (let i = 0; i < WORD_COUNT; i++) if (now[i] !== then[i]) changed.push(i);
    this.#structure.uint(changed.length);
    for (const i of changed) {
      this.#structure.byte(i);
      putValue(this.#structure, values, now[i], then[i]);
    }
  }

  #state(state: State, encoding: Encoding, seed: number): void {
    const s = this.#structure;
    baseRegisters(this.#mode, seed, this.#base);
    this.#words(this.#base, state.before, this.#before);
    this.#blocks(state.memory, this.#before);
    this.#flags.uint(state.flagsBefore ^ FLAGS_ALWAYS);
    const jumped = state.fault ? state.ripAfter !== encoding.codeAddress : state.ripAfter !== encoding.stop;
    s.byte(
      (state.fault ? HAS.fault : 0) | (state.resultUndefined ? HAS.undefinedResult : 0) | (jumped ? HAS.jumped : 0) |
      (state.flagsUndefined ? HAS.undefinedFlags : 0) | (state.flagsAfter !== state.flagsBefore ? HAS.flagsChanged : 0),
    );
    if (state.fault) {
      s.byte(state.fault.vector);
      s.uint(state.fault.error);
      putValue(s, this.#after, state.fault.cr2, 0n);
    }
    if (jumped) putValue(s, this.#after, state.ripAfter, encoding.stop);
    if (state.flagsUndefined) this.#flags.uint(state.flagsUndefined);
    if (state.flagsAfter !== state.flagsBefore) this.#flags.uint((state.flagsAfter ^ state.flagsBefore) >>> 0);
    this.#words(state.before, state.after, this.#after);
    this.#blocks(state.writes, this.#after);
  }
}

function* readVectors(header: FileHeader, forms: number, streams: readonly Source[]): Generator<Vector, void, undefined> {
  const [structure, flags, valuesBefore, valuesAfter] = streams;
  const { mode, group } = header;
  const regions = regionsOf(mode);
  const address = (): bigint => {
    const found = regions[structure.byte()];
    if (!found) throw new FormatError('corrupt', 'an unknown region');
    return found.address + BigInt(structure.uint());
  };
  const words = (then: BigUint64Array, values: Source): BigUint64Array => {
    const now = then.slice();
    for (let n = structure.uint(); n > 0; n--) {
      const i = structure.byte();
      now[i] = getValue(structure, values, then[i]);
    }
    return now;
  };
  const blocks = (values: Source): Bytes[] => {
    const list: Bytes[] = [];
    for (let n = structure.uint(); n > 0; n--) {
      const at = address();
      list.push({ address: at, bytes: values.bytes(structure.uint()) });
    }
    return list;
  };
  const base = new BigUint64Array(WORD_COUNT);

  for (let f = 0; f < forms; f++) {
    const form = new TextDecoder().decode(structure.bytes(structure.uint()));
    const seed = structure.uint();
    const bits = structure.byte();
    const usesFp = (bits & 1) !== 0;
    const run = (bits >> 1) as Run;
    const statusUndefined = structure.uint();
    let index = 0;
    for (let e = structure.uint(); e > 0; e--) {
      const codeAddress = address();
      const code = structure.bytes(structure.uint());
      const stop = codeAddress + BigInt(structure.uint());
      for (let n = structure.uint(); n > 0; n--, index++) {
        baseRegisters(mode, seed + index, base);
        const before = words(base, valuesBefore);
        const memory = blocks(valuesBefore);
        const flagsBefore = flags.uint() ^ FLAGS_ALWAYS;
        const has = structure.byte();
        let fault: Fault | undefined;
        if (has & HAS.fault) {
          const vector = structure.byte();
          const error = structure.uint();
          fault = { vector, error, cr2: getValue(structure, valuesAfter, 0n) };
        }
        const ripAfter = has & HAS.jumped ? getValue(structure, valuesAfter, stop) : fault ? codeAddress : stop;
        const flagsUndefined = has & HAS.undefinedFlags ? flags.uint() : 0;
        const flagsAfter = has & HAS.flagsChanged ? (flags.uint() ^ flagsBefore) >>> 0 : flagsBefore;
        const after = words(before, valuesAfter);
        const writes = blocks(valuesAfter);
        yield {
          mode, group, form, index, run, codeAddress, code, stop, before, after, flagsBefore, flagsAfter, flagsUndefined,
          resultUndefined: (has & HAS.undefinedResult) !== 0, ripAfter, memory, writes, fault, usesFp, statusUndefined,
        };
      }
    }
  }
}
