// hflags and what goes with it (pcMask, fetchMmu): derived from CR0, CR4, EFER, EFLAGS, DR7 and the segments, never changed otherwise.
// Invariant: every helper that changes one of those calls update_hflags before it returns.
//
// CPL is the DPL of SS, as virtualisation defines it: CS.RPL would be wrong between setting CR0.PE and the first far jump, and DPL of CS is wrong
// in conforming segments.
import {
  CTX_GENERATIONS, CTX_MAPPING_GENERATION, FR_ES_BASE, HF_AC, HF_CPL_SHIFT, HF_CS32, HF_CS64, HF_CS_FLAT, HF_DR, HF_DS_FLAT, HF_EM, HF_ES_FLAT, HF_FS_OK, HF_IOPL_SHIFT,
  HF_LMA, HF_MP, HF_OSFXSR, HF_PE, HF_RF, HF_SHADOW, HF_SMAP, HF_SS32, HF_SS_FLAT, HF_TF, HF_TS, HF_VM, MMU_KERNEL, MMU_USER, SEG_CS, SEG_DS, SEG_ES, SEG_FS,
  SEG_SS, ST_DR, ST_EFLAGS, ST_FETCH_MMU, ST_HFLAGS, ST_INTERRUPT_SHADOW, ST_PC_MASK,
} from '../generated/layout';
import {
  AC, CR0_AM, CR0_EM, CR0_MP, CR0_PE, CR0_TS, CR4_OSFXSR, CR4_SMAP, D_CODE, D_DB, D_DC, D_DPL, D_L, D_P, D_RW, EFER_LMA, IOPL, RF, TF, VM,
} from './arch';
import { refresh_segment_bounds } from '../integer/segment';
import { mxcsr_changed } from '../sse/state';
import { accessOf, cr0, cr4, efer, hflags, limitOf } from './state';

/** Whole 4 GiB, readable and writable data, expand-up: no check can fail. */
function isOpen(env: usize, seg: u32): bool {
  return limitOf(env, seg) == 0xffffffff && (accessOf(env, seg) & (D_P | D_CODE | D_DC | D_RW)) == (D_P | D_RW);
}

function isFlat(env: usize, seg: u32): bool {
  return load<u64>(env + (seg << 3), FR_ES_BASE) == 0 && isOpen(env, seg);
}

/** Of hflags, what comes from shapes of segment registers. */
const FROM_SEGMENTS: u32 = HF_CS64 | HF_CS32 | HF_SS32 | HF_CS_FLAT | HF_SS_FLAT | HF_DS_FLAT | HF_ES_FLAT | HF_FS_OK;

function fromSegments(env: usize): u32 {
  const cs = accessOf(env, SEG_CS);
  if ((efer(env) & EFER_LMA) != 0 && (cs & D_L) != 0) {
    return HF_CS64 | HF_SS32 | HF_CS_FLAT | HF_SS_FLAT | HF_DS_FLAT | HF_ES_FLAT | HF_FS_OK;
  }
  let h: u32 = 0;
  if (cs & D_DB) h |= HF_CS32;
  if (accessOf(env, SEG_SS) & D_DB) h |= HF_SS32;
  if (load<u64>(env + (SEG_CS << 3), FR_ES_BASE) == 0 && limitOf(env, SEG_CS) == 0xffffffff) h |= HF_CS_FLAT;
  if (isFlat(env, SEG_SS)) h |= HF_SS_FLAT;
  if (isFlat(env, SEG_DS)) h |= HF_DS_FLAT;
  if (isFlat(env, SEG_ES)) h |= HF_ES_FLAT;
  if (isOpen(env, SEG_FS)) h |= HF_FS_OK;
  return h;
}

/** The rest of hflags joins what comes from segments, and is in force with fetchMmu and the mapping generation. */
function enter(env: usize, segments: u32): void {
  const c0 = cr0(env);
  const c4 = cr4(env);
  const eflags = load<u32>(env, ST_EFLAGS);
  const pe = (c0 & CR0_PE) != 0;
  const vm = pe && (eflags & VM) != 0;
  const level: u32 = !pe ? 0 : vm ? 3 : (accessOf(env, SEG_SS) & D_DPL) >> 13;

  let h: u32 = segments | level << HF_CPL_SHIFT | ((eflags & IOPL) >> 12) << HF_IOPL_SHIFT;
  if (pe) h |= HF_PE;
  if (vm) h |= HF_VM;
  if (efer(env) & EFER_LMA) h |= HF_LMA;
  if (eflags & TF) h |= HF_TF;
  if (load<u32>(env, ST_INTERRUPT_SHADOW)) h |= HF_SHADOW;
  if (c0 & CR0_TS) h |= HF_TS;
  if (c0 & CR0_EM) h |= HF_EM;
  if (c0 & CR0_MP) h |= HF_MP;
  if (c4 & CR4_OSFXSR) h |= HF_OSFXSR;
  if ((c4 & CR4_SMAP) != 0 && (eflags & AC) == 0 && level < 3) h |= HF_SMAP;
  if ((c0 & CR0_AM) != 0 && (eflags & AC) != 0 && level == 3) h |= HF_AC;
  if (load<u32>(env, ST_DR + 56) & 0xff) h |= (eflags & RF) != 0 ? HF_DR | HF_RF : HF_DR;

  store<u32>(env, h, ST_HFLAGS);
  const fetchMmu = level == 3 ? MMU_USER : MMU_KERNEL;
  store<u32>(env, fetchMmu, ST_FETCH_MMU);
  store<u32>(env, load<u32>(env + (fetchMmu << 2), CTX_GENERATIONS), CTX_MAPPING_GENERATION);
}

/** Recompute hflags, pcMask, fetchMmu with the mapping generation in force, segBound and sseFast. */
export function update_hflags(env: usize): void {
  enter(env, fromSegments(env));
  const code64 = (hflags(env) & HF_CS64) != 0;
  store<u64>(env, code64 ? u64.MAX_VALUE : 0xffffffff, ST_PC_MASK);
  // The host and FXRSTOR write MXCSR.
  mxcsr_changed(env);
  // 64-bit code asks for no bounds, and leaving it comes through here.
  if (!code64) refresh_segment_bounds(env);
}

/**
 * The same when no segment register has got another shape (shapeOf) since, and PE, VM and LMA are what they were: EFLAGS, the privilege level, the interrupt shadow and other
 * bits of CR0 and CR4 may have changed. Entering and leaving a kernel is this, as a rule.
 */
export function update_level(env: usize): void {
  enter(env, hflags(env) & FROM_SEGMENTS);
}
