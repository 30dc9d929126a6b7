/**
 * The arithmetic flags from the lazy form, as plain TypeScript: for debuggers and tests. Generated code computes single
 * flags inline and calls the helper `compute_flags` (assembly/integer/flags.ts) when cc_op is not known.
 */
import { CC_OVERRIDE, CcKind, Eflag } from './state/cc-op.ts';

/** 1 when the number of one bits in the low byte is even. */
function parity(value: bigint): number {
  let bits = Number(value & 0xffn);
  bits ^= bits >> 4;
  return (0x9669 >> (bits & 15)) & 1;
}

/** CF, OF and AF of one kind, as EFLAGS bits. All operands are cut to `width` bits; `top` is the highest bit. */
function carries(kind: number, dst: bigint, src: bigint, src2: bigint, mask: bigint, top: bigint): number {
  const flags = (cf: boolean, of: boolean, af: boolean): number => (cf ? Eflag.CF : 0) | (of ? Eflag.OF : 0) | (af ? Eflag.AF : 0);
  const bit = (value: bigint): boolean => (value & top) !== 0n;
  switch (kind) {
    case CcKind.add:
    case CcKind.adc: {
      const cin = kind === CcKind.adc ? src2 & 1n : 0n;
      const a = (dst - src - cin) & mask;
      return flags(a + src + cin > mask, bit((a ^ dst) & (src ^ dst)), ((a ^ src ^ dst) & 16n) !== 0n);
    }
    case CcKind.sub:
    case CcKind.sbb: {
      const cin = kind === CcKind.sbb ? src2 & 1n : 0n;
      const a = (dst + src + cin) & mask;
      return flags(a < src + cin, bit((a ^ src) & (a ^ dst)), ((a ^ src ^ dst) & 16n) !== 0n);
    }
    case CcKind.inc: return flags((src & 1n) !== 0n, dst === top, (dst & 15n) === 0n);
    case CcKind.dec: return flags((src & 1n) !== 0n, dst === top - 1n, (dst & 15n) === 15n);
    case CcKind.shl: return flags(bit(src), bit(src2 ^ (src2 << 1n)), false);
    case CcKind.shr: return flags((src & 1n) !== 0n, bit(src2), false);
    case CcKind.mul: return flags(src !== 0n, src !== 0n, false);
    case CcKind.bits: return flags((src & 1n) !== 0n, false, false);
    default: return 0;
  }
}

/**
 * CF PF AF ZF SF OF in their EFLAGS positions.
 *
 * @param ccOp the global cc_op
 * @param dst the globals cc_dst, cc_src, cc_src2 as unsigned 64-bit values of their slots
 */
export function computeFlags(ccOp: number, dst: bigint, src: bigint, src2: bigint): number {
  const kind = (ccOp & 0x7f) >> 2;
  if (kind === CcKind.flags) return Number(src & 0x8d5n);
  const width = BigInt(8 << (ccOp & 3));
  const mask = (1n << width) - 1n;
  const top = 1n << (width - 1n);
  const d = dst & mask;
  let flags = carries(kind, d, src & mask, src2 & mask, mask, top);
  if ((d & top) !== 0n) flags |= Eflag.SF;
  if (d === 0n && kind !== CcKind.mul) flags |= Eflag.ZF;
  if (kind !== CcKind.bits && parity(d) === 1) flags |= Eflag.PF;
  if ((ccOp & CC_OVERRIDE) !== 0) flags = (flags & ~(Eflag.CF | Eflag.OF)) | Number(src2 & BigInt(Eflag.CF | Eflag.OF));
  return flags;
}
