/** Items with a purpose: branches, loops, calls, stores into code, changes of the mapping, returns through stack frames. */
import type { Random } from '../random.ts';
import type { Item, Reference } from './items.ts';
import {
  ALTERNATE, ALTERNATE_CODE, bitsOf, CELLS, CODE, DATA, Selector, TABLE_WINDOW, TABLES, TABLES_BYTES, type Mode, type Paging,
} from './layout.ts';

const le16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];
const le32 = (value: number): number[] => [...le16(value), ...le16(value >> 16)];

/** An item without its id. */
export type Draft = Omit<Item, 'id'>;

const one = (bytes: readonly number[], references: readonly Reference[] = []): Draft => ({ bytes, starts: [0], references });

/** Joins drafts into one that is never taken apart. */
function join(...drafts: readonly Draft[]): Draft {
  const bytes: number[] = [];
  const starts: number[] = [];
  const references: Reference[] = [];
  for (const draft of drafts) {
    const at = bytes.length;
    bytes.push(...draft.bytes);
    starts.push(...draft.starts.map((start) => start + at));
    references.push(...draft.references.map((r) => ({ ...r, at: r.at + at })));
  }
  return { bytes, starts, references };
}

/** Makes drafts for one mode. Targets are item ids. */
export class Control {
  readonly #rng: Random;
  readonly #bits: 16 | 32 | 64;
  readonly #paging: Paging;
  readonly #mode: Mode;

  constructor(rng: Random, mode: Mode, paging: Paging) {
    this.#rng = rng;
    this.#mode = mode;
    this.#bits = bitsOf(mode);
    this.#paging = paging;
  }

