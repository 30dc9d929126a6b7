/** Compiles the softfloat sources with the checking program and gives its functions. Nothing is kept on disk. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entrySource } from './entry.ts';
import { RECORD_BYTES } from './record.ts';

const SOURCES = fileURLToPath(new URL('../../../../packages/runtime/assembly/softfloat', import.meta.url));

/** Bytes of static data (tables of the transcendental functions) and scratch below the records. */
const BASE = 1 << 17;
const OUT = BASE - 4096;
const LIST = BASE - 2048;
const PAGE = 1 << 16;

/** Records that one call takes. */
export const BATCH = 4096;

/** What is used of the compiler. Its own types declare a global console that hides Node's. */
interface Compiler {
  main(
    args: readonly string[],
    host: {
      readFile(name: string): string | null;
      writeFile(name: string, contents: string | Uint8Array): void;
      listFiles(): string[];
    },
  ): Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>;
}

const COMPILER: string = 'assemblyscript/asc';

interface Exports {
  check(base: number, count: number, out: number, list: number): number;
  execute(record: number, out: number): void;
  resetStatistics(): void;
  equalCount: WebAssembly.Global;
  roundedOtherwise: WebAssembly.Global;
  maxDistance: WebAssembly.Global;
}

/** What `check` found in a batch. */
export interface BatchResult {
  readonly failures: number;
  /** The first failing records, each with what the softfloat made of it. */
  readonly examples: readonly { readonly expected: Uint8Array; readonly actual: Uint8Array }[];
}

/** The softfloat sources compiled, with a memory for records. */
export class SoftfloatModule {
  readonly #exports: Exports;
  readonly #bytes: Uint8Array;

  private constructor(exports: Exports, bytes: Uint8Array) {
    this.#exports = exports;
    this.#bytes = bytes;
  }

  /**
   * Throws with the compiler's messages if the sources do not compile.
   *
   * @param optimize takes most of the time; worth it from some hundred thousand vectors on
   */
  static async compile(optimize: boolean): Promise<SoftfloatModule> {
    const wasm = await compileEntry(optimize ? ['-O3'] : []);
    const memory = new WebAssembly.Memory({ initial: (BASE + BATCH * RECORD_BYTES) / PAGE });
    const { instance } = await WebAssembly.instantiate(wasm, { env: { memory } });
    return new SoftfloatModule(instance.exports as unknown as Exports, new Uint8Array(memory.buffer));
  }

  /** Runs and compares whole records, at most BATCH. */
  check(records: Uint8Array): BatchResult {
    this.#bytes.set(records, BASE);
    const failures = this.#exports.check(BASE, records.length / RECORD_BYTES, OUT, LIST);
    const numbers = Uint32Array.from(new Uint32Array(this.#bytes.buffer, LIST, Math.min(failures, 16)));
    const examples = Array.from(numbers, (number) => {
      const expected = records.slice(number * RECORD_BYTES, (number + 1) * RECORD_BYTES);
      return { expected, actual: this.run(expected) };
    });
    return { failures, examples };
  }

  /** Runs one record and returns it with flags, condition and results filled in; its other parts are empty. */
  run(record: Uint8Array): Uint8Array {
    this.#bytes.set(record, BASE);
    this.#exports.execute(BASE, OUT);
    return this.#bytes.slice(OUT, OUT + RECORD_BYTES);
  }

  /**
   * Of the transcendental functions since the last call: vectors with equal results, those of them whose C1 differs, and the largest
   * distance in units in the last place.
   */
  takeStatistics(): { readonly equal: number; readonly roundedOtherwise: number; readonly maxDistance: bigint } {
    const { equalCount, roundedOtherwise, maxDistance, resetStatistics } = this.#exports;
    const statistics = {
      equal: Number(equalCount.value) >>> 0,
      roundedOtherwise: Number(roundedOtherwise.value) >>> 0,
      maxDistance: BigInt.asUintN(64, BigInt(maxDistance.value as bigint)),
    };
    resetStatistics();
    return statistics;
  }
}

async function compileEntry(level: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const asc = (await import(COMPILER)) as Compiler;
  let wasm: Uint8Array | undefined;
  const flags = ['--runtime', 'stub', '--importMemory', '--noExportMemory', '--noAssert', '--use', 'abort=', ...level];
  const { error, stderr } = await asc.main(['entry.ts', '--outFile', 'softfloat.wasm', '--memoryBase', '1024', ...flags], {
    readFile: (name) => readSource(name.replaceAll('\\', '/')),
    writeFile: (name, contents) => {
      if (name.endsWith('.wasm') && typeof contents !== 'string') wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`the softfloat sources do not compile\n${stderr.toString()}`, { cause: error ?? undefined });
  return new Uint8Array(wasm);
}

function readSource(name: string): string | null {
  if (name === 'entry.ts') return entrySource();
  const file = /^softfloat\/(.+)$/.exec(name)?.[1];
  if (file === undefined) return null;
  try {
    return readFileSync(join(SOURCES, file), 'utf8');
  } catch {
    return null;
  }
}
