/**
 * Modules of one region: `build` makes a module whose export `f0` runs the whole region: `(env, tb) → i32`, `tb` being the header of one of its entries,
 * whose record says which one.
 *
 * It returns what a TB's function returns. ExitCode.budget: fewer
 * instructions are left than the longest way through it to its next budget test (tbPtr and pc name the member; budget may
 * well be more than that member's length: run what is left in another tier, else it is refused again and again).
 */
import type { HelperTable, RegionIr, TargetLayout } from '@wasm-tcg/ir';
import { HelperImports, IMPORT_ENV, IMPORT_MEMORY } from './compile/imports.ts';
import type { OriginRecorder } from './compile/origins.ts';
import { RegionEmitter, type RegionOptions } from './compile/region-emitter.ts';
import { ModuleBuilder } from './encoder/module.ts';
import type { Limits } from './encoder/types.ts';
import { ANY_MEMORY, type GeneratedModule } from './tb-module.ts';

export interface RegionModuleOptions extends RegionOptions {
  /** How the memory is imported. Default: any, not shared. */
  readonly memory?: Limits;
  /** Write a name section. */
  readonly names?: boolean;
  /** See ModuleOptions. */
  readonly moduleName?: string;
}

export interface RegionUnit {
  /** As `mergeRegion` makes it, optimised. */
  readonly region: RegionIr;
  /** Address of its region descriptor in linear memory; 0 when all its code is on one page, where there is nothing to check and the IR asks for none. */
  readonly descriptor: number;
}

export class RegionModuleBuilder {
  private readonly module: ModuleBuilder;
  private readonly imports: HelperImports;
  private readonly emitter: RegionEmitter;
  private readonly memory: Limits;

  constructor(target: TargetLayout, helpers: HelperTable, options: RegionModuleOptions = {}) {
    this.module = new ModuleBuilder({ names: options.names === true, ...(options.moduleName === undefined ? {} : { moduleName: options.moduleName }) });
    this.imports = new HelperImports(this.module, helpers);
    this.memory = options.memory ?? ANY_MEMORY;
    this.emitter = new RegionEmitter(target, helpers, this.imports, options);
  }

  /**
   * Compiles a region; the result is the builder's own until the next call.
   * @param origins is told where the code comes from: blocks are members
   */
  build({ region, descriptor }: RegionUnit, origins?: OriginRecorder): GeneratedModule {
    origins?.begin();
    this.emitter.origins = origins;
    const { module, imports } = this;
    module.reset();
    imports.reset();
    module.importMemory(IMPORT_ENV, IMPORT_MEMORY, this.memory);
    const func = module.func('ii>i', `region_${region.members[0].header.toString(16)}`);
    module.exportFunc('f0', func);
    this.emitter.emit(module.body(func), region, descriptor);
    return { bytes: module.finish(), helperIds: imports.ids };
  }
}
