/** Function, table, memory and global sections: what a module defines itself, one small entry each. */
import { CodegenError } from '../../errors.ts';
import { definedFunc, MAX_FUNCTIONS, type FuncRef } from '../sink.ts';
import { typeByte, type Limits, type RefType, type TypeIndex, type ValType } from '../types.ts';
import { writeConstExpr, type ConstExpr } from './const-expr.ts';
import { writeLimits } from './limits.ts';
import { Section, SectionId } from './section.ts';

export class FunctionSection extends Section {
  private readonly types: TypeIndex[] = [];

  constructor() {
    super(SectionId.function);
  }

  override reset(): void {
    super.reset();
    this.types.length = 0;
  }

  /** Declares a function; its body comes later. */
  declare(type: TypeIndex): FuncRef {
    if (this.count === MAX_FUNCTIONS) {
      throw new CodegenError('too-large', `a module has more than ${MAX_FUNCTIONS} functions`, 'split it into several modules');
    }
    this.entries.u32(type);
    this.types.push(type);
    return definedFunc(this.count++);
  }

  /** Type of the k-th defined function. */
  typeOf(k: number): TypeIndex {
    return this.types[k];
  }
}

export class TableSection extends Section {
  constructor() {
    super(SectionId.table);
  }

  add(type: RefType, limits: Limits): void {
    this.entries.u8(typeByte(type));
    writeLimits(this.entries, limits);
    this.count++;
  }
}

export class MemorySection extends Section {
  constructor() {
    super(SectionId.memory);
  }

  add(limits: Limits): void {
    writeLimits(this.entries, limits);
    this.count++;
  }
}

export class GlobalSection extends Section {
  constructor() {
    super(SectionId.global);
  }

  add(type: ValType, mutable: boolean, initial: ConstExpr): void {
    this.entries.u8(typeByte(type));
    this.entries.u8(mutable ? 1 : 0);
    writeConstExpr(this.entries, initial);
    this.count++;
  }
}
