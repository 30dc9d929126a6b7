/**
 * A toy guest: a few globals of every type, no instructions of its own; TBs are built by hand. Proves that the interpreter knows
 * no guest, and is what its tests run on. Guest memory is the identity: address n is host address RAM + n, all in the slow path.
 */
import { TempKind, Type, type HelperTable, type TbIr } from '@wasm-tcg/ir';
import {
  CORE_HELPERS, CORE_HELPER_NAMES, defFrame, defStruct, layoutEnv, NO_PAGE, TB_CPU, TB_HEADER, WASM_CONTEXT, type CoreExports, type EnvLayout, tciCodeAddress,
} from '@wasm-tcg/runtime';
import { generateInterpreter, ReferenceInterpreter, TciEncoder, TciFormats, type ReferenceHelper } from '../src/index.ts';

export const FRAME = defFrame({
  a: { type: 'word' }, b: { type: 'word' }, c: { type: 'word' }, d: { type: 'word' },
  pc: { type: 'word', restored: true }, base: { type: 'word' }, cs: { type: 'i64' }, n: { type: 'i32' },
  v0: { type: 'v128' }, v1: { type: 'v128' },
});
const STATE = defStruct('toyState', { flags: 'u32', mask: 'u64', fetch: 'u32', mem: ['u8', 64] });
export const LAYOUT: EnvLayout = layoutEnv({
  name: 'toy', frame: FRAME, state: STATE, pc: 'pc', pageBase: 'base', csBase: 'cs', flags: 'flags', pcMask: 'mask', fetchMmu: 'fetch',
  mmuIndices: 2, tlbBits: 8,
});
/** Offset from env of 64 bytes that `ld` and `st` may use. */
export const SCRATCH = LAYOUT.stateOffset + STATE.offset.mem;

export const HELPERS: HelperTable = [
  { name: 'mix', args: ['i32', 'i64'], ret: 'i64', env: false, impl: 'wasm', effects: { reads: 'none', writes: 'none', pure: true }, doc: 'a + b · 3' },
  { name: 'bump', args: [], ret: null, impl: 'wasm', effects: { reads: ['n'], writes: ['n'], io: true }, doc: 'n += 1' },
  { name: 'stop', args: ['i32'], ret: null, impl: 'wasm', effects: { reads: 'none', writes: 'none', mayExit: true }, doc: 'exit with code' },
];

const CTX = WASM_CONTEXT.offset;
export const ENV = 65536;
const TBS = ENV + LAYOUT.envSize;
const RAM = TBS + 0x40000;
export const BUDGET = 1_000_000;

export class ToyMachine {
  readonly memory = new WebAssembly.Memory({ initial: RAM / 65536 + 1 });
  readonly view = new DataView(this.memory.buffer);
  readonly formats = new TciFormats(LAYOUT, HELPERS);
  readonly encoder = new TciEncoder(this.formats);
  readonly reference: ReferenceInterpreter;
  readonly #tbExec: (env: number, tb: number) => number;
  /** TB that `tb_find` names, by pc. */
  readonly found = new Map<number, number>();
  /** Guest addresses that fault. */
  faultFrom = 0x1000;
  #nextTb = TBS;

  constructor() {
    // No TLB entry matches: every access takes the slow path.
    const tlb = new BigUint64Array(this.memory.buffer, ENV + LAYOUT.mmu.tlbOffset, (LAYOUT.mmu.indices << (LAYOUT.mmu.tlbBits + LAYOUT.mmu.entry.sizeBits)) / 8);
    tlb.fill(BigInt.asUintN(64, -0x800n));
    const core = this.#core();
    const helpers: Record<string, ReferenceHelper> = {
      mix: (a, b) => BigInt.asIntN(64, BigInt(a) + BigInt(b) * 3n),
      bump: () => {
        const at = this.slot(FRAME.index.n);
        this.view.setUint32(at, this.view.getUint32(at, true) + 1, true);
        return undefined;
      },
      stop: (_env, code) => {
        this.view.setUint32(ENV + CTX.exitCode, Number(code), true);
        return undefined;
      },
    };
    const imports = { e: { m: this.memory, t: new WebAssembly.Table({ element: 'anyfunc', initial: 4 }) }, h: { ...core, ...helpers } };
    const module = new WebAssembly.Module(generateInterpreter(LAYOUT, this.formats));
    this.#tbExec = new WebAssembly.Instance(module, imports as WebAssembly.Imports).exports['tb_exec'] as (env: number, tb: number) => number;
    this.reference = new ReferenceInterpreter({
      memory: this.memory, layout: LAYOUT, formats: this.formats, core, helpers: HELPERS.map((h) => helpers[h.name]!),
    });
  }

