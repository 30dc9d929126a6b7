/** The state before a vector, while it is being chosen: what a row's `setup` and `undef` see. */
import { FLAG, FLAGS_ALWAYS, FLAGS_ARITHMETIC, REGIONS, SEGMENTS, WORD_COUNT, baseRegisters } from '@wasm-tcg/conformance';
import type { Mode, Region, SegmentName } from '@wasm-tcg/conformance';
import type { Encoded, Placed } from './encode/encode.ts';
import { aim } from './encode/memory.ts';
import { WINDOWS } from './encode/windows.ts';
import type { Random } from './random.ts';
import type { Row } from './spec/row.ts';

/** Share of memory vectors that are sent to a page which faults. */
const FAULT_SHARE = 0.04;
/** The same in 16-bit code, where segments add reasons. */
const FAULT_SHARE_16 = 0.12;

export class Draft {
  readonly words = new BigUint64Array(WORD_COUNT);
  readonly patches: { address: bigint; bytes: Uint8Array }[] = [];
  flags: number;
  /** Linear address of the memory operand, 0 if there is none. */
  target = 0n;
  /** Whether `target` was chosen to fault. */
  faulting = false;
  /** General registers that lead to the memory operand and must keep their values. */
  readonly #held = new Set<number>();
  readonly rng: Random;
  readonly mode: Mode;
  readonly row: Row;
  /** Operand size in bits. */
  readonly bits: number;
  readonly encoded: Encoded;
  readonly #size: number;

  constructor(rng: Random, mode: Mode, row: Row, bits: number, encoded: Encoded, memorySize: number, seed: number) {
    this.rng = rng;
    this.mode = mode;
    this.row = row;
    this.bits = bits;
    this.encoded = encoded;
    this.#size = memorySize;
    baseRegisters(mode, seed, this.words);
    this.flags = FLAGS_ALWAYS | (rng.u32() & FLAGS_ARITHMETIC & ~FLAG.DF) | (rng.chance(0.2) ? FLAG.DF : 0);
  }

  /** A general register. */
  get(n: number): bigint {
    return this.words[n] as bigint;
  }

  /** Sets a general register unless it leads to the memory operand; says whether it did. */
  set(n: number, value: bigint): boolean {
    if (this.#held.has(n)) return false;
    this.words[n] = BigInt.asUintN(this.registerBits, value);
    return true;
  }

  /** Sets the low bits of a general register and leaves the rest. */
  setLow(n: number, value: bigint, bits: number): boolean {
    const mask = (1n << BigInt(bits)) - 1n;
    return this.set(n, (this.get(n) & ~mask) | (value & mask));
  }

  /** Width of a whole register. */
  get registerBits(): 32 | 64 {
    return this.mode === 64 ? 64 : 32;
  }

  /** Puts bytes into memory; what is not mapped writable is left alone. */
  poke(address: bigint, bytes: Uint8Array): void {
    const region = Object.values(REGIONS).find((r: Region) =>
      r.name !== 'readonly' && r.name !== 'code' && r.modes.includes(this.mode) && address >= r.address && address + BigInt(bytes.length) <= r.address + BigInt(r.length));
    if (region) this.patches.push({ address, bytes });
  }

  /** Puts a little-endian number of `bits` into memory. */
  pokeNumber(address: bigint, value: bigint, bits: number): void {
    const bytes = new Uint8Array(bits / 8);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Number((value >> BigInt(i * 8)) & 0xffn);
    this.poke(address, bytes);
  }

  /** Value of a register operand at its width. */
  read(operand: Placed): bigint {
    const whole = this.get(operand.high ? operand.register - 4 : operand.register);
    return BigInt.asUintN(operand.bits, operand.high ? whole >> 8n : whole);
  }

  /** Gives an operand a value: a register its low bits, memory its bytes. */
  write(operand: Placed, value: bigint): boolean {
    if (operand.register < 0) {
      this.pokeNumber(this.target, value, operand.bits);
      return true;
    }
    if (!operand.high) return this.setLow(operand.register, value, operand.bits);
    const n = operand.register - 4;
    return this.set(n, (this.get(n) & ~0xff00n) | ((value & 0xffn) << 8n));
  }

  /** The operand at a position of `args`. */
  operand(i: number): Placed {
    return this.encoded.operands[i] as Placed;
  }

  /** Aims the memory operand, then gives every operand a corner or random value. */
  prepare(): void {
    const { memory } = this.encoded;
    if (memory) this.#aim();
    else if (this.encoded.operands.some((o) => o.kind === 'O')) this.target = this.encoded.fixedTarget;
    for (const operand of this.encoded.operands) {
      if (operand.bits > 64 || 'IJOVWUPQNSF'.includes(operand.kind)) continue;
      if (operand.register < 0 && !('EM'.includes(operand.kind) && memory)) continue;
      if (this.rng.chance(0.8)) this.write(operand, this.rng.operand(operand.bits));
    }
  }

  #aim(): void {
    const memory = this.encoded.memory;
    if (!memory) return;
    const registers = { get: (n: number) => this.get(n), set: (n: number, value: bigint) => void this.set(n, value) };
    const target = this.#chooseTarget(memory.bits, memory.segmentBase);
    this.target = memory.ripRelative ? this.encoded.fixedTarget : aim(this.rng, memory, target, registers, this.mode);
    if (memory.base >= 0) this.#held.add(memory.base);
    if (memory.index >= 0) this.#held.add(memory.index);
  }

