/** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: constants rounded under the current mode, without flags. */
import { BIAS, storeCell, storeZero } from './f80-format';
import { NEAREST, UP, setRoundedUp, sfRounding } from './state';

/**
 * @param index the lowest three bits of the opcode, D9 E8 + index: 0 one, 1 log2 10, 2 log2 e, 3 π, 4 log10 2, 5 ln 2, 6 zero
 */
export function f80_constant(dst: usize, index: u32): void {
  setRoundedUp(false);
  switch (index) {
    case 0:
      return storeCell(dst, BIAS, 0x8000000000000000);
    case 1:
      return storePositive(dst, BIAS + 1, 0xd49a784bcd1b8afe, false);
    case 2:
      return storePositive(dst, BIAS, 0xb8aa3b295c17f0bb, true);
    case 3:
      return storePositive(dst, BIAS + 1, 0xc90fdaa22168c234, true);
    case 4:
      return storePositive(dst, BIAS - 2, 0x9a209a84fbcff798, true);
    case 5:
      return storePositive(dst, BIAS - 1, 0xb17217f7d1cf79ab, true);
    default:
      return storeZero(dst, 0);
  }
}

/** @param aboveHalf whether what follows the truncated significand is more than half a unit */
@inline
function storePositive(dst: usize, exponent: i32, truncated: u64, aboveHalf: bool): void {
  const up = sfRounding == UP || (sfRounding == NEAREST && aboveHalf);
  storeCell(dst, exponent, truncated + u64(up));
}