  slot(global: number): number {
    return ENV + LAYOUT.frameOffset + LAYOUT.globals[global]!.slot * 8;
  }

  /** Forget all TBs. */
  clear(): this {
    this.found.clear();
    this.#nextTb = TBS;
    new Uint8Array(this.memory.buffer, TBS, RAM - TBS).fill(0);
    return this;
  }

  /** Encode a TB, give it a header at `pageOffset`, register it for look-ups. */
  add(tb: TbIr, pageOffset: number): number {
    const header = this.#nextTb;
    const words = this.encoder.encode(tb, naiveSlots(tb), 100);
    const code = tciCodeAddress(header, 1);
    new Int32Array(this.memory.buffer, code, words).set(this.encoder.words.subarray(0, words));
    const set = (field: number, value: number): void => this.view.setInt32(header + field, value, true);
    set(TB_HEADER.offset.tciWords, words);
    set(TB_HEADER.offset.insns, tb.insns);
    set(TB_HEADER.offset.pageOffset, pageOffset);
    set(TB_HEADER.offset.physPage2, NO_PAGE);
    set(TB_HEADER.offset.perCpu + TB_CPU.offset.threshold, -1);
    this.found.set(pageOffset, header);
    this.#nextTb = Math.ceil((code + words * 4) / TB_HEADER.align) * TB_HEADER.align;
    return header;
  }

