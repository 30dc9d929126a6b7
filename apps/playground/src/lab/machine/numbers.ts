/** Numbers as people type them into a register or an address field. */
import { hex } from '../../ui/format.ts';

export type Parsed = { readonly value: bigint; readonly problem?: undefined } | { readonly problem: string };

const FORMS: readonly [RegExp, string][] = [
  [/^0x([\da-f]+)$/i, '0x'],
  [/^([\da-f]+)h$/i, '0x'],
  [/^0b([01]+)$/i, '0b'],
  [/^0o([0-7]+)$/i, '0o'],
  [/^(\d+)$/, ''],
];

/** `0x10`, `10h`, `16`, `0b10000`, `-1`; `_` and spaces between digits are allowed. Negative numbers become two's complement of `bits`. */
export function parseNumber(input: string, bits: number): Parsed {
  const text = input.trim().replaceAll(/[_\s]/g, '');
  if (text === '') return { problem: 'a number is needed' };
  const negative = text.startsWith('-');
  const digits = negative ? text.slice(1) : text;
  for (const [form, prefix] of FORMS) {
    const match = form.exec(digits);
    if (match === null) continue;
    const magnitude = BigInt(prefix + match[1]);
    const fits = negative ? magnitude <= 1n << BigInt(bits - 1) : magnitude < 1n << BigInt(bits);
    if (!fits) return { problem: `more than ${bits} bits` };
    return { value: BigInt.asUintN(bits, negative ? -magnitude : magnitude) };
  }
  return { problem: /^[\da-f]+$/i.test(digits) ? 'hex numbers start with 0x' : 'not a number: write 0x1f, 31 or -1' };
}

/** How a value stands in its field before it is edited: every digit, so that values line up. */
export function fieldText(value: bigint, bits: number): string {
  return hex(value, bits);
}

/** How it stands while it is edited: short, and with a prefix, since digits alone are decimal. */
export function editText(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** Readings of a register for its tooltip. */
export function readings(value: bigint, bits: number): string {
  const signed = BigInt.asIntN(bits, value);
  const decimal = signed < 0n ? `${value} = ${signed}` : `${value}`;
  const char = value >= 0x20n && value < 0x7fn ? ` = '${String.fromCharCode(Number(value))}'` : '';
  return `${decimal}${char}`;
}

/** An address: a number, a register, or a register plus or minus a number (`rsp+0x10`). */
export function parseAddress(input: string, register: (name: string) => bigint | undefined): Parsed {
  const match = /^\s*([a-z][a-z0-9]*)\s*(?:([+-])\s*(.+))?$/i.exec(input);
  const base = match === null ? undefined : register(match[1]!.toLowerCase());
  if (match === null || base === undefined) {
    const number = parseNumber(input, 64);
    return number.problem === undefined || !/^\s*[a-z_]/i.test(input) ? number : { problem: `no register is called "${input.trim()}"` };
  }
  if (match[2] === undefined) return { value: base };
  const offset = parseNumber(match[3]!, 64);
  if (offset.problem !== undefined) return offset;
  return { value: BigInt.asUintN(64, match[2] === '+' ? base + offset.value : base - offset.value) };
}
