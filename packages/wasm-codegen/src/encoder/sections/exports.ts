/** Export section. */
import type { FuncRef } from '../sink.ts';
import { ExternKind } from './imports.ts';
import { Section, SectionId } from './section.ts';

export class ExportSection extends Section {
  constructor() {
    super(SectionId.export);
  }

  func(name: string, func: FuncRef): void {
    this.entries.name(name);
    this.entries.u8(ExternKind.func);
    this.entries.func(func);
    this.count++;
  }

  /** A table, memory or global by index. */
  other(name: string, kind: 'table' | 'memory' | 'global', index: number): void {
    this.entries.name(name);
    this.entries.u8(ExternKind[kind]);
    this.entries.u32(index);
    this.count++;
  }
}
