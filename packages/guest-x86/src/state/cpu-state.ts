/**
 * x86 state that is no IR global: hidden parts of segment registers, system registers, MSRs, x87. Helpers (AssemblyScript) work on it;
 * generated code reaches it with `ld`/`st`.
 */
import { defStruct, layoutEnv, type EnvLayout } from '@wasm-tcg/runtime';
import { X86_FRAME } from './frame.ts';

/** Segment register numbers, as in ModRM.reg of MOV Sreg. LDTR and TR follow in the arrays. */
export const Seg = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5, ldtr: 6, tr: 7 } as const;

export const X86_STATE = defStruct('x86State', {
  /** Lookup key of TBs, see flags.ts (HFlag). */
  hflags: 'u32',
  /** MMU index of instruction fetches (MmuIndex). */
  fetchMmu: 'u32',
  pcMask: 'u64',
  /** EFLAGS without CF PF AF ZF SF OF and DF; bit 1 always set. */
  eflags: 'u32',
  /** Selectors (0–65535) of ES CS SS DS FS GS LDTR TR. */
  segSelector: ['u32', 8],
  /** Limit in bytes (granularity applied) of each. */
  segLimit: ['u32', 8],
  /** Access rights: bits 8–15 and 20–23 of the descriptor's second word, in place; 0 in the present bit = unusable. */
  segAccess: ['u32', 8],
  /**
   * For the inline check of segments that are not flat: an access of up to 16 bytes at any offset below the bound is allowed; other offsets
   * take `check_segment`. Index: segment register number × 2, + 1 for stores. Kept by `refresh_segment_bounds` (assembly/integer/segment.ts).
   */
  segBound: ['u32', 12],
  /** Bases of LDTR and TR (those of the others are frame globals). */
  ldtrBase: 'u64',
  trBase: 'u64',
  gdtrBase: 'u64',
  idtrBase: 'u64',
  gdtrLimit: 'u32',
  idtrLimit: 'u32',
  cr0: 'u64', cr2: 'u64', cr3: 'u64', cr4: 'u64', cr8: 'u64',
  dr: ['u64', 8],
  efer: 'u64',
  star: 'u64', lstar: 'u64', cstar: 'u64', fmask: 'u64', kernelGsBase: 'u64',
  sysenterCs: 'u64', sysenterEsp: 'u64', sysenterEip: 'u64',
  /** Mirror of the machine's IA32_APIC_BASE, for the APIC bit of CPUID. */
  apicBase: 'u64',
  pat: 'u64', miscEnable: 'u64', debugCtl: 'u64', tscAux: 'u64',
  /** TSC minus the machine's counter: also IA32_TSC_ADJUST, as both move by the same amounts from 0 at reset. */
  tscOffset: 'u64',
  /** MTRRs: default type, fixed ranges in the order of their MSRs, base and mask of each variable range. */
  mtrrDefType: 'u64', mtrrFixed: ['u64', 11], mtrrVariable: ['u64', 16],
  /** Machine check: global status, control of each bank. Nothing here ever fails, so that the banks' other registers stay zero. */
  mcgStatus: 'u64', mcBankControl: ['u64', 4],
  /** Event counters of the P6 family (two selects, two values); they do not count. */
  eventCounters: ['u64', 4],
  /** Loaded PAE page-directory-pointer entries. */
  pdpte: ['u64', 4],
  /** Mask ANDed to physical addresses: all ones, or bit 20 clear while A20 is off. */
  a20Mask: 'u32',
  /** 1 from MONITOR to MWAIT or the next event. */
  monitorArmed: 'u32',
  /** Breakpoints that the running instruction has hit: bits of DR6 for the trap at its end. */
  debugPending: 'u32',
  /** 1 after STI, 2 after MOV SS and POP SS (which hold off debug exceptions, too) until the next instruction is done. */
  interruptShadow: 'u32',
  /**
   * Set by the host while something waits to be delivered (bits of {@link InterruptRequest}): what opens the way for it then takes the budget, so
   * that the host can deliver it.
   */
  interruptRequest: 'u32',
  /** 1 from the delivery of an NMI to the next IRET: NMIs are held off. */
  nmiBlocked: 'u32',
  /** CPUID model number (index in the models table) and vendor: 0 Intel, 1 AMD. */
  cpuModel: 'u32',
  vendor: 'u32',
  /** What the model has and helpers ask for ({@link import('../cpuid/features.ts').X86Feature}), and what follows from it. */
  features: 'u32',
  /** Bits that may be set in CR4 and EFER; physical address bits. */
  cr4Allowed: 'u32', eferAllowed: 'u32', physBits: 'u32',
  /**
   * x87: 80-bit registers in 16-byte cells (physical order), top 0–7, tags (bit = physical register is empty), words; TOP is not in the status word.
   * MMX instructions store top and tags as one.
   */
  fpr: ['v128', 8],
  fpTop: 'u32', fpEmpty: 'u32', fpControl: 'u32', fpStatus: 'u32',
  /** Last x87 instruction and its operand: see {@link import('./fpu.ts').FpuInsn}. */
  fpLastBase: 'u64', fpLastDp: 'u64', fpLastCs: 'u32', fpLastDs: 'u32', fpLastInsn: 'u32',
  /** Whoever writes it calls `mxcsr_changed` (assembly/sse/control.ts; part of update_hflags). */
  mxcsr: 'u32',
  /**
   * What the direct code of floating point asks: all ones while MXCSR is in its fast state (`Mxcsr.FAST_VALUE` in sse-op.ts); while it is in that or the
   * quiet one the least magnitude that is surely not tiny, and infinity, which a magnitude must be below, as f32 and as f64 lanes. Else zero.
   */
  sseFast: 'v128', sseLeast32: 'v128', sseBound32: 'v128', sseLeast64: 'v128', sseBound64: 'v128',
  /** Operands of the SSE floating-point helpers, and in `sseA` the result. Meaningless between instructions. */
  sseA: 'v128', sseB: 'v128',
  /** Scratch of helpers: two stacks that are not committed yet (96 bytes each). Meaningless between calls. */
  scratch: ['u64', 24],
}, 16);

/** Bits of `interruptRequest`: an external interrupt waits for IF, an NMI for the IRET of the one before. */
export const InterruptRequest = { external: 1, nmi: 2 } as const;

/** MMU indices: supervisor, user, supervisor with SMAP in force (AC clear). */
export const MmuIndex = { kernel: 0, user: 1, kernelSmap: 2 } as const;

/** Layout of an x86 vCPU's area: the contract with the back ends. */
export const X86_LAYOUT: EnvLayout = layoutEnv({
  name: 'x86',
  frame: X86_FRAME,
  state: X86_STATE,
  pc: 'rip',
  pageBase: 'page_base',
  csBase: 'cs_base',
  flags: 'hflags',
  pcMask: 'pcMask',
  fetchMmu: 'fetchMmu',
  mmuIndices: 3,
  // 16 MiB of pages: with 4 MiB, a kernel that copied from one page to another at the same place of the table missed at each access (4.0 million fills at a boot; 0.16 now).
  tlbBits: 12,
});
