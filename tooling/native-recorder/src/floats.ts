/** Floating-point operands that find bugs: zeros, denormals, limits, infinities, NaNs of both kinds, halves, and plain numbers. */
import type { Random } from './random.ts';

/** Exponent and fraction widths of an interchange format. */
interface Format {
  readonly exponent: number;
  readonly fraction: number;
}

export const F32: Format = { exponent: 8, fraction: 23 };
export const F64: Format = { exponent: 11, fraction: 52 };

/** Bits of a float. */
export function float(rng: Random, { exponent, fraction }: Format): bigint {
  const top = (1n << BigInt(exponent)) - 1n;
  const bias = top >> 1n;
  const random = BigInt.asUintN(fraction, rng.u64());
  const quiet = 1n << BigInt(fraction - 1);
  const sign = BigInt(rng.below(2)) << BigInt(exponent + fraction);
  const pack = (e: bigint, f: bigint): bigint => sign | (e << BigInt(fraction)) | BigInt.asUintN(fraction, f);
  switch (rng.below(16)) {
    case 0: return pack(0n, 0n);
    case 1: return pack(0n, rng.chance(0.5) ? random : 1n << BigInt(rng.below(fraction)));
    case 2: return pack(rng.chance(0.5) ? 1n : top - 1n, rng.pick([0n, -1n, random]));
    case 3: return pack(top, 0n);
    case 4: return pack(top, quiet | random);
    case 5: return pack(top, (random & ~quiet) || 1n);
    case 6: return pack(bias, 0n);
    case 7: return pack(bias - 1n, rng.pick([0n, 1n, -1n]));
    case 8: return pack(bias + BigInt(rng.pick([7, 8, 15, 16, 30, 31, 32, 62, 63, 64].filter((e) => BigInt(e) < bias))), rng.pick([0n, 1n, -1n, random]));
    case 9: return pack(bias + BigInt(rng.below(8)), 3n << BigInt(fraction - 4)); // halves and quarters: rounding ties
    case 10: return pack(BigInt.asUintN(exponent, rng.u64()), random);
    default: return pack(bias + BigInt(rng.between(-6, 6)), rng.chance(0.4) ? BigInt(rng.below(16)) << BigInt(fraction - 4) : random);
  }
}

/** An x87 extended value: 64 bits of significand, 16 of sign and exponent; now and then an unsupported encoding. */
export function float80(rng: Random): readonly [significand: bigint, high: bigint] {
  const sign = BigInt(rng.below(2)) << 15n;
  const integer = 1n << 63n;
  const fraction = BigInt.asUintN(63, rng.u64());
  switch (rng.below(18)) {
    case 0: return [0n, sign];
    case 1: return [fraction, sign];
    case 2: return [integer | fraction, sign]; // pseudo-denormal
    case 3: return [integer, sign | 0x7fffn];
    case 4: return [integer | (1n << 62n) | fraction, sign | 0x7fffn];
    case 5: return [integer | ((fraction & ~(1n << 62n)) || 1n), sign | 0x7fffn];
    case 6: return [rng.chance(0.5) ? fraction : 0n, sign | BigInt(rng.pick([0x7fff, 0x3fff, 1]))]; // unnormal, pseudo-NaN, pseudo-infinity
    case 7: return [integer | fraction, sign | BigInt(rng.pick([1, 2, 0x7ffe, 0x7ffd]))];
    case 8: return [integer, sign | 0x3fffn];
    case 9: return [integer | (BigInt(rng.below(16)) << 59n), sign | BigInt(0x3fff + rng.between(-3, 66))];
    case 10: return [integer | fraction, sign | BigInt(0x3fff + rng.pick([-1, 0, 14, 15, 30, 31, 62, 63, 64, 126, 127, 128, -126, -127, -149, 1023, 1024, -1022, -1074]))];
    case 11: return [integer | fraction, sign | BigInt(rng.below(0x7fff))];
    case 12: return [BigInt.asUintN(64, -1n), sign | BigInt(0x3fff + rng.between(-2, 64))];
    default: return [integer | (rng.chance(0.5) ? fraction : fraction & ~0xffff_ffff_ffffn), sign | BigInt(0x3fff + rng.between(-8, 8))];
  }
}
