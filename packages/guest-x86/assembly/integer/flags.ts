// CF PF AF ZF SF OF from the lazy form (src/state/cc-op.ts). Operands are shifted to the top of 64 bits, so that one code serves all sizes.
import {
  CC_ADC, CC_ADD, CC_BITS, CC_DEC, CC_FLAGS, CC_INC, CC_MUL, CC_OVERRIDE, CC_SBB, CC_SHL, CC_SHR, CC_SUB, FR_CC_DST, FR_CC_OP, FR_CC_SRC, FR_CC_SRC2,
} from '../generated/layout';

const CF: u32 = 1;
const PF: u32 = 4;
const AF: u32 = 16;
const ZF: u32 = 64;
const SF: u32 = 128;
const OF: u32 = 2048;
const ARITHMETIC: u32 = CF | PF | AF | ZF | SF | OF;

@inline function flag(condition: bool, mask: u32): u32 { return condition ? mask : 0; }
@inline function top(value: u64, mask: u32): u32 { return <i64>value < 0 ? mask : 0; }

/** `compute_flags(cc_op, cc_dst, cc_src, cc_src2)` of the helper table. */
export function compute_flags(op: u32, dst: u64, src: u64, src2: u64): u32 {
  const kind = (op & 0x7f) >> 2;
  if (kind == CC_FLAGS) return <u32>src & ARITHMETIC;
  const shift: u64 = 64 - (<u64>8 << (op & 3));
  const d = dst << shift;
  const s = src << shift;
  const one: u64 = <u64>1 << shift;
  let flags = top(d, SF);
  switch (kind) {
    case CC_ADD:
    case CC_ADC: {
      const cin = kind == CC_ADC && (src2 & 1) != 0;
      const a = d - s - (cin ? one : 0);
      flags |= flag(cin ? d <= s : d < s, CF) | top((a ^ d) & (s ^ d), OF) | <u32>((a ^ s ^ d) >> shift) & AF;
      break;
    }
    case CC_SUB:
    case CC_SBB: {
      const cin = kind == CC_SBB && (src2 & 1) != 0;
      const a = d + s + (cin ? one : 0);
      flags |= flag(cin ? a <= s : a < s, CF) | top((a ^ s) & (a ^ d), OF) | <u32>((a ^ s ^ d) >> shift) & AF;
      break;
    }
    case CC_INC: {
      flags |= <u32>src & CF | flag(d == <u64>1 << 63, OF) | flag((dst & 15) == 0, AF);
      break;
    }
    case CC_DEC: {
      flags |= <u32>src & CF | flag(d + one == <u64>1 << 63, OF) | flag((dst & 15) == 15, AF);
      break;
    }
    case CC_SHL: {
      const v = src2 << shift;
      flags |= top(s, CF) | top(v ^ v << 1, OF);
      break;
    }
    case CC_SHR: {
      flags |= <u32>src & CF | top(src2 << shift, OF);
      break;
    }
    case CC_MUL: {
      flags |= flag(s != 0, CF | OF);
      break;
    }
    case CC_BITS: {
      flags |= <u32>src & CF;
      break;
    }
    default: {
      break;
    }
  }
  if (kind != CC_MUL) flags |= flag(d == 0, ZF);
  if (kind != CC_BITS) flags |= flag((popcnt(<u32>dst & 0xff) & 1) == 0, PF);
  if (op & CC_OVERRIDE) flags = flags & ~(CF | OF) | <u32>src2 & (CF | OF);
  return flags;
}

/** As compute_flags, of the frame's globals. */
export function compute_eflags(env: usize): u32 {
  return compute_flags(load<u32>(env, FR_CC_OP), load<u64>(env, FR_CC_DST), load<u64>(env, FR_CC_SRC), load<u64>(env, FR_CC_SRC2));
}
