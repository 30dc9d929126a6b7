/**
 * Assembles guest programs (Intel syntax, 32- and 64-bit code) for a fixed address: text in, bytes and label addresses out.
 * 16-bit code is written as `db` with the assembly in the comment.
 */
import { AssemblyState } from '@defasm/core';

export interface Assembled {
  readonly bytes: Uint8Array;
  /** Address of the first byte. */
  readonly origin: number;
  /** Labels, as addresses, and constants. */
  readonly symbols: ReadonlyMap<string, number>;
}

/** The text is no program: names the line. */
export class AssemblyError extends Error {
  readonly code = 'assembly' as const;
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'AssemblyError';
    this.hint = hint;
  }
}

/**
 * @param source one instruction or directive per line, comments behind ` ; `
 * @param bits width of the code
 * @param origin address of the first byte in the guest
 * @throws AssemblyError with the number and text of the first wrong line
 */
export function assemble(source: string, bits: 32 | 64, origin: number): Assembled {
  const state = new AssemblyState({ syntax: { intel: true, prefix: false }, bitness: bits });
  state.compile(source, { haltOnError: false });
  const [error] = state.errors;
  if (error !== undefined) {
    const line = source.slice(0, error.range.start).split('\n').length;
    const text = source.split('\n')[line - 1].trim();
    throw new AssemblyError(`line ${line}: ${error.message}: ${text}`, 'The syntax is that of @defasm/core, Intel without prefixes.');
  }
  const bytes = Uint8Array.from(state.head.dump());
  const view = new DataView(bytes.buffer);
  for (const { offset, addend, symbol, size, pcRelative } of state.sections[0].getRelocations()) {
    if (symbol?.name !== '.text' || pcRelative) {
      throw new AssemblyError(`a reference at offset ${offset} names nothing in this text`, 'Define the label in the same text.');
    }
    const value = addend + BigInt(origin);
    if (size === 16) view.setUint16(offset, Number(value), true);
    else if (size === 32) view.setUint32(offset, Number(BigInt.asUintN(32, value)), true);
    else view.setBigUint64(offset, BigInt.asUintN(64, value), true);
  }
  const symbols = new Map<string, number>();
  for (const [name, { value }] of state.symbols) {
    if (name.startsWith('.')) continue;
    symbols.set(name, Number(value.addend) + (value.section.name === '.text' ? origin : 0));
  }
  return { bytes, origin, symbols };
}
