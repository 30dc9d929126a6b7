/**
 * Modules of TBs: `begin`, `add` for each TB, `finish`. The k-th TB added is exported as `f<k>`.
 *
 * Imports: memory "e"."m" and, from "h", exactly the helpers that are called. One builder is reused for all modules; its
 * options are fixed.
 */
import type { HelperTable, TargetLayout } from '@wasm-tcg/ir';
import { HelperImports, IMPORT_ENV, IMPORT_MEMORY } from './compile/imports.ts';
import type { OriginRecorder } from './compile/origins.ts';
import { TbEmitter, type LabelScheme, type TbMember } from './compile/tb-emitter.ts';
import { ModuleBuilder } from './encoder/module.ts';
import type { Limits } from './encoder/types.ts';
import { CodegenError } from './errors.ts';

export type { LabelScheme, TbLink, TbMember } from './compile/tb-emitter.ts';

export interface TbModuleOptions {
  /** Default `structured`. */
  readonly scheme?: LabelScheme;
  /** Bind links inside a module by tail calls (V8 since 11.2). Default false: links go through tb_exec. */
  readonly tailCalls?: boolean;
  /** Keep the counters of this vCPU (see TbOptions.profile). Default: none. */
  readonly profile?: number;
  /** How the memory is imported. Default: any, not shared. */
  readonly memory?: Limits;
  /** Write a name section: functions are called after the header's address. */
  readonly names?: boolean;
  /** See ModuleOptions. */
  readonly moduleName?: string;
}

/** A finished module. Both fields are the builder's own and change with its next `begin`: slice what is to be kept. */
export interface GeneratedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Ids of the imported helpers, in import order. */
  readonly helperIds: readonly number[];
}

/** More would make one eviction or one dead TB cost too many others (design, section 5). */
export const MAX_TBS_PER_MODULE = 64;

/** Any memory of up to 4 GiB. */
export const ANY_MEMORY: Limits = { min: 1 };

export class TbModuleBuilder {
  private readonly module: ModuleBuilder;
  private readonly imports: HelperImports;
  private readonly emitter: TbEmitter;
  private readonly memory: Limits;
  private count = 0;
  /** Highest function a link leads to. */
  private linked = -1;

  constructor(target: TargetLayout, helpers: HelperTable, options: TbModuleOptions = {}) {
    this.module = new ModuleBuilder({ names: options.names === true, ...(options.moduleName === undefined ? {} : { moduleName: options.moduleName }) });
    this.imports = new HelperImports(this.module, helpers);
    this.memory = options.memory ?? ANY_MEMORY;
    const { scheme = 'structured', tailCalls = false, profile } = options;
    this.emitter = new TbEmitter(target, helpers, this.imports, { scheme, tailCalls, ...(profile === undefined ? {} : { profile }) });
  }

  /** Starts a module. @param origins is told where the code of each function comes from */
  begin(origins?: OriginRecorder): this {
    origins?.begin();
    this.emitter.origins = origins;
    this.module.reset();
    this.imports.reset();
    this.module.importMemory(IMPORT_ENV, IMPORT_MEMORY, this.memory);
    this.count = 0;
    this.linked = -1;
    return this;
  }

  /** Adds a TB; returns its position, k of the export `f<k>`. */
  add(member: TbMember): number {
    if (this.count === MAX_TBS_PER_MODULE) {
      throw new CodegenError('too-large', `a module has ${MAX_TBS_PER_MODULE} TBs already`, 'finish() it and begin() another');
    }
    for (const link of member.links ?? []) if (link !== undefined) this.linked = Math.max(this.linked, link.index);
    const func = this.module.func('i>i', `tb_${member.header.toString(16)}`);
    this.module.exportFunc(`f${this.count}`, func);
    this.emitter.emit(this.module.body(func), member, this.count);
    return this.count++;
  }

  /** TBs added so far. */
  get size(): number {
    return this.count;
  }

  finish(): GeneratedModule {
    if (this.linked >= this.count) {
      throw new CodegenError('bad-index', `a link leads to TB ${this.linked} of ${this.count}`, 'add() every TB that a link names');
    }
    return { bytes: this.module.finish(), helperIds: this.imports.ids };
  }
}
