/**
 * The custom section "name": what disassemblers, stack traces and profilers show. For reading only, so it is kept simple
 * and may allocate; a module builder without names never makes one. Source: core specification, appendix "Name section".
 */
import type { ByteSink } from '../sink.ts';
import { SectionId } from './section.ts';

const MODULE = 0;
const FUNCTIONS = 1;
const LOCALS = 2;

export class NameSection {
  moduleName = '';
  private readonly imported: string[] = [];
  private readonly defined: string[] = [];
  /** Local names of defined functions, by function then local. */
  private readonly locals = new Map<number, Map<number, string>>();

  reset(moduleName = ''): void {
    this.moduleName = moduleName;
    this.imported.length = 0;
    this.defined.length = 0;
    this.locals.clear();
  }

  /** Must be called for imports in order, one each. */
  addImported(name: string): void {
    this.imported.push(name);
  }

  /** Must be called for defined functions in order, one each; an empty name is left out. */
  addDefined(name: string): void {
    this.defined.push(name);
  }

  addLocal(definedFunction: number, local: number, name: string): void {
    let names = this.locals.get(definedFunction);
    if (names === undefined) this.locals.set(definedFunction, (names = new Map()));
    names.set(local, name);
  }

  writeTo(out: ByteSink): void {
    out.u8(SectionId.custom);
    const size = out.reserveU32();
    out.name('name');
    if (this.moduleName !== '') {
      subsection(out, MODULE, () => out.name(this.moduleName));
    }
    const functions = new Map<number, string>();
    [...this.imported, ...this.defined].forEach((name, index) => {
      if (name !== '') functions.set(index, name);
    });
    subsection(out, FUNCTIONS, () => nameMap(out, functions));
    if (this.locals.size > 0) {
      subsection(out, LOCALS, () => {
        out.u32(this.locals.size);
        for (const [func, names] of ascending(this.locals)) {
          out.u32(func + this.imported.length);
          nameMap(out, names);
        }
      });
    }
    out.patchSize(size);
  }
}

/** A name section that names the module and nothing else. */
export function writeModuleName(out: ByteSink, name: string): void {
  out.u8(SectionId.custom);
  const size = out.reserveU32();
  out.name('name');
  subsection(out, MODULE, () => out.name(name));
  out.patchSize(size);
}

function subsection(out: ByteSink, id: number, write: () => void): void {
  out.u8(id);
  const size = out.reserveU32();
  write();
  out.patchSize(size);
}

/** A vector of (index, name), ascending as the format wants it. */
function nameMap(out: ByteSink, names: ReadonlyMap<number, string>): void {
  out.u32(names.size);
  for (const [index, name] of ascending(names)) {
    out.u32(index);
    out.name(name);
  }
}

function ascending<T>(map: ReadonlyMap<number, T>): [number, T][] {
  return [...map].sort(([a], [b]) => a - b);
}
