/** The vectors of the softfloat recorder; native/softfloat/record.h is the reference of the layout. */
import { OPERATIONS } from './operations.ts';

/** Bytes of one vector. */
export const RECORD_BYTES = 80;

const ROUNDINGS = ['nearest', 'down', 'up', 'zero'];
const FLAG_NAMES = ['IE', 'DE', 'ZE', 'OE', 'UE', 'PE'];

const hex = (value: bigint, digits: number): string => value.toString(16).padStart(digits, '0');

/** Names of the flags in x86 order, or a dash. */
function flagsText(flags: number): string {
  return FLAG_NAMES.filter((_, bit) => flags & (1 << bit)).join('|') || '–';
}

function cellText(view: DataView, at: number): string {
  return `${hex(view.getBigUint64(at + 8, true) & 0xffffn, 4)}.${hex(view.getBigUint64(at, true), 16)}`;
}

/** A failing vector for a person to read: operands, what the processor gave, what the softfloat gave. */
export function describe(expected: Uint8Array, actual: Uint8Array): string {
  const want = new DataView(expected.buffer, expected.byteOffset, RECORD_BYTES);
  const got = new DataView(actual.buffer, actual.byteOffset, RECORD_BYTES);
  const outcome = (view: DataView): string =>
    `${cellText(view, 48)} ${cellText(view, 64)} flags ${flagsText(view.getUint8(6))} condition ${view.getUint8(7).toString(16)}`;
  return [
    `${OPERATIONS[want.getUint8(0)].name} rounding ${ROUNDINGS[want.getUint8(1)]} precision ${want.getUint8(2)} unmasked ${flagsText(63 & ~want.getUint8(3))} ` +
      `daz ${want.getUint8(4) & 1} ftz ${want.getUint8(4) >> 1} immediate ${want.getUint8(5)}`,
    `  a ${cellText(want, 16)} b ${cellText(want, 32)}`,
    `  processor ${outcome(want)}`,
    `  softfloat ${outcome(got)}`,
  ].join('\n');
}
