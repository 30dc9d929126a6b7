/**
 * Builds one Wasm module at a time and is reused for the next: `reset`, declare, write bodies, `finish`.
 *
 * Functions may be imported at any time, also while bodies are written ("import exactly what is called"); imports of
 * tables, memories and globals come before definitions of the same kind. Bodies are written one after the other, in the
 * order in which their functions were declared.
 */
import { CodegenError } from '../errors.ts';
import { FuncBody } from './func-body.ts';
import { FunctionSection, GlobalSection, MemorySection, TableSection } from './sections/definitions.ts';
import type { ConstExpr } from './sections/const-expr.ts';
import { BranchHintSection } from './sections/branch-hints.ts';
import { ExportSection } from './sections/exports.ts';
import { ImportSection } from './sections/imports.ts';
import { NameSection, writeModuleName } from './sections/names.ts';
import { Section, SectionId } from './sections/section.ts';
import { DataSection, ElementSection } from './sections/segments.ts';
import { TypeSection } from './sections/types.ts';
import { ByteSink, type FuncRef } from './sink.ts';
import type { Limits, RefType, TypeIndex, ValType } from './types.ts';

const MAGIC = 0x6d736100; // "\0asm"
const VERSION = 1;

export interface ModuleOptions {
  /** Write the names of functions and locals, for disassembly and profilers. Default: no. */
  readonly names?: boolean;
  /** Name of the module alone, written also without `names`: profilers of engines tell modules apart by it. Default: none. */
  readonly moduleName?: string;
}

export class ModuleBuilder {
  private readonly types = new TypeSection();
  private readonly imports = new ImportSection();
  private readonly functions = new FunctionSection();
  private readonly tables = new TableSection();
  private readonly memories = new MemorySection();
  private readonly globals = new GlobalSection();
  private readonly exports = new ExportSection();
  private readonly elements = new ElementSection();
  private readonly code = new Section(SectionId.code, 16 * 1024);
  private readonly datas = new DataSection();
  /** In the order of the binary format. */
  private readonly sections: readonly Section[] = [
    this.types, this.imports, this.functions, this.tables, this.memories, this.globals,
    this.exports, this.elements, this.code, this.datas,
  ];
  private readonly names: NameSection | undefined;
  private readonly moduleName: string;
  private readonly out = new ByteSink(16 * 1024);
  private readonly current = new FuncBody(this.code.entries);
  private readonly hints = new BranchHintSection();
  private readonly bodyDone = (declaration: number): void => {
    this.hints.add(this.code.count, this.current.hints, this.current.hintCount, declaration);
    this.code.count++;
  };
  private startFunc: FuncRef | undefined;

  constructor(options: ModuleOptions = {}) {
    this.names = options.names === true ? new NameSection() : undefined;
    this.moduleName = options.moduleName ?? '';
    this.names?.reset(this.moduleName);
  }

  /** Forgets everything and keeps the memory. */
  reset(): this {
    for (const section of this.sections) section.reset();
    this.hints.reset();
    this.names?.reset(this.moduleName);
    this.out.reset();
    this.current.abandon();
    this.startFunc = undefined;
    return this;
  }

  /** The function type of a signature ("iI>i": parameters, ">", results; letters in opcodes/row.ts). */
  type(signature: string): TypeIndex {
    return this.types.intern(signature);
  }

  importFunc(module: string, name: string, signature: string): FuncRef {
    this.names?.addImported(name);
    return this.imports.func(module, name, this.types.intern(signature));
  }

  importTable(module: string, name: string, type: RefType, limits: Limits): number {
    this.importsFirst('table', this.tables);
    return this.imports.table(module, name, type, limits);
  }

  importMemory(module: string, name: string, limits: Limits): number {
    this.importsFirst('memory', this.memories);
    return this.imports.memory(module, name, limits);
  }

  importGlobal(module: string, name: string, type: ValType, mutable = false): number {
    this.importsFirst('global', this.globals);
    return this.imports.global(module, name, type, mutable);
  }

  /** Declares a function; `body` writes it. `name` goes to the name section, if there is one. */
  func(signature: string, name = ''): FuncRef {
    const ref = this.functions.declare(this.types.intern(signature));
    this.names?.addDefined(name);
    return ref;
  }

