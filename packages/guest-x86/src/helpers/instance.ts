/**
 * The x86 helper module of one machine: linked to the runtime's module and to the host, with the registry of all helpers for generated code.
 */
import { HelperRegistry, WASM_CONTEXT, useSharedMemory, type MachineMemory, type RuntimeInstance } from '@wasm-tcg/runtime';
import { cpuidWords } from '../cpuid/leaves.ts';
import { CPU_MODELS, type CpuModelName } from '../cpuid/models.ts';
import { helpersWasm } from '../generated/helpers-wasm.ts';
import { X86_FRAME } from '../state/frame.ts';
import { X86Registers } from '../state/registers.ts';
import { type FlatStart, resetCpu, startFlat } from '../state/reset.ts';
import { X86_HELPERS } from './table.ts';

/** What the processor asks of the machine around it. `vcpu` counts from 0. */
export interface X86Host {
  /** Read a port. @returns unsigned, of `size` bytes (1, 2, 4) */
  portIn(vcpu: number, port: number, size: 1 | 2 | 4): number;
  /** Write a port. To have generated code leave after this instruction, take its budget (`budgetHeld` of the context). */
  portOut(vcpu: number, port: number, value: number, size: 1 | 2 | 4): void;
  /** Time stamp counter, an integer below 2^53. */
  tsc(vcpu: number): number;
  /** An MSR of the machine (MTRR, APIC …), or undefined: #GP(0). Default: none. */
  readMsr?(vcpu: number, msr: number): bigint | undefined;
  /** @returns false for #GP(0). Default: none. */
  writeMsr?(vcpu: number, msr: number, value: bigint): boolean;
}

/** Exports that the host calls. All work on the vCPU at `env`. */
export interface X86Exports {
  /** Derive hflags, pcMask, fetchMmu anew after the state structure was changed. */
  update_hflags(env: number): void;
  /** EFLAGS with all flags computed. */
  get_eflags(env: number): number;
  set_eflags(env: number, value: number): void;
  /** Make rip and cc_op those of the start of instruction `insnIndex` of TB `tbPtr` (both in the context). */
  restore_state(env: number): void;
  /**
   * Deliver the fault in the context's record after ExitCode.fault (restores the state first) or ExitCode.fetchFault (state is exact). Leaves exitCode
   * none, or X86Exit.shutdown.
   */
  fault_deliver(env: number): void;
  /** Deliver an external interrupt or NMI (vector 2) between two instructions; the caller has looked at IF and the shadow. */
  interrupt_deliver(env: number, vector: number): void;
}

export interface X86Options {
  readonly machine: MachineMemory;
  readonly runtime: RuntimeInstance;
  readonly host: X86Host;
  /** Default `x86-64`. */
  readonly model?: CpuModelName;
  /** Result of {@link compileX86}, to compile once for several machines. Must be made for the same kind of memory. */
  readonly module?: WebAssembly.Module;
}

export interface X86Instance {
  readonly exports: X86Exports;
  /** Raw exports: helper functions by name. */
  readonly wasmExports: WebAssembly.Exports;
  /** All helpers with ids, bound to their functions. */
  readonly registry: HelperRegistry;
  readonly model: CpuModelName;
  registers(vcpu: number): X86Registers;
  /** Power-on state. */
  reset(vcpu: number): void;
  /** Reset, then start in a flat mode (long64: the page tables must be in memory before code runs). */
  startFlat(vcpu: number, start: FlatStart): void;
}

/** Thrown when the helper module does not fit the machine. */
export class X86LinkError extends Error {
  readonly code = 'X86_LINK';
  readonly hint = 'Pass the runtime instance of the same machine, and a module compiled for its kind of memory (shared or not).';
  constructor(cause: unknown) {
    super(`The x86 helper module does not link: ${String(cause)}`, { cause });
    this.name = 'X86LinkError';
  }
}

/** @param shared whether the memory it is to be instantiated with is shared */
export function compileX86(shared = false): WebAssembly.Module {
  const bytes = helpersWasm();
  return new WebAssembly.Module(shared ? useSharedMemory(bytes) : bytes);
}

/**
 * Instantiate the helpers, put tlb_fill into the table, write the CPUID table and reset all vCPUs.
 * @throws X86LinkError
 */
export function createX86(options: X86Options): X86Instance {
  const { machine, runtime, host, model = 'x86-64', module = compileX86(machine.shared) } = options;
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(module, {
      env: { memory: machine.memory },
      runtime: runtime.wasmExports,
      host: hostImports(machine, host),
    });
  } catch (cause) {
    throw new X86LinkError(cause);
  }
  const { exports: wasmExports } = instance;
  const exports = wasmExports as unknown as X86Exports & { cpuid_table(): number };
  runtime.setTlbFill(wasmExports['tlb_fill']);
  machine.views().u32.set(cpuidWords(CPU_MODELS[model]), exports.cpuid_table() >>> 2);

  const registry = new HelperRegistry(X86_HELPERS, { globals: X86_FRAME.globals.map((g) => g.name) });
  registry.bind({ core: runtime.wasmExports, wasm: wasmExports });

  const settle = (env: number): void => {
    exports.update_hflags(env);
    runtime.exports.tlb_flush(env);
  };
  const x86: X86Instance = {
    exports,
    wasmExports,
    registry,
    model,
    registers: (vcpu) =>
      new X86Registers(machine, machine.env(vcpu), { update_hflags: exports.update_hflags, tlb_flush: runtime.exports.tlb_flush }),
    reset(vcpu) {
      resetCpu(machine, machine.env(vcpu), model);
      settle(machine.env(vcpu));
    },
    startFlat(vcpu, start) {
      resetCpu(machine, machine.env(vcpu), model);
      startFlat(machine, machine.env(vcpu), start);
      settle(machine.env(vcpu));
    },
  };
  for (let vcpu = 0; vcpu < machine.map.vcpus; vcpu++) x86.reset(vcpu);
  return x86;
}

/** Import module "host": 64-bit values pass through the context. */
function hostImports(machine: MachineMemory, host: X86Host): WebAssembly.ModuleImports {
  const { vcpuBase, vcpuSize } = machine.map;
  const vcpuOf = (env: number): number => ((env >>> 0) - vcpuBase) / vcpuSize;
  const setRet = (env: number, value: bigint): void => machine.views().data.setBigUint64((env >>> 0) + WASM_CONTEXT.offset.ret, value, true);
  return {
    port_in: (env: number, port: number, size: number): number => host.portIn(vcpuOf(env), port, size as 1 | 2 | 4) | 0,
    port_out: (env: number, port: number, value: number, size: number): void => host.portOut(vcpuOf(env), port, value >>> 0, size as 1 | 2 | 4),
    tsc: (env: number): void => {
      const { data } = machine.views();
      const value = host.tsc(vcpuOf(env));
      const at = (env >>> 0) + WASM_CONTEXT.offset.ret;
      data.setUint32(at, value % 2 ** 32, true);
      data.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
    },
    msr_read: (env: number, msr: number): number => {
      const value = host.readMsr?.(vcpuOf(env), msr >>> 0);
      if (value === undefined) return 0;
      setRet(env, value);
      return 1;
    },
    msr_write: (env: number, msr: number): number => {
      const value = machine.views().data.getBigUint64((env >>> 0) + WASM_CONTEXT.offset.arg, true);
      return host.writeMsr?.(vcpuOf(env), msr >>> 0, value) ? 1 : 0;
    },
  };
}
