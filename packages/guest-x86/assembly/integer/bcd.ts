// Decimal adjustment (SDM vol. 2, "DAA", "DAS", "AAA", "AAS"). Results: the register in the low half, the new flags above it.

const CF: u32 = 1;
const PF: u32 = 4;
const AF: u32 = 16;
const ZF: u32 = 64;
const SF: u32 = 128;

function zsp(al: u32): u32 {
  return (al == 0 ? ZF : 0) | (al & 0x80) | ((popcnt(al & 0xff) & 1) == 0 ? PF : 0);
}

/** `daa` of the helper table. OF is cleared. */
export function daa(al: u32, flags: u32): u32 {
  const old = al & 0xff;
  const high = old > 0x99 || (flags & CF) != 0;
  const low = (old & 15) > 9 || (flags & AF) != 0;
  const result = (old + (low ? 6 : 0) + (high ? 0x60 : 0)) & 0xff;
  return result | (zsp(result) | (high ? CF : 0) | (low ? AF : 0)) << 16;
}

/** `das` of the helper table. OF is cleared. A borrow of the first step alone sets CF too. */
export function das(al: u32, flags: u32): u32 {
  const old = al & 0xff;
  const high = old > 0x99 || (flags & CF) != 0;
  const low = (old & 15) > 9 || (flags & AF) != 0;
  const result = (old - (low ? 6 : 0) - (high ? 0x60 : 0)) & 0xff;
  return result | (zsp(result) | (high || (low && old < 6) ? CF : 0) | (low ? AF : 0)) << 16;
}

/** AL is cut to four bits; SF, ZF and PF (undefined) are those of the new AL, OF is cleared. */
function adjusted(ax: u32, carry: bool): u32 {
  const al = ax & 15;
  return ax & 0xff00 | al | (zsp(al) | (carry ? CF | AF : 0)) << 16;
}

/** `aaa` of the helper table. */
export function aaa(ax: u32, flags: u32): u32 {
  const carry = (ax & 15) > 9 || (flags & AF) != 0;
  return adjusted(carry ? ax + 0x106 : ax, carry);
}

/** `aas` of the helper table. */
export function aas(ax: u32, flags: u32): u32 {
  const carry = (ax & 15) > 9 || (flags & AF) != 0;
  return adjusted(carry ? ax - 6 - 0x100 : ax, carry);
}
