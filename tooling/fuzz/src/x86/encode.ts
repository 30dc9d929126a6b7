/**
 * Random encodings of a form: prefixes, registers, addressing, immediates. What is made is decoded again, and counts only when it is the
 * form that was asked for; so lengths of immediates come from the decoder, and nothing is encoded by hand twice.
 */
import { decode, DecodeMode, DecodeStatus, Insn, type Form } from '@wasm-tcg/guest-x86';
import type { Random } from '../random.ts';
import { bitsOf, CODE_ALIAS, DATA, DATA_ALIAS, READ_ONLY, STACK_TOP, UNMAPPED, type Mode } from './layout.ts';

const MAX_BYTES = 15;
const ATTEMPTS = 30;
const VEX_PP: Readonly<Record<string, number>> = { NP: 0, '66': 1, F3: 2, F2: 3 };
const SEGMENTS = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65] as const;
const STRINGS = /^(movs|cmps|stos|lods|scas|ins|outs)$/;

/** Flags of the decoder for a mode. */
export function decodeMode(mode: Mode): number {
  if (mode === 'long64') return DecodeMode.Bits64;
  const width = bitsOf(mode) === 32 ? DecodeMode.Bits32 : DecodeMode.Bits16;
  return mode === 'real16' ? width : width | DecodeMode.Protected;
}

interface Shape {
  readonly map: readonly number[];
  /** VEX map number, 0 for other encodings. */
  readonly vexMap: number;
  readonly opcode: number;
  readonly span: number;
  readonly prefix: string;
  readonly words: ReadonlySet<string>;
  readonly digit: number;
  readonly rm: number;
  readonly hasModrm: boolean;
}

/** The text of a form's encoding (see row.ts of the decoder tables) as parts. */
function parseShape(form: Form): Shape {
  const [left, right] = form.encoding.includes(': ') ? form.encoding.split(': ') : ['', form.encoding];
  const words = right.split(' ');
// Conditions may look like opcodes (F3, B1): the opcode is the last.
  const at = words.map((word) => /^[0-9A-F]{2}(\+r|\+cc)?$/.test(word)).lastIndexOf(true);
  const opcode = words[at];
  const group = words.slice(at + 1).find((word) => word.startsWith('/'))?.slice(1).split('.') ?? [];
  const vexMap = left.startsWith('VEX') ? { 'VEX.0F': 1, 'VEX.0F38': 2, 'VEX.0F3A': 3 }[left] ?? 0 : 0;
  return {
    map: vexMap ? [] : left === '' ? [] : left.split(' ').map((byte) => parseInt(byte, 16)),
    vexMap,
    opcode: parseInt(opcode, 16),
    span: opcode.endsWith('+r') ? 8 : opcode.endsWith('+cc') ? 16 : 1,
    prefix: words.slice(0, at).find((word) => /^(NP|NF|66|F2|F3)$/.test(word)) ?? '',
    words: new Set(words),
    digit: group[0] === undefined ? -1 : Number(group[0]),
    rm: group[1] === undefined ? -1 : Number(group[1]),
    hasModrm: group.length > 0 || vexMap > 0 || form.operands.split(',').some((o) => /^[EGMRQWNUPVSCD][a-z]*$/.test(o)),
  };
}

/** Makes instructions of one mode. */
export class Encoder {
  readonly #rng: Random;
  readonly #bits: 16 | 32 | 64;
  readonly #mode: number;
  readonly #paged: boolean;
  readonly #insn = new Insn();
  readonly #shapes = new Map<number, Shape>();

  /** @param paged linear addresses of the aliases exist */
  constructor(rng: Random, mode: Mode, paged: boolean) {
    this.#rng = rng;
    this.#bits = bitsOf(mode);
    this.#mode = decodeMode(mode);
    this.#paged = paged;
  }

