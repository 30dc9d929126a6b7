/**
 * The x86 helper module of one machine: linked to the runtime's module and to the host, with the registry of all helpers for generated code.
 */
import { HelperRegistry, WASM_CONTEXT, useSharedMemory, type MachineMemory, type RuntimeInstance } from '@wasm-tcg/runtime';
import type { MachineFeature } from '../cpuid/bits.ts';
import { cpuidWords } from '../cpuid/leaves.ts';
import { CPU_MODELS, type CpuModelName } from '../cpuid/models.ts';
import { helpersWasm } from '../generated/helpers-wasm.ts';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { X86_FRAME } from '../state/frame.ts';
import { InterruptWindow } from '../state/interrupt-window.ts';
import { X86Registers } from '../state/registers.ts';
import { type FlatStart, resetCpu, startFlat } from '../state/reset.ts';
import { loadCpu, saveCpu } from '../state/snapshot.ts';
import { X86_HELPERS } from './table.ts';

/** What the processor asks of the machine around it. `vcpu` counts from 0. */
export interface X86Host {
  /** Read a port. @returns unsigned, of `size` bytes (1, 2, 4) */
  portIn(vcpu: number, port: number, size: 1 | 2 | 4): number;
  /** Write a port. To have generated code leave after this instruction, take its budget (`budgetHeld` of the context). */
  portOut(vcpu: number, port: number, value: number, size: 1 | 2 | 4): void;
  /** An MSR of the machine (1Bh, the APIC's base; 6E0h, its deadline in ns of virtual time), or undefined: #GP(0). Default: none. */
  readMsr?(vcpu: number, msr: number): bigint | undefined;
  /** @returns false for #GP(0). Default: none. */
  writeMsr?(vcpu: number, msr: number, value: bigint): boolean;
  /** 32 random bits for RDRAND and RDSEED, from the machine's generator. Default: none; the instructions then say so by CF. */
  random32?(vcpu: number): number;
  /** CR8, 0–15: bits 7–4 of the local APIC's task priority register. Default: what was last written to CR8. */
  readTpr?(vcpu: number): number;
  /** MOV to CR8, 0–15. The budget is taken afterwards, so that the machine can look for interrupts that are due now. */
  writeTpr?(vcpu: number, cr8: number): void;
  /**
   * FERR# changes: an x87 error with CR0.NE clear, which a PC answers with IRQ 13 (SDM vol. 1, appendix D). Asserted anew each time an instruction meets the
   * error.
   * @returns true if IGNNE# is asserted: the instruction is executed nevertheless. Else the processor waits before it for an interrupt. Default: as
   *   if IGNNE# were asserted
   */
  ferr?(vcpu: number, asserted: boolean): boolean;
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
  /** Deliver an external interrupt between two instructions; the caller has looked at {@link InterruptWindow.open}. */
  interrupt_deliver(env: number, vector: number): void;
  /** Deliver an NMI; the caller has looked at {@link InterruptWindow.nmiOpen}. */
  nmi_deliver(env: number): void;
}

export interface X86Options {
  readonly machine: MachineMemory;
  readonly runtime: RuntimeInstance;
  readonly host: X86Host;
  /** Default `x86-64`. */
  readonly model?: CpuModelName;
  /** What the machine has of what CPUID can only announce with its help (`apic`: the host answers IA32_APIC_BASE, 1Bh; `tsc_deadline`: 6E0h). Default: nothing. */
  readonly provides?: readonly MachineFeature[];
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
  /** Whether interrupts can be delivered, at the price of a few memory reads. Keep the object. */
  interruptWindow(vcpu: number): InterruptWindow;
  /** An MSR as RDMSR at level 0 reads it; undefined when there is none. */
  readMsr(vcpu: number, msr: number): bigint | undefined;
  /** @returns false when there is none, or it does not take the value */
  writeMsr(vcpu: number, msr: number, value: bigint): boolean;
  /** The A20 gate. Closed, bit 20 of all physical addresses is zero. */
  setA20(vcpu: number, open: boolean): void;
  /** Everything architectural of a vCPU between two instructions; see state/snapshot.ts. */
  saveState(vcpu: number): Uint8Array;
  /** @throws X86StateError when the bytes are not of this version and model */
  loadState(vcpu: number, saved: Uint8Array): void;
  /** Power-on state. */
  reset(vcpu: number): void;
  /** Reset, then start in a flat mode (long64: the page tables must be in memory before code runs). */
  startFlat(vcpu: number, start: FlatStart): void;
}

