/** Runs vectors through a target and counts. */
import { WORD_COUNT, baseContent, regionsOf } from './format/environment.ts';
import type { Mode, Region } from './format/environment.ts';
import { FormatError } from './format/error.ts';
import { RUN } from './format/vector.ts';
import type { Bytes, Vector } from './format/vector.ts';
import { compare } from './compare.ts';
import type { Observed, Verdict } from './compare.ts';
import type { Control, Target } from './target.ts';

/** A vector that did not pass. */
export interface Failure {
  readonly vector: Vector;
  readonly verdict: Verdict;
  readonly observed: Observed;
}

/** Counts over some vectors. */
export interface Tally {
  passed: number;
  failed: number;
  /** Vectors with flags that the manual leaves undefined, and how many of them end as on the recording processor. */
  undefinedFlags: number;
  undefinedFlagsEqual: number;
  /** The same for results. */
  undefinedResults: number;
  undefinedResultsEqual: number;
  /** Failed vectors by form. */
  readonly failedForms: Map<string, number>;
  /** The first failures. */
  readonly failures: Failure[];
}

export function emptyTally(): Tally {
  return { passed: 0, failed: 0, undefinedFlags: 0, undefinedFlagsEqual: 0, undefinedResults: 0, undefinedResultsEqual: 0, failedForms: new Map(), failures: [] };
}

/** More instructions than any recorded program executes. */
const LIMIT = 10_000;

/** One region: its base content, and what it should hold now. */
interface Page {
  readonly region: Region;
  readonly base: Uint8Array;
  readonly expected: Uint8Array;
}

/** Runs vectors of one mode on one target; keeps memory in step with it. */
export class Runner {
  readonly #target: Target;
  readonly #mode: Mode;
  readonly #pages: readonly Page[];
  readonly #words = new BigUint64Array(WORD_COUNT);
  readonly #control: Control = { rip: 0n, flags: 0 };

  constructor(target: Target, mode: Mode) {
    this.#target = target;
    this.#mode = mode;
    target.enter(mode);
    this.#pages = regionsOf(mode).map((region) => {
      const base = baseContent(region);
      target.setMemory(region.address, base);
      return { region, base, expected: base.slice() };
    });
  }

  #pageOf(address: bigint): Page {
    const page = this.#pages.find(({ region }) => address >= region.address && address < region.address + BigInt(region.length));
    if (!page) throw new FormatError('unmapped', `no region at 0x${address.toString(16)} in mode ${this.#mode}`);
    return page;
  }

  /** Changes what is expected, and with `also` the target too. */
  #write({ address, bytes }: Bytes, also: boolean): void {
    const page = this.#pageOf(address);
    page.expected.set(bytes, Number(address - page.region.address));
    if (also) this.#target.setMemory(address, bytes);
  }

  /** Puts base content back. */
  #restore({ address, bytes }: Bytes): void {
    const page = this.#pageOf(address);
    const at = Number(address - page.region.address);
    this.#write({ address, bytes: page.base.subarray(at, at + bytes.length) }, true);
  }

  /** What memory holds that is not expected; runs of bytes. */
  #unexpected(): Bytes[] {
    const found: Bytes[] = [];
    for (const { region, expected } of this.#pages) {
      const now = this.#target.readMemory(region.address, region.length);
      if (Buffer.compare(now, expected) === 0) continue;
      for (let i = 0; i < region.length; i++) {
        if (now[i] === expected[i]) continue;
        let end = i + 1;
        while (end < region.length && now[end] !== expected[end]) end++;
        found.push({ address: region.address + BigInt(i), bytes: now.slice(i, end) });
        i = end;
      }
    }
    return found;
  }

  /** Runs one vector and judges it; memory is as before afterwards. */
  run(vector: Vector): { readonly verdict: Verdict; readonly observed: Observed } {
    const target = this.#target;
    const given: Bytes[] = [{ address: vector.codeAddress, bytes: vector.code }, ...vector.memory];
    for (const block of given) this.#write(block, true);
    target.loadState(vector.before, { rip: vector.codeAddress, flags: vector.flagsBefore }, vector.usesFp);
    const ending = target.step({ run: vector.run, stop: vector.stop, end: vector.ripAfter, faults: vector.fault !== undefined, limit: vector.run === RUN.one ? 1 : LIMIT });
    this.#words.set(vector.before);
    target.readState(this.#words, this.#control, vector.usesFp);
    for (const block of vector.writes) this.#write(block, false);
    const memory = this.#unexpected();
    const observed: Observed = { ending, words: this.#words.slice(), control: { ...this.#control }, memory };
    const verdict = compare(vector, observed);
    for (const block of [...given, ...vector.writes, ...memory]) this.#restore(block);
    return { verdict, observed };
  }

  /** Runs many and adds to a tally, of whose failures it keeps up to `keep`. */
  runAll(vectors: Iterable<Vector>, tally: Tally, keep: number): void {
    for (const vector of vectors) {
      const { verdict, observed } = this.run(vector);
      if (verdict.differences.length === 0) {
        tally.passed++;
      } else {
        tally.failed++;
        tally.failedForms.set(vector.form, (tally.failedForms.get(vector.form) ?? 0) + 1);
        if (tally.failures.length < keep) tally.failures.push({ vector, verdict, observed });
      }
      if (verdict.undefinedFlagsEqual !== undefined) {
        tally.undefinedFlags++;
        if (verdict.undefinedFlagsEqual) tally.undefinedFlagsEqual++;
      }
      if (verdict.undefinedResultEqual !== undefined) {
        tally.undefinedResults++;
        if (verdict.undefinedResultEqual) tally.undefinedResultsEqual++;
      }
    }
  }
}