  /** Marks a register as leading to memory, so that nothing overwrites it. */
  hold(n: number): void {
    this.#held.add(n);
  }

  /** Points a stack register, 4 or 5, at a linear address. */
  setStack(n: number, address: bigint): void {
    const { base, big } = SEGMENTS[this.mode].ss;
    if (big) this.set(n, address);
    else this.setLow(n, BigInt.asUintN(16, address - base), 16);
  }

  /** Base of the segment of string destinations. */
  get destinationBase(): bigint {
    return SEGMENTS[this.mode].es.base;
  }

  /** A linear address in a segment of 16-bit code, where `bytes` bytes are mapped; sometimes across two pages. */
  placeIn(segment: SegmentName, bytes: number, alignment = 1): bigint {
    const { first, last } = WINDOWS[segment];
    let offset = this.rng.between(first, last - bytes + 1);
    if (this.rng.chance(0.1) && bytes > 1 && alignment === 1) {
      const boundary = (offset | 0xfff) + 1 - Number(SEGMENTS[16][segment].base & 0xfffn);
      const across = boundary - this.rng.between(1, bytes - 1);
      if (across >= first && across + bytes - 1 <= last) offset = across;
    }
    offset -= offset % alignment;
    return SEGMENTS[16][segment].base + BigInt(offset < first ? offset + alignment : offset);
  }

  /** A linear address for `bytes` bytes that is mapped and writable, at least `SEGMENT_BASE` when the segment has a base. */
  place(bytes: number, addressBits: number = this.encoded.addressBits, segmentBase: bigint = this.encoded.segmentBase, alignment = 1): bigint {
    if (this.mode === 16) return this.placeIn(this.encoded.segment, bytes, alignment);
    const { data, low, stack, upper, high } = REGIONS;
    const region: Region = addressBits === 16 ? low : this.rng.weighted([
      [65, data], [10, stack], [segmentBase ? 0 : 8, low], [9, upper], [this.mode === 64 && addressBits === 64 ? 8 : 0, high],
    ]);
    const first = segmentBase > region.address && segmentBase < region.address + BigInt(region.length) ? Number(segmentBase - region.address) : 0;
    let offset = first + this.rng.below(region.length - bytes - first + 1);
    if (this.rng.chance(0.1) && bytes > 1 && alignment === 1) {
      const boundary = 0x1000 * this.rng.between(1, region.length / 0x1000 - 1); // across two pages
      offset = Math.max(first, boundary - this.rng.between(1, Math.min(bytes - 1, 15)));
    }
    offset = Math.ceil(offset / alignment) * alignment;
    if (offset + bytes > region.length) offset -= alignment;
    return region.address + BigInt(offset);
  }

  #chooseTarget(addressBits: number, segmentBase: bigint): bigint {
    const size = Math.max(this.#size, 1);
    const mustAlign = this.encoded.lock || this.row.lock === true; // a locked access across a cache line is slow and traps on some systems
    const alignment = mustAlign ? size : (this.row.align ?? 1);
    if (this.mode === 16) {
      this.faulting = this.rng.chance(FAULT_SHARE_16);
      return this.faulting ? this.#faultTarget16(size, mustAlign ? size : 1) : this.placeIn(this.encoded.segment, size, alignment);
    }
    if (addressBits !== 16 && this.rng.chance(FAULT_SHARE)) {
      this.faulting = true;
      return this.#faultTarget(size, mustAlign ? size : 1, addressBits, segmentBase);
    }
    const target = this.place(size, addressBits, segmentBase, alignment);
    return this.row.align && !mustAlign && this.rng.chance(0.05) ? target + BigInt(this.rng.between(1, this.row.align - 1)) : target;
  }

  /** Outside the limit, across it, across 64 KiB, or allowed but on a page that is not there or not writable. */
  #faultTarget16(size: number, alignment: number): bigint {
    const { rng } = this;
    const { base, limit, kind } = SEGMENTS[16][this.encoded.segment];
    const edge = kind === 'down' ? limit + 1 : Math.min(limit + 1, 0x1_0000);
    const offset = rng.pick([
      edge - rng.below(size + 1), edge - size + rng.below(2), 0xffff - rng.below(size), rng.below(0x1_0000), 0x4000 + rng.below(0x1000),
    ]);
    return base + BigInt(Math.max(0, offset - (offset % alignment)));
  }

  /** Unmapped, read-only, across the end of a mapping, or not canonical. */
  #faultTarget(size: number, alignment: number, addressBits: number, segmentBase: bigint): bigint {
    const { rng } = this;
    const { readonly, stack, data } = REGIONS;
    const end = readonly.address + BigInt(readonly.length);
    const align = (a: bigint): bigint => a - (a % BigInt(alignment));
    const low = segmentBase > 0n;
    switch (rng.below(this.mode === 64 && addressBits === 64 && !low ? 6 : 5)) {
      case 0: return align(readonly.address + BigInt(rng.below(readonly.length - size)));
      case 1: return align(end + BigInt(rng.below(0x1000)));
      case 2: return align(end - BigInt(rng.below(size)));
      case 3: return align(low ? readonly.address - BigInt(rng.below(size)) : stack.address + BigInt(stack.length) - BigInt(rng.below(size)));
      case 4: return align(low ? end + 0x800n : data.address - BigInt(rng.below(size + 1)));
      default: return align(rng.pick([0x8000_0000_0000n, 0xffff_7fff_ffff_0000n, 0x1234_5678_9abc_def0n, 0x8000_0000_0000_0000n]));
    }
  }
}
