/** Element and data sections. Flags of a segment: bit 0 passive or declarative, bit 1 explicit index or declarative. */
import type { FuncRef } from '../sink.ts';
import { writeConstExpr, type ConstExpr } from './const-expr.ts';
import { Section, SectionId } from './section.ts';

const ACTIVE = 0;
const PASSIVE = 1;
const ACTIVE_INDEXED = 2;
const DECLARATIVE = 3;
const ELEM_KIND_FUNC = 0;

export class ElementSection extends Section {
  constructor() {
    super(SectionId.element);
  }

  /** Functions stored into a table from `offset` on at instantiation. Returns the segment's index. */
  active(table: number, offset: ConstExpr, funcs: readonly FuncRef[]): number {
    this.entries.u8(table === 0 ? ACTIVE : ACTIVE_INDEXED);
    if (table !== 0) this.entries.u32(table);
    writeConstExpr(this.entries, offset);
    if (table !== 0) this.entries.u8(ELEM_KIND_FUNC);
    return this.funcs(funcs);
  }

  /** For table.init. */
  passive(funcs: readonly FuncRef[]): number {
    this.entries.u8(PASSIVE);
    this.entries.u8(ELEM_KIND_FUNC);
    return this.funcs(funcs);
  }

  /** Declares functions that ref.func names and nothing else references. */
  declare(funcs: readonly FuncRef[]): number {
    this.entries.u8(DECLARATIVE);
    this.entries.u8(ELEM_KIND_FUNC);
    return this.funcs(funcs);
  }

  private funcs(funcs: readonly FuncRef[]): number {
    this.entries.u32(funcs.length);
    for (const func of funcs) this.entries.func(func);
    return this.count++;
  }
}

export class DataSection extends Section {
  constructor() {
    super(SectionId.data);
  }

  /** Bytes copied into memory 0 at instantiation. Returns the segment's index. */
  active(offset: ConstExpr, bytes: Uint8Array): number {
    this.entries.u8(ACTIVE);
    writeConstExpr(this.entries, offset);
    return this.bytes(bytes);
  }

  /** For memory.init. */
  passive(bytes: Uint8Array): number {
    this.entries.u8(PASSIVE);
    return this.bytes(bytes);
  }

  private bytes(bytes: Uint8Array): number {
    this.entries.u32(bytes.length);
    this.entries.append(bytes);
    return this.count++;
  }
}
