/** Multiplication, division, decimal adjustment, widening. */
import type { Draft } from '../../draft.ts';
import { row } from '../row.ts';
import type { Group } from '../row.ts';
import { UNDEF } from '../undefined.ts';

/** A dividend whose quotient mostly fits; the rest gives #DE at and around the limits. */
function dividend(signed: boolean) {
  return (d: Draft): void => {
    const operand = d.operand(0);
    const { bits } = operand;
    if (d.rng.chance(0.15)) return;
    const half = BigInt(bits);
    const divisor = d.rng.chance(0.03) ? 0n : d.rng.operand(bits);
    const held = !d.write(operand, divisor);
    const overlaps = operand.register >= 0 && !held && [0, 2, 4, 6].includes(operand.register) && (operand.register === 0 || operand.register === 2 || operand.high);
    if (held || overlaps) return;
    const value = signed ? BigInt.asIntN(bits, divisor) : divisor;
    const limit = 1n << (signed ? half - 1n : half);
    const quotient = d.rng.weighted<bigint>([
      [70, signed ? BigInt.asIntN(bits, d.rng.operand(bits)) : d.rng.operand(bits)],
      [10, limit - 1n], [6, limit], [6, signed ? -limit : limit + 1n], [4, signed ? -limit - 1n : 0n],
    ]);
    const magnitude = value < 0n ? -value : value;
    let remainder = magnitude === 0n ? 0n : BigInt.asUintN(64, d.rng.u64()) % magnitude;
    if (d.rng.chance(0.2) && magnitude > 0n) remainder = magnitude - 1n;
    if (signed && quotient * value < 0n) remainder = -remainder;
    const product = quotient * value + remainder;
    if (bits === 8) {
      d.setLow(0, BigInt.asUintN(16, product), 16);
    } else {
      d.setLow(0, BigInt.asUintN(bits, product), bits);
      d.setLow(2, BigInt.asUintN(bits, product >> half), bits);
    }
  };
}

/** Digits in AL and AH where decimal corrections change. */
function digits(d: Draft): void {
  const edge = (): bigint => BigInt(d.rng.chance(0.5) ? d.rng.pick([0, 5, 9, 0x0a, 0x0f, 0x10, 0x19, 0x90, 0x99, 0x9a, 0x9f, 0xa0, 0xf9, 0xfa, 0xff]) : d.rng.below(256));
  d.setLow(0, (edge() << 8n) | edge(), 16);
}

/** The other factor of a one-operand multiplication. */
function factor(d: Draft): void {
  d.setLow(0, d.rng.operand(d.operand(0).bits), d.operand(0).bits);
}

const base = ({ rng }: { rng: Draft['rng'] }): number => (rng.chance(0.5) ? 10 : rng.pick([0, 1, 2, 16, 255, rng.below(256)]));

export const multiply: Group = {
  name: 'multiply',
  rows: [
    row('mul', 'F6 /4', 'Eb', { undef: UNDEF.multiply, setup: factor }),
    row('mul', 'F7 /4', 'Ev', { undef: UNDEF.multiply, setup: factor }),
    row('imul', 'F6 /5', 'Eb', { undef: UNDEF.multiply, setup: factor }),
    row('imul', 'F7 /5', 'Ev', { undef: UNDEF.multiply, setup: factor }),
    row('imul', '0F AF /r', 'Gv,Ev', { undef: UNDEF.multiply }),
    row('imul', '69 /r', 'Gv,Ev,Iz', { undef: UNDEF.multiply }),
    row('imul', '6B /r', 'Gv,Ev,Ib', { undef: UNDEF.multiply }),
    row('div', 'F6 /6', 'Eb', { undef: UNDEF.all, setup: dividend(false) }),
    row('div', 'F7 /6', 'Ev', { undef: UNDEF.all, setup: dividend(false) }),
    row('idiv', 'F6 /7', 'Eb', { undef: UNDEF.all, setup: dividend(true) }),
    row('idiv', 'F7 /7', 'Ev', { undef: UNDEF.all, setup: dividend(true) }),
    row('mulx', 'VEX.F2.0F38 F6 /r', 'Gy,By,Ey', { bare: true }),
    row('cbw', '98', 'rAX'),
    row('cwd', '99', 'rAX'),
    row('daa', '27', '', { modes: [16, 32], undef: UNDEF.decimal, setup: digits }),
    row('das', '2F', '', { modes: [16, 32], undef: UNDEF.decimal, setup: digits }),
    row('aaa', '37', '', { modes: [16, 32], undef: UNDEF.ascii, setup: digits }),
    row('aas', '3F', '', { modes: [16, 32], undef: UNDEF.ascii, setup: digits }),
    row('aam', 'D4', 'Ib', { modes: [16, 32], undef: UNDEF.asciiMultiply, setup: digits, imm: base }),
    row('aad', 'D5', 'Ib', { modes: [16, 32], undef: UNDEF.asciiMultiply, setup: digits, imm: base }),
    row('salc', 'D6', '', { modes: [16, 32] }),
  ],
};
