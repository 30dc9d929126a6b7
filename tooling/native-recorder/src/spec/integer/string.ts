/** String instructions: single, one iteration of a repeated one, and all iterations. */
import type { Draft } from '../../draft.ts';
import { row } from '../row.ts';
import type { Group, Row } from '../row.ts';
import { FLAG } from '@wasm-tcg/conformance';

const MAX_COUNT = 9;

/** Offsets in 16-bit code at which limits, mappings and 64 KiB end. */
const EDGES_16 = [0x5000, 0x4ff8, 0x1000, 0xfff8, 4];

/** Pointers with room for the count in the direction of DF; sometimes overlapping, sometimes running into an unmapped page. */
function pointers(d: Draft): void {
  const { rng } = d;
  const bits = d.encoded.addressBits;
  const element = d.operand(0).bits / 8;
  const repeated = d.row.prefix !== undefined;
  const count = repeated ? rng.pick([0, 1, 2, 3, 4, 5, MAX_COUNT]) : 1;
  const span = BigInt((count || 1) * element);
  const down = (d.flags & FLAG.DF) !== 0;
  const start = (lowest: bigint): bigint => (down ? lowest + span - BigInt(element) : lowest);
  const source = d.place(Number(span));
  const destination = d.mode === 16 ? d.placeIn('es', Number(span)) : rng.chance(0.25) && bits !== 16 && d.encoded.segmentBase === 0n ? source + BigInt(rng.between(-8, 8)) : d.place(Number(span), bits, 0n);
  const set = (n: number, value: bigint): void => void d.setLow(n, BigInt.asUintN(bits, value), bits);
  set(6, start(source) - d.encoded.segmentBase);
  set(7, start(destination) - d.destinationBase);
  if (repeated) set(1, BigInt(count));
  if (rng.chance(0.06)) set(rng.pick([6, 7]), BigInt(rng.pick(d.mode === 16 ? EDGES_16 : [0x20_5000, 0x20_4ff8, 0x30_1ffe, 0x20_0000 - element, 0x7ffe]) + rng.between(-4, 4)));

  // Comparisons shall often go on, and sometimes stop.
  if (d.row.name.endsWith('cmps')) {
    const same = new Uint8Array(Number(span)).map(() => rng.below(256));
    const other = same.slice();
    if (rng.chance(0.6)) other[rng.below(other.length)] ^= 1 << rng.below(8);
    if (rng.chance(0.85)) {
      d.poke(source, same);
      d.poke(destination, other);
    }
  } else if (d.row.name.endsWith('scas')) {
    const value = rng.operand(element * 8);
    d.setLow(0, value, element * 8);
    const step = BigInt(element);
    for (let i = 0n; i < span; i += step) d.pokeNumber(destination + i, rng.chance(0.7) === d.row.name.startsWith('repe') ? value : rng.operand(element * 8), element * 8);
  }
}

const OPS = [['movs', 'A4'], ['cmps', 'A6'], ['stos', 'AA'], ['lods', 'AC'], ['scas', 'AE']] as const;

const rows = OPS.flatMap(([name, opcode]): Row[] => {
  const compares = name === 'cmps' || name === 'scas';
  const wide = (parseInt(opcode, 16) + 1).toString(16).toUpperCase();
  const repeats: [string, number][] = compares ? [['repe', 0xf3], ['repne', 0xf2]] : [['rep', 0xf3], ['repne', 0xf2]];
  const list: Row[] = [];
  for (const [code, arg] of [[opcode, 'AL'], [wide, 'rAX']] as const) {
    list.push(row(name, code, arg, { run: 'one', setup: pointers }));
    for (const [prefixName, prefix] of repeats) {
      for (const run of ['one', 'past'] as const) {
        list.push(row(`${prefixName} ${name}`, code, arg, { run, setup: pointers, prefix: [prefix] }));
      }
    }
  }
  return list;
});

export const string: Group = { name: 'string', rows };
