/**
 * Undoes the x86 branch filter of .xz (file format 1.2.0, section 5.3.2): the packer has turned the relative targets of CALL and JMP into
 * absolute ones, which repeat more often. What is a branch is guessed from the opcode and the top byte of the operand; the filter remembers
 * opcode bytes among the last operand's to guess the same on the way back.
 */

/** Opcode bytes seen in the three bytes before, as a mask: is another branch possible here? */
const MAY_FOLLOW = [true, true, true, false, true, false, false, false] as const;
/** Which operand byte the newest of them lies on. */
const NEWEST = [0, 1, 2, 2, 3, 3, 3, 3] as const;
const OPERAND = 4;

const isBranch = (byte: number): boolean => (byte & 0xfe) === 0xe8;
/** Top bytes of targets near by. */
const isSignByte = (byte: number): boolean => byte === 0 || byte === 0xff;

/** In place; the first byte has address 0. */
export function undoBcjX86(bytes: Uint8Array): void {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let mask = 0;
  let last = -1;
  let at = 0;
  while (at + OPERAND < bytes.length) {
    if (!isBranch(bytes[at]!)) {
      at++;
      continue;
    }
    const gap = at - last;
    last = at;
    mask = gap > 3 ? 0 : (mask << (gap - 1)) & 7;
    const unlikely = mask !== 0 && (!MAY_FOLLOW[mask]! || isSignByte(bytes[at + OPERAND - NEWEST[mask]!]!));
    if (unlikely || !isSignByte(bytes[at + OPERAND]!)) {
      mask = ((mask << 1) & 7) | 1;
      at++;
      continue;
    }
    data.setUint32(at + 1, relative(data.getUint32(at + 1, true), at + 1 + OPERAND, mask), true);
    at += 1 + OPERAND;
  }
}

/** @param next address of the following instruction */
function relative(absolute: number, next: number, mask: number): number {
  let target = absolute;
  for (;;) {
    const value = (target - next) >>> 0;
    const shift = NEWEST[mask]! * 8;
    // Where an opcode byte lay in the operand, a sign byte there means that the packer had flipped the bits below.
    if (mask === 0 || !isSignByte((value >>> (24 - shift)) & 0xff)) return extendSign(value);
    target = (value ^ (2 ** (32 - shift) - 1)) >>> 0;
  }
}

/** Bit 24 into the top byte. */
function extendSign(value: number): number {
  return value & 0x01000000 ? (value | 0xff000000) >>> 0 : value & 0x00ffffff;
}
