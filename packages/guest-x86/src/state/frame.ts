/**
 * The x86 frame: guest registers that generated code keeps as IR globals, each in a frame slot.
 *
 * Flags are lazy, as in QEMU's x86 front end: `cc_op` says by which operation CF PF AF ZF SF OF were last set, `cc_dst` and
 * `cc_src` (and `cc_src2`) hold what is needed to compute them. The translator knows `cc_op` statically almost everywhere; it is restored
 * from the TB's table at a fault. The other bits of EFLAGS are in the state structure, DF as ±1 in `df`.
 *
 * Slots are zero-extended by 32-bit code, so that 64-bit code reads what the manual promises (vol. 1 §3.4.1.1).
 */
import { defFrame } from '@wasm-tcg/runtime';

export const X86_FRAME = defFrame({
  rax: { type: 'word' }, rcx: { type: 'word' }, rdx: { type: 'word' }, rbx: { type: 'word' },
  rsp: { type: 'word' }, rbp: { type: 'word' }, rsi: { type: 'word' }, rdi: { type: 'word' },
  r8: { type: 'word' }, r9: { type: 'word' }, r10: { type: 'word' }, r11: { type: 'word' },
  r12: { type: 'word' }, r13: { type: 'word' }, r14: { type: 'word' }, r15: { type: 'word' },
  /** Instruction pointer relative to the code segment base (IP, EIP, RIP); valid between TBs. */
  rip: { type: 'word', restored: true },
  page_base: { type: 'word' },
  cc_dst: { type: 'word' }, cc_src: { type: 'word' }, cc_src2: { type: 'word' },
  /** See cc-op.ts. At a fault it comes from the restore table, unless the translator did not know it there: see restore-data.ts. */
  cc_op: { type: 'i32', restored: true },
  /** 1 or −1: step of string instructions. */
  df: { type: 'i32' },
  /** Segment bases, in the order of segment register numbers. */
  es_base: { type: 'word' }, cs_base: { type: 'word' }, ss_base: { type: 'word' }, ds_base: { type: 'word' },
  fs_base: { type: 'word' }, gs_base: { type: 'word' },
  xmm0: { type: 'v128' }, xmm1: { type: 'v128' }, xmm2: { type: 'v128' }, xmm3: { type: 'v128' },
  xmm4: { type: 'v128' }, xmm5: { type: 'v128' }, xmm6: { type: 'v128' }, xmm7: { type: 'v128' },
  xmm8: { type: 'v128' }, xmm9: { type: 'v128' }, xmm10: { type: 'v128' }, xmm11: { type: 'v128' },
  xmm12: { type: 'v128' }, xmm13: { type: 'v128' }, xmm14: { type: 'v128' }, xmm15: { type: 'v128' },
});
