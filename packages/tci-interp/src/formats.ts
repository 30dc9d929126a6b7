/**
 * TCI instruction formats, derived from the ops table of the ir package.
 *
 * A TCI instruction is a sequence of 32-bit little-endian words:
 *
 *     word 0   opcode (16 bits) | slot | slot
 *     then     further slots, four to a word          (only as many words as the op has slots)
 *     then     immediate of the last input, 32 bits   (variants `.ri`)
 *     then     access descriptor "oi", 32 bits        (guest memory ops)
 *     then     one word per dynamic attribute
 *     then     instructions to give back              (exit ops)
 *
 * A slot is an 8-bit number of a frame slot. A *variant* is one opcode: an op, its type, the address width (where it has an
 * address), whether the last input is an immediate, and the values of its *enumerated* attributes. Attributes that are not enumerated are
 * *dynamic*: a word of their own. Enumerating conditions, sizes and vector ops lets one lowering serve the interpreter and compiled code, and costs
 * opcodes, of which there are 65,536.
 *
 * A *fused* opcode does what a sequence of instructions does that is frequent (fused-table.ts). It replaces the opcode of the first of them and nothing
 * else: a jump into the middle finds an ordinary instruction.
 *
 * What no variant covers is left to the encoder: it rewrites rare bit fields into shifts and masks, and gives guest accesses of rare
 * MemOps the variant `any`, which always takes the slow path.
 */
import {
  ATOMIC_OP_NAMES, COND_NAMES, FCOND_NAMES, MO_128, MO_16, MO_32, MO_64, MO_8, MO_ALIGN_16, MO_SIGN, Op, OPS, OP_NAMES, Type, TYPE_NAMES, VOP_DEFS, memOpText,
  type AttrKind, type HelperTable, type OpDef, type OpName, type TargetLayout,
} from '@wasm-tcg/ir';
import { TciError } from './errors.ts';
import { SequenceIndex } from './fuse.ts';
import { sequencesFor } from './fused-table.ts';

/** How an opcode is built; `names` in disassembly come from `name`. */
export interface TciVariant {
  readonly code: number;
  /** e.g. `add.i32.ri`, `guest_ld.i64.w.s16.m1`, `call.raise_exception`. */
  readonly name: string;
  readonly kind: 'op' | 'any' | 'const' | 'call' | 'fused';
  /** IR op; −1 for constants and fused opcodes. */
  readonly op: number;
  readonly type: Type;
  /** For ops with a guest address operand: the address is i64. */
  readonly wide: boolean;
  readonly immediate: boolean;
  /** Per attribute of the op, in order: its value, or `undefined` when it is a word of the instruction. */
  readonly attrs: readonly (number | undefined)[];
  /** Outputs and inputs in slots. */
  readonly outs: number;
  readonly slots: number;
  /** Has an access descriptor word. */
  readonly oi: boolean;
  /** Has a word with the number of instructions to give back (exit ops), or the instruction's index (calls). */
  readonly trailer: boolean;
  /** Helper id of a `call`. */
  readonly helper: number;
  /** Length in words. */
  readonly words: number;
  /** What a `fused` opcode does, one after the other; the words are theirs, but for the opcode of the first. */
  readonly parts: readonly TciVariant[];
}

/** Bit fields `[pos, len]` with opcodes of their own: byte and word registers, address halves, flag bits. */
const FIELDS_EXTRACT = [[0, 8], [8, 8], [0, 16], [8, 24], [16, 16], [0, 32], [32, 32], [0, 1], [7, 1], [15, 1], [31, 1], [63, 1], [4, 1]] as const;
const FIELDS_SEXTRACT = [[0, 8], [8, 8], [0, 16], [0, 32]] as const;
const FIELDS_DEPOSIT = [[0, 8], [8, 8], [0, 16], [0, 32]] as const;

const LD_MEMOPS: Readonly<Record<number, readonly number[]>> = {
  [Type.i32]: [MO_8, MO_8 | MO_SIGN, MO_16, MO_16 | MO_SIGN, MO_32],
  [Type.i64]: [MO_8, MO_8 | MO_SIGN, MO_16, MO_16 | MO_SIGN, MO_32, MO_32 | MO_SIGN, MO_64],
  [Type.v128]: [MO_128, MO_128 | MO_ALIGN_16],
};
const PLAIN_MEMOPS: Readonly<Record<number, readonly number[]>> = {
  [Type.i32]: [MO_8, MO_16, MO_32],
  [Type.i64]: [MO_8, MO_16, MO_32, MO_64],
  [Type.v128]: [MO_128, MO_128 | MO_ALIGN_16],
};