  /** Starts the body of the next declared function, which must be `func`. End it with `finish()` before the next one. */
  body(func: FuncRef): FuncBody {
    const next = this.code.count;
    if (this.current.open || func !== ~next || next >= this.functions.count) {
      throw new CodegenError(
        'body-order',
        this.current.open ? 'a body is still open' : `function ${~func} is not the next one without a body (${next})`,
        'finish() each body, and write bodies in the order of func()',
      );
    }
    return this.current.begin(this.types.signatureOf(this.functions.typeOf(next)), this.bodyDone);
  }

  /** Names a local of the function whose body is being written. No effect without `names`. */
  nameLocal(local: number, name: string): void {
    this.names?.addLocal(this.code.count, local, name);
  }

  /** Names the module. No effect without `names`. */
  nameModule(name: string): void {
    if (this.names !== undefined) this.names.moduleName = name;
  }

  table(type: RefType, limits: Limits): number {
    this.tables.add(type, limits);
    return this.imports.tables + this.tables.count - 1;
  }

  memory(limits: Limits): number {
    this.memories.add(limits);
    return this.imports.memories + this.memories.count - 1;
  }

  global(type: ValType, mutable: boolean, initial: ConstExpr): number {
    this.globals.add(type, mutable, initial);
    return this.imports.globals + this.globals.count - 1;
  }

  exportFunc(name: string, func: FuncRef): void {
    this.exports.func(name, func);
  }

  /** Exports a table, memory or global. */
  export(name: string, kind: 'table' | 'memory' | 'global', index: number): void {
    this.exports.other(name, kind, index);
  }

  /** The function called at instantiation. */
  start(func: FuncRef): void {
    this.startFunc = func;
  }

  /** Functions put into `table` from `offset` on at instantiation; returns the segment. */
  elementsAt(table: number, offset: ConstExpr, funcs: readonly FuncRef[]): number {
    return this.elements.active(table, offset, funcs);
  }

  /** Functions for table.init; returns the segment. */
  elementsPassive(funcs: readonly FuncRef[]): number {
    return this.elements.passive(funcs);
  }

  /** Declares functions that `ref.func` names and that are neither exported nor in a segment. */
  declareRefs(funcs: readonly FuncRef[]): void {
    this.elements.declare(funcs);
  }

  /** Bytes put into memory 0 from `offset` on at instantiation; returns the segment. */
  dataAt(offset: ConstExpr, bytes: Uint8Array): number {
    return this.datas.active(offset, bytes);
  }

  /** Bytes for memory.init; returns the segment. */
  dataPassive(bytes: Uint8Array): number {
    return this.datas.passive(bytes);
  }

  /**
   * The module. The result is a view of the builder's own buffer, valid until `reset`: hand it to WebAssembly.Module (which
   * copies), or slice it to keep it. After it nothing may be added.
   */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.current.open || this.code.count !== this.functions.count) {
      throw new CodegenError(
        'body-order',
        `${this.functions.count} functions are declared, ${this.code.count} have a body`,
        'write and finish a body for every func()',
      );
    }
    const { out } = this;
    const imported = this.imports.functions;
    out.reset();
    out.word(MAGIC);
    out.word(VERSION);
    for (const section of this.sections) {
      // Neither is a vector of entries, so they are no Section objects: the start function, the number of data segments.
      if (section === this.elements && this.startFunc !== undefined) {
        this.writeSingle(SectionId.start, this.startFunc >= 0 ? this.startFunc : ~this.startFunc + imported);
      }
      if (section === this.code && this.datas.count > 0) this.writeSingle(SectionId.dataCount, this.datas.count);
      if (section === this.code) this.hints.writeTo(out, imported);
      section.writeTo(out, imported);
    }
    if (this.names !== undefined) this.names.writeTo(out);
    else if (this.moduleName !== '') writeModuleName(out, this.moduleName);
    return out.bytes.subarray(0, out.position);
  }

  private writeSingle(id: SectionId, value: number): void {
    this.out.u8(id);
    const size = this.out.reserveU32();
    this.out.u32(value);
    this.out.patchSize(size);
  }

  private importsFirst(kind: string, defined: Section): void {
    if (defined.count > 0) {
      throw new CodegenError('import-order', `a ${kind} is imported after one was defined`, `import every ${kind} first`);
    }
  }
}