  /** Bytes of a random encoding, or undefined when none came out right (a form that the mode does not have). */
  encode(form: Form): number[] | undefined {
    let shape = this.#shapes.get(form.id);
    if (shape === undefined) this.#shapes.set(form.id, (shape = parseShape(form)));
    for (let n = 0; n < ATTEMPTS; n++) {
      const bytes = this.#attempt(form, shape);
      const status = decode(this.#insn, Uint8Array.from(bytes), 0, bytes.length, this.#mode);
      if (status !== DecodeStatus.Ok || this.#insn.form !== form.id) continue;
      bytes.length = this.#insn.length;
      return this.#tame(form, bytes);
    }
    return undefined;
  }

  /** Values that would end the program are made small. */
  #tame(form: Form, bytes: number[]): number[] {
    const rng = this.#rng;
    const n = bytes.length;
    if (form.mnemonic === 'enter' && rng.chance(0.95)) {
      bytes[n - 3] &= 0x3c;
      bytes[n - 2] = 0;
      bytes[n - 1] = rng.below(3);
    }
    return bytes;
  }

  #attempt(form: Form, shape: Shape): number[] {
    const rng = this.#rng;
    const bytes: number[] = [];
    const vex = shape.vexMap > 0;
    const operands = form.operands.split(',');
    const addressBits = this.#prefixes(bytes, form, shape);
    const rexAllowed = this.#bits === 64;
    const isSegment = operands.some((o) => o.startsWith('S'));
    const memory = !shape.hasModrm ? false : this.#wantsMemory(shape, operands);
    const high = rexAllowed && rng.chance(0.5);
    const modrm = shape.hasModrm ? this.#modrm(shape, memory, isSegment, addressBits) : { bytes: [], rexX: 0, rexB: 0 };
    const rexR = high && !isSegment && rng.chance(0.5) ? 1 : 0;
    const rexX = high ? modrm.rexX : 0;
    const rexB = high && rng.chance(0.5) ? modrm.rexB : 0;
    const w = shape.words.has('W1') ? 1 : shape.words.has('W0') ? 0 : rng.below(2);
    if (vex) {
      const pp = VEX_PP[shape.prefix] ?? 0;
      const vvvv = operands.some((o) => o.startsWith('B')) ? this.#register(false) | (rexAllowed && rng.chance(0.3) ? 8 : 0) : 0;
      bytes.push(0xc4, ((rexR ^ 1) << 7) | ((rexX ^ 1) << 6) | ((rexB ^ 1) << 5) | shape.vexMap);
      bytes.push(((rexAllowed ? w : 0) << 7) | ((~vvvv & 15) << 3) | pp);
    } else {
      if (/^(66|F2|F3)$/.test(shape.prefix)) bytes.push(parseInt(shape.prefix, 16));
      const b = shape.words.has('B1') ? 1 : shape.words.has('B0') ? 0 : shape.hasModrm ? rexB : high ? rng.below(2) : 0;
      const rex = 0x40 | (w << 3) | (rexR << 2) | (rexX << 1) | b;
      if (rexAllowed && (rex !== 0x40 || rng.chance(0.1)) && (w === 1 || high || b === 1)) bytes.push(rex);
      bytes.push(...shape.map);
    }
    bytes.push(shape.opcode + this.#inOpcode(shape.span));
    bytes.push(...modrm.bytes);
    while (bytes.length < MAX_BYTES + 1) bytes.push(...this.#immediate());
    bytes.length = Math.min(bytes.length, MAX_BYTES + 8);
    return bytes;
  }

  /** Legacy prefixes; returns the address size in bits. */
  #prefixes(bytes: number[], form: Form, shape: Shape): 16 | 32 | 64 {
    const rng = this.#rng;
    const { prefix } = shape;
    if (prefix !== 'NP' && prefix !== '66' && shape.vexMap === 0 && rng.chance(0.25)) bytes.push(0x66);
    const other = rng.chance(0.1);
    if (other) bytes.push(0x67);
    if (rng.chance(0.12)) bytes.push(rng.pick(SEGMENTS));
    if (form.attributes.includes('lock') ? rng.chance(0.2) : shape.vexMap === 0 && rng.chance(0.003)) bytes.push(0xf0);
    if (STRINGS.test(form.mnemonic) && rng.chance(0.6)) bytes.push(rng.pick([0xf2, 0xf3]));
    rng.shuffle(bytes);
    if (this.#bits === 64) return other ? 32 : 64;
    return other === (this.#bits === 16) ? 32 : 16;
  }

  #wantsMemory(shape: Shape, operands: readonly string[]): boolean {
    if (shape.words.has('reg') || shape.rm >= 0) return false;
    if (shape.words.has('mem') || operands.some((o) => o.startsWith('M'))) return true;
    if (operands.some((o) => /^[RNU]/.test(o))) return false;
    return this.#rng.chance(0.5);
  }

  #inOpcode(span: number): number {
    if (span === 1) return 0;
    return span === 8 ? this.#register(false) : this.#rng.below(span);
  }

  /** A register: one without an address in it most of the time. */
  #register(memory: boolean): number {
    const rng = this.#rng;
    if (memory) return rng.below(8);
    if (rng.chance(0.8)) return rng.below(3);
    const register = rng.below(8);
    return register === 4 && rng.chance(0.9) ? 0 : register;
  }

