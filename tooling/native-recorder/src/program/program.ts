/**
 * Random short programs that end: straight code, forward branches, counted loops, calls, pushes and pops, memory.
 *
 * Invariants: pointers, the loop counter and the stack pointer are written by nothing else, so that programs stay in
 * their data and end; and no instruction reads a flag that the manual leaves undefined at that point (`#undefined` is
 * what may be undefined here, merged where paths meet), so that a program's result does not hang on such flags.
 */
import { FLAG } from '@wasm-tcg/conformance';
import type { Mode } from '@wasm-tcg/conformance';
import type { Random } from '../random.ts';
import { le, withModrm, withRegister } from './emit.ts';
import type { Place } from './emit.ts';

const { CF, PF, AF, ZF, SF, OF } = FLAG;
const ALL = CF | PF | AF | ZF | SF | OF;

/** Flags that each pair of condition codes reads. */
const READS = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, SF | OF | ZF] as const;

export interface Program {
  readonly code: Uint8Array;
  /** Registers that hold addresses of data, for the start state. */
  readonly pointers: readonly number[];
  /** Register with a small index. */
  readonly index: number;
  /** Flags that may be undefined when the instruction at an offset begins, or at the end. */
  readonly undefinedAt: ReadonlyMap<number, number>;
}

const MAX_DEPTH = 2;

export class ProgramBuilder {
  readonly #code: number[] = [];
  readonly #undefinedAt = new Map<number, number>();
  readonly #rng: Random;
  readonly #mode: Mode;
  readonly #data: readonly number[];
  readonly #pointers: readonly number[];
  readonly #index: number;
  readonly #counters: number[];
  #undefined = 0;
  #left: number;

  constructor(rng: Random, mode: Mode) {
    this.#rng = rng;
    this.#mode = mode;
    this.#left = rng.between(5, 30);
    const extra = mode === 64;
    this.#pointers = extra ? [rng.pick([5, 6, 7]), rng.pick([12, 13]), rng.pick([14, 15])] : [rng.pick([5, 6])];
    this.#index = extra ? rng.pick([8, 9]) : 7;
    this.#counters = [1, ...(extra ? [10] : [])];
    const taken = [4, this.#index, ...this.#pointers, ...this.#counters];
    this.#data = Array.from({ length: extra ? 16 : 8 }, (_, n) => n).filter((n) => !taken.includes(n));
  }

  build(): Program {
    this.#block(0);
    this.#undefinedAt.set(this.#code.length, this.#undefined);
    return { code: new Uint8Array(this.#code), pointers: this.#pointers, index: this.#index, undefinedAt: this.#undefinedAt };
  }

  #emit(bytes: readonly number[], defined = 0, undefinedFlags = 0): void {
    this.#undefinedAt.set(this.#code.length, this.#undefined);
    this.#code.push(...bytes);
    this.#undefined = (this.#undefined & ~defined) | undefinedFlags;
    this.#left--;
  }

  #block(depth: number): void {
    while (this.#left > 0) {
      const kind = this.#rng.weighted([[70, 'plain'], [14, 'branch'], [8, 'loop'], [5, 'call'], [6, 'stack']] as const);
      if (kind === 'plain' || depth >= MAX_DEPTH) this.#plain();
      else if (kind === 'branch') this.#branch(depth);
      else if (kind === 'loop' && this.#counters.length > 0) this.#loop(depth);
      else if (kind === 'call') this.#call();
      else this.#pushPop();
      if (depth > 0 && this.#rng.chance(0.3)) return;
    }
  }

  // Operands.

  #bits(): number {
    return this.#rng.weighted([[25, 8], [15, 16], [35, 32], [this.#mode === 64 ? 25 : 0, 64]]);
  }

  /** A data register; for bytes one that needs no REX, which may be AH…BH. */
  #register(bits: number): number {
    if (bits !== 8) return this.#rng.pick(this.#data);
    const low = this.#data.filter((n) => n < 4);
    return this.#rng.pick(low) + (this.#rng.chance(0.3) ? 4 : 0);
  }

  #memory(bits: number): Place {
    const indexed = this.#rng.chance(0.3) && bits !== 8;
    const base = this.#rng.pick(this.#pointers.filter((n) => bits !== 8 || n < 8));
    return {
      base, index: indexed ? this.#index : -1, scaleLog: this.#rng.below(4),
      displacement: this.#rng.chance(0.7) ? this.#rng.between(-128, 127) : this.#rng.between(-0x300, 0x300),
    };
  }

