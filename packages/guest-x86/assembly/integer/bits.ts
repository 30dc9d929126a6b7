// PDEP, PEXT, CRC32.

/** `pdep` of the helper table (SDM vol. 2, "PDEP"). */
export function pdep(source: u64, mask: u64): u64 {
  let result: u64 = 0;
  while (mask != 0) {
    const lowest = mask & (0 - mask);
    if (source & 1) result |= lowest;
    source >>= 1;
    mask ^= lowest;
  }
  return result;
}

/** `pext` of the helper table (SDM vol. 2, "PEXT"). */
export function pext(source: u64, mask: u64): u64 {
  let result: u64 = 0;
  let bit: u64 = 1;
  while (mask != 0) {
    const lowest = mask & (0 - mask);
    if (source & lowest) result |= bit;
    bit <<= 1;
    mask ^= lowest;
  }
  return result;
}

/** CRC-32C polynomial, reflected. */
const POLYNOMIAL: u32 = 0x82f63b78;

/** `crc32` of the helper table (SDM vol. 2, "CRC32"). */
export function crc32(crc: u32, data: u64, bytes: u32): u32 {
  for (let i: u32 = 0; i < bytes; i++) {
    crc ^= <u32>data & 0xff;
    for (let k = 0; k < 8; k++) crc = crc >> 1 ^ (POLYNOMIAL & (0 - (crc & 1)));
    data >>= 8;
  }
  return crc;
}