  #modrm(shape: Shape, memory: boolean, isSegment: boolean, addressBits: 16 | 32 | 64): { readonly bytes: number[]; readonly rexX: number; readonly rexB: number } {
    const rng = this.#rng;
    // Loads of SS end most programs; FS and GS do the least.
    const segment = rng.weighted([[3, 0], [2, 3], [4, 4], [4, 5], [1, 2]] as const);
    const reg = (shape.digit >= 0 ? shape.digit : isSegment ? segment : this.#register(false)) << 3;
    if (shape.rm >= 0) return { bytes: [0xc0 | reg | shape.rm], rexX: 0, rexB: 0 };
    if (!memory) return { bytes: [0xc0 | reg | this.#register(false)], rexX: 0, rexB: rng.below(2) };
    return addressBits === 16 ? this.#address16(reg) : this.#address32(reg, addressBits);
  }

  /** An address in the program's world: data mostly, near borders often. */
  #place(): number {
    const rng = this.#rng;
    // Half of those inside a page are aligned as vectors have to be.
    const near = rng.chance(0.3) ? rng.between(-9, 2) : rng.below(0xf00) & (rng.chance(0.5) ? ~15 : ~0);
    const page = rng.weighted([
      [8, DATA], [4, DATA + 0x1000], [3, DATA + 0x2000], [1, READ_ONLY], [2, STACK_TOP & ~0xfff], [1, UNMAPPED],
      [this.#paged ? 3 : 0, DATA_ALIAS], [this.#paged ? 1 : 0, CODE_ALIAS],
    ]);
    return page + near;
  }

  #address16(reg: number): { readonly bytes: number[]; readonly rexX: number; readonly rexB: number } {
    const rng = this.#rng;
    const bytes = (...list: number[]): { readonly bytes: number[]; readonly rexX: number; readonly rexB: number } => ({ bytes: list, rexX: 0, rexB: 0 });
    if (rng.chance(0.35)) {
      const place = this.#place() & 0xffff;
      return bytes(reg | 6, place & 0xff, place >> 8);
    }
    // [SI] [DI] [BP] [BX] hold addresses; sums of two do not.
    const rm = rng.weighted([[6, 4], [6, 5], [5, 6], [6, 7], [1, 0], [1, 1], [1, 2], [1, 3]] as const);
    if (rm !== 6 && rng.chance(0.3)) return bytes(reg | rm);
    if (rng.chance(0.8)) return bytes(0x40 | reg | rm, this.#displacement8());
    return bytes(0x80 | reg | rm, rng.below(256), rng.chance(0.5) ? 0 : rng.below(256));
  }

  #address32(reg: number, addressBits: 32 | 64): { readonly bytes: number[]; readonly rexX: number; readonly rexB: number } {
    const rng = this.#rng;
    const le = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
    if (rng.chance(0.3)) {
      const place = le(this.#place());
      // Without a base: mod 0, rm 5, which is relative to RIP in 64-bit code; there a SIB byte says "no base".
      return { bytes: this.#bits === 64 && rng.chance(0.9) ? [reg | 4, 0x25, ...place] : [reg | 5, ...place], rexX: 0, rexB: 0 };
    }
    const base = rng.weighted([[6, 3], [5, 5], [6, 6], [6, 7], [1, 4], [1, 0], [1, 1]] as const);
    const mod = base === 5 ? 1 : rng.weighted([[4, 0], [8, 1], [1, 2]] as const);
    const tail = mod === 1 ? [this.#displacement8()] : mod === 2 ? le(rng.chance(0.8) ? rng.below(0x400) : rng.u32()) : [];
    if (base !== 4 && rng.chance(0.7)) return { bytes: [(mod << 6) | reg | base, ...tail], rexX: 0, rexB: 0 };
    const index = rng.chance(0.6) ? 4 : rng.below(8);
    return { bytes: [(mod << 6) | reg | 4, (rng.below(4) << 6) | (index << 3) | base, ...tail], rexX: addressBits === 64 && rng.chance(0.2) ? 1 : 0, rexB: 0 };
  }

  #displacement8(): number {
    const rng = this.#rng;
    if (rng.chance(0.3)) return rng.below(16) * 16;
    return rng.chance(0.3) ? rng.pick([0, 1, 0x7f, 0x80, 0xff, 0xf8, 0x3e]) : rng.below(256);
  }

  /** Four bytes of an immediate. */
  #immediate(): number[] {
    const rng = this.#rng;
    if (rng.chance(0.3)) return rng.pick([[0, 0, 0, 0], [1, 0, 0, 0], [0xff, 0xff, 0xff, 0xff], [0xff, 0x7f, 0, 0], [0, 0, 0, 0x80], [0x80, 0, 0, 0], [8, 0, 0, 0], [31, 0, 0, 0]]);
    return [rng.below(256), rng.below(256), rng.below(256), rng.below(256)];
  }
}