/** `ld` and `st` of types that guest accesses lack, or have with an alignment. */
const HOST_MEMOPS: Readonly<Record<number, readonly number[]>> = { [Type.f32]: [MO_32], [Type.f64]: [MO_64], [Type.v128]: [MO_128] };

/** Ops whose last input may be an immediate: where a constant is common. */
const IMMEDIATE_OPS: ReadonlySet<OpName> = new Set([
  'add', 'sub', 'mul', 'and', 'or', 'xor', 'andc', 'shl', 'shr', 'sar', 'rotl', 'rotr', 'setcond', 'brcond', 'negsetcond',
]);

/** Ops that the encoder rewrites or drops, which therefore have no opcode. */
const NO_OPCODE: ReadonlySet<OpName> = new Set(['insn_start', 'label', 'extract2', 'call']);

/** Ops on guest memory whose MemOp is not enumerated for every value. */
const GUEST_OPS: ReadonlySet<OpName> = new Set(['guest_ld', 'guest_st', 'guest_rmw_ld', 'guest_rmw_st', 'guest_probe']);

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** All combinations of enumerated attribute values of an op at a type; `[]` when the op has no opcode for that type. */
function attrChoices(name: OpName, def: OpDef, type: Type, mmuIndices: number): (readonly (number | undefined)[])[] {
  const fields = (list: readonly (readonly [number, number])[]): (readonly number[])[] =>
    list.filter(([pos, len]) => pos + len <= (type === Type.i64 ? 64 : 32));
  if (name === 'extract') return fields(FIELDS_EXTRACT).slice();
  if (name === 'sextract') return fields(FIELDS_SEXTRACT).slice();
  if (name === 'deposit') return fields(FIELDS_DEPOSIT).slice();
  if (name === 'bswap') return (type === Type.i64 ? [16, 32, 64] : [16, 32]).map((len) => [len]);
  if (name === 'vextract' || name === 'vinsert') return range(4).flatMap((size) => range(16 >> size).map((lane) => [size, lane]));
  if (name === 'guest_probe') return [];
  let choices: (number | undefined)[][] = [[]];
  for (const kind of def.attrs) {
    const values = attrValues(name, kind, type, mmuIndices);
    choices = choices.flatMap((head) => values.map((v) => [...head, v]));
  }
  return choices;
}

function attrValues(name: OpName, kind: AttrKind, type: Type, mmuIndices: number): readonly (number | undefined)[] {
  switch (kind) {
    case 'cond': return range(COND_NAMES.length);
    case 'fcond': return range(FCOND_NAMES.length);
    case 'atomic': return range(ATOMIC_OP_NAMES.length);
    case 'vop': return range(VOP_DEFS.length).filter((v) => `v${VOP_DEFS[v]!.kind}` === name);
    case 'memop': {
      const memops = name === 'guest_ld' || name === 'ld' ? LD_MEMOPS : PLAIN_MEMOPS;
      return (name === 'ld' || name === 'st' ? HOST_MEMOPS[type] : undefined) ?? memops[type] ?? [];
    }
    case 'mmu': return range(mmuIndices);
    case 'imm': return range(4);
    case 'slot': return [0, 1];
    case 'pos': case 'len': case 'lane': case 'offset': case 'label': case 'helper': case 'delta': case 'exit': case 'data': case 'pages':
      return [undefined];
  }
}

/** Bits of {@link TciFormats.shapes}: the attributes that are words of the instruction (bit i: attribute i), and its other words. */
export const SHAPE_ATTRS = 0xf;
export const SHAPE_OI = 0x10;
export const SHAPE_TRAILER = 0x20;

/** Constants into slots: 32 bits (zero-extended), 64 bits from 32 sign-extended, 64 bits, 128 bits, the address `env`. */
export const TciConst = { u32: 0, s32: 1, u64: 2, v128: 3, env: 4 } as const;
const CONST_NAMES = ['movi.u32', 'movi.s32', 'movi.u64', 'movi.v128', 'movi.env'] as const;
const CONST_WORDS = [2, 2, 3, 5, 1] as const;

/** Byte offset of slot operand `k` from the start of an instruction. */
export const slotOffset = (k: number): number => 2 + k;
/** Byte offset of the first word after the slots. */
export const immediateOffset = (slots: number): number => (2 + slots + 3) & ~3;

