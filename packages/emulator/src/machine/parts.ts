/** Puts the parts of a machine together: memory, helper modules, interpreter, executor. What is around the CPU is given by the machine that uses them. */
import { compileX86, createX86, X86_HELPERS, X86_LAYOUT, type CpuModelName, type MachineFeature, type X86Host, type X86Instance } from '@wasm-tcg/guest-x86';
import {
  compileRuntime, createMachineMemory, createRam, instantiateRuntime, RegionReturn, TbArena, TbStore, type CoreExports, type MachineMemory, type Ram,
} from '@wasm-tcg/runtime';
import { generateInterpreter, TciFormats } from '@wasm-tcg/tci-interp';
import type { DebugOptions, ExecutionOptions, MachineModules } from '../api.ts';
import { MachineError } from '../errors.ts';
import { DebugLog } from '../debug/switches.ts';
import { HostTime, type SampledTimer } from '../exec/host-time.ts';
import { CodeBuilder } from '../exec/code-builder.ts';
import { CompiledTbs } from '../exec/compiled-code.ts';
import { ContextView } from '../exec/context-view.ts';
import { CpuExec } from '../exec/cpu-exec.ts';
import { CodeVersions } from '../exec/code-versions.ts';
import { PatchedBytes } from '../exec/patched-bytes.ts';
import { SamplingProfiler } from '../exec/profiler.ts';
import { TbOptimiser } from '../exec/optimiser.ts';
import { allowBranchHints, hasTailCalls } from '../exec/engine-features.ts';
import { TbMaintenance } from '../exec/tb-maint.ts';
import { TbTranslator } from '../exec/tb-translator.ts';
import { executionConfig } from '../exec/thresholds.ts';
import { Tiering } from '../exec/tiering.ts';
import { Breakpoints } from './breakpoints.ts';
import { GuestMemory } from './memory-api.ts';
import { PortSpace, type PortAccess } from './ports.ts';
import { checkSharedMemory, publishInstructions, sharedMemory } from './shared-memory.ts';
import { X86Guest } from './x86-guest.ts';

/** Pages of 64 KiB that a 32-bit memory can have: a shared import has to name a maximum. */
const MAX_PAGES = 65_536;

/** What is around the CPU. Everything is called from inside a run. */
export interface MachineHooks {
  /** A watched port was used. */
  readonly portStop: (access: PortAccess) => void;
  /** Time stamp counter, and whatever else the CPU asks its machine; ports are the {@link PortSpace}'s. */
  readonly cpu: Omit<X86Host, 'portIn' | 'portOut'>;
  /** See {@link CpuExecParts.wantsHost}. */
  readonly wantsHost?: () => boolean;
}

export interface PartsOptions {
  readonly model: CpuModelName;
  /** What CPUID announces of the machine around the CPU. Default: nothing. */
  readonly provides?: readonly MachineFeature[];
  /** Bytes. */
  readonly ram: number;
  /** See {@link MachineOptions.sharedMemory}. */
  readonly shared: boolean;
  /** Bytes of the TB arena. Default: of `createMachineMemory`. */
  readonly arenaBytes?: number;
  readonly execution: ExecutionOptions | undefined;
  readonly debug: DebugOptions | undefined;
  readonly modules: MachineModules | undefined;
}

/** Do it, on a timer's account. */
function timed<T>(timer: SampledTimer, work: () => T): T {
  const began = timer.begin();
  const result = work();
  timer.end(began);
  return result;
}

/** All parts of a machine. */
export interface MachineParts {
  readonly model: CpuModelName;
  readonly machine: MachineMemory;
  /** Exports of the runtime's helper module. */
  readonly core: CoreExports;
  readonly ram: Ram;
  readonly memory: GuestMemory;
  readonly ports: PortSpace;
  readonly x86: X86Instance;
  readonly guest: X86Guest;
  readonly context: ContextView;
  readonly arena: TbArena;
  readonly store: TbStore;
  readonly translator: TbTranslator;
  readonly builder: CodeBuilder;
  readonly tiering: Tiering;
  readonly compiled: CompiledTbs;
  readonly maintenance: TbMaintenance;
  readonly patched: PatchedBytes;
  readonly versions: CodeVersions;
  readonly exec: CpuExec;
  readonly time: HostTime;
  readonly profiler: SamplingProfiler;
  readonly breakpoints: Breakpoints;
  readonly formats: TciFormats;
}

/**
 * Compile what every machine needs and none changes. A machine does it by itself; who makes many hands the same to each
 * (`options.modules`) and saves some tens of milliseconds per machine.
 * @param options.sharedMemory as the machines will have it
 */
export function compileModules({ sharedMemory: shared = false }: { readonly sharedMemory?: boolean } = {}): MachineModules {
  allowBranchHints();
  const formats = new TciFormats(X86_LAYOUT, X86_HELPERS);
  const interpreter = generateInterpreter(X86_LAYOUT, formats, { tailCalls: hasTailCalls(), ...(shared ? { shared: { maximum: MAX_PAGES } } : {}) });
  return { shared, formats, runtime: compileRuntime(shared), x86: compileX86(shared), interpreter: new WebAssembly.Module(interpreter) };
}

/**
 * Make the parts of a machine. RAM is not mapped yet, and the CPU is in its power-on state.
 * @throws RuntimeError `out-of-memory`
 */
