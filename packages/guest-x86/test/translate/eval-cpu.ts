/**
 * Translated blocks run by the IR evaluator on the real helper and runtime modules: the translator without any back end. Input is code as
 * bytes, results are told as text.
 */
import { EvalLeave, MO_BE, MO_SIGN, Op, Optimizer, TbIr, assertValid, evalTb, memOpBytes, type EvalMachine, type EvalResult, type HelperDef } from '@wasm-tcg/ir';
import { ExitCode, WASM_CONTEXT } from '@wasm-tcg/runtime';
import {
  CPU_MODELS, HFlag, RestoreData, TranslateStatus, X86Translator, X86_FRAME, X86_HELPERS, X86_LAYOUT, X86_STATE, identityPageTables, type CpuModelName,
  type FlatMode,
} from '@wasm-tcg/guest-x86';
import { TestCpu, type TestOptions } from '../system/machine.ts';
import { VectorHelpers, hasVectors } from './vector-helpers.ts';

type Wasm = (...args: (number | bigint)[]) => number | bigint | undefined;

const INSN_START = Op.insn_start;
const PAGE = 4096;
const RAW = ~(MO_SIGN | MO_BE);

export class EvalCpu extends TestCpu implements EvalMachine {
  readonly tb = new TbIr(X86_LAYOUT);
  readonly translator: X86Translator;
  readonly optimizer = new Optimizer(X86_LAYOUT, X86_HELPERS);
  readonly #vectors = new VectorHelpers();
  /** Run the optimised form of each block. */
  optimize = false;
  /** Verify each block. */
  verify = true;
  /** Most instructions per block. */
  maxInsns = 32;
  /** Guest instructions and IR ops of the last block. */
  insns = 0;
  ops = 0;

  constructor(model: CpuModelName = 'max', options: TestOptions = {}) {
    super(model, options);
    this.translator = new X86Translator(this.tb, CPU_MODELS[model]);
  }

  override flat(mode: FlatMode, entry = 0x1000, stack = 0x8000): this {
    super.flat(mode, entry, stack);
    return mode === 'long64' ? this.write(0x10000, identityPageTables(0x10000)) : this;
  }

  // ---- EvalMachine --------------------------------------------------------------------------------------------------------------

  readHost(address: number, bytes: number): bigint {
    const { u8 } = this.machine.views();
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(u8[address + i]!);
    return value;
  }

  writeHost(address: number, bytes: number, value: bigint): void {
    const { u8 } = this.machine.views();
    for (let i = 0; i < bytes; i++) u8[address + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  #core(name: string, ...args: (number | bigint)[]): bigint {
    const result = (this.runtime.wasmExports[name] as Wasm)(this.env, ...args);
    this.#leaveIfAsked();
    return BigInt.asUintN(64, BigInt(result ?? 0));
  }

  #leaveIfAsked(): void {
    const exit = this.context('exitCode');
    if (exit !== 0) throw new EvalLeave(exit);
  }

  load(address: bigint, memop: number, mmu: number, write: boolean): bigint {
    const oi = (memop & RAW) | (mmu << 8);
    if (memOpBytes(memop) === 16) {
      this.#core('ld_slow128', address, oi);
      return this.readHost(this.env + WASM_CONTEXT.offset.ret, 16);
    }
    return this.#core(write ? 'rmw_ld_slow' : 'ld_slow', address, oi);
  }

  store(address: bigint, value: bigint, memop: number, mmu: number): void {
    const oi = (memop & RAW) | (mmu << 8);
    if (memOpBytes(memop) === 16) {
      this.writeHost(this.env + WASM_CONTEXT.offset.arg, 16, value);
      this.#core('st_slow128', address, oi);
    } else {
      this.#core('st_slow', address, BigInt.asIntN(64, value), oi);
    }
  }

  probe(address: bigint, memop: number, mmu: number, write: boolean): void {
    this.#core('probe_slow', address, (memop & RAW) | (mmu << 8), write ? 1 : 0);
  }