  /** Size of displacements and offsets. */
  get #word(): 2 | 4 {
    return this.#bits === 16 ? 2 : 4;
  }

  #offset(value: number): number[] {
    return this.#word === 2 ? le16(value) : le32(value);
  }

  /** ModRM and displacement of `[address]`. */
  #absolute(reg: number, address: number): number[] {
    if (this.#bits === 16) return [(reg << 3) | 6, ...le16(address)];
    return this.#bits === 32 ? [(reg << 3) | 5, ...le32(address)] : [(reg << 3) | 4, 0x25, ...le32(address)];
  }

  /** Bytes before the displacement of {@link #absolute}. */
  get #absoluteAt(): number {
    return this.#bits === 64 ? 2 : 1;
  }

  #to(at: number, kind: Reference['kind'], target: number, size: 1 | 2 | 4 = this.#word, offset = 0): Reference {
    return { at, size, kind, to: target, offset };
  }

  /** jcc or jmp, near or short. */
  branch(target: number): Draft {
    const rng = this.#rng;
    const displacement = this.#offset(0);
    const short = rng.chance(0.4);
    if (rng.chance(0.2)) return short ? one([0xeb, 0], [this.#to(1, 'rel', target, 1)]) : one([0xe9, ...displacement], [this.#to(1, 'rel', target)]);
    const cc = rng.below(16);
    return short ? one([0x70 + cc, 0], [this.#to(1, 'rel', target, 1)]) : one([0x0f, 0x80 + cc, ...displacement], [this.#to(2, 'rel', target)]);
  }

  /** LOOP, LOOPE, LOOPNE, JCXZ, now and then with the other address size. */
  counted(target: number): Draft {
    const prefix = this.#rng.chance(0.2) ? [0x67] : [];
    return one([...prefix, 0xe0 + this.#rng.below(4), 0], [this.#to(prefix.length + 1, 'rel', target, 1)]);
  }

  /** Back to `target` until a counter in memory is 0; the counter wraps at 256. */
  loopEnd(target: number, cell: number): Draft {
    const count = one([0x80, ...this.#absolute(5, CELLS + cell), 1]);
    return join(count, one([0x0f, 0x85, ...this.#offset(0)], [this.#to(2, 'rel', target)]));
  }

  setCell(cell: number, count: number): Draft {
    return one([0xc6, ...this.#absolute(0, CELLS + cell), count]);
  }

  call(target: number): Draft {
    return one([0xe8, ...this.#offset(0)], [this.#to(1, 'rel', target)]);
  }

  ret(): Draft {
    return one(this.#rng.chance(0.8) ? [0xc3] : [0xc2, 0, 0]);
  }

  /** A jump or call whose target is in a register, in memory or on the stack. */
  indirect(target: number): Draft {
    const rng = this.#rng;
    const register = rng.below(3);
    const load = one([0xb8 + register, ...this.#offset(0)], [this.#to(1, 'abs', target)]);
    const cell = DATA + 0x7f0;
    switch (rng.below(4)) {
      case 0: return join(load, one([0xff, 0xd0 | register]));
      case 1: return join(load, one([0xff, 0xe0 | register]));
      case 2: {
        const wide = this.#bits === 64 ? [0x48] : [];
        return join(load, one([...wide, 0x89, ...this.#absolute(register, cell)]), one([0xff, ...this.#absolute(4, cell)]));
      }
      default: return join(load, one([0x50 + register]), one([0xc3]));
    }
  }

  /** A far return or IRET to an item, through a frame it pushes. */
  farReturn(target: number): Draft {
    const rng = this.#rng;
    const selector = this.#mode === 'real16' ? 0 : Selector.code;
    const push = (byte: number): Draft => one([0x6a, byte]);
    const address = one([0xb8, ...this.#offset(0)], [this.#to(1, 'abs', target)]);
    const pushAddress = one([0x50]);
    if (this.#bits === 64) {
      // The frame of IRETQ has the stack pointer too; RETF is 32 bits wide unless REX.W says otherwise.
      const frame = join(one([0x48, 0x89, 0xe1]), push(Selector.data), one([0x51]), one([0x9c]), push(selector), address, pushAddress);
      return rng.chance(0.5) ? join(frame, one([0x48, 0xcf])) : join(push(selector), address, pushAddress, one([0x48, 0xcb]));
    }
    const frame = join(push(selector), address, pushAddress);
    return rng.chance(0.5) ? join(frame, one([0xcb])) : join(one([0x9c]), frame, one([0xcf]));
  }

  /** A far jump or call to an item. */
  far(target: number): Draft {
    const selector = this.#mode === 'real16' ? 0 : Selector.code;
    if (this.#bits === 64) {
      const cell = DATA + 0x7e0;
      const load = one([0xb8, 0, 0, 0, 0], [this.#to(1, 'abs', target)]);
      return join(load, one([0x89, ...this.#absolute(0, cell)]), one([0x66, 0xc7, ...this.#absolute(0, cell + 4), ...le16(selector)]), one([0xff, ...this.#absolute(5, cell)]));
    }
    return one([0xea, ...this.#offset(0), ...le16(selector)], [this.#to(1, 'abs', target)]);
  }

  /** An instruction that {@link patch} may change: opcode, then an immediate, of arithmetic of eAX, a test of it, or a move to a register other than the stack pointer. */
  patchable(): Draft {
    const rng = this.#rng;
    const opcode = rng.chance(0.6) ? 0x05 | (rng.below(8) << 3) : rng.chance(0.2) ? 0xa9 : 0xb8 + rng.pick([0, 1, 2, 3, 5, 6, 7]);
    return one([opcode, ...this.#offset(rng.u32())]);
  }

  /** A store into the opcode or immediate of a patchable item, through either mapping of its page. */
  patch(target: number): Draft {
    const rng = this.#rng;
    const opcode = rng.chance(0.4);
    const offset = opcode ? 0 : 1 + rng.below(this.#word);
    const value = opcode ? 0x05 | (rng.below(8) << 3) : rng.below(256);
    const kind = this.#paging !== 'none' && rng.chance(0.4) ? 'alias' : 'abs';
    const size = this.#word;
    const to = (at: number, extra = 0): Reference => this.#to(at, kind, target, size, offset - extra);
    // The alias is out of reach of 16-bit addresses: 67h makes them 32 bits wide.
    const wide = this.#bits === 16 && kind === 'alias';
    const absolute = (reg: number): number[] => (wide ? [(reg << 3) | 5, 0, 0, 0, 0] : this.#absolute(reg, 0));
    const at = (wide ? 2 : 1) + (wide ? 1 : this.#absoluteAt);
    const prefix = wide ? [0x67] : [];
    const reference = wide ? { ...to(at), size: 4 as const } : to(at);
    switch (rng.below(5)) {
      case 0: return one([...prefix, 0xc6, ...absolute(0), value], [reference]);
      case 1: return join(one([0xb0, value]), one([...prefix, 0x88, ...absolute(0)], [reference]));
      // Reading and writing: the result differs each time, and is still one of the instructions, or another immediate.
      case 2: return one([...prefix, 0x80, ...absolute(6), opcode ? 0x08 << rng.below(3) : value], [reference]);
      case 3: {
        // A wide store that begins before it: the bytes around it get what they have, if the immediate is what is hit.
        if (opcode) return one([...prefix, 0xc6, ...absolute(0), value], [reference]);
        return join(one([0xb0, value]), one([...prefix, 0x86, ...absolute(0)], [reference]));
      }
      default: {
        // By a string instruction, from data.
        const destination = one([0xbf, ...this.#offset(0)], [{ ...this.#to(1, 'abs', target), offset }]);
        return join(destination, one([0xb0, value]), one([0xb9, ...this.#offset(1)]), one([0xf3, 0xaa]));
      }
    }
  }

  /** A page table entry rewritten and flushed, or another set of tables loaded. Only with paging. */
  remap(): Draft {
    const rng = this.#rng;
    if (rng.chance(0.25)) return this.#loadRoot();
    const code = rng.chance(0.4);
    const page = code ? 4 + rng.below(2) : 6 + rng.below(4);
    const other = code ? ALTERNATE_CODE + (page - 4) * 0x1000 : ALTERNATE + (page - 6) * 0x1000;
    const kinds = code ? ([[4, other | 3], [4, (page << 12) | 3], [1, (page << 12) | 1]] as const) : ([[3, other | 3], [3, (page << 12) | 3], [2, (page << 12) | 1], [2, 0], [1, other | 1]] as const);
    return this.#setEntry(page, rng.weighted<number>(kinds));
  }

  /** The second page of code is replaced by its alternate, or put back. Only with paging. */
  remapSecondCodePage(alternate: boolean): Draft {
    return this.#setEntry(5, (alternate ? ALTERNATE_CODE + 0x1000 : 0x5000) | 3);
  }

  /** Store the entry of a linear page through the window, then INVLPG. */
  #setEntry(page: number, entry: number): Draft {
    const size = this.#paging === '2-level' ? 4 : 8;
    // 16-bit code needs both prefixes to reach the window and to store 32 bits.
    const narrow = this.#bits === 16;
    const absolute = (reg: number, address: number): number[] => (narrow ? [(reg << 3) | 5, ...le32(address)] : this.#absolute(reg, address));
    const store = one([...(narrow ? [0x66, 0x67] : []), 0xc7, ...absolute(0, TABLE_WINDOW + page * size), ...le32(entry)]);
    return join(store, one([...(narrow ? [0x67] : []), 0x0f, 0x01, ...absolute(7, page << 12)]));
  }

  /** Go to `target` unless the low bits of a counter are `value`. */
  unless(cell: number, mask: number, value: number, target: number): Draft {
    const load = one([0xa0, ...this.#moffs(CELLS + cell)]);
    return join(load, one([0x24, mask]), one([0x3c, value]), one([0x0f, 0x85, ...this.#offset(0)], [this.#to(2, 'rel', target)]));
  }

  /** Address in the instruction, of the address size. */
  #moffs(address: number): number[] {
    return this.#bits === 64 ? [...le32(address), 0, 0, 0, 0] : this.#offset(address);
  }

  /** Bytes that nobody runs. */
  padding(bytes: number): Draft {
    return one(Array.from({ length: bytes }, () => 0xf4));
  }

  #loadRoot(): Draft {
    const rng = this.#rng;
    const prefix = this.#bits === 16 ? [0x66] : [];
    const register = rng.below(3);
    if (rng.chance(0.3)) return join(one([0x0f, 0x20, 0xd8 | register]), one([0x0f, 0x22, 0xd8 | register]));
    return join(one([...prefix, 0xb8 + register, ...le32(TABLES + rng.below(2) * TABLES_BYTES)]), one([0x0f, 0x22, 0xd8 | register]));
  }

  /** FS or GS gets a segment that is not flat, or DS one of the usable ones. */
  segment(): Draft {
    const rng = this.#rng;
    const real = this.#mode === 'real16';
    const value = real ? rng.pick([0, 0x10, 0x600, (CODE >> 4) + rng.below(16)]) : rng.pick([Selector.data, Selector.small, Selector.small, 0, Selector.stack16]);
    const register = rng.pick([0, 3, 4, 4, 5, 5]);
    return join(one([0xb8, ...this.#offset(value)]), one([0x8e, 0xc0 | (register << 3)]));
  }

  end(): Draft {
    return one([0xf4]);
  }
}
