/**
 * Turns the text of a row (see row.ts) into numbers. Runs once per row at module load; a malformed row throws, which any
 * test of the package notices.
 */
import { MN } from './mnemonics.ts';
import type { Mnemonic, MnemonicName } from './mnemonics.ts';
import { FEATURES } from './row.ts';
import type { Attribute, Feature, Row } from './row.ts';

/** A decoder table contradicts itself. Never caused by guest bytes. */
export class DecoderTableError extends Error {
  readonly code = 'X86_DECODER_TABLE';
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.name = 'DecoderTableError';
    this.hint = hint;
  }
}

/** Addressing methods of operands. The order is free; operands.ts switches over them. */
export const Method = {
  None: 0, E: 1, R: 2, M: 3, G: 4, B: 5, Z: 6, P: 7, Q: 8, N: 9, V: 10, W: 11, U: 12, S: 13, C: 14, D: 15,
  I: 16, I2: 17, J: 18, A: 19, O: 20, X: 21, Y: 22, Sti: 23, FixedGpr: 24, FixedSeg: 25, FixedSt: 26, One: 27,
} as const;
export type Method = (typeof Method)[keyof typeof Method];

/** Operand types; `sizeOf` in forms.ts gives their bytes. */
export const TYPES = ['', 'b', 'w', 'd', 'q', 'dq', 't', 'bs', 'v', 'z', 'y', 'n', 'p', 's', 'a', 'e', 'f', 'ps', 'pd', 'ss', 'sd', 'pi'] as const;
export type OperandType = (typeof TYPES)[number];

/** Immediate bytes of an instruction. */
export const ImmKind = { None: 0, Ib: 1, Ibs: 2, Iw: 3, Iz: 4, Iv: 5, Jb: 6, Jz: 7, Far: 8, Moffs: 9, IwIb: 10 } as const;
export type ImmKind = (typeof ImmKind)[keyof typeof ImmKind];

/** One operand of a form. */
export interface OperandSpec {
  readonly method: Method;
  readonly type: OperandType;
  /** Type as far as the size goes: an Iz operand is as wide as the operand size, only its encoding stops at 32 bits. */
  readonly sizeType: OperandType;
  /** Register of a fixed operand. */
  readonly reg: number;
}

/** Conditions of an encoding; -1 where it has none. */
export interface Encoding {
  readonly opcode: number;
  /** Opcodes covered, from `opcode` on: 1, 8 (+r) or 16 (+cc). */
  readonly span: 1 | 8 | 16;
  /** Bit per prefix class: 1 none, 2 66h, 4 F3h, 8 F2h. */
  readonly prefixes: number;
  readonly w: number;
  readonly b: number;
  readonly l: number;
  readonly reg: number;
  readonly rm: number;
  /** 0 memory, 1 register, -1 both. */
  readonly mod: number;
  /** 0 outside, 1 only in 64-bit mode, -1 both. */
  readonly long: number;
}

/** A row in numbers. */
export interface ParsedRow {
  readonly mnemonic: Mnemonic;
  readonly name: MnemonicName;
  readonly encoding: Encoding;
  readonly operands: readonly OperandSpec[];
  readonly attributes: ReadonlySet<Attribute>;
  readonly feature: Feature;
  /** The 66h prefix, when present, belongs to the opcode and does not change the operand size. */
  readonly mandatory66: boolean;
  readonly usesModrm: boolean;
  readonly imm: ImmKind;
}

const PREFIX_WORDS: Readonly<Record<string, number>> = { NP: 1, NF: 3, '66': 2, F3: 4, F2: 8 };
const FIXED: Readonly<Record<string, OperandSpec>> = {
  AL: { method: Method.FixedGpr, type: 'b', sizeType: 'b', reg: 0 },
  CL: { method: Method.FixedGpr, type: 'b', sizeType: 'b', reg: 1 },
  AX: { method: Method.FixedGpr, type: 'w', sizeType: 'w', reg: 0 },
  DX: { method: Method.FixedGpr, type: 'w', sizeType: 'w', reg: 2 },
  rAX: { method: Method.FixedGpr, type: 'v', sizeType: 'v', reg: 0 },
  eAX: { method: Method.FixedGpr, type: 'z', sizeType: 'z', reg: 0 },
  ES: { method: Method.FixedSeg, type: 'w', sizeType: 'w', reg: 0 },
  CS: { method: Method.FixedSeg, type: 'w', sizeType: 'w', reg: 1 },
  SS: { method: Method.FixedSeg, type: 'w', sizeType: 'w', reg: 2 },
  DS: { method: Method.FixedSeg, type: 'w', sizeType: 'w', reg: 3 },
  FS: { method: Method.FixedSeg, type: 'w', sizeType: 'w', reg: 4 },
  GS: { method: Method.FixedSeg, type: 'w', sizeType: 'w', reg: 5 },
  ST: { method: Method.FixedSt, type: 't', sizeType: 't', reg: 0 },
  STi: { method: Method.Sti, type: 't', sizeType: 't', reg: 0 },
  '1': { method: Method.One, type: 'b', sizeType: 'b', reg: 0 },
};
const LETTERS: Readonly<Record<string, Method>> = {
  E: Method.E, R: Method.R, M: Method.M, G: Method.G, B: Method.B, Z: Method.Z, P: Method.P, Q: Method.Q, N: Method.N, V: Method.V,
  W: Method.W, U: Method.U, S: Method.S, C: Method.C, D: Method.D, I: Method.I, J: Method.J, A: Method.A, O: Method.O, X: Method.X, Y: Method.Y,
};
const MODRM_METHODS: ReadonlySet<Method> = new Set<Method>([
  Method.E, Method.R, Method.M, Method.G, Method.P, Method.Q, Method.N, Method.V, Method.W, Method.U, Method.S, Method.C, Method.D, Method.Sti,
]);
const REGISTER_ONLY: ReadonlySet<Method> = new Set<Method>([Method.R, Method.N, Method.U, Method.Sti]);

