/**
 * The machine that tiers share: the real runtime with the fuzzer's guest on it. A tier gets a program loaded, a start state, and
 * leaves an {@link Outcome}; everything else is the same for all.
 */
import { memOpAlignBits, memOpBytes, type HelperDef, type TbIr } from '@wasm-tcg/ir';
import {
  Access, createMachineMemory, createRam, ExitCode, HelperRegistry, instantiateRuntime, PAGE_SIZE, Prot, TB_CPU, TB_HEADER, TbArena, TbStore, NO_PAGE,
  WASM_CONTEXT, tciCodeAddress, type CoreExports, type MachineMemory, type RuntimeInstance,
} from '@wasm-tcg/runtime';
import { generateInterpreter, TciEncoder, TciFormats } from '@wasm-tcg/tci-interp';
import { ModuleBuilder } from '@wasm-tcg/wasm-codegen';
import { Random } from '../random.ts';
import { CODE_PAGES, codeBase, DATA_PAGES, FLAGS, FUZZ_LAYOUT, HELPERS, mapping, RAM_BYTES, runHelper, SCRATCH, WAIT_EXIT, type Globals } from './guest.ts';
import { TB_BYTES } from './generate.ts';
import type { IrProgram, Start } from './program.ts';
import { restoreTable } from './restore.ts';

const CTX = WASM_CONTEXT.offset;
/** Vector of page faults and of misaligned accesses in the fault record. */
const FAULT_VECTOR = 14;
const ALIGN_VECTOR = 17;

/** What is left when a program has stopped. */
export interface Outcome {
  readonly exitCode: number;
  readonly budget: number;
  /** Position of the TB that faulted or left, and of its instruction; −1 when it ended otherwise. */
  readonly tb: number;
  readonly insn: number;
  /** vector, access, address; empty unless a guest access faulted. */
  readonly fault: string;
  /** Slots of globals. */
  readonly frame: Uint8Array;
  readonly scratch: Uint8Array;
  readonly ram: Uint8Array;
}

/** A JavaScript function as an export of a module, as tables want it. */
function exported(parameters: string, f: (...args: never[]) => unknown): unknown {
  const m = new ModuleBuilder();
  m.exportFunc('f', m.importFunc('t', 'f', parameters));
  return new WebAssembly.Instance(new WebAssembly.Module(m.finish()), { t: { f } }).exports['f'];
}

export class World {
  readonly machine: MachineMemory = createMachineMemory({ layout: FUZZ_LAYOUT, ramBytes: RAM_BYTES, arenaBytes: 2 ** 20, hashBits: 8 });
  readonly env: number = this.machine.env(0);
  readonly table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  readonly runtime: RuntimeInstance;
  readonly registry: HelperRegistry;
  readonly formats = new TciFormats(FUZZ_LAYOUT, HELPERS);
  readonly encoder = new TciEncoder(this.formats);
  readonly arena = new TbArena(this.machine);
  readonly store: TbStore;
  /** Generated interpreter. */
  readonly tbExec: (env: number, tb: number) => number;
  /** Headers of the loaded program's TBs, in order. */
  readonly headers: number[] = [];
  program: IrProgram | undefined;
  /** Core ops of its TBs, as they were loaded. */
  readonly loaded: TbIr[] = [];
  readonly globals: Globals;
  readonly #initial = new Uint8Array(RAM_BYTES);