  #place(bits: number): Place {
    return this.#rng.chance(0.35) ? this.#memory(bits) : { register: this.#register(bits) };
  }

  /** Makes flags defined that something is about to read. */
  #need(flags: number): void {
    if ((this.#undefined & flags) === 0) return;
    const bits = this.#mode === 64 ? this.#rng.pick([32, 64]) : 32;
    this.#emit(withModrm(this.#mode, bits, [this.#rng.pick([0x39, 0x01])], this.#register(bits), { register: this.#register(bits) }), ALL);
  }

  // Instructions.

  #plain(): void {
    const { rng } = this;
    const bits = this.#bits();
    const wide = bits === 8 ? 0 : 1;
    const m = this.#mode;
    switch (rng.below(16)) {
      case 0: case 1: case 2: return this.#arithmetic(bits, false);
      case 3: return this.#arithmetic(bits, true);
      case 4: return this.#emit(withModrm(m, bits, [0x88 | wide], this.#register(bits), this.#place(bits)));
      case 5: return this.#emit(withModrm(m, bits, [0x8a | wide], this.#register(bits), this.#place(bits)));
      case 6: return this.#shift(bits);
      case 7: return this.#unary(bits);
      case 8: {
        const size = Math.max(bits, 16);
        return this.#emit(withModrm(m, size, [0x0f, 0xaf], this.#register(size), this.#place(size)), CF | OF, SF | ZF | AF | PF);
      }
      case 9: {
        const size = Math.max(bits, 32);
        return this.#emit(withModrm(m, size, [0x0f, rng.pick([0xb7, 0xbf])], this.#register(size), this.#place(16)));
      }
      case 10: {
        const size = Math.max(bits, 16);
        return this.#emit(withModrm(m, size, [0x8d], this.#register(size), this.#memory(16)));
      }
      case 11: {
        const cc = rng.below(16);
        this.#need(READS[cc >> 1] as number);
        return this.#emit(withModrm(m, 8, [0x0f, 0x90 + cc], 0, { register: this.#register(8) }));
      }
      case 12: {
        const cc = rng.below(16);
        const size = Math.max(bits, 16);
        this.#need(READS[cc >> 1] as number);
        return this.#emit(withModrm(m, size, [0x0f, 0x40 + cc], this.#register(size), this.#place(size)));
      }
      case 13: return this.#emit(withModrm(m, bits, [0x86 | wide], this.#register(bits), { register: this.#register(bits) }));
      case 14: {
        const size = Math.max(bits, 16);
        const bytes = withModrm(m, size, [0x0f, 0xba], rng.between(4, 7), this.#place(size));
        return this.#emit([...bytes, rng.below(size)], CF, OF | SF | AF | PF);
      }
      default: {
        const size = Math.max(bits, 32);
        return this.#emit(withRegister(m, size, [0x0f, 0xc8], this.#register(size)));
      }
    }
  }

  get rng(): Random {
    return this.#rng;
  }

  #arithmetic(bits: number, immediate: boolean): void {
    const { rng } = this;
    const operation = rng.below(8);
    const wide = bits === 8 ? 0 : 1;
    if (operation === 2 || operation === 3) this.#need(CF);
    const undefinedFlags = [1, 4, 6].includes(operation) ? AF : 0;
    if (!immediate) {
      const bytes = withModrm(this.#mode, bits, [operation * 8 + (rng.chance(0.5) ? 2 : 0) + wide], this.#register(bits), this.#place(bits));
      return this.#emit(bytes, ALL, undefinedFlags);
    }
    const short = bits === 8 || rng.chance(0.5);
    const size = short ? 1 : Math.min(bits, 32) / 8;
    const bytes = withModrm(this.#mode, bits, [bits === 8 ? 0x80 : short ? 0x83 : 0x81], operation, this.#place(bits));
    this.#emit([...bytes, ...le(rng.operand(size * 8), size)], ALL, undefinedFlags);
  }

  #shift(bits: number): void {
    const { rng } = this;
    const operation = rng.pick([0, 1, 2, 3, 4, 5, 7]);
    const wide = bits === 8 ? 0 : 1;
    const count = rng.below(bits === 8 ? 8 : bits === 16 ? 16 : bits);
    if (operation === 2 || operation === 3) this.#need(CF);
    const bytes = [...withModrm(this.#mode, bits, [0xc0 | wide], operation, this.#place(bits)), count];
    if (count === 0) return this.#emit(bytes);
    const over = count > 1 ? OF : 0;
    if (operation < 4) this.#emit(bytes, CF | (OF & ~over), over);
    else this.#emit(bytes, ALL, AF | over);
  }

  #unary(bits: number): void {
    const wide = bits === 8 ? 0 : 1;
    const place = this.#place(bits);
    switch (this.#rng.below(5)) {
      case 0: return this.#emit(withModrm(this.#mode, bits, [0xfe | wide], 0, place), ALL & ~CF);
      case 1: return this.#emit(withModrm(this.#mode, bits, [0xfe | wide], 1, place), ALL & ~CF);
      case 2: return this.#emit(withModrm(this.#mode, bits, [0xf6 | wide], 2, place));
      case 3: return this.#emit(withModrm(this.#mode, bits, [0xf6 | wide], 3, place), ALL);
      default: return this.#emit(withModrm(this.#mode, bits, [0xf6 | wide], this.#rng.pick([4, 5]), place), CF | OF, SF | ZF | AF | PF);
    }
  }

  #pushPop(): void {
    const word = this.#mode === 64 ? 32 : 32;
    this.#emit(withRegister(this.#mode, word, [0x50], this.#rng.pick(this.#data)));
    if (this.#rng.chance(0.5)) this.#plain();
    this.#emit(withRegister(this.#mode, word, [0x58], this.#rng.pick(this.#data)));
  }

  /** Emits a jump with a 32-bit displacement to be filled in; returns where. */
  #jumpForward(opcode: readonly number[]): number {
    this.#emit([...opcode, 0, 0, 0, 0]);
    return this.#code.length;
  }

  #land(from: number, target: number): void {
    this.#code.splice(from - 4, 4, ...le(target - from, 4));
  }

  #branch(depth: number): void {
    const cc = this.#rng.below(16);
    this.#need(READS[cc >> 1] as number);
    const from = this.#jumpForward([0x0f, 0x80 + cc]);
    const taken = this.#undefined;
    const keep = this.#left;
    this.#left = Math.min(keep, this.#rng.between(1, 5));
    const inner = this.#left;
    this.#block(depth + 1);
    this.#left += keep - inner;
    this.#undefined |= taken;
    this.#land(from, this.#code.length);
  }

  #loop(depth: number): void {
    const counter = this.#counters.pop() as number;
    this.#emit([...withRegister(this.#mode, 32, [0xb8], counter), ...le(this.#rng.between(1, 6), 4)]);
    const head = this.#code.length;
    // Flags are defined at the head whichever way it is reached.
    this.#emit(withModrm(this.#mode, 32, [0x39], this.#register(32), { register: this.#register(32) }), ALL);
    const keep = this.#left;
    this.#left = Math.min(keep, this.#rng.between(1, 6));
    const inner = this.#left;
    this.#block(depth + 1);
    this.#left += keep - inner;
    const byLoop = counter === 1 && this.#rng.chance(0.5) && this.#code.length - head < 120;
    if (byLoop) {
      this.#emit([0xe2, (head - this.#code.length - 2) & 0xff]);
    } else {
      this.#emit(withModrm(this.#mode, 32, [0xff], 1, { register: counter }), ALL & ~CF);
      const from = this.#jumpForward([0x0f, 0x85]);
      this.#land(from, head);
    }
    this.#counters.push(counter);
  }

  /** A call to a function right behind a jump around it. */
  #call(): void {
    const call = this.#jumpForward([0xe8]);
    const around = this.#jumpForward([0xe9]);
    this.#land(call, this.#code.length);
    for (let n = this.#rng.between(1, 3); n > 0; n--) this.#plain();
    this.#emit([0xc3]);
    this.#land(around, this.#code.length);
  }
}
