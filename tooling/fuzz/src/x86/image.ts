/** Physical memory at the start of a program: tables, handlers, page tables, code, data. */
import { Random } from '../random.ts';
import { handlerCode, handlerOf, VECTORS } from './handlers.ts';
import { assemble, type Assembled, type Item } from './items.ts';
import {
  ALTERNATE, ALTERNATE_CODE, bitsOf, CELLS, CODE, CODE_ALIAS, CODE_BYTES, DATA, DATA_ALIAS, DATA_BYTES, GDT, HANDLERS, IDT, IMAGE_BYTES, IVT, LOG,
  LOG_POINTER, READ_ONLY, Selector, SKIP_TABLE, STACK_TOP, TABLE_WINDOW, TABLES, TABLES_BYTES, UNMAPPED, type Mode, type Paging,
} from './layout.ts';
import type { X86Program } from './program.ts';

const PAGE = 0x1000;
const HLT = 0xf4;
/** Present, writable. */
const RW = 3;
const PRESENT = 1;

/** Base, limit in bytes, access byte and flags nibble of a segment. */
export interface Segment {
  readonly base: number;
  readonly limit: number;
  readonly access: number;
  readonly flags: number;
}

const FLAT = { base: 0, limit: 0xffffffff } as const;

/** Segments by selector, for protected and long mode. */
export function segmentsOf(mode: Mode): ReadonlyMap<number, Segment> {
  const code = mode === 'long64' ? { ...FLAT, access: 0x9b, flags: 0xa } : mode === 'protected32' ? { ...FLAT, access: 0x9b, flags: 0xc } : { base: 0, limit: 0xffff, access: 0x9b, flags: 0 };
  return new Map<number, Segment>([
    [Selector.code, code],
    [Selector.data, { ...FLAT, access: 0x93, flags: 0xc }],
    [Selector.small, { base: DATA, limit: 0xfff, access: 0x93, flags: 4 }],
    [Selector.handler, { ...FLAT, access: 0x9b, flags: mode === 'long64' ? 0xa : 0xc }],
    [Selector.stack16, { base: 0, limit: 0xffff, access: 0x93, flags: 0 }],
  ]);
}

function descriptor({ base, limit, access, flags }: Segment): readonly number[] {
  const field = flags & 8 ? limit >>> 12 : limit;
  return [field & 0xff, (field >> 8) & 0xff, base & 0xff, (base >> 8) & 0xff, (base >> 16) & 0xff, access, ((field >> 16) & 15) | (flags << 4), (base >>> 24) & 0xff];
}

export class Image {
  readonly bytes = new Uint8Array(IMAGE_BYTES);
  readonly #view = new DataView(this.bytes.buffer);
  readonly assembled: Assembled;

  /** @throws RangeError when the program does not assemble */
  constructor(program: X86Program) {
    const assembled = assemble(program.items, program.address);
    if (!assembled) throw new RangeError('The program does not fit its pages, or a short branch does not reach.');
    this.assembled = assembled;
    const { mode, paging } = program;
    this.bytes.fill(HLT, CODE & ~(PAGE - 1), CODE + CODE_BYTES + 0x800);
    this.bytes.set(assembled.code, program.address);
    this.bytes.set(handlerCode(mode), HANDLERS);
    assembled.starts.slice(0, -1).forEach((start, i) => this.#u16(SKIP_TABLE + (start - CODE) * 2, assembled.starts[i + 1]));
    this.#vectors(mode);
    for (const [selector, segment] of segmentsOf(mode)) this.bytes.set(descriptor(segment), GDT + selector);
    this.#u32(LOG_POINTER, LOG);
    if (paging === 'none') return;
    this.#tables(paging, 0);
    this.#tables(paging, 1);
    this.#alternateCode(program);
  }

  /** Data, stack and the other contents of pages, from a seed. */
  randomise(seed: number): void {
    const rng = new Random(seed ^ 0x5bd1e995);
    rng.fill(this.bytes.subarray(DATA, DATA + DATA_BYTES));
    rng.fill(this.bytes.subarray(STACK_TOP - 0x200, (STACK_TOP & ~(PAGE - 1)) + PAGE));
    rng.fill(this.bytes.subarray(ALTERNATE, ALTERNATE + DATA_BYTES));
    rng.fill(this.bytes.subarray(CELLS, CELLS + 16));
  }

  #u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  #u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  #vectors(mode: Mode): void {
    if (mode === 'real16') {
      for (let vector = 0; vector < 256; vector++) this.#u32(IVT + vector * 4, handlerOf(vector));
      return;
    }
    const size = bitsOf(mode) === 64 ? 16 : 8;
    for (let vector = 0; vector < VECTORS; vector++) {
      const at = IDT + vector * size;
      this.#u16(at, handlerOf(vector));
      this.#u16(at + 2, Selector.handler);
      this.#u16(at + 4, 0x8e00);
    }
  }

  /** One set of page tables. The second differs in a data page and in the alias of another. */
  #tables(paging: Paging, set: number): void {
    const root = TABLES + set * TABLES_BYTES;
    const levels = paging === '2-level' ? 2 : paging === 'pae' ? 3 : 4;
    const size = paging === '2-level' ? 4 : 8;
    for (let level = 0; level < levels - 1; level++) this.#u32(root + level * PAGE, (root + (level + 1) * PAGE) | (paging === 'pae' && level === 0 ? PRESENT : RW));
    const table = root + (levels - 1) * PAGE;
    const map = (linear: number, physical: number, bits: number): void => this.#u32(table + (linear / PAGE) * size, physical | bits);
    for (let page = 0; page < UNMAPPED; page += PAGE) map(page, page, page === READ_ONLY ? PRESENT : RW);
    for (let offset = 0; offset < DATA_BYTES; offset += PAGE) map(DATA_ALIAS + offset, DATA + offset, RW);
    for (let offset = 0; offset < 2 * PAGE; offset += PAGE) map(CODE_ALIAS + offset, (CODE & ~(PAGE - 1)) + offset, RW);
    map(TABLE_WINDOW, table, RW);
    if (set === 0) return;
    map(DATA + PAGE, ALTERNATE + PAGE, RW);
    map(DATA_ALIAS, DATA + 2 * PAGE, PRESENT);
  }

  /** The code pages with other immediates: what a mapping change may put in their place. */
  #alternateCode(program: X86Program): void {
    const word = bitsOf(program.mode) === 16 ? 2 : 4;
    const other = program.items.map((item): Item => {
      const patchable = (item.bytes[0] & 0xc7) === 0x05 && item.bytes.length === word + 1;
      return patchable ? { ...item, bytes: [item.bytes[0] ^ 0x28, ...item.bytes.slice(1).map((byte) => byte ^ 0x55)] } : item;
    });
    const first = CODE & ~(PAGE - 1);
    this.bytes.copyWithin(ALTERNATE_CODE, first, first + 2 * PAGE);
    const code = assemble(other, program.address)?.code;
    if (code) this.bytes.set(code, ALTERNATE_CODE + program.address - first);
  }
}