/** The opcode table for a target and its helpers. Immutable; one per machine configuration. */
export class TciFormats {
  readonly target: TargetLayout;
  readonly helpers: HelperTable;
  readonly variants: readonly TciVariant[];
  /** Opcode of constant kind 0 (TciConst). */
  readonly constBase: number;
  /** Opcode of helper 0. */
  readonly callBase: number;
  /** First fused opcode. */
  readonly fusedBase: number;
  /** Per opcode its length in words, and what follows its slots and immediate, as SHAPE_ bits. */
  readonly lengths: Uint8Array;
  readonly shapes: Uint8Array;
  /** 1 for each op whose last input may be an immediate. */
  readonly hasImmediate: Uint8Array = Uint8Array.from(OP_NAMES, (name) => (IMMEDIATE_OPS.has(name) ? 1 : 0));
  /** Finds the sequences that have a fused opcode. */
  readonly sequences: SequenceIndex;
  /** Open-addressing index from key to code + 1. */
  readonly #keys: Int32Array;
  readonly #codes: Int32Array;
  readonly #mask: number;

  constructor(target: TargetLayout, helpers: HelperTable) {
    this.target = target;
    this.helpers = helpers;
    const variants: TciVariant[] = [];
    for (const name of OP_NAMES) addOp(variants, name, target.mmu.indices);
    this.constBase = variants.length;
    CONST_NAMES.forEach((name, i) => {
      variants.push({ ...BLANK, code: variants.length, name, kind: 'const', type: i === 3 ? Type.v128 : i === 0 ? Type.i32 : Type.i64, outs: 1, slots: 1, words: CONST_WORDS[i]! });
    });
    this.callBase = variants.length;
    helpers.forEach((h, id) => {
      const outs = h.ret === null ? 0 : 1;
      const slots = outs + h.args.length;
      const trailer = h.effects.mayFault === true || h.effects.mayExit === true || h.effects.io === true;
      variants.push({ ...BLANK, code: variants.length, name: `call.${h.name}`, kind: 'call', op: Op.call, outs, slots, trailer, helper: id,
        words: immediateOffset(slots) / 4 + (trailer ? 1 : 0) });
    });
    this.fusedBase = variants.length;
    const byName = new Map(variants.map((v) => [v.name, v]));
    for (const names of sequencesFor(target.mmu.indices)) {
      const parts = names.map((name) => byName.get(name));
      if (parts.every((part) => part !== undefined)) variants.push(fused(variants.length, parts));
    }
    if (variants.length > 0xffff) throw new TciError('too-many-opcodes', `${variants.length} TCI opcodes do not fit 16 bits`, 'enumerate fewer attributes or declare fewer helpers');
    this.variants = variants;
    this.lengths = Uint8Array.from(variants, (v) => v.words);
    this.shapes = Uint8Array.from(variants, shapeOf);
    const size = 1 << (32 - Math.clz32(variants.length * 2));
    this.#mask = size - 1;
    this.#keys = new Int32Array(size);
    this.#codes = new Int32Array(size);
    for (const v of variants) if (v.kind === 'op' || v.kind === 'any') this.#insert(v);
    this.sequences = new SequenceIndex(variants);
  }

