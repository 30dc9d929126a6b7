/*
 * Operands: corners mostly. Each is sign, exponent and significand chosen apart, so that every combination of kinds occurs: denormal,
 * pseudo-denormal, unnormal, all kinds of NaN, results next to overflow, underflow and to the points where rounding changes, and
 * operands so close that they cancel.
 */
#include "record.h"

static uint64_t state;

/* splitmix64 */
static uint64_t next(void) {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* Mixed once, or seeds next to each other would give the same sequence from another start. */
void seed_operands(uint64_t seed) {
  state = seed;
  state = next();
}

static unsigned below(unsigned n) {
  return (unsigned)((next() >> 32) * n >> 32);
}

/* A fraction of `bits` bits, in the lowest bits. `coarse` is the number of low bits that a narrower precision rounds away. */
static uint64_t fraction(unsigned bits, unsigned coarse) {
  const uint64_t all = bits == 64 ? ~0ull : (1ull << bits) - 1;
  const uint64_t random = next();
  switch (below(12)) {
    case 0: return 0;
    case 1: return all;
    case 2: return below(4);
    case 3: return all - below(4);
    case 4: return 1ull << below(bits);
    case 5: return (random & all) >> below(bits);
    case 6: return (random << below(bits)) & all;
    case 7: return (all << below(bits)) & all;
    case 8: /* about the half of a unit that is rounded away */
      return ((random & all) >> coarse << coarse) + (1ull << (coarse - 1)) - 1 + below(3);
    default: return random & all;
  }
}

/* An exponent field: `special` is that of infinities. */
static unsigned exponent(unsigned special) {
  const unsigned bias = special / 2;
  switch (below(16)) {
    case 0: return 0;
    case 1: return special;
    case 2: return 1 + below(4);
    case 3: return special - 1 - below(4);
    case 4: return below(70) % special;
    case 5: return special - below(70);
    case 6: case 7: return below(special + 1);
    case 8: case 9: return bias - 8 + below(80);
    default: return bias - 4 + below(9);
  }
}

static uint64_t binary(unsigned exponent_bits, unsigned fraction_bits, unsigned coarse) {
  const unsigned special = (1u << exponent_bits) - 1;
  return (next() & 1) << (exponent_bits + fraction_bits) | (uint64_t)(exponent(special) & special) << fraction_bits |
         (fraction(fraction_bits, coarse) & ((1ull << fraction_bits) - 1));
}

static cell extended(void) {
  const unsigned field = exponent(0x7fff);
  const uint64_t top = field == 0 ? (below(4) == 0 ? 1 : 0) : below(24) != 0;
  const cell value = {fraction(63, below(2) ? 11 : 40) | top << 63, field | (next() & 1) << 15};
  return value;
}

/* b related to a: the same or next to it, or an exponent that brings product or quotient to the edge of the range. */
static void relate(record *r, unsigned special, unsigned fraction_bits) {
  const uint64_t unit = 1ull << (fraction_bits & 63);
  const uint64_t delta = below(5) - 2ull;
  if (fraction_bits == 64) {
    const unsigned field = r->a.high & 0x7fff;
    switch (below(3)) {
      case 0:
        r->b = r->a;
        r->b.low += delta;
        r->b.high ^= (next() & 1) << 15;
        return;
      case 1:
        r->b.high = (r->b.high & 0x8000) | ((field + 70 - below(140)) & 0x7fff);
        return;
      default: /* product near the least or the greatest number */
        r->b.high = (r->b.high & 0x8000) | (((below(2) ? special / 2 : special / 2 + special) - field + 70 - below(140)) & 0x7fff);
        return;
    }
  }
  const unsigned field = (unsigned)(r->a.low >> fraction_bits) & special;
  const uint64_t rest = r->b.low & ~((uint64_t)special << fraction_bits);
  const unsigned near = fraction_bits + 8;
  switch (below(3)) {
    case 0:
      r->b.low = (r->a.low + delta) ^ ((next() & 1) * unit * (special + 1ull));
      return;
    case 1:
      r->b.low = rest | (uint64_t)((field + near - below(2 * near)) & special) << fraction_bits;
      return;
    default:
      r->b.low = rest | (uint64_t)(((below(2) ? special / 2 : special / 2 + special) - field + near - below(2 * near)) & special) << fraction_bits;
      return;
  }
}

/* A finite number with a biased exponent in [low, high]. */
static cell between(unsigned low, unsigned high) {
  const cell value = {fraction(63, below(2) ? 11 : 40) | 1ull << 63, (low + below(high - low + 1)) | (next() & 1) << 15};
  return value;
}

/* Next to a multiple of pi / 2, as the 66 bits of pi have it that the processor reduces with. */
static cell near_pi(void) {
  const unsigned __int128 pi = (unsigned __int128)3 << 64 | 0x243f6a8885a308d3;
  unsigned __int128 product = pi * (1 + (next() >> (4 + below(60)))) + below(9) - 4;
  unsigned exponent = 0x3fff + 127 - 65;
  while (!(product >> 127)) product <<= 1, exponent--;
  const cell value = {(uint64_t)(product >> 64) + below(2), exponent | (next() & 1) << 15};
  return value;
}

static uint64_t integer(void) {
  switch (below(4)) {
    case 0: return 0ull - below(4) + below(4);
    case 1: return fraction(64, 11);
    case 2: return (1ull << below(64)) - 1 + below(3);
    default: return next();
  }
}

static cell digits(void) {
  cell value = {0, 0};
  for (int i = 0; i < 16; i++) value.low |= (uint64_t)below(10) << (4 * i);
  value.high = below(10) | below(10) << 4 | (next() & 0x80) << 8;
  const unsigned kind = below(8);
  if (kind == 0) value.low >>= 4 * below(16), value.high &= 0x8000;
  if (kind == 1) value.low = 0, value.high &= 0x8000;
  return value;
}

static void controls(record *r, const operation *op) {
  static const uint8_t precisions[] = {64, 64, 53, 24};
  r->rounding = below(2) ? 0 : below(4);
  r->precision = precisions[below(4)];
  r->masks = below(8) ? ALL_MASKED : below(64);
  r->mode = below(2) ? 0 : below(4);
  r->immediate = below(op->immediates + 1u);
}

void choose(record *r, const operation *op) {
  controls(r, op);
  switch (op->pick) {
    case PICK_F32:
      r->a.low = binary(8, 23, below(2) ? 8 : 16);
      r->b.low = binary(8, 23, below(2) ? 8 : 16);
      if (below(3) == 0) relate(r, 0xff, 23);
      r->b.low &= 0xffffffff;
      return;
    case PICK_F64:
      r->a.low = binary(11, 52, below(2) ? 29 : 11);
      r->b.low = binary(11, 52, below(2) ? 29 : 11);
      if (below(3) == 0) relate(r, 0x7ff, 52);
      return;
    case PICK_INTEGER:
      r->a.low = integer();
      return;
    case PICK_DIGITS:
      r->a = digits();
      return;
    case PICK_NONE:
      return;
    default:
      break;
  }
  r->a = extended();
  r->b = extended();
  const unsigned rare = below(8);
  if (rare == 0) return;
  switch (op->pick) {
    case PICK_SCALE:
      r->b = between(0x3ffd, 0x3fff + 16);
      if (rare == 1) r->a.high &= 0x8000;
      if (rare < 4 && below(2)) r->b.low = 0, r->b.high &= 0x8000;
      if (rare < 4 && below(4) == 0) r->b.low = 1ull << 63, r->b.high |= 0x7fff;
      return;
    case PICK_REMAINDER:
      if (rare < 6) {
        r->a = between(0x3fff - 20, 0x3fff + (rare < 4 ? 70 : 300));
        r->b = between(0x3fff - 20, 0x3fff + 20);
      } else relate(r, 0x7fff, 64);
      if (rare == 1) r->a.high &= 0x8000, r->a.low ^= (uint64_t)(below(8) != 0) << 63;
      if (rare == 1 && below(4) == 0) r->b.high = below(64);
      if (rare == 1 && below(2)) r->b.low = 1ull << 63, r->b.high |= 0x7fff;
      return;
    case PICK_UNIT:
      r->a = between(rare < 6 ? 0x3fff - 8 : 0x3fff - 80, 0x3ffe);
      return;
    case PICK_LOG1P:
      r->a = between(rare < 6 ? 0x3fff - 8 : 0x3fff - 80, 0x3ffc);
      r->b = between(0x3fff - 40, 0x3fff + 40);
      return;
    case PICK_LOG:
      r->b = between(0x3fff - 40, 0x3fff + 40);
      if (rare < 4) {
        r->a = between(0x3ffe, 0x3fff);
        if (below(2)) r->a.low = r->a.high & 1 ? 1ull << 63 | next() >> (1 + below(63)) : ~(next() >> (1 + below(63)));
      } else r->a.low |= 1ull << 63;
      if (below(8)) r->a.high &= 0x7fff;
      return;
    case PICK_ANGLE:
      if (rare == 1) r->a = near_pi();
      else r->a = rare < 6 ? between(0x3fff - 10, 0x3fff + 6) : between(0x3fff - 70, 0x3fff + 64);
      return;
    default:
      if (below(3) == 0) relate(r, 0x7fff, 64);
      return;
  }
}
