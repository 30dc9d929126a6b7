/**
 * The locals of one function body: indices in the order of allocation, a free list per type, run-length declaration.
 *
 * Invariant: an index belongs to one type for the whole function. A local taken from the free list holds whatever was last
 * stored in it, not zero.
 */
import { CodegenError } from '../errors.ts';
import { writeU32 } from './leb128.ts';
import { parameterCount, typeByte, typeOfLetter, type ValType } from './types.ts';

/** Engines refuse functions with more locals, parameters included (WebAssembly JS API, "Limits"). */
export const MAX_LOCALS = 50_000;

/** Folds the seven value types into 0…31 without collision. */
const SLOT_MASK = 0x1f;

export class LocalAllocator {
  private types = new Int8Array(64);
  private isFree = new Uint8Array(64);
  private readonly freeByType: number[][] = Array.from({ length: SLOT_MASK + 1 }, () => []);
  /** Locals so far, parameters included. */
  count = 0;
  private parameters = 0;

  /** Starts a function with the parameters of `signature`. */
  reset(signature: string): void {
    for (const list of this.freeByType) if (list.length > 0) list.length = 0;
    this.count = 0;
    const parameters = parameterCount(signature);
    for (let i = 0; i < parameters; i++) this.add(typeOfLetter(signature[i]));
    this.parameters = parameters;
  }

  /** A local of that type: a released one if there is one. */
  take(type: ValType): number {
    const index = this.freeByType[type & SLOT_MASK].pop();
    if (index === undefined) return this.add(type);
    this.isFree[index] = 0;
    return index;
  }

  /** Gives a local back for reuse. */
  release(index: number): void {
    if (!(index >= 0 && index < this.count) || this.isFree[index] !== 0) {
      throw new CodegenError('bad-index', `local ${index} is not taken`, 'release each local once, after its last use');
    }
    this.isFree[index] = 1;
    this.freeByType[this.types[index] & SLOT_MASK].push(index);
  }

  /** The type a local was allocated with. */
  typeOf(index: number): ValType {
    return this.types[index] as ValType;
  }

  /** An upper bound of what `writeDeclaration` writes, in bytes. */
  declarationBound(): number {
    return 5 + (this.count - this.parameters) * 6;
  }

  /** Writes the vector of (count, type) runs; returns the position after it. The caller has made room. */
  writeDeclaration(bytes: Uint8Array, at: number): number {
    const { types, count, parameters } = this;
    let runs = 0;
    for (let i = parameters; i < count; i++) if (i === parameters || types[i] !== types[i - 1]) runs++;
    let pos = writeU32(bytes, at, runs);
    for (let i = parameters; i < count; ) {
      let end = i + 1;
      while (end < count && types[end] === types[i]) end++;
      pos = writeU32(bytes, pos, end - i);
      bytes[pos++] = typeByte(types[i] as ValType);
      i = end;
    }
    return pos;
  }

  private add(type: ValType): number {
    if (this.count === MAX_LOCALS) {
      throw new CodegenError('too-large', `a function has more than ${MAX_LOCALS} locals`, 'release locals after their last use, or split the function');
    }
    if (this.count === this.types.length) {
      const types = new Int8Array(this.count * 2);
      types.set(this.types);
      this.types = types;
      const isFree = new Uint8Array(this.count * 2);
      isFree.set(this.isFree);
      this.isFree = isFree;
    }
    this.types[this.count] = type;
    this.isFree[this.count] = 0;
    return this.count++;
  }
}
