/** Start states of x87 instructions: stack, tags, control and status words. */
import { WORD } from '@wasm-tcg/conformance';
import type { Draft } from '../../draft.ts';
import { F32, F64, float, float80 } from '../../floats.ts';
import { row } from '../row.ts';
import type { Row } from '../row.ts';

/** What the memory operand holds. */
export type Source = 'f32' | 'f64' | 'f80' | 'int' | 'bcd' | 'none';

/** Condition codes in the status word. */
export const C0 = 0x100;
export const C1 = 0x200;
export const C2 = 0x400;
export const C3 = 0x4000;
/** What arithmetic, loads and stores leave undefined. */
export const ARITHMETIC_UNDEFINED = C0 | C2 | C3;

const EXCEPTIONS = 0x3f;

/** Eight registers, TOP, tags, control word, sticky exceptions. */
export function stackState(d: Draft): void {
  const { rng, words } = d;
  const top = rng.below(8);
  const other = Number(d.encoded.operands.find((o) => o.kind === 'F')?.register ?? 1);
  for (const n of [0, 1, other]) {
    const at = WORD.st + ((top + n) & 7) * 2;
    [words[at], words[at + 1]] = float80(rng);
  }
  if (rng.chance(0.1)) {
    const st0 = WORD.st + top * 2; // ST(i) = ST0, perhaps but for the sign
    const at = WORD.st + ((top + other) & 7) * 2;
    words[at] = words[st0] as bigint;
    words[at + 1] = (words[st0 + 1] as bigint) ^ (rng.chance(0.3) ? 0x8000n : 0n);
  }
  const tags = rng.weighted([[75, 0xff], [15, rng.below(256)], [5, 0], [5, 0xfe]]);
  let control = 0x037f;
  if (rng.chance(0.35)) control = 0x7f | (rng.pick([0, 2, 3]) << 8) | (rng.below(4) << 10);
  if (rng.chance(0.06)) control &= ~(1 << rng.below(6));
  let status = top << 11;
  if (rng.chance(0.3)) status |= rng.u32() & (C0 | C1 | C2 | C3);
  if (rng.chance(0.2)) status |= rng.u32() & EXCEPTIONS & control;
  words[WORD.x87Control] = BigInt(control) | (BigInt(status) << 16n) | (BigInt(tags) << 32n);
}

/** Packed decimal: valid digits, sign byte of which only bit 7 counts. */
function decimal(d: Draft): bigint {
  let value = 0n;
  for (let i = 0n; i < 72n; i += 4n) value |= BigInt(d.rng.chance(0.97) ? d.rng.below(10) : d.rng.below(16)) << i;
  return value | (BigInt(d.rng.pick([0, 0x80, d.rng.below(256)])) << 72n);
}

export const withStack = (source: Source, bits: number) => (d: Draft): void => {
  stackState(d);
  if (!d.encoded.memory) return;
  switch (source) {
    case 'f32': return d.pokeNumber(d.target, float(d.rng, F32), 32);
    case 'f64': return d.pokeNumber(d.target, float(d.rng, F64), 64);
    case 'int': return d.pokeNumber(d.target, d.rng.operand(bits), bits);
    case 'bcd': return d.pokeNumber(d.target, decimal(d), 80);
    case 'f80': {
      const [significand, high] = float80(d.rng);
      return d.pokeNumber(d.target, (high << 64n) | significand, 80);
    }
    case 'none': return;
  }
};

/** An x87 row. */
export const x87 = (name: string, op: string, args = '', source: Source = 'none', more: Omit<Row, 'name' | 'op' | 'args'> = {}): Row => {
  const bits = { w: 16, d: 32, q: 64 }[args.slice(1)] ?? 0;
  return row(name, op, args, { fp: true, bare: true, modes: [64], statusUndefined: ARITHMETIC_UNDEFINED, setup: withStack(source, bits), ...more });
};
