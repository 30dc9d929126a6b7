/**
 * Helper registry: one id space for a guest's helpers (id = position in its table) and the core helpers (id =
 * {@link CORE_HELPER_BASE} + position in CORE_HELPERS), with the Wasm signature and, once bound, the function of each.
 * A TB header lists the ids its module imports; all generated modules share one import object.
 */
import type { HelperDef, HelperEffects, HelperTable, TypeName } from '@wasm-tcg/ir';
import { CORE_HELPERS, CORE_HELPER_NAMES, type CoreHelperName, type WasmSignature, type WasmValueType } from './core-helpers.ts';
import { RuntimeError } from './errors.ts';

/** Ids of core helpers start here, the same for every guest. */
export const CORE_HELPER_BASE = 0x10000;

/** Id of a core helper. */
export function coreHelperId(name: CoreHelperName): number {
  return CORE_HELPER_BASE + CORE_HELPER_NAMES.indexOf(name);
}

export interface HelperEntry extends WasmSignature {
  readonly id: number;
  readonly name: string;
  /** The guest's row; absent for core helpers. */
  readonly def?: HelperDef;
}

/** Where functions come from, by helper name. */
export interface HelperImplementations {
  /** Exports of the runtime's instance. */
  readonly core: Readonly<Record<string, unknown>>;
  /** Exports of the guest's own helper module, for rows with impl 'wasm'. */
  readonly wasm?: Readonly<Record<string, unknown>>;
  /** Host functions, for rows with impl 'js'. */
  readonly js?: Readonly<Record<string, unknown>>;
}

/** Wasm signature of a guest helper: env unless it goes without, then the arguments. */
export function helperSignature(def: HelperDef): WasmSignature {
  const args: readonly WasmValueType[] = def.args;
  return { params: def.env === false ? args : ['i32', ...args], results: def.ret === null ? [] : [def.ret] };
}

export class HelperRegistry {
  readonly #guest: readonly HelperEntry[];
  readonly #core: readonly HelperEntry[];
  readonly #byName = new Map<string, HelperEntry>();
  #imports: WebAssembly.ModuleImports | undefined;

  /** @throws RuntimeError `bad-helper` naming every row that contradicts itself or another */
  constructor(table: HelperTable, options: { readonly globals?: readonly string[] } = {}) {
    const problems = table.flatMap((def, id) => helperProblems(def, options.globals).map((text) => `${def.name} (${id}): ${text}`));
    this.#core = CORE_HELPER_NAMES.map((name, i) => {
      const { params, results } = CORE_HELPERS[name];
      return { id: CORE_HELPER_BASE + i, name, params, results };
    });
    this.#guest = table.map((def, id) => ({ id, name: def.name, ...helperSignature(def), def }));
    for (const entry of [...this.#core, ...this.#guest]) {
      if (this.#byName.has(entry.name)) problems.push(`${entry.name} (${entry.id}): the name is taken`);
      this.#byName.set(entry.name, entry);
    }
    if (problems.length > 0) throw new RuntimeError('bad-helper', `helper table: ${problems.join('; ')}`, 'correct these rows');
  }

  /** Number of guest helpers: their ids are 0 … guestCount−1. */
  get guestCount(): number {
    return this.#guest.length;
  }

  /** Every helper: the core's first, then the guest's in id order. */
  entries(): readonly HelperEntry[] {
    return [...this.#core, ...this.#guest];
  }

  /** @throws RuntimeError `bad-helper` for an id that nobody has */
  byId(id: number): HelperEntry {
    const entry = id >= CORE_HELPER_BASE ? this.#core[id - CORE_HELPER_BASE] : this.#guest[id];
    if (entry) return entry;
    throw new RuntimeError('bad-helper', `no helper has id ${id}`, `guest ids are 0 … ${this.#guest.length - 1}, core ids start at ${CORE_HELPER_BASE}`);
  }

  /** The helper of that name, or undefined. */
  byName(name: string): HelperEntry | undefined {
    return this.#byName.get(name);
  }

  /** Find the function of every helper. @throws RuntimeError `missing-helper` naming all that have none */
  bind(implementations: HelperImplementations): void {
    const imports: WebAssembly.ModuleImports = {};
    const missing: string[] = [];
    for (const { name, def } of this.entries()) {
      const place = def ? def.impl : 'core';
      const found = implementations[place]?.[name];
      if (typeof found === 'function') imports[name] = found;
      else missing.push(`${name} (${place})`);
    }
    if (missing.length > 0) {
      throw new RuntimeError('missing-helper', `no function for ${missing.join(', ')}`, 'export it from the helper module or pass it in `js`');
    }
    this.#imports = imports;
  }

  /** Import object "h" of generated modules: every helper by name. @throws RuntimeError `missing-helper` before {@link bind} */
  imports(): WebAssembly.ModuleImports {
    if (this.#imports) return this.#imports;
    throw new RuntimeError('missing-helper', 'helpers have no functions yet', 'call bind() first');
  }
}

const EFFECT_FLAGS = ['mayFault', 'mayExit', 'io', 'takesBudget', 'changesFlags', 'changesMapping'] as const satisfies readonly (keyof HelperEffects)[];
const crossesToJs = (type: TypeName): boolean => type === 'i32' || type === 'f64';

/** What is wrong with a row by itself. */
function helperProblems(def: HelperDef, globals: readonly string[] | undefined): readonly string[] {
  const problems: string[] = [];
  const { effects } = def;
  if (!/^[a-z][a-z0-9_]*$/.test(def.name)) problems.push('a name is lower case letters, digits and underscores');
  if (def.impl === 'js' && ![...def.args, ...(def.ret === null ? [] : [def.ret])].every(crossesToJs)) {
    problems.push('a js helper takes and returns i32 and f64 only: pass other values through the context');
  }
  const flags = EFFECT_FLAGS.filter((flag) => effects[flag]);
  const touches = effects.reads !== 'none' || effects.writes !== 'none';
  if (effects.pure && (flags.length > 0 || touches)) problems.push('pure excludes every other effect');
  if (effects.pure && def.ret === null) problems.push('pure without a result does nothing');
  if (def.env === false && (flags.length > 0 || touches)) problems.push('without env it can have no effect but its result');
  for (const set of [effects.reads, effects.writes]) {
    if (typeof set === 'string' || !globals) continue;
    const unknown = set.filter((name) => !globals.includes(name));
    if (unknown.length > 0) problems.push(`no such globals: ${unknown.join(', ')}`);
  }
  return problems;
}
