/**
 * The forms: every table row with its number, and the same as flat arrays for the decoder. Built once at module load,
 * constant from then on.
 */
import { compileDispatch } from './tables/compile.ts';
import type { Dispatch } from './tables/compile.ts';
import { MAP_NAMES, OpcodeMap, TABLES } from './tables/index.ts';
import { Method, TYPES, parseRow } from './tables/parse.ts';
import type { OperandSpec, OperandType, ParsedRow } from './tables/parse.ts';
import type { MnemonicName } from './tables/mnemonics.ts';
import type { Attribute, Feature } from './tables/row.ts';

/** One instruction form, as the tables have it. */
export interface Form {
  /** Its index in `FORMS` and the number in `Insn.form`. */
  readonly id: number;
  readonly mnemonic: MnemonicName;
  /** Operands in the notation of tables/row.ts, e.g. `'Ev,Gv'`. */
  readonly operands: string;
  /** Opcode map and encoding, e.g. `'0F 38: 66 F6'`. */
  readonly encoding: string;
  /** What the processor must have; the decoder does not check it. */
  readonly feature: Feature;
  readonly attributes: readonly Attribute[];
}

/** Bits of `FORM_FLAGS`. */
export const FormFlag = {
  Lock: 1,
  Default64: 2,
  Force64: 4,
  Near: 8,
  ProtectedOnly: 16,
  AnyMod: 32,
  /** On AMD REX.W = 1 selects operand size 4. */
  AmdWidthIs4: 64,
  /** 66h belongs to the opcode. */
  Mandatory66: 128,
  /** Has an S, C or D operand, whose number may be invalid. */
  ChecksReg: 256,
  /** Has a B operand; VEX forms without it require vvvv = 1111b. */
  UsesVvvv: 512,
  /** REX.W = 1 selects operand size 4. */
  WidthIs4: 1024,
} as const;

const MAPS: OpcodeMap[] = [];
const ROWS: ParsedRow[] = [];
const forms: Form[] = [];
for (const [map, rows] of TABLES) {
  for (const row of rows) {
    const parsed = parseRow(row);
    forms.push({
      id: forms.length,
      mnemonic: parsed.name,
      operands: row[2],
      encoding: map === OpcodeMap.OneByte ? row[0] : `${MAP_NAMES[map] ?? ''}: ${row[0]}`,
      feature: parsed.feature,
      attributes: [...parsed.attributes],
    });
    MAPS.push(map);
    ROWS.push(parsed);
  }
}

/** Every form by number. */
export const FORMS: readonly Form[] = forms;

/** Opcode dispatch over the forms. */
export const DISPATCH: Dispatch = compileDispatch(ROWS, MAPS);

/** Mnemonic number per form. */
export const FORM_MNEMONIC: Uint16Array = Uint16Array.from(ROWS, (row) => row.mnemonic);

function flagsOf(row: ParsedRow): number {
  const has = (attribute: Attribute, bit: number): number => (row.attributes.has(attribute) ? bit : 0);
  const uses = (...methods: Method[]): boolean => row.operands.some((o) => methods.includes(o.method));
  return (
    has('lock', FormFlag.Lock) |
    has('d64', FormFlag.Default64) |
    has('f64', FormFlag.Force64) |
    has('near', FormFlag.Near) |
    has('pm', FormFlag.ProtectedOnly) |
    has('anymod', FormFlag.AnyMod) |
    has('w4', FormFlag.WidthIs4) |
    has('amdW4', FormFlag.AmdWidthIs4) |
    (row.mandatory66 ? FormFlag.Mandatory66 : 0) |
    (uses(Method.S, Method.C, Method.D) ? FormFlag.ChecksReg : 0) |
    (uses(Method.B) ? FormFlag.UsesVvvv : 0)
  );
}

/** `FormFlag` bits per form. */
export const FORM_FLAGS: Uint16Array = Uint16Array.from(ROWS, flagsOf);

/** `ImmKind` per form. */
export const FORM_IMM: Uint8Array = Uint8Array.from(ROWS, (row) => row.imm);

const packOperand = (o: OperandSpec | undefined): number => (o === undefined ? 0 : o.method | (TYPES.indexOf(o.sizeType) << 5) | (o.reg << 10));

/** Four operands per form: method in bits 0–4, type in bits 5–9, fixed register in bits 10–13. */
export const FORM_OPERANDS: Uint16Array = Uint16Array.from({ length: ROWS.length * 4 }, (_, i) => packOperand(ROWS[i >> 2]?.operands[i & 3]));

/** Bytes of an operand type for operand size `2 << size`, width bit `w` and code `long` (64-bit mode). */
function sizeOf(type: OperandType, size: number, w: number, long: number): number {
  const opSize = 2 << size;
  switch (type) {
    case '': return 0;
    case 'b': return 1;
    case 'w': return 2;
    case 'd': case 'ss': return 4;
    case 'q': case 'sd': case 'pi': return 8;
    case 'dq': case 'ps': case 'pd': return 16;
    case 't': return 10;
    case 'bs': case 'v': return opSize;
    case 'z': return Math.min(opSize, 4);
    case 'y': return w === 1 ? 8 : 4;
    case 'n': return long === 1 ? 8 : 4;
    case 'p': return opSize + 2;
    case 's': return long === 1 ? 10 : 6;
    case 'a': return 2 * opSize;
    case 'e': return opSize === 2 ? 14 : 28;
    case 'f': return opSize === 2 ? 94 : 108;
  }
}

/** Operand sizes in bytes, indexed by `type << 4 | long << 3 | w << 2 | log2(opSize) - 1`. */
export const TYPE_SIZES: Uint8Array = Uint8Array.from({ length: TYPES.length * 16 }, (_, i) => {
  const type = TYPES[i >> 4] ?? '';
  return (i & 3) === 3 ? 0 : sizeOf(type, i & 3, (i >> 2) & 1, (i >> 3) & 1);
});