/** Exports that this file alone calls. */
interface InternalExports {
  cpuid_table(): number;
  msr_get(env: number, msr: number): number;
  msr_set(env: number, msr: number, value: bigint): number;
}

const A20_OPEN = 0xffff_ffff;
const A20_CLOSED = 0xffef_ffff;

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
  const { machine, runtime, host, model = 'x86-64', provides = [], module = compileX86(machine.shared) } = options;
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
  const exports = wasmExports as unknown as X86Exports & InternalExports;
  runtime.setTlbFill(wasmExports['tlb_fill']);
  machine.views().u32.set(cpuidWords(CPU_MODELS[model], provides), exports.cpuid_table() >>> 2);

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
    interruptWindow: (vcpu) => new InterruptWindow(machine, machine.env(vcpu)),
    readMsr(vcpu, msr) {
      const env = machine.env(vcpu);
      return exports.msr_get(env, msr) === 0 ? undefined : machine.views().data.getBigUint64(env + WASM_CONTEXT.offset.ret, true);
    },
    writeMsr: (vcpu, msr, value) => exports.msr_set(machine.env(vcpu), msr, value) !== 0,
    setA20(vcpu, open) {
      const env = machine.env(vcpu);
      const mask = open ? A20_OPEN : A20_CLOSED;
      const { u32 } = machine.views();
      const at = (env + X86_LAYOUT.stateOffset + X86_STATE.offset.a20Mask) >>> 2;
      if (u32[at] === mask) return;
      u32[at] = mask;
      runtime.exports.tlb_flush(env);
    },
    saveState: (vcpu) => saveCpu(machine, machine.env(vcpu)),
    loadState(vcpu, saved) {
      loadCpu(machine, machine.env(vcpu), saved);
      settle(machine.env(vcpu));
    },
    reset(vcpu) {
      resetCpu(machine, machine.env(vcpu), model, provides);
      settle(machine.env(vcpu));
    },
    startFlat(vcpu, start) {
      resetCpu(machine, machine.env(vcpu), model, provides);
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
  const cr8At = (env: number): number => ((env >>> 0) + X86_LAYOUT.stateOffset + X86_STATE.offset.cr8) >>> 2;
  const setRet = (env: number, value: bigint): void => machine.views().data.setBigUint64((env >>> 0) + WASM_CONTEXT.offset.ret, value, true);
  return {
    port_in: (env: number, port: number, size: number): number => host.portIn(vcpuOf(env), port, size as 1 | 2 | 4) | 0,
    port_out: (env: number, port: number, value: number, size: number): void => host.portOut(vcpuOf(env), port, value >>> 0, size as 1 | 2 | 4),
    ferr: (env: number, asserted: number): number => (host.ferr?.(vcpuOf(env), asserted !== 0) ?? true ? 1 : 0),
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
    random: (env: number): number => {
      const { random32 } = host;
      if (random32 === undefined) return 0;
      const vcpu = vcpuOf(env);
      const { data } = machine.views();
      const at = (env >>> 0) + WASM_CONTEXT.offset.ret;
      data.setUint32(at, random32.call(host, vcpu) >>> 0, true);
      data.setUint32(at + 4, random32.call(host, vcpu) >>> 0, true);
      return 1;
    },
    tpr_read: (env: number): number => host.readTpr?.(vcpuOf(env)) ?? machine.views().u32[cr8At(env)]!,
    tpr_write: (env: number, cr8: number): void => {
      machine.views().u32[cr8At(env)] = cr8;
      host.writeTpr?.(vcpuOf(env), cr8);
    },
  };
}