const FEATURE_NAMES: ReadonlySet<string> = new Set(FEATURES);
const isFeature = (word: Attribute | Feature): word is Feature => FEATURE_NAMES.has(word);

function fail(row: Row, what: string): never {
  throw new DecoderTableError(`decoder row [${row.join(' | ')}]: ${what}`, 'Correct the row; the notation is described in decode/tables/row.ts.');
}

function parseOperands(row: Row): OperandSpec[] {
  const specs: OperandSpec[] = [];
  for (const text of row[2] === '' ? [] : row[2].split(',')) {
    const fixed = FIXED[text];
    if (fixed !== undefined) {
      specs.push(fixed);
      continue;
    }
    let method = LETTERS[text.charAt(0)];
    const type = TYPES.find((t) => t === text.slice(1));
    if (method === undefined || type === undefined) return fail(row, `unknown operand ${text}`);
    if (method === Method.I && specs.some((s) => s.method === Method.I)) method = Method.I2;
    specs.push({ method, type, sizeType: method === Method.I && type === 'z' ? 'v' : type, reg: 0 });
  }
  return specs;
}

function parseEncoding(row: Row, operands: readonly OperandSpec[], attributes: ReadonlySet<Attribute>): Encoding {
  let opcode = -1;
  let span: 1 | 8 | 16 = 1;
  let prefixes = 15;
  let w = -1;
  let b = -1;
  let l = -1;
  let reg = -1;
  let rm = -1;
  let mod = -1;
  const words = row[0].split(' ');
  // The opcode is the last word before those that look at ModRM: 66, F2 and F3 are opcodes as well as prefixes.
  const modrmWords = words.filter((word) => word === 'reg' || word === 'mem' || word.startsWith('/')).length;
  const opcodeAt = words.length - modrmWords - 1;
  words.forEach((word, at) => {
    const prefix = PREFIX_WORDS[word];
    if (at === opcodeAt) {
      const m = /^([0-9A-F]{2})(\+r|\+cc)?$/.exec(word);
      if (m === null) return fail(row, `opcode ${word}`);
      opcode = Number.parseInt(m[1] ?? '', 16);
      span = m[2] === '+r' ? 8 : m[2] === '+cc' ? 16 : 1;
    } else if (at < opcodeAt && prefix !== undefined) prefixes = prefix;
    else if (/^[WBL][01]$/.test(word)) {
      const value = Number(word.charAt(1));
      if (word.startsWith('W')) w = value;
      else if (word.startsWith('B')) b = value;
      else l = value;
    } else if (word === 'reg') mod = 1;
    else if (word === 'mem') mod = 0;
    else if (/^\/[0-7](\.[0-7])?$/.test(word)) {
      reg = Number(word.charAt(1));
      if (word.length > 2) {
        rm = Number(word.charAt(3));
        mod = 1;
      }
    } else fail(row, `unknown word ${word}`);
  });
  if (operands.some((s) => s.method === Method.M)) mod = 0;
  if (operands.some((s) => REGISTER_ONLY.has(s.method)) && !attributes.has('anymod')) mod = 1;
  const long = attributes.has('i64') ? 0 : attributes.has('o64') ? 1 : -1;
  return { opcode, span, prefixes, w, b, l, reg, rm, mod, long };
}

const IMMEDIATES: Readonly<Record<string, ImmKind>> = {
  Ib: ImmKind.Ib, Ibs: ImmKind.Ibs, Iw: ImmKind.Iw, Iz: ImmKind.Iz, Iv: ImmKind.Iv, Jb: ImmKind.Jb, Jz: ImmKind.Jz, Ap: ImmKind.Far,
  Ob: ImmKind.Moffs, Ov: ImmKind.Moffs, IwIb: ImmKind.IwIb,
};

function immOf(operands: readonly OperandSpec[]): ImmKind {
  const letters: Readonly<Partial<Record<Method, string>>> = { [Method.I]: 'I', [Method.I2]: 'I', [Method.J]: 'J', [Method.A]: 'A', [Method.O]: 'O' };
  const text = operands.map((o) => (letters[o.method] === undefined ? '' : `${letters[o.method] ?? ''}${o.type}`)).join('');
  return IMMEDIATES[text] ?? ImmKind.None;
}

/** Parse one row. Throws `DecoderTableError` when the row is not in the notation of row.ts. */
export function parseRow(row: Row): ParsedRow {
  const [, name, , ...words] = row;
  let feature: Feature = 'I86';
  const attributes = new Set<Attribute>();
  for (const word of words) {
    if (isFeature(word)) feature = word;
    else attributes.add(word);
  }
  const operands = parseOperands(row);
  const encoding = parseEncoding(row, operands, attributes);
  return {
    mnemonic: MN[name],
    name,
    encoding,
    operands,
    attributes,
    feature,
    mandatory66: encoding.prefixes === 2,
    imm: immOf(operands),
    usesModrm: encoding.reg >= 0 || encoding.mod >= 0 || operands.some((s) => MODRM_METHODS.has(s.method)),
  };
}
