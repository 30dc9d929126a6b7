/** Start states of SIMD instructions: lanes of a type in every vector operand, and MXCSR. */
import { WORD } from '@wasm-tcg/conformance';
import type { Draft } from '../../draft.ts';
import type { Placed } from '../../encode/encode.ts';
import { F32, F64, float } from '../../floats.ts';
import { row } from '../row.ts';
import type { Row } from '../row.ts';

export type Lanes = 'f32' | 'f64' | 8 | 16 | 32 | 64;

function lanes64(d: Draft, lanes: Lanes): bigint {
  const bits = lanes === 'f32' ? 32 : lanes === 'f64' ? 64 : lanes;
  let value = 0n;
  for (let at = 0; at < 64; at += bits) {
    const lane = lanes === 'f32' ? float(d.rng, F32) : lanes === 'f64' ? float(d.rng, F64) : d.rng.operand(bits);
    value |= lane << BigInt(at);
  }
  return value;
}

/** Sets one vector operand; `previous` holds the 64-bit halves chosen before, some of which are repeated so that compares hit. */
function fill(d: Draft, operand: Placed, lanes: Lanes, previous: bigint[]): void {
  if (operand.register >= 0 && typeof lanes === 'number' && d.rng.chance(0.3)) return; // the base state is as random as anything
  const half = (): bigint => {
    const value = previous.length > 0 && d.rng.chance(0.15) ? d.rng.pick(previous) : lanes64(d, lanes);
    previous.push(value);
    return value;
  };
  if (operand.register < 0) {
    if (operand.bits < 64) d.pokeNumber(d.target, half(), operand.bits);
    else for (let i = 0; i < operand.bits / 64; i++) d.pokeNumber(d.target + BigInt(i * 8), half(), 64);
  } else if ('PQN'.includes(operand.kind)) {
    d.words[WORD.st + operand.register * 2] = half();
  } else {
    d.words[WORD.xmm + operand.register * 2] = half();
    d.words[WORD.xmm + operand.register * 2 + 1] = half();
  }
}

/** Sticky flags, rounding, FTZ, DAZ; now and then an unmasked exception. */
function mxcsr(d: Draft): void {
  const { rng } = d;
  let value = 0x1f80;
  if (rng.chance(0.4)) value |= rng.below(4) << 13;
  if (rng.chance(0.2)) value |= 0x8000;
  if (rng.chance(0.2)) value |= 0x40;
  if (rng.chance(0.3)) value |= rng.below(64);
  if (rng.chance(0.05)) value &= ~(0x80 << rng.below(6));
  d.words[WORD.mxcsr] = BigInt(value);
}

/** x87 tags and TOP, which every MMX instruction resets. */
function x87ForMmx(d: Draft): void {
  const top = d.rng.chance(0.2) ? d.rng.below(8) : 0;
  const tags = d.rng.pick([0, 0xff, d.rng.below(256)]);
  d.words[WORD.x87Control] = 0x037fn | (BigInt(top) << 27n) | (BigInt(tags) << 32n);
}

/** The usual set-up: vector operands get lanes, general ones are set already. */
export const withLanes = (lanes: Lanes) => (d: Draft): void => {
  const { operands } = d.encoded;
  if (operands.some((o) => 'PQN'.includes(o.kind))) x87ForMmx(d);
  if (typeof lanes === 'string') mxcsr(d);
  const previous: bigint[] = [];
  for (const operand of operands) {
    const vector = 'VWUPQN'.includes(operand.kind) && !(operand.register < 0 && !'WQ'.includes(operand.kind));
    if (vector || operand.kind === 'xmm0') fill(d, operand, lanes, previous);
  }
};

/** A row of SSE code: an aligned 16-byte memory operand unless `align` says otherwise. */
export const sse = (name: string, op: string, args: string, lanes: Lanes, more: Omit<Row, 'name' | 'op' | 'args'> = {}): Row => {
  const wide = /[WM]dq/.test(args) && more.align === undefined;
  return row(name, op, args, { fp: true, bare: true, modes: [64], setup: withLanes(lanes), ...(wide ? { align: 16 } : {}), ...more });
};

/** The row for MMX and the one for SSE of an integer instruction that has both. */
export const both = (name: string, op: string, lanes: Lanes, tail = ''): Row[] => [
  sse(name, op, `Pq,Qq${tail}`, lanes),
  sse(name, `66 ${op}`, `Vdq,Wdq${tail}`, lanes),
];