  /** Opcode for an op with these enumerated attribute values (dynamic ones given as 0), or −1. `any`: the slow-path variant. */
  find(op: number, type: number, wide: boolean, immediate: boolean, a0: number, a1: number, any = false): number {
    const key = variantKey(op, type, wide, immediate, a0, a1, any);
    for (let h = hashKey(key) & this.#mask; this.#codes[h] !== 0; h = (h + 1) & this.#mask) {
      if (this.#keys[h] === key) return this.#codes[h]! - 1;
    }
    return -1;
  }

  /** The instruction that stands at an opcode's first word: of a fused one its first part, which the others follow. */
  plain(code: number): TciVariant | undefined {
    const v = this.variants[code];
    return v?.parts[0] ?? v;
  }

  #insert(v: TciVariant): void {
    const key = variantKey(v.op, v.type, v.wide, v.immediate, v.attrs[0] ?? 0, v.attrs[1] ?? 0, v.kind === 'any');
    let h = hashKey(key) & this.#mask;
    while (this.#codes[h] !== 0) h = (h + 1) & this.#mask;
    this.#keys[h] = key;
    this.#codes[h] = v.code + 1;
  }
}

const BLANK = { op: -1, type: Type.i32, wide: false, immediate: false, attrs: [], outs: 0, slots: 0, oi: false, trailer: false, helper: -1, words: 1, parts: [] } as const;

/** 7 bits op, 3 type, 3 flags, 9 + 6 attributes: fits a positive i32 for every table. */
function variantKey(op: number, type: number, wide: boolean, immediate: boolean, a0: number, a1: number, any: boolean): number {
  return op | (type << 7) | (wide ? 1 << 10 : 0) | (immediate ? 1 << 11 : 0) | (any ? 1 << 12 : 0) | (a0 << 13) | (a1 << 22);
}

function hashKey(key: number): number {
  const h = Math.imul(key, 0x9e3779b1);
  return h ^ (h >>> 15);
}

function addOp(variants: TciVariant[], name: OpName, mmuIndices: number): void {
  const def: OpDef = OPS[name];
  if (def.stage !== 'core' || NO_OPCODE.has(name)) return;
  const types: readonly Type[] = def.types.length > 0 ? def.types.map((t) => Type[t]) : [Type.i32];
  const typed = def.types.length > 0;
  const hasAddress = def.in.includes('A');
  for (const type of types) {
    for (const wide of hasAddress ? [false, true] : [false]) {
      for (const attrs of attrChoices(name, def, type, mmuIndices)) {
        for (const immediate of IMMEDIATE_OPS.has(name) ? [false, true] : [false]) {
          variants.push(variant(variants.length, 'op', name, def, type, typed, wide, immediate, attrs));
        }
      }
      if (GUEST_OPS.has(name)) {
        const attrs = name === 'guest_probe' ? [undefined, undefined, undefined] : [undefined, undefined];
        variants.push(variant(variants.length, 'any', name, def, type, typed, wide, false, attrs));
      }
    }
  }
}

function variant(
  code: number, kind: 'op' | 'any', name: OpName, def: OpDef, type: Type, typed: boolean, wide: boolean, immediate: boolean,
  attrs: readonly (number | undefined)[],
): TciVariant {
  const slots = def.out.length + def.in.length - (immediate ? 1 : 0);
  const oi = GUEST_OPS.has(name);
  const trailer = def.effects.includes('exit');
  const dynamic = dynamicAttrs(def, attrs, oi).length;
  const suffix = [
    typed ? TYPE_NAMES[type] : '', wide ? 'w' : '', kind === 'any' ? 'any' : '',
    ...attrs.map((a, i) => (a === undefined ? '' : attrText(def.attrs[i]!, a))), immediate ? 'ri' : '',
  ].filter((s) => s !== '');
  return {
    code, name: [name, ...suffix].join('.'), kind, op: Op[name], type, wide, immediate, attrs, outs: def.out.length, slots, oi, trailer, helper: -1,
    words: immediateOffset(slots) / 4 + (immediate ? 1 : 0) + (oi ? 1 : 0) + dynamic + (trailer ? 1 : 0), parts: [],
  };
}

/** Indices of the attributes that are words of an instruction. The MemOp and MMU index of guest accesses are in the access descriptor, enumerated or not. */
function dynamicAttrs(def: OpDef, attrs: readonly (number | undefined)[], oi: boolean): number[] {
  return attrs.flatMap((a, i) => (a === undefined && !(oi && (def.attrs[i] === 'memop' || def.attrs[i] === 'mmu')) ? [i] : []));
}

function shapeOf(v: TciVariant): number {
  if (v.kind !== 'op' && v.kind !== 'any') return 0;
  return dynamicAttrs(OPS[OP_NAMES[v.op]!], v.attrs, v.oi).reduce((bits, i) => bits | (1 << i), 0) | (v.oi ? SHAPE_OI : 0) | (v.trailer ? SHAPE_TRAILER : 0);
}

function fused(code: number, parts: readonly TciVariant[]): TciVariant {
  return { ...BLANK, code, name: parts.map((p) => p.name).join('+'), kind: 'fused', words: parts.reduce((n, p) => n + p.words, 0), parts };
}

function attrText(kind: AttrKind, value: number): string {
  switch (kind) {
    case 'cond': return COND_NAMES[value]!;
    case 'fcond': return FCOND_NAMES[value]!;
    case 'atomic': return ATOMIC_OP_NAMES[value]!;
    case 'vop': return VOP_DEFS[value]!.name;
    case 'memop': return memOpText(value);
    case 'mmu': return `m${value}`;
    default: return String(value);
  }
}