  /** Run from a header in both interpreters; the state after each must be the same. Returns the exit code. */
  run(header: number, setUp: (m: ToyMachine) => void = () => {}): number {
    const before = new Uint8Array(this.memory.buffer).slice();
    const once = (exec: (env: number, tb: number) => number): { code: number; state: Uint8Array } => {
      new Uint8Array(this.memory.buffer).set(before);
      this.view.setInt32(ENV + CTX.budget, BUDGET, true);
      this.view.setUint32(ENV + CTX.mappingGeneration, 1, true);
      this.view.setBigInt64(ENV + LAYOUT.pcMaskOffset, -1n, true);
      new Uint8Array(this.memory.buffer, ENV + LAYOUT.frameOffset, LAYOUT.globalSlots * 8).fill(0);
      setUp(this);
      const code = exec(ENV, header);
      const frameEnd = LAYOUT.frameOffset + LAYOUT.globalSlots * 8;
      const parts = [
        new Uint8Array(this.memory.buffer, ENV + LAYOUT.frameOffset, frameEnd - LAYOUT.frameOffset),
        new Uint8Array(this.memory.buffer, ENV + CTX.insnIndex, 12),
        new Uint8Array(this.memory.buffer, ENV + SCRATCH, 64),
        new Uint8Array(this.memory.buffer, RAM, 0x1000),
      ];
      return { code, state: Uint8Array.from(parts.flatMap((p) => [...p])) };
    };
    const expected = once((env, tb) => this.reference.tbExec(env, tb));
    const actual = once((env, tb) => this.#tbExec(env, tb));
    if (expected.code !== actual.code) throw new Error(`exit code ${actual.code}, the reference has ${expected.code}`);
    const at = actual.state.findIndex((x, i) => x !== expected.state[i]);
    if (at >= 0) throw new Error(`byte ${at} of the state is ${actual.state[at]}, the reference has ${expected.state[at]}`);
    return actual.code;
  }

  global(index: number): bigint {
    return this.view.getBigUint64(this.slot(index), true);
  }

  get budgetUsed(): number {
    return BUDGET - this.view.getInt32(ENV + CTX.budget, true);
  }

  #core(): CoreExports {
    const access = (env: number, addr: bigint, oi: number, size: number): number => {
      const at = Number(BigInt.asUintN(32, addr));
      if (at + size <= this.faultFrom) return RAM + at;
      this.view.setUint32(env + CTX.exitCode, 4, true);
      this.view.setUint32(env + CTX.insnIndex, oi >>> 16, true);
      return 0;
    };
    const load = (env: number, addr: bigint, oi: number): bigint => {
      const bits = 8 << (oi & 7);
      const at = access(env, addr, oi, bits / 8);
      const raw = at ? BigInt.asUintN(bits, this.view.getBigUint64(at, true)) : 0n;
      return oi & 8 ? BigInt.asIntN(bits, raw) : BigInt.asIntN(64, raw);
    };
    const store = (env: number, addr: bigint, value: bigint, oi: number): void => {
      const size = 1 << (oi & 7);
      const at = access(env, addr, oi, size);
      for (let i = 0; at && i < size; i++) this.view.setUint8(at + i, Number((BigInt.asUintN(64, value) >> BigInt(8 * i)) & 0xffn));
    };
    const vector = (env: number, addr: bigint, oi: number, from: number, isLoad: boolean): void => {
      const at = access(env, addr, oi, 16);
      if (at) new Uint8Array(this.memory.buffer).copyWithin(isLoad ? env + from : at, isLoad ? at : env + from, (isLoad ? at : env + from) + 16);
    };
    const core: Partial<Record<keyof CoreExports, unknown>> = {
      ld_slow: load, rmw_ld_slow: load, st_slow: store, rmw_st_slow: store,
      ld_slow128: (env: number, addr: bigint, oi: number) => vector(env, addr, oi, CTX.ret, true),
      st_slow128: (env: number, addr: bigint, oi: number) => vector(env, addr, oi, CTX.arg, false),
      probe_slow: (env: number, addr: bigint, oi: number) => void access(env, addr, oi, 1 << (oi & 7)),
      tb_find: (env: number) => {
        const pc = this.view.getUint32(this.slot(LAYOUT.pc), true);
        this.view.setBigUint64(this.slot(LAYOUT.pageBase), BigInt(pc & ~0xfff), true);
        void env;
        return this.found.get(pc) ?? 0;
      },
      udiv128: (env: number, hi: bigint, lo: bigint, d: bigint) => this.#divide(env, (BigInt.asUintN(64, hi) << 64n) | BigInt.asUintN(64, lo), BigInt.asUintN(64, d), 0n, (1n << 64n) - 1n),
      sdiv128: (env: number, hi: bigint, lo: bigint, d: bigint) => this.#divide(env, (hi << 64n) | BigInt.asUintN(64, lo), d, -(1n << 63n), (1n << 63n) - 1n),
      mulu_hi64: (a: bigint, b: bigint) => BigInt.asIntN(64, (BigInt.asUintN(64, a) * BigInt.asUintN(64, b)) >> 64n),
      muls_hi64: (a: bigint, b: bigint) => BigInt.asIntN(64, (a * b) >> 64n),
    };
    for (const name of CORE_HELPER_NAMES) if (CORE_HELPERS[name].callers.some((c) => c === 'code')) core[name] ??= () => 0;
    return core as unknown as CoreExports;
  }

  #divide(env: number, a: bigint, d: bigint, min: bigint, max: bigint): bigint {
    const q = d === 0n ? 0n : a / d;
    const good = d !== 0n && q >= min && q <= max;
    this.view.setBigInt64(env + CTX.ret, BigInt.asIntN(64, good ? q : 0n), true);
    this.view.setBigInt64(env + CTX.ret + 8, BigInt.asIntN(64, good ? a % d : 0n), true);
    return BigInt.asIntN(64, good ? q : 0n);
  }
}

/** Every local in a slot of its own. */
export function naiveSlots(tb: TbIr): Uint8Array {
  const slots = new Uint8Array(tb.temps);
  LAYOUT.globals.forEach((g, i) => (slots[i] = g.slot));
  let next = LAYOUT.globalSlots + (LAYOUT.globalSlots & 1);
  for (let t = tb.env + 1; t < tb.temps; t++) {
    if (tb.tempKind[t] !== TempKind.local) continue;
    slots[t] = next;
    next += tb.tempType[t] === Type.v128 ? 2 : 1;
    if (tb.tempType[t] === Type.v128 && slots[t]! & 1) {
      slots[t]!++;
      next++;
    }
  }
  return slots;
}
