/**
 * The decoder: bytes to instructions, and instructions to text.
 */
export { decode } from './decoder.ts';
export { format, mnemonicText } from './format.ts';
export { FORMS } from './forms.ts';
export type { Form } from './forms.ts';
export { BASE_RIP, DecodeMode, DecodeStatus, Insn, MAX_INSN_LENGTH, MAX_OPERANDS, OperandKind, Seg } from './insn.ts';
export { MN, MNEMONICS } from './tables/mnemonics.ts';
export type { Mnemonic, MnemonicIds, MnemonicName } from './tables/mnemonics.ts';
export { DecoderTableError } from './tables/parse.ts';
export { FEATURES } from './tables/row.ts';
export type { Attribute, Feature, Row } from './tables/row.ts';
