/**
 * The runtime's helper module for one machine. Order of a machine's set-up, since guest and runtime need each other: this
 * instance, the guest's instance (imports these exports as module "runtime"), the guest's tlb_fill into the table, set_hooks.
 */
import { CORE_HELPER_NAMES, type CoreExports } from './core-helpers.ts';
import { RuntimeError } from './errors.ts';
import { helpersWasm } from './generated/helpers-wasm.ts';
import type { MachineMemory } from './memory.ts';
import { useSharedMemory } from './shared-import.ts';

/** What the helper module calls. `mmio_read` and `mmio_write` are the methods of `Ram` of the same names. */
export interface RuntimeHost {
  /** Read 1, 2, 4 or 8 bytes of device memory into context.ret. Must not set the exit code. */
  mmioRead(env: number, physLo: number, physHi: number, size: number): void;
  /** Write the first 1, 2, 4 or 8 bytes of context.arg to device memory. Must not set the exit code. */
  mmioWrite(env: number, physLo: number, physHi: number, size: number): void;
  /**
   * Generated code is about to store into 64-byte granules with translated code (in one page). Drop the TBs whose bytes are hit. Return
   * 0: store now; 1: the running TB or region was among them, so nothing is to be stored and the instruction retried.
   */
  codeWrite(env: number, physLo: number, size: number): number;
}

export interface InstantiateOptions {
  readonly machine: MachineMemory;
  /** The machine's function table. Entry 0 stays empty: TBs use 0 for "no function". */
  readonly table: WebAssembly.Table;
  readonly host: RuntimeHost;
  /** Result of {@link compileRuntime}, to compile once for several machines. Must be made for the same `shared`. */
  readonly module?: WebAssembly.Module;
}

export interface RuntimeInstance {
  readonly exports: CoreExports;
  /** The raw exports: the import object "runtime" of a guest's helper module, and of generated code through the registry. */
  readonly wasmExports: WebAssembly.ModuleImports;
  /** Put a guest's `tlb_fill` export into the table and tell the softmmu. @returns its index */
  setTlbFill(tlbFill: unknown): number;
}

/** @param shared whether the memory it is to be instantiated with is shared */
export function compileRuntime(shared = false): WebAssembly.Module {
  const bytes = helpersWasm();
  return new WebAssembly.Module(shared ? useSharedMemory(bytes) : bytes);
}

/** Synchronous: the module has a few KiB. @throws RuntimeError `bad-instance` when module, memory and table do not fit together */
export function instantiateRuntime(options: InstantiateOptions): RuntimeInstance {
  const { machine, table, host, module = compileRuntime(machine.shared) } = options;
  let instance: WebAssembly.Instance;
  try {
    instance = new WebAssembly.Instance(module, {
      env: { memory: machine.memory, table },
      host: {
        mmio_read: host.mmioRead.bind(host),
        mmio_write: host.mmioWrite.bind(host),
        code_write: host.codeWrite.bind(host),
      },
    });
  } catch (cause) {
    const hint = 'the table needs at least 1 entry, and `module` has to be compiled for a memory of the same kind (shared or not)';
    throw new RuntimeError('bad-instance', `the helper module does not link: ${String(cause)}`, hint, { cause });
  }
  const missing = CORE_HELPER_NAMES.filter((name) => typeof instance.exports[name] !== 'function');
  if (missing.length > 0) {
    throw new RuntimeError('bad-instance', `the helper module lacks ${missing.join(', ')}`, 'build it again: `build:wasm` of this package');
  }
  const exports = instance.exports as unknown as CoreExports;
  exports.configure();
  return {
    exports,
    wasmExports: instance.exports,
    setTlbFill(tlbFill) {
      const index = table.grow(1);
      table.set(index, tlbFill);
      exports.set_hooks(index);
      return index;
    },
  };
}
