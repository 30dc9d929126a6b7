/** From rows to forms: every operand size and both kinds of operand that a row has in a mode. */
import type { Mode } from '@wasm-tcg/conformance';
import type { FormSpec } from './encode/encode.ts';
import { parseOperands } from './encode/operands.ts';
import type { Row } from './spec/row.ts';

/** Forms of a row in a mode; none when the mode lacks it. */
export function formsOf(row: Row, mode: Mode): FormSpec[] {
  if (row.modes && !row.modes.includes(mode)) return [];
  const operands = parseOperands(row.args);
  const kinds = operands.some((o) => 'M'.includes(o.kind)) ? [true] : operands.some((o) => 'EWQ'.includes(o.kind)) ? [false, true] : [false];
  return sizesOf(row, mode).flatMap((bits) => kinds.map((memory) => ({ row, mode, bits, memory })));
}

function sizesOf(row: Row, mode: Mode): readonly number[] {
  const letters = parseOperands(row.args).map((o) => o.size);
  const wide = mode === 64;
  if (letters.includes('v') || letters.includes('z')) {
    if (row.width === 'default64') return wide ? [16, 64] : [16, 32];
    if (row.width === 'force64') return wide ? [64] : [16, 32];
    return wide ? [16, 32, 64] : [16, 32];
  }
  if (letters.includes('y')) return wide ? [32, 64] : [32];
  return [row.width && wide ? 64 : mode === 16 ? 16 : 32];
}

/** Name of a form: instruction, opcode, operands, size, and whether an operand is memory. */
export function nameOf({ row, bits, memory }: FormSpec): string {
  const sized = /[vyz]\b/.test(row.args) || /r[ABCD]X/.test(row.args);
  const all = row.run === 'past' ? ' to the end' : '';
  return `${row.name} [${row.op}]${row.args ? ` ${row.args}` : ''}${sized ? ` ${bits}` : ''}${memory ? ' mem' : ''}${all}`;
}