  override call(name: string, ...args: (number | bigint)[]): string;
  override call(helper: HelperDef, args: readonly bigint[]): bigint;
  override call(helper: HelperDef | string, ...rest: unknown[]): bigint | string {
    if (typeof helper === 'string') return super.call(helper, ...(rest as (number | bigint)[]));
    const bits = rest[0] as readonly bigint[];
    if (hasVectors(helper)) {
      const value = this.#vectors.call(helper, this.x86.wasmExports[helper.name], this.env, bits);
      this.#leaveIfAsked();
      return value;
    }
    const args = bits.map((value, i) => (helper.args[i] === 'i64' ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value))));
    const full = helper.env === false ? args : [this.env, ...args];
    const result = (this.x86.wasmExports[helper.name] as Wasm)(...full);
    this.#leaveIfAsked();
    return BigInt.asUintN(helper.ret === 'i64' ? 64 : 32, BigInt(result ?? 0));
  }

  // ---- running --------------------------------------------------------------------------------------------------------------------

  state(field: 'hflags'): number {
    return Number(this.readHost(this.env + X86_LAYOUT.stateOffset + X86_STATE.offset[field], 4));
  }

  /** Physical page behind a linear address for a fetch, or undefined with the fault recorded. */
  page(linear: bigint): Uint8Array | undefined {
    const mmu = Number(this.readHost(this.env + X86_LAYOUT.fetchMmuOffset, 4));
    this.setContext('exitCode', 0);
    const at = (this.runtime.wasmExports['guest_translate'] as Wasm)(this.env, linear, 2, mmu) as bigint;
    if (at >= 0n) {
      const start = this.machine.map.ramBase + (Number(at) & ~(PAGE - 1));
      return this.machine.views().u8.subarray(start, start + PAGE);
    }
    (this.x86.wasmExports['tlb_fill'] as Wasm)(this.env, linear, 2, mmu, 0);
    return undefined;
  }

  /** Translate the block at rip. */
  translate(): TranslateStatus {
    const csBase = Number(this.get('cs.base') & 0xffffffffn);
    const hflags = this.state('hflags');
    const wide = (hflags & HFlag.CS64) !== 0;
    const linear = wide ? this.get('rip') : BigInt.asUintN(32, this.get('rip') + BigInt(csBase));
    const base = linear & ~0xfffn;
    const bytes = this.page(linear);
    if (bytes === undefined) return TranslateStatus.fetchFault;
    this.writeHost(this.env + X86_LAYOUT.frameOffset + X86_FRAME.offset.page_base, 8, base);
    const limit = Number(this.get('cs.limit')) - (Number(BigInt.asIntN(64, this.get('rip'))) - Number(linear & 0xfffn));
    const status = this.translator.translate({
      bytes, pageStart: 0, pageOffset: Number(linear & 0xfffn), csBase: wide ? 0 : csBase, hflags, maxInsns: this.maxInsns,
      codeLimit: wide || (hflags & HFlag.CS_FLAT) !== 0 ? Infinity : limit,
      nextPage: () => this.page(wide ? base + 4096n : BigInt.asUintN(32, base + 4096n)),
    });
    if (status !== TranslateStatus.ok) return status;
    if (this.verify) assertValid(this.tb, X86_HELPERS, 'translate', { stage: 'source' });
    this.insns = this.translator.block.insns;
    this.ops = this.tb.ops;
    if (this.optimize) this.optimizer.optimize(this.tb, { verify: this.verify });
    return status;
  }

  /** Run the block at rip once. Faults restore the state and are not delivered. */
  runBlock(): string {
    this.setContext('exitCode', 0);
    const status = this.translate();
    if (status === TranslateStatus.limitFault) return '!#GP(0)';
    if (status === TranslateStatus.fetchFault) {
      this.setContext('exitCode', ExitCode.fetchFault);
      return this.outcome();
    }
    const result = evalTb(this.tb, X86_HELPERS, this);
    if (result.kind === 'leave') this.#restore(result);
    return result.kind === 'leave' ? this.outcome() : result.kind;
  }

  /** What restore_state does with the TB's table, which this machine does not have. */
  #restore(result: Extract<EvalResult, { kind: 'leave' }>): void {
    const faults = result.exitCode === ExitCode.fault || result.exitCode === ExitCode.retry;
    if (!faults) return;
    let n = -1;
    let delta = 0;
    for (let at = 0; at < this.tb.length; at += 1 + (this.tb.code[at]! >>> 16)) {
      if ((this.tb.code[at]! & 0xff) !== INSN_START || ++n !== result.insn) continue;
      delta = this.tb.code[at + 1]!;
    }
    const frame = this.env + X86_LAYOUT.frameOffset;
    const base = this.readHost(frame + X86_FRAME.offset.page_base, 8);
    const wide = this.tb.wide;
    const pc = base + BigInt(delta) - BigInt(this.tb.csBase);
    this.writeHost(frame + X86_FRAME.offset.rip, 8, BigInt.asUintN(wide ? 64 : 32, pc));
    const op = result.data & RestoreData.ccOpMask;
    if (op !== RestoreData.ccOpDynamic) this.writeHost(frame + X86_FRAME.offset.cc_op, 8, BigInt(op));
  }

  /** Put code at an address and run blocks until something but a jump happens, or `limit` blocks are done. */
  run(code: readonly number[] | Uint8Array, at: number, limit = 1): string {
    this.write(at, code);
    this.set({ rip: at });
    let outcome = '';
    for (let i = 0; i < limit; i++) {
      outcome = this.runBlock();
      if (outcome !== 'goto_tb' && outcome !== 'goto_ptr') break;
    }
    return outcome;
  }
}

