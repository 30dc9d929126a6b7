/** How a machine is made, as its user chose it: in a form, in the address, remembered. What is not chosen is the guest's own. */
import { CPU_MODEL_NAMES, type CpuModelName, type ExecutionMode } from '@wasm-tcg/emulator';
import type { BootSource, MachineConfig, SiteGuest } from './protocol.ts';

export interface MachineSettings {
  /** Undefined: what the guest is made for. */
  readonly model?: CpuModelName | undefined;
  /** MiB. Undefined: what the guest is comfortable with. */
  readonly memory?: number | undefined;
  readonly mode: ExecutionMode;
  readonly clock: 'host' | 'icount';
  /** Appended to the kernel's command line. */
  readonly append: string;
}

export const DEFAULT_SETTINGS: MachineSettings = { model: undefined, memory: undefined, mode: 'tiered', clock: 'host', append: '' };

/** For kernels of the user's own. */
export const DEFAULT_MODEL: CpuModelName = 'x86-64';
export const DEFAULT_MEMORY = 256;

/** MiB a PC can have; above 2 GiB browsers seldom give a page that much. */
export const MEMORY_LIMITS = { min: 2, max: 3072 } as const;
export const MODELS: readonly CpuModelName[] = CPU_MODEL_NAMES;
export const MODES: readonly ExecutionMode[] = ['tiered', 'tb-per-module', 'tci'];
export const CLOCKS: readonly MachineSettings['clock'][] = ['host', 'icount'];

/** What is wrong with a number of MiB, or nothing. */
export function memoryProblem(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  const value = Number(text);
  const { min, max } = MEMORY_LIMITS;
  return Number.isInteger(value) && value >= min && value <= max ? undefined : `a whole number of MiB from ${min} to ${max}`;
}

const oneOf = <T extends string>(names: readonly T[], text: string | null): T | undefined => names.find((name) => name === text);

/** Settings of an address. What it does not say, or says wrongly, is as in `base`. */
export function settingsFromQuery(query: URLSearchParams, base: MachineSettings = DEFAULT_SETTINGS): MachineSettings {
  const memory = query.get('memory') ?? '';
  const model = oneOf(MODELS, query.get('model')) ?? base.model;
  const mib = memory.trim() === '' || memoryProblem(memory) !== undefined ? base.memory : Number(memory);
  return {
    model,
    memory: mib,
    mode: oneOf(MODES, query.get('mode')) ?? base.mode,
    clock: oneOf(CLOCKS, query.get('clock')) ?? base.clock,
    append: query.get('append') ?? base.append,
  };
}

/** The address that reproduces a start: what differs from the defaults. */
export function settingsToQuery(settings: MachineSettings, boot?: string): URLSearchParams {
  const query = new URLSearchParams();
  if (boot !== undefined) query.set('boot', boot);
  if (settings.model !== undefined) query.set('model', settings.model);
  if (settings.memory !== undefined) query.set('memory', String(settings.memory));
  if (settings.mode !== DEFAULT_SETTINGS.mode) query.set('mode', settings.mode);
  if (settings.clock !== DEFAULT_SETTINGS.clock) query.set('clock', settings.clock);
  if (settings.append !== '') query.set('append', settings.append);
  return query;
}

export function guestConfig(guest: SiteGuest, settings: MachineSettings): MachineConfig {
  const { model = guest.model, memory = guest.memory, mode, clock, append } = settings;
  return { source: { kind: 'guest', name: guest.name }, model, memory, mode, clock, append };
}

/** For what the user brings: nobody knows what it is made for. */
export function sourceConfig(source: BootSource, settings: MachineSettings): MachineConfig {
  const { model = DEFAULT_MODEL, memory = DEFAULT_MEMORY, mode, clock, append } = settings;
  return { source, model, memory, mode, clock, append };
}