  constructor() {
    const ram = createRam(this.machine, { codeWrite: () => {}, beforeRemap: () => {} });
    const host = { mmioRead: () => {}, mmioWrite: () => {}, codeWrite: () => 0 };
    this.runtime = instantiateRuntime({ machine: this.machine, table: this.table, host });
    this.runtime.setTlbFill(exported('iIiii>i', (env: number, addr: bigint, access: number, mmu: number, probe: number) => this.#fill(env, addr, access, mmu, probe)));
    ram.map({ kind: 'ram', physical: 0, size: RAM_BYTES, offset: 0 });
    this.store = new TbStore(this.machine, this.arena, { protect: (page) => this.core.tlb_protect_code(this.env, page) });
    this.globals = { get: (name) => this.#global(name), set: (name, value) => this.#setGlobal(name, value) };
    const implementations = Object.fromEntries(HELPERS.map((def) => [def.name, this.#helper(def)]));
    this.registry = new HelperRegistry(HELPERS, { globals: FUZZ_LAYOUT.globals.map((g) => g.name) });
    this.registry.bind({ core: this.runtime.wasmExports, wasm: implementations, js: implementations });
    const imports = { e: { m: this.machine.memory, t: this.table }, h: this.registry.imports() };
    const module = new WebAssembly.Module(generateInterpreter(FUZZ_LAYOUT, this.formats));
    this.tbExec = new WebAssembly.Instance(module, imports).exports['tb_exec'] as (env: number, tb: number) => number;
  }

  get core(): CoreExports {
    return this.runtime.exports;
  }

  get view(): DataView {
    return this.machine.views().data;
  }

  /**
   * Give every TB of a program a header and TCI code.
   * @param irOf core ops of the i-th TB, the slots of its locals, and the first slot that none has
   */
  load(program: IrProgram, irOf: (i: number) => { readonly tb: TbIr; readonly slots: ArrayLike<number>; readonly top: number }): void {
    this.program = program;
    this.store.reset();
    this.headers.length = 0;
    this.loaded.length = 0;
    program.tbs.forEach((placed, i) => {
      const { tb, slots, top } = irOf(i);
      const words = this.encoder.encode(tb, slots, top);
      const header = this.store.create({
        physPage: DATA_PAGES + placed.page, physPage2: NO_PAGE, pageOffset: placed.offset, size: TB_BYTES, flags: FLAGS,
        csBase: program.csBase >>> 0, insns: tb.insns, tciWords: words,
      });
      if (header === 0) throw new RangeError('The arena of the fuzzer is too small for this program.');
      const { i32 } = this.machine.views();
      i32.set(this.encoder.words.subarray(0, words), tciCodeAddress(header, 1) >>> 2);
      const set = (field: number, value: number): void => this.view.setUint32(header + field, value, true);
      set(TB_HEADER.offset.perCpu + TB_CPU.offset.threshold, 0xffffffff);
      this.store.insert(header);
      this.headers.push(header);
      this.loaded.push(tb);
    });
  }

  /** Registers and memory of a start state; pc at the program's first TB; nothing in the TLBs. */
  reset(start: Start): void {
    const { program, env, view } = this;
    if (!program) throw new RangeError('No program is loaded.');
    const { u8 } = this.machine.views();
    const rng = new Random(start.seed);
    const frameAt = env + FUZZ_LAYOUT.frameOffset;
    for (const g of FUZZ_LAYOUT.globals) {
      const at = frameAt + g.slot * 8;
      const narrow = g.type === 'i32' || (g.type === 'word' && !program.wide);
      for (let i = 0; i < (g.type === 'v128' ? 2 : 1); i++) view.setBigUint64(at + 8 * i, narrow ? BigInt.asUintN(32, rng.value()) : rng.value(), true);
    }
    for (let i = 0; i < SCRATCH.size; i++) u8[env + SCRATCH.offset + i] = rng.u32();
    rng.fill(this.#initial.subarray(0, 4096));
    for (let page = 1; page < DATA_PAGES + CODE_PAGES; page++) this.#initial.copyWithin(page * 4096, 0, 4096);
    u8.set(this.#initial, this.machine.map.ramBase);
    view.setUint32(env + FUZZ_LAYOUT.flagsOffset, FLAGS, true);
    view.setBigUint64(env + FUZZ_LAYOUT.csBaseOffset, BigInt(program.csBase >>> 0), true);
    view.setBigUint64(env + FUZZ_LAYOUT.pcMaskOffset, program.wide ? 0xffffffffffffffffn : 0xffffffffn, true);
    view.setUint32(env + FUZZ_LAYOUT.fetchMmuOffset, 0, true);
    const { page, offset } = program.tbs[0];
    const base = codeBase(program.wide) + BigInt(page * PAGE_SIZE);
    this.globals.set('page_base', base);
    this.globals.set('pc', BigInt.asUintN(program.wide ? 64 : 32, base + BigInt(offset) - BigInt(program.csBase >>> 0)));
    u8.fill(0, env + CTX.exitCode, env + CTX.mappingGeneration);
    u8.fill(0, env + CTX.arg, env + CTX.dispatches);
    view.setInt32(env + CTX.budget, start.budget, true);
    this.core.tlb_flush(env);
  }

  context(field: 'exitCode' | 'exitData' | 'faultError' | 'insnIndex' | 'tbPtr'): number {
    return this.view.getUint32(this.env + CTX[field], true);
  }

  setContext(field: 'exitCode' | 'insnIndex' | 'tbPtr' | 'budget', value: number): void {
    this.view.setInt32(this.env + CTX[field], value, true);
  }

  get budget(): number {
    return this.view.getInt32(this.env + CTX.budget, true);
  }

  /** How a run ended. Restored globals are taken from the restore table, as a host would. */
  outcome(): Outcome {
    const { env } = this;
    const { u8 } = this.machine.views();
    const exitCode = this.context('exitCode');
    const record = this.context('exitData');
    const tb = this.headers.indexOf(this.context('tbPtr'));
    const left = exitCode === ExitCode.fault || exitCode === WAIT_EXIT;
    if (left) this.#restore(tb, this.context('insnIndex'));
    const frameAt = env + FUZZ_LAYOUT.frameOffset;
    const address = this.view.getBigUint64(env + CTX.faultAddress, true);
    return {
      exitCode,
      // As a host gives back what a faulting TB has taken for instructions that did not run.
      budget: this.budget + (left ? (this.loaded[tb]?.insns ?? 0) - this.context('insnIndex') : 0),
      tb: left ? tb : -1,
      insn: left ? this.context('insnIndex') : -1,
      fault: exitCode === ExitCode.fault && record !== 0 ? `vector ${record}, access ${this.context('faultError')}, address 0x${address.toString(16)}` : '',
      frame: u8.slice(frameAt, frameAt + FUZZ_LAYOUT.globalSlots * 8),
      scratch: u8.slice(env + SCRATCH.offset, env + SCRATCH.offset + SCRATCH.size),
      ram: u8.slice(this.machine.map.ramBase, this.machine.map.ramBase + DATA_PAGES * PAGE_SIZE),
    };
  }

  /** pc and cc_op at the start of an instruction; cc_op stays what it is where the instruction's data says so. */
  #restore(tb: number, insn: number): void {
    const code = this.loaded[tb];
    if (!code) return;
    const restore = restoreTable(code);
    this.globals.set('pc', BigInt(restore[insn]?.delta ?? 0));
    const data = restore[insn]?.data ?? -1;
    if (data >= 0) this.globals.set('cc_op', BigInt(data));
  }

  slot(name: string): number {
    const g = FUZZ_LAYOUT.globals.find((x) => x.name === name);
    if (!g) throw new RangeError(`The fuzzer's guest has no register ${name}.`);
    return this.env + FUZZ_LAYOUT.frameOffset + g.slot * 8;
  }

  #global(name: string): bigint {
    return this.view.getBigUint64(this.slot(name), true);
  }

  #setGlobal(name: string, value: bigint): void {
    this.view.setBigUint64(this.slot(name), BigInt.asUintN(64, value), true);
  }

  /** A helper as generated code calls it: i32 as number, i64 as bigint, after env when it has one. */
  #helper(def: HelperDef): (...args: (number | bigint)[]) => number | bigint | undefined {
    return (...args) => {
      const values = def.env === false ? args : args.slice(1);
      const { value, exit } = runHelper(def, values.map((v, i) => BigInt.asUintN(def.args[i] === 'i32' ? 32 : 64, BigInt(v))), this.globals);
      if (exit !== 0) this.setContext('exitCode', exit);
      if (def.ret === null) return undefined;
      return def.ret === 'i64' ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value));
    };
  }

  /** tlb_fill. */
  #fill(env: number, signedAddress: bigint, access: number, mmu: number, probe: number): number {
    const wide = this.program?.wide ?? true;
    const address = BigInt.asUintN(64, signedAddress);
    const kind = access & ~(Access.misaligned | Access.crossing);
    if (access & Access.misaligned) return this.recordFault(address, kind & 3, true);
    const found = mapping(address, wide);
    if (!found || (kind === Access.write && !found.writable)) return probe ? 0 : this.recordFault(address, kind, false);
    this.core.tlb_set_page(env, signedAddress, found.physPage, found.writable ? Prot.read | Prot.write | Prot.exec : Prot.read | Prot.exec, mmu);
    return 1;
  }

  /** Write a fault record. @returns 0, as tlb_fill does */
  recordFault(address: bigint, access: number, misaligned: boolean): 0 {
    this.setContext('exitCode', ExitCode.fault);
    this.view.setUint32(this.env + CTX.exitData, misaligned ? ALIGN_VECTOR : FAULT_VECTOR, true);
    this.view.setUint32(this.env + CTX.faultError, access, true);
    this.view.setBigUint64(this.env + CTX.faultAddress, address, true);
    return 0;
  }

  /**
   * Host addresses of the bytes of a guest access, or undefined after recording the fault it raises: alignment first, then the pages
   * in order.
   */
  translate(address: bigint, memop: number, write: boolean): readonly number[] | undefined {
    const wide = this.program?.wide ?? true;
    const access = write ? Access.write : Access.read;
    if (address & ((1n << BigInt(memOpAlignBits(memop))) - 1n)) {
      this.recordFault(address, access, true);
      return undefined;
    }
    const out: number[] = [];
    for (let i = 0; i < memOpBytes(memop); i++) {
      const at = BigInt.asUintN(wide ? 64 : 32, address + BigInt(i));
      const found = mapping(at, wide);
      if (!found || (write && !found.writable)) {
        this.recordFault(at, access, false);
        return undefined;
      }
      out.push(this.machine.map.ramBase + found.physPage * PAGE_SIZE + Number(at & 0xfffn));
    }
    return out;
  }
}