export function createParts(options: PartsOptions, hooks: MachineHooks): MachineParts {
  const { model, ram: ramBytes } = options;
  const debug = options.debug === undefined ? undefined : new DebugLog(options.debug);
  const config = { ...executionConfig(options.execution), ...(debug?.singleSteps ? { slice: 1, stress: 0 } : {}) };
  const stressPool = { instances: 3, heldModules: 12 };
  if (options.shared) checkSharedMemory();
  allowBranchHints();
  const modules = options.modules ?? compileModules({ sharedMemory: options.shared });
  if (modules.shared !== options.shared) {
    const kind = (shared: boolean): string => (shared ? 'shared memory' : 'memory of its own');
    throw new MachineError('bad-option', `modules for ${kind(modules.shared)}, and a machine with ${kind(options.shared)}`, 'give compileModules the sharedMemory of the machine');
  }
  const limits = config.stress ? stressPool : (options.execution?.pool ?? {});

  const machine = createMachineMemory({ layout: X86_LAYOUT, ramBytes, shared: options.shared, ...(options.arenaBytes === undefined ? {} : { arenaBytes: options.arenaBytes }) });
  const context = new ContextView(machine, 0);
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  const breakpoints = new Breakpoints();
  const arena = new TbArena(machine);
  // Generated code, RAM and TB maintenance call each other; these are set before the first call.
  const late: { maintenance?: TbMaintenance; exec?: CpuExec } = {};
  const now = (): number => late.exec?.now ?? 0;
  const time = new HostTime();

  const ram = createRam(machine, {
    codeWrite: (physical, size) => late.maintenance?.hostWrite(physical, size),
    beforeRemap: (physical, size) => {
      late.maintenance?.dropRange(physical, size);
      runtime.exports.tlb_flush(context.env);
    },
  });
  const runtime = instantiateRuntime({
    machine,
    table,
    module: modules.runtime,
    host: {
      mmioRead: (env, lo, hi, size) => timed(time.device, () => ram.mmioRead(env, lo, hi, size)),
      mmioWrite: (env, lo, hi, size) => timed(time.device, () => ram.mmioWrite(env, lo, hi, size)),
      codeWrite: (_env, physical, size) => timed(time.codeWrite, () => late.maintenance!.storeIntoCode(physical >>> 0, size)),
    },
  });
  const store = new TbStore(machine, arena, { protect: (page) => runtime.exports.tlb_protect_code(context.env, page) });
  const ports = new PortSpace(hooks.portStop);
  const x86 = createX86({
    machine, runtime, model, module: modules.x86, ...(options.provides === undefined ? {} : { provides: options.provides }),
    host: {
      ...hooks.cpu,
      portIn: (_vcpu, port, size) => timed(time.device, () => ports.read(port, size)),
      portOut: (_vcpu, port, value, size) => timed(time.device, () => ports.write(port, value, size)),
    },
  });

  const { formats } = modules;
  const h = x86.registry.imports();
  const interpreter = new WebAssembly.Instance(modules.interpreter, { e: { m: machine.memory, t: table }, h });
  const { tb_chain: chain } = interpreter.exports;
  const imports = { e: { m: machine.memory, ...(chain === undefined ? {} : { tb_chain: chain }) }, h };
  const compiled = new CompiledTbs({
    machine, store, table, imports, config, limits, policy: config.mode === 'tb-per-module' ? 'oldest-half' : 'aging',
  });
  const patched = new PatchedBytes(config, now);
  const versions = new CodeVersions(machine, store, config, now, (header) => compiled.forget(header));
  const maintenance = new TbMaintenance(store, context, compiled, patched, versions);
  late.maintenance = maintenance;
  const optimiser = new TbOptimiser(X86_LAYOUT, X86_HELPERS, config);
  const guest = new X86Guest(machine, x86, context);
  const shared = { guest, machine, arena, store, context, config, core: runtime.exports };
  const translator = new TbTranslator({
    ...shared, ram, formats, optimiser, patched, versions, onRevived: (header) => compiled.resume(header), now, isBreakpoint: (linear) => breakpoints.has(linear), hasBreakpoints: () => breakpoints.any,
    wasDropped: (physical) => maintenance.wasDropped(physical),
  });
  const builder = new CodeBuilder({
    ...shared, env: context.env, translator, helpers: X86_HELPERS, optimiser, tailCalls: chain !== undefined, excluded: (header) => translator.isStopper(header), isRestless: (header) => versions.isRestless(header),
  });
  const tiering = new Tiering({
    ...shared, builder, compiled, now, hops: () => context.counter('regionReturns', RegionReturn.direct) + context.counter('regionReturns', RegionReturn.lookup),
    ...(debug === undefined ? {} : { onCompile: (kind, tbs, bytes) => debug.compiled(kind, tbs, bytes) }),
  });
  const profiler = new SamplingProfiler({ machine, now, isUser: (flags) => guest.isUser(flags) });
  const exec = new CpuExec({
    ...shared, time, profiler, translator, patched, versions, tiering, compiled, isBreakpoint: (linear) => breakpoints.has(linear),
    retire: (header) => maintenance.retire(header, 'device'),
    ...(hooks.wantsHost === undefined ? {} : { wantsHost: hooks.wantsHost }),
    ...(options.shared ? { onRetired: (instructions: number) => publishInstructions(machine, instructions) } : {}),
    tbExec: interpreter.exports['tb_exec'] as (env: number, tb: number) => number,
    ...(debug === undefined
      ? {}
      : { onFault: (vector) => debug.fault(vector), onTranslate: (header) => debug.translated(header), onSlice: () => debug.step() }),
  });
  late.exec = exec;
  const memory = new GuestMemory(ramBytes, ram, runtime.exports, context, options.shared ? sharedMemory(machine) : undefined);
  const parts: MachineParts = {
    model, machine, core: runtime.exports, ram, memory, ports, x86, guest, context, arena, store, translator, builder, tiering, compiled, maintenance, patched, versions, exec, time, profiler, breakpoints, formats,
  };
  debug?.attach(parts);
  return parts;
}
