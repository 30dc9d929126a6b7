/**
 * A program as a list of items: instruction bytes with references to other items, so that any of them can be left out.
 */
import { decode, DecodeStatus, format, Insn } from '@wasm-tcg/guest-x86';
import { CODE, CODE_ALIAS, CODE_BYTES, type Mode } from './layout.ts';
import { decodeMode } from './encode.ts';

/** Where an item's bytes depend on the address of an item. */
export interface Reference {
  /** Position of the field, and its size in bytes. */
  readonly at: number;
  readonly size: 1 | 2 | 4;
  /**
   * `rel`: distance from the end of the field; `abs`: address; `alias`: address in the writable alias of the code pages.
   */
  readonly kind: 'rel' | 'abs' | 'alias';
  /** Id of the item, and a byte offset into it. One that was left out stands for the next that is there. */
  readonly to: number;
  readonly offset: number;
}

/** One or more instructions that stay together. */
export interface Item {
  /** Its place in the program as generated. */
  readonly id: number;
  readonly bytes: readonly number[];
  /** Offsets at which instructions begin. */
  readonly starts: readonly number[];
  readonly references: readonly Reference[];
}

export interface Assembled {
  readonly code: Uint8Array;
  /** Address of the first byte. */
  readonly address: number;
  /** Addresses of instructions, ascending, then the end. */
  readonly starts: readonly number[];
}

/**
 * Put items one after the other.
 * @returns undefined when a short branch does not reach, or the code does not fit its pages
 */
export function assemble(items: readonly Item[], address: number): Assembled | undefined {
  const at = new Map<number, number>();
  let next = address;
  for (const item of items) {
    at.set(item.id, next);
    next += item.bytes.length;
  }
  if (next > CODE + CODE_BYTES) return undefined;
  const ids = items.map((item) => item.id);
  const addressOf = (id: number): number => at.get(id) ?? at.get(ids.find((other) => other >= id) ?? ids[ids.length - 1]) ?? address;
  const code = new Uint8Array(next - address);
  const starts: number[] = [];
  for (const item of items) {
    const base = at.get(item.id) ?? address;
    code.set(item.bytes, base - address);
    starts.push(...item.starts.map((offset) => base + offset));
    for (const reference of item.references) {
      if (!write(code, base - address + reference.at, reference, valueOf(reference, base, addressOf, at))) return undefined;
    }
  }
  return { code, address, starts: [...starts, next] };
}

function valueOf({ at, size, kind, to, offset }: Reference, base: number, addressOf: (id: number) => number, present: ReadonlyMap<number, number>): number {
  // An offset into an item that is gone means nothing.
  const target = addressOf(to) + (present.has(to) ? offset : 0);
  if (kind === 'rel') return target - (base + at + size);
  return kind === 'abs' ? target : target - (CODE & ~0xfff) + CODE_ALIAS;
}

function write(code: Uint8Array, at: number, { size, kind }: Reference, value: number): boolean {
  if (kind === 'rel' && size === 1 && (value < -128 || value > 127)) return false;
  for (let i = 0; i < size; i++) code[at + i] = (value >> (8 * i)) & 0xff;
  return true;
}

/** The instructions of an item as text, with references as they are before assembly. */
export function itemText(item: Item, mode: Mode): string {
  const insn = new Insn();
  const bytes = Uint8Array.from([...item.bytes, ...new Uint8Array(15)]);
  return item.starts.map((start) => {
    const status = decode(insn, bytes, start, bytes.length - start, decodeMode(mode));
    return status === DecodeStatus.Ok ? format(insn) : '(no instruction)';
  }).join('; ');
}
