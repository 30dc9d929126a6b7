/**
 * Assembler for AML, the byte code of definition blocks (ACPI 6.4, chapter 20): one function per construct, named as in ASL. Each returns
 * the construct's bytes; blocks take the bytes of what is inside.
 */
import { MachineError } from '../../../errors.ts';
import { ByteWriter } from '../../byte-writer.ts';

/** The encoding of one term, or of several in a row. */
export type Aml = Uint8Array;

const Op = {
  zero: 0x00, one: 0x01, name: 0x08, bytePrefix: 0x0a, wordPrefix: 0x0b, dwordPrefix: 0x0c, scope: 0x10, buffer: 0x11,
  package: 0x12, method: 0x14, dualName: 0x2e, multiName: 0x2f, ext: 0x5b, arg0: 0x68, store: 0x70, if: 0xa0, return: 0xa4,
} as const;
const ExtOp = { device: 0x82 } as const;

/** Largest length that PkgLength can say, in bytes: 28 bits. */
const MAX_PACKAGE = 0x0fffffff;

function concat(...parts: readonly Aml[]): Aml {
  const w = new ByteWriter();
  for (const part of parts) w.bytes(part);
  return w.finish();
}

/**
 * A name as it stands in code: up to four letters, filled with `_`; `\` for the root, `.` between segments.
 * @throws MachineError `bad-option` for what is no name
 */
export function path(text: string): Aml {
  const root = text.startsWith('\\');
  const segments = (root ? text.slice(1) : text).split('.');
  const bad = segments.find((segment) => !/^[A-Z_][A-Z0-9_]{0,3}$/.test(segment));
  if (bad !== undefined || segments.length > 255) {
    throw new MachineError('bad-option', `AML name ${JSON.stringify(text)}`, 'segments are 1 to 4 of A–Z, 0–9, _, and start with no digit');
  }
  const w = new ByteWriter();
  if (root) w.text('\\');
  if (segments.length === 2) w.u8(Op.dualName);
  if (segments.length > 2) w.u8(Op.multiName, segments.length);
  for (const segment of segments) w.text(segment, 4, '_'.charCodeAt(0));
  return w.finish();
}

/** PkgLength (section 20.2.4) in front of what it measures: the length counts its own bytes. */
function measured(body: Aml): Aml {
  const w = new ByteWriter();
  if (body.length + 1 < 0x40) return w.u8(body.length + 1).bytes(body).finish();
  let extra = 1;
  while (body.length + 1 + extra >= 2 ** (4 + 8 * extra)) extra++;
  const length = body.length + 1 + extra;
  if (length > MAX_PACKAGE) throw new MachineError('bad-option', `AML block of ${length} bytes`, 'split it');
  w.u8((extra << 6) | (length & 0xf));
  for (let i = 0; i < extra; i++) w.u8(length >>> (4 + 8 * i));
  return w.bytes(body).finish();
}

/** @param value 0 … 2^32 − 1 */
export function integer(value: number): Aml {
  const w = new ByteWriter();
  if (value === 0) return w.u8(Op.zero).finish();
  if (value === 1) return w.u8(Op.one).finish();
  if (value <= 0xff) return w.u8(Op.bytePrefix, value).finish();
  if (value <= 0xffff) return w.u8(Op.wordPrefix).u16(value).finish();
  return w.u8(Op.dwordPrefix).u32(value).finish();
}

export function buffer(bytes: Uint8Array): Aml {
  return concat(Uint8Array.of(Op.buffer), measured(concat(integer(bytes.length), bytes)));
}

/** `Package () {…}` of up to 255 elements. */
export function pkg(...elements: readonly Aml[]): Aml {
  return concat(Uint8Array.of(Op.package), measured(concat(Uint8Array.of(elements.length), ...elements)));
}

/** `EisaId ("PNP0A03")`: three letters of 5 bits, four hexadecimal digits, most significant byte first. */
export function eisaId(id: string): Aml {
  const letter = (i: number): number => id.charCodeAt(i) - 0x40;
  const vendor = (letter(0) << 10) | (letter(1) << 5) | letter(2);
  const product = parseInt(id.slice(3), 16);
  return new ByteWriter().u8(Op.dwordPrefix, vendor >> 8, vendor, product >> 8, product).finish();
}

export function name(where: string, value: Aml): Aml {
  return concat(Uint8Array.of(Op.name), path(where), value);
}

export function scope(where: string, ...terms: readonly Aml[]): Aml {
  return concat(Uint8Array.of(Op.scope), measured(concat(path(where), ...terms)));
}

export function device(where: string, ...terms: readonly Aml[]): Aml {
  return concat(Uint8Array.of(Op.ext, ExtOp.device), measured(concat(path(where), ...terms)));
}

/** Not serialised, sync level 0. @param args 0 … 7 */
export function method(where: string, args: number, ...terms: readonly Aml[]): Aml {
  return concat(Uint8Array.of(Op.method), measured(concat(path(where), Uint8Array.of(args), ...terms)));
}

/** @param n 0 … 6 */
export function arg(n: number): Aml {
  return Uint8Array.of(Op.arg0 + n);
}

export function store(value: Aml, target: Aml): Aml {
  return concat(Uint8Array.of(Op.store), value, target);
}

/** `If (condition) {…}` */
export function when(condition: Aml, ...terms: readonly Aml[]): Aml {
  return concat(Uint8Array.of(Op.if), measured(concat(condition, ...terms)));
}

/** `Return (value)` */
export function returns(value: Aml): Aml {
  return concat(Uint8Array.of(Op.return), value);
}
