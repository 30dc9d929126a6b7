// MXCSR around a computation: what softfloat is told, what its flags do (SDM vol. 1, 10.2.3 and 11.5).
//
// An instruction raises flags in stages. Exceptions that its operands show (IE, DE, ZE) come before those of results (OE, UE, PE): when one of
// the former is unmasked, no lane raises the latter. Flags are set even when the instruction faults.
import {
  FEATURE_SSE2, MXCSR_DAZ, MXCSR_DE, MXCSR_FTZ, MXCSR_IE, MXCSR_MASK_SHIFT, MXCSR_RC_SHIFT, MXCSR_VALID, MXCSR_ZE, ST_MXCSR,
} from '../generated/layout';
import { ALL_MASKED, setDaz, setFlags, setFtz, setMasks, setRounding, sfFlags, sfMasks } from '../../../runtime/assembly/softfloat/state';
import { CR4_OSXMMEXCPT, VEC_UD, VEC_XM } from '../system/arch';
import { raise, raiseGp } from '../system/fault';
import { cr4, has } from '../system/state';
import { mxcsr_changed } from './state';

/** Exceptions of operands. */
const OPERANDS: u32 = MXCSR_IE | MXCSR_DE | MXCSR_ZE;

/** Tell softfloat what MXCSR says, and clear its flags. */
export function begin(env: usize): void {
  const mxcsr = load<u32>(env, ST_MXCSR);
  setRounding(mxcsr >> MXCSR_RC_SHIFT & 3);
  setMasks(mxcsr >> MXCSR_MASK_SHIFT & ALL_MASKED);
  setDaz((mxcsr & MXCSR_DAZ) != 0);
  setFtz((mxcsr & MXCSR_FTZ) != 0);
  setFlags(0);
}

/** Write MXCSR. */
export function setMxcsr(env: usize, value: u32): void {
  store<u32>(env, value, ST_MXCSR);
  mxcsr_changed(env);
}

/** Enter the flags of a stage into MXCSR and clear them. False: an unmasked exception has been raised. */
export function finish(env: usize): bool {
  let flags = sfFlags;
  if (flags == 0) return true;
  const masks = sfMasks;
  if (flags & OPERANDS & ~masks) flags &= OPERANDS;
  setMxcsr(env, load<u32>(env, ST_MXCSR) | flags);
  setFlags(0);
  return (flags & ~masks) == 0 || raise(env, (cr4(env) & CR4_OSXMMEXCPT) != 0 ? VEC_XM : VEC_UD, 0);
}

/** Bits of MXCSR that exist: DAZ came with SSE2. */
export function mxcsrMask(env: usize): u32 { return has(env, FEATURE_SSE2) ? MXCSR_VALID : MXCSR_VALID & ~MXCSR_DAZ; }

/** `ldmxcsr(value)` of the helper table. */
export function ldmxcsr(env: usize, value: u32): void {
  if (value & ~mxcsrMask(env)) {
    raiseGp(env, 0);
    return;
  }
  setMxcsr(env, value);
}
