/**
 * Helper imports of a generated module, made when a helper is first called: a module imports exactly what it calls, in the
 * order of first calls, which is the order of `ids`.
 */
import type { HelperTable } from '@wasm-tcg/ir';
import { coreHelperId, helperSignature, type WasmValueType } from '@wasm-tcg/runtime';
import type { ModuleBuilder } from '../encoder/module.ts';
import type { FuncRef } from '../encoder/sink.ts';
import { coreSignature, TYPE_LETTER, type CoreCallName } from '../lower/core-calls.ts';
import { CodegenError } from '../errors.ts';

/** Import module names of generated modules. */
export const IMPORT_ENV = 'e';
export const IMPORT_MEMORY = 'm';
export const IMPORT_HELPERS = 'h';
export const IMPORT_CHAIN = 'tb_chain';

const letters = (types: readonly WasmValueType[]): string => types.map((type) => TYPE_LETTER[type]).join('');

export class HelperImports {
  /** Ids as the runtime's helper registry numbers them, in import order. */
  readonly ids: number[] = [];
  private readonly module: ModuleBuilder;
  private readonly helpers: HelperTable;
  private readonly signatures: readonly string[];
  private readonly refs: (FuncRef | undefined)[];
  private chainRef: FuncRef | undefined;
  private readonly core = new Map<CoreCallName, FuncRef>();

  constructor(module: ModuleBuilder, helpers: HelperTable) {
    this.module = module;
    this.helpers = helpers;
    this.signatures = helpers.map((def) => {
      const { params, results } = helperSignature(def);
      return `${letters(params)}>${letters(results)}`;
    });
    this.refs = helpers.map(() => undefined);
  }

  /** tb_exec's `tb_chain`, which goes on where a region leads to. */
  chain(): FuncRef {
    return (this.chainRef ??= this.module.importFunc(IMPORT_ENV, IMPORT_CHAIN, 'ii>i'));
  }

  /** Forgets the imports of the module before. */
  reset(): void {
    for (const id of this.ids) if (id < this.refs.length) this.refs[id] = undefined;
    this.ids.length = 0;
    this.core.clear();
    this.chainRef = undefined;
  }

  guest(id: number): FuncRef {
    const known = this.refs[id];
    if (known !== undefined) return known;
    if (id >>> 0 >= this.helpers.length) throw new CodegenError('bad-ir', `no helper has number ${id}`, 'use the helper table the IR was made with');
    const ref = this.module.importFunc(IMPORT_HELPERS, this.helpers[id].name, this.signatures[id]);
    this.refs[id] = ref;
    this.ids.push(id);
    return ref;
  }

  coreHelper(name: CoreCallName): FuncRef {
    const known = this.core.get(name);
    if (known !== undefined) return known;
    const ref = this.module.importFunc(IMPORT_HELPERS, name, coreSignature(name));
    this.core.set(name, ref);
    this.ids.push(coreHelperId(name));
    return ref;
  }
}
