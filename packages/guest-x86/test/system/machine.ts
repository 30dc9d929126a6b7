/** A machine without an executor: the real runtime and x86 modules, helpers called from JavaScript. What a helper did is told as text. */
import {
  ExitCode, WASM_CONTEXT, createMachineMemory, createRam, instantiateRuntime, type MachineMemory, type Ram, type RuntimeInstance,
} from '@wasm-tcg/runtime';
import {
  X86Exit, X86_LAYOUT, X86_STATE, createX86, type CpuModelName, type FlatMode, type MachineFeature, type RegisterName, type X86Host, type X86Instance, type X86Registers,
} from '@wasm-tcg/guest-x86';

const VECTORS: Readonly<Record<number, string>> = {
  0: 'DE', 1: 'DB', 2: 'NMI', 3: 'BP', 4: 'OF', 5: 'BR', 6: 'UD', 7: 'NM', 8: 'DF', 10: 'TS', 11: 'NP', 12: 'SS', 13: 'GP', 14: 'PF', 16: 'MF', 17: 'AC', 19: 'XM',
};

export const RAM_BYTES = 1 << 20;

type Helper = (...args: (number | bigint)[]) => number | bigint | undefined;

export interface TestOptions {
  /** Shared memory. */
  readonly shared?: boolean;
  readonly provides?: readonly MachineFeature[];
  readonly host?: Partial<X86Host>;
}

export class TestCpu {
  readonly machine: MachineMemory;
  readonly ram: Ram;
  readonly runtime: RuntimeInstance;
  readonly x86: X86Instance;
  readonly env: number;
  readonly registers: X86Registers;
  /** Port accesses, as text. */
  readonly ports: string[] = [];
  /** Physical addresses handed to code_write. */
  readonly codeWrites: number[] = [];
  /** MSRs of the machine. */
  readonly hostMsrs = new Map<number, bigint>([[0x1b, 0xfee00900n]]);

  constructor(model: CpuModelName = 'max', options: TestOptions = {}) {
    const { shared = false, provides = [], host = {} } = options;
    this.machine = createMachineMemory({ layout: X86_LAYOUT, ramBytes: RAM_BYTES, arenaBytes: 65536, hashBits: 8, shared });
    this.ram = createRam(this.machine, { codeWrite: (at) => void this.codeWrites.push(at), beforeRemap: () => {} });
    const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
    this.runtime = instantiateRuntime({
      machine: this.machine,
      table,
      host: {
        mmioRead: (...args) => this.ram.mmioRead(...args),
        mmioWrite: (...args) => this.ram.mmioWrite(...args),
        codeWrite: (_env, at) => (this.codeWrites.push(at >>> 0), 0),
      },
    });
    this.x86 = createX86({
      machine: this.machine,
      runtime: this.runtime,
      model,
      host: {
        portIn: (_vcpu, port, size) => (this.ports.push(`in ${port.toString(16)} ${size}`), 0x12345678),
        portOut: (_vcpu, port, value, size) => void this.ports.push(`out ${port.toString(16)} ${size} ${value.toString(16)}`),
        readMsr: (_vcpu, msr) => this.hostMsrs.get(msr),
        writeMsr: (_vcpu, msr, value) => this.hostMsrs.has(msr) && (this.hostMsrs.set(msr, value), true),
        ...host,
      },
      provides,
    });
    this.ram.map({ kind: 'ram', physical: 0, size: RAM_BYTES, offset: 0 });
    this.env = this.machine.env(0);
    this.registers = this.x86.registers(0);
  }

  /** Virtual time, in ns, at which the machine's time stamp counter stands. */
  set time(ns: number) {
    const { data } = this.machine.views();
    data.setFloat64(this.env + WASM_CONTEXT.offset.clockTime, ns, true);
    data.setFloat64(this.env + WASM_CONTEXT.offset.clockCeiling, Infinity, true);
  }

  flat(mode: FlatMode, entry = 0x1000, stack = 0x8000): this {
    this.x86.startFlat(0, { mode, entry, stack, pageTables: 0x10000 });
    return this;
  }

  get(name: RegisterName): bigint {
    return this.registers.get(name);
  }

  set(values: Partial<Record<RegisterName, bigint | number>>): this {
    for (const [name, value] of Object.entries(values)) this.registers.set(name as RegisterName, BigInt(value));
    return this;
  }

  /** Values of registers in hex: `get` for comparisons with text. */
  dump(...names: RegisterName[]): string {
    return names.map((name) => `${name}=${this.get(name).toString(16)}`).join(' ');
  }

  context(field: keyof typeof WASM_CONTEXT.offset): number {
    return this.machine.views().u32[(this.env + WASM_CONTEXT.offset[field]) >>> 2]!;
  }

  setContext(field: keyof typeof WASM_CONTEXT.offset, value: number): void {
    this.machine.views().u32[(this.env + WASM_CONTEXT.offset[field]) >>> 2] = value;
  }

  /** What the context's exit code says: `ok`, `#GP(10)`, `#PF(7)@1234`, `halt` … */
  outcome(): string {
    const code = this.context('exitCode');
    const vector = VECTORS[this.context('exitData')] ?? String(this.context('exitData'));
    const error = this.context('faultError').toString(16);
    switch (code) {
      case ExitCode.none: return 'ok';
      case ExitCode.fault:
      case ExitCode.fetchFault: {
        const exact = code === ExitCode.fetchFault ? '!' : '';
        const { data } = this.machine.views();
        const at = vector === 'PF' ? `@${data.getBigUint64(this.env + WASM_CONTEXT.offset.faultAddress, true).toString(16)}` : '';
        return `${exact}#${vector}(${error})${at}`;
      }
      case X86Exit.halt: return 'halt';
      case X86Exit.shutdown: return 'shutdown';
      default: return `exit ${code}`;
    }
  }

