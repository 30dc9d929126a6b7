/**
 * One vCPU's context and the frame's lookup key, as the executor reads and writes them. 64-bit values in halves: a BigInt
 * per exit would cost more than the exit.
 */
import { WASM_CONTEXT, type EnvLayout, type MachineMemory } from '@wasm-tcg/runtime';

const CTX = WASM_CONTEXT.offset;
type U32Field = 'tbPtr' | 'insnIndex' | 'budget' | 'budgetHeld' | 'exitCode' | 'exitData' | 'faultError' | 'faultAccess' | 'mappingGeneration' | 'linkFrom' | 'noRegions' | 'dispatched' | 'tlbFlushes' | 'tlbPageFlushes';
type U64Field = 'tciInsns' | 'regionInsns' | 'dispatches' | 'lookups' | 'lookupMisses' | 'slowPaths' | 'tlbFills' | 'tlbWriteFills' | 'tlbFetchFills' | 'tciTbs' | 'absentPages';
/** Virtual time; see wasmContext. */
type F64Field = 'insnsAtEnd' | 'clockTime' | 'clockInsns' | 'clockRate' | 'clockCeiling';
/** Arrays of 64-bit counters. */
type U64Array = 'tlbFlushesBy' | 'tlbMisses' | 'slowReasons' | 'regionReturns';

export class ContextView {
  readonly env: number;
  readonly layout: EnvLayout;
  readonly #machine: MachineMemory;
  readonly #pc: number;
  readonly #pageBase: number;

  constructor(machine: MachineMemory, vcpu: number) {
    this.#machine = machine;
    this.layout = machine.layout;
    this.env = machine.env(vcpu);
    const slot = (index: number): number => this.env + this.layout.frameOffset + this.layout.globals[index]!.slot * 8;
    this.#pc = slot(this.layout.pc);
    this.#pageBase = slot(this.layout.pageBase);
  }

  get(field: U32Field): number {
    return this.#machine.views().u32[(this.env + CTX[field]) >>> 2]!;
  }

  set(field: U32Field, value: number): void {
    this.#machine.views().u32[(this.env + CTX[field]) >>> 2] = value;
  }

  get budget(): number {
    return this.#machine.views().i32[(this.env + CTX.budget) >>> 2]!;
  }

  set budget(value: number) {
    this.#machine.views().i32[(this.env + CTX.budget) >>> 2] = value;
  }

  /** Virtual time from now on; see wasmContext. */
  setTime(time: number, insns: number, rate: number, ceiling: number): void {
    this.setFloat('clockTime', time);
    this.setFloat('clockInsns', insns);
    this.setFloat('clockRate', rate);
    this.setFloat('clockCeiling', ceiling);
  }

  setFloat(field: F64Field, value: number): void {
    this.#machine.views().data.setFloat64(this.env + CTX[field], value, true);
  }

  /** A 64-bit counter, or one of an array, as a number (exact below 2^53). */
  counter(field: U64Field | U64Array, index = 0): number {
    const { u32 } = this.#machine.views();
    const at = (this.env + CTX[field] + index * 8) >>> 2;
    return u32[at]! + u32[at + 1]! * 2 ** 32;
  }

  /** Add to a counter, below 2^53. */
  addTo(field: U64Field, count: number): void {
    const sum = this.counter(field) + count;
    const { u32 } = this.#machine.views();
    const at = (this.env + CTX[field]) >>> 2;
    u32[at] = sum;
    u32[at + 1] = Math.floor(sum / 2 ** 32);
  }

  /** Physical address that guest_translate_host left in context.ret. */
  get translated(): number {
    const { u32 } = this.#machine.views();
    const at = (this.env + CTX.ret) >>> 2;
    return u32[at]! + u32[at + 1]! * 2 ** 32;
  }

  get flags(): number {
    return this.#machine.views().u32[(this.env + this.layout.flagsOffset) >>> 2]!;
  }

  get csBase(): number {
    return this.#machine.views().u32[(this.env + this.layout.csBaseOffset) >>> 2]!;
  }

  get fetchMmu(): number {
    return this.#machine.views().u32[(this.env + this.layout.fetchMmuOffset) >>> 2]!;
  }

  get pc(): bigint {
    return this.#machine.views().data.getBigUint64(this.#pc, true);
  }

  set pc(value: bigint) {
    this.#machine.views().data.setBigUint64(this.#pc, BigInt.asUintN(64, value), true);
  }

  get pageBase(): bigint {
    return this.#machine.views().data.getBigUint64(this.#pageBase, true);
  }

  /** Low and high 32 bits of {@link pageBase}, signed. */
  get pageBaseLow(): number {
    return this.#machine.views().i32[this.#pageBase >>> 2]!;
  }

  get pageBaseHigh(): number {
    return this.#machine.views().i32[(this.#pageBase + 4) >>> 2]!;
  }

  /** Offset of the next instruction in its linear page. */
  get pageOffset(): number {
    const { u32 } = this.#machine.views();
    return (u32[this.#pc >>> 2]! + u32[(this.env + this.layout.csBaseOffset) >>> 2]!) & 0xfff;
  }

  set pageBase(value: bigint) {
    this.#machine.views().data.setBigUint64(this.#pageBase, BigInt.asUintN(64, value), true);
  }

  get pcMask(): bigint {
    return this.#machine.views().data.getBigUint64(this.env + this.layout.pcMaskOffset, true);
  }

  /** Linear address of the next instruction: (pc + csBase) & pcMask. */
  get linearPc(): bigint {
    return (this.pc + BigInt(this.csBase)) & this.pcMask;
  }
}
