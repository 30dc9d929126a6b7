/**
 * Assembly to bytes, by @defasm/core: parse, place the sections one behind the other from the program's origin (`.text` first, each at a multiple of 16), resolve references.
 *
 * In Intel syntax, GNU's data and section directives and `#` comments are understood besides the assembler's own (`db`, `dw`, `dd`, `dq`, `section`, `equ`).
 */
import { AssemblyState, type Relocation, type Section, type Statement } from '@defasm/core';
import type { Assembled, AssembledLine, SourceProblem } from '../../protocol.ts';
import { fixReversedX87, prepareAsm, toAccumulator, type PreparedAsm } from './prepare-asm.ts';
import { SourceLines } from './source-lines.ts';

const SECTION_ALIGNMENT = 16;
/** The assembler's way to say where it gave up: text that it throws. */
const GAVE_UP = /^Error on line \d+: ([^\n]*)$/;

/** @param maxBytes longest image */
export function assembleAsm(source: string, bits: 32 | 64, origin: number, maxBytes: number): Assembled {
  const prepared = prepareAsm(source, bits);
  const positions = new SourceLines(prepared.text);
  const state = new AssemblyState({ syntax: { intel: true, prefix: false }, bitness: bits, writableText: true });
  const problems: SourceProblem[] = [...prepared.problems];
  const gaveUp = withoutConsole(() => compile(state, prepared.text, positions));
  if (gaveUp !== undefined) problems.push(gaveUp);
  for (const error of state.errors) {
    const { line, column } = positions.position(error.range.start);
    // Its own errors are of a class of their own; the engine's come from something that it did not foresee.
    const message = error instanceof Error ? 'The assembler cannot encode this: do its sizes go with the width of the code?' : error.message;
    problems.push({ line, from: column, to: column + Math.max(error.range.length, 1), message });
  }
  const places = placeSections(state.sections);
  if (places.size > maxBytes) {
    problems.push({ line: 1, message: `The program has ${places.size} bytes; at most ${maxBytes} have room` });
    return { image: new Uint8Array(0), lines: [], problems };
  }
  const image = new Uint8Array(places.size);
  const lines = emit(state, image, { places: places.of, positions, prepared, origin });
  const symbols = new Map([...places.of].map(([{ name }, at]): [string, number] => [name, at]));
  const sourceLines = prepared.text.split('\n');
  for (const section of state.sections) {
    for (const relocation of section.getRelocations()) {
      const at = places.of.get(section)! + relocation.offset;
      const unknown = relocate(image, relocation, at, symbols, origin);
      if (unknown !== undefined) problems.push(undefinedName(unknown, lines, origin + at, sourceLines));
    }
  }
  return { image, lines: lines.map((line) => withBytes(line, image, origin)), problems: problems.toSorted((a, b) => a.line - b.line) };
}

/** The assembler prints what it did not foresee; here that is in `problems`. */
function withoutConsole<Result>(action: () => Result): Result {
  const printer = globalThis.console;
  const { error } = printer;
  printer.error = () => undefined;
  try {
    return action();
  } finally {
    printer.error = error;
  }
}

/** @returns the problem at which the assembler gave up the rest of the text, if it did */
function compile(state: AssemblyState, text: string, positions: SourceLines): SourceProblem | undefined {
  try {
    // Without `haltOnError` it prints what it cannot place.
    state.compile(text, { haltOnError: true });
    return undefined;
  } catch (error) {
    // With it, it also throws a summary of what is in `errors`.
    if (typeof error === 'string' && state.errors.length > 0) return undefined;
    const match = typeof error === 'string' ? GAVE_UP.exec(error) : null;
    if (match !== null) {
      state.secondPass();
      // The line it names may be the next one. What comes behind the last statement it has made is meant.
      let done = 0;
      state.iterate(({ range }) => {
        done = Math.max(done, range.start + range.length);
      });
      const next = done + (/^[\s;]*/.exec(text.slice(done))?.[0].length ?? 0);
      return { line: positions.position(next).line, message: match[1] };
    }
    return { line: 1, message: `The assembler failed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function placeSections(sections: readonly Section[]): { readonly of: ReadonlyMap<Section, number>; readonly size: number } {
  const of = new Map<Section, number>();
  let size = 0;
  for (const section of sections) {
    const length = section.head.length();
    if (length > 0) size = Math.ceil(size / SECTION_ALIGNMENT) * SECTION_ALIGNMENT;
    of.set(section, size);
    size += length;
  }
  return { of, size };
}

interface Emission {
  readonly places: ReadonlyMap<Section, number>;
  readonly positions: SourceLines;
  readonly prepared: PreparedAsm;
  readonly origin: number;
}

interface PlacedLine {
  readonly line: number;
  readonly pc: number;
  length: number;
}

/** Copy the statements to their places, put right what the assembler gets wrong, and say which line is where. */
function emit(state: AssemblyState, image: Uint8Array, { places, positions, prepared, origin }: Emission): PlacedLine[] {
  const lines: PlacedLine[] = [];
  state.iterate((statement) => {
    if (statement.length === 0) return;
    const at = places.get(statement.section)! + statement.address;
    const bytes = image.subarray(at, at + statement.length);
    bytes.set(statement.bytes.subarray(0, statement.length));
    const { line } = positions.position(statement.range.start);
    if (statement.syntax.intel) {
      fixReversedX87(mnemonicOf(statement, prepared.text), bytes);
      if (prepared.accumulator.has(line)) toAccumulator(bytes);
    }
    const last = lines.at(-1);
    if (last !== undefined && last.line === line && last.pc + last.length === origin + at) last.length += statement.length;
    else lines.push({ line, pc: origin + at, length: statement.length });
  });
  return lines;
}

function mnemonicOf({ range }: Statement, text: string): string {
  return /^\w*/.exec(text.slice(range.start, range.start + range.length))![0];
}

/** @returns the name that is not defined, if so */
function relocate(image: Uint8Array, { symbol, addend, size, pcRelative }: Relocation, at: number, symbols: ReadonlyMap<string, number>, origin: number): string | undefined {
  let value = addend - (pcRelative ? BigInt(origin + at) : 0n);
  if (symbol !== null && symbol !== undefined) {
    const section = symbols.get(symbol.name);
    if (section === undefined) return symbol.name;
    value += BigInt(origin + section);
  }
  for (let i = 0; i < size / 8; i++) image[at + i] = Number((value >> BigInt(i * 8)) & 0xffn);
  return undefined;
}

function undefinedName(name: string, lines: readonly PlacedLine[], pc: number, sourceLines: readonly string[]): SourceProblem {
  const message = `${name} is not defined`;
  const found = lines.find((line) => pc >= line.pc && pc < line.pc + line.length);
  if (found === undefined) return { line: 1, message };
  const column = sourceLines[found.line - 1].indexOf(name);
  return column < 0 ? { line: found.line, message } : { line: found.line, from: column, to: column + name.length, message };
}

function withBytes({ line, pc, length }: PlacedLine, image: Uint8Array, origin: number): AssembledLine {
  return { line, pc, bytes: image.slice(pc - origin, pc - origin + length) };
}