  /** Call a helper and tell what came of it; `value` keeps its result. */
  call(name: string, ...args: (number | bigint)[]): string {
    this.setContext('exitCode', 0);
    this.value = (this.x86.wasmExports[name] as Helper)(this.env, ...args);
    this.#checkDerived(name);
    return this.outcome();
  }
  value: number | bigint | undefined;

  /** Deliver the fault that waits in the context. */
  deliver(): string {
    this.x86.exports.fault_deliver(this.env);
    this.#checkDerived('fault_deliver');
    return this.outcome();
  }

  /** What derives from the state must be what it would be, were it derived anew: many helpers update only what they know they have changed. */
  #checkDerived(after: string): void {
    const found = this.#derived();
    this.x86.exports.update_hflags(this.env);
    const right = this.#derived();
    if (found !== right) throw new Error(`${after} leaves hflags, fetchMmu, pcMask, generation, bounds: ${found}, derived anew: ${right}`);
  }

  #derived(): string {
    const { u32 } = this.machine.views();
    const { offset } = X86_STATE;
    const words = (at: number, count: number): number[] => [...u32.subarray((this.env + at) >>> 2, ((this.env + at) >>> 2) + count)];
    const state = X86_LAYOUT.stateOffset;
    // 64-bit code asks for no bounds.
    const is64 = (words(state + offset.pcMask, 2)[1] ?? 0) !== 0;
    return [words(state + offset.hflags, 1), words(state + offset.fetchMmu, 1), words(state + offset.pcMask, 2), words(WASM_CONTEXT.offset.mappingGeneration, 1), is64 ? [] : words(state + offset.segBound, 12)]
      .map((list) => list.map((n) => n.toString(16)).join(' ')).join(', ');
  }

  /** Load or store through the softmmu. */
  access(kind: 'ld' | 'st' | 'fetch', address: bigint, mmu: number): string {
    this.setContext('exitCode', 0);
    const { wasmExports } = this.runtime;
    if (kind === 'fetch') (this.x86.wasmExports['tlb_fill'] as Helper)(this.env, address, 2, mmu, 0);
    else if (kind === 'st') (wasmExports['guest_st8'] as Helper)(this.env, address, 0x5a, mmu);
    else this.value = (wasmExports['guest_ld8'] as Helper)(this.env, address, mmu);
    return this.outcome();
  }

  // ---- physical memory --------------------------------------------------------------------------------------------------------

  write(at: number, bytes: Uint8Array | readonly number[]): this {
    this.ram.write(at, Uint8Array.from(bytes));
    return this;
  }

  u64(at: number, ...values: bigint[]): this {
    const bytes = new Uint8Array(values.length * 8);
    values.forEach((value, i) => new DataView(bytes.buffer).setBigUint64(i * 8, value, true));
    return this.write(at, bytes);
  }

  u32(at: number, ...values: number[]): this {
    const bytes = new Uint8Array(values.length * 4);
    values.forEach((value, i) => new DataView(bytes.buffer).setUint32(i * 4, value, true));
    return this.write(at, bytes);
  }

  read(at: number, size: 1 | 2 | 4 | 8): bigint {
    const bytes = new Uint8Array(size);
    this.ram.read(at, bytes);
    return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  /** Words above an address, in hex: what was pushed. */
  words(at: number, size: 2 | 4 | 8, count: number): string {
    return Array.from({ length: count }, (_, i) => this.read(at + i * size, size).toString(16)).join(' ');
  }
}

/** Code and stack segments of level 3. */
export function atLevel3(cpu: TestCpu): TestCpu {
  return cpu.set({ cs: 0x1b, 'cs.access': 0xc0fb00, ss: 0x23, 'ss.access': 0xc0f300 });
}

// ---- descriptors -----------------------------------------------------------------------------------------------------------------

export interface SegmentSpec {
  /** Type and S as bits 0–4, e.g. 0x1a = code, readable; default 0x12 data, writable. */
  readonly type?: number;
  readonly dpl?: number;
  readonly present?: boolean;
  readonly base?: number;
  /** Limit field, 20 bits. Default fffffh. */
  readonly limit?: number;
  /** Bits 20–23: AVL, L, D/B, G. Default G and D/B. */
  readonly flags?: number;
}

/** A code, data or system segment descriptor. */
export function segment(spec: SegmentSpec = {}): bigint {
  const { type = 0x12, dpl = 0, present = true, base = 0, limit = 0xfffff, flags = 0xc } = spec;
  const high = ((base >>> 24) << 24) | (flags << 20) | (((limit >>> 16) & 15) << 16) | ((present ? 1 : 0) << 15) | (dpl << 13) | (type << 8) | ((base >>> 16) & 0xff);
  return (BigInt(high >>> 0) << 32n) | BigInt((((base & 0xffff) << 16) | (limit & 0xffff)) >>> 0);
}

/** A gate: call (4, 12), task (5), interrupt (6, 14), trap (7, 15). `low` is the parameter count or IST. */
export function gate(type: number, selector: number, offset: number, spec: { readonly dpl?: number; readonly present?: boolean; readonly low?: number } = {}): bigint {
  const { dpl = 0, present = true, low = 0 } = spec;
  const high = (offset & 0xffff0000) | ((present ? 1 : 0) << 15) | (dpl << 13) | (type << 8) | low;
  return (BigInt(high >>> 0) << 32n) | BigInt(((selector << 16) | (offset & 0xffff)) >>> 0);
}
