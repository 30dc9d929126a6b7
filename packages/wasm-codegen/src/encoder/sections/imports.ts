/** Import section. Index spaces start with the imports; the counters here are where definitions go on. */
import { importedFunc, type FuncRef } from '../sink.ts';
import { typeByte, type Limits, type RefType, type TypeIndex, type ValType } from '../types.ts';
import { writeLimits } from './limits.ts';
import { Section, SectionId } from './section.ts';

/** The kinds of things that are imported and exported, with their bytes. */
export const ExternKind = { func: 0, table: 1, memory: 2, global: 3 } as const;

export class ImportSection extends Section {
  functions = 0;
  tables = 0;
  memories = 0;
  globals = 0;

  constructor() {
    super(SectionId.import);
  }

  override reset(): void {
    super.reset();
    this.functions = 0;
    this.tables = 0;
    this.memories = 0;
    this.globals = 0;
  }

  func(module: string, name: string, type: TypeIndex): FuncRef {
    this.entry(module, name, ExternKind.func);
    this.entries.u32(type);
    return importedFunc(this.functions++);
  }

  table(module: string, name: string, type: RefType, limits: Limits): number {
    this.entry(module, name, ExternKind.table);
    this.entries.u8(typeByte(type));
    writeLimits(this.entries, limits);
    return this.tables++;
  }

  memory(module: string, name: string, limits: Limits): number {
    this.entry(module, name, ExternKind.memory);
    writeLimits(this.entries, limits);
    return this.memories++;
  }

  global(module: string, name: string, type: ValType, mutable: boolean): number {
    this.entry(module, name, ExternKind.global);
    this.entries.u8(typeByte(type));
    this.entries.u8(mutable ? 1 : 0);
    return this.globals++;
  }

  private entry(module: string, name: string, kind: number): void {
    this.entries.name(module);
    this.entries.name(name);
    this.entries.u8(kind);
    this.count++;
  }
}
