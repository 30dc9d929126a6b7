/** Makes the text of a filetest anew: the kind of its inputs by the file's extension, each directive by its name. */
import { parseTb, TOY_HELPERS, TOY_TARGET } from '@wasm-tcg/ir';
import { ASM_CASE, asmListing, asmSubject } from './asm.ts';
import { FiletestError, remake, type Case, type Directive, type Produced } from './file.ts';
import { runDirective } from './run-directive.ts';
import { SECTIONS, type Subject } from './sections.ts';

function section(subject: Subject, d: Directive): Produced {
  const make = SECTIONS[d.name];
  if (!make) throw new FiletestError(`line ${d.line}: there is no directive ${d.name}; directives: run, x86, ${Object.keys(SECTIONS).join(', ')}`);
  return make(subject, d.argument);
}

function irProduce(c: Case, d: Directive): Produced {
  if (d.name === 'run') return { argument: runDirective(c.input, d.argument), body: [] };
  return section({ make: () => parseTb(c.input, TOY_TARGET, TOY_HELPERS, c.line), helpers: TOY_HELPERS }, d);
}

/** The guest's data word of an instruction says nothing to the reader of a golden. */
const withoutData = (line: string): string => line.replace(/^(\s*insn_start [^,]*), .*$/, '$1');

function asmProduce(c: Case, d: Directive): Produced {
  if (d.name === 'x86') return { argument: '', body: asmListing(c.input) };
  const { argument, body } = section(asmSubject(c.input), d);
  return { argument, body: body.map(withoutData) };
}

/**
 * The file as it should read.
 * @param name its name, for the extension
 * @throws FiletestError and the errors of the packages
 */
export function remakeFiletest(name: string, text: string): string {
  if (name.endsWith('.ir')) return remake(text, (line) => line.startsWith('tb '), irProduce);
  if (name.endsWith('.asm')) return remake(text, (line) => ASM_CASE.test(line), asmProduce);
  throw new FiletestError(`${name}: filetests are .ir and .asm files.`);
}
