/**
 * Every register of a vCPU by name, for debuggers, tests and snapshots. Values are unsigned bigints of the register's width. Good only between TBs
 * (after `restore_state`, when a run was cut short inside one).
 *
 * Setting a register checks nothing: any state can be made. What derives from a register (hflags, TLB) follows at once.
 */
import type { MachineMemory } from '@wasm-tcg/runtime';
import { computeFlags } from '../flags.ts';
import { CC_FLAGS, EFLAG_ARITHMETIC, Eflag } from './cc-op.ts';
import { Seg, X86_LAYOUT, X86_STATE } from './cpu-state.ts';
import { FpuInsn } from './fpu.ts';
import { X86_FRAME } from './frame.ts';

const S = X86_STATE.offset;
const F = X86_FRAME.offset;

/** A register's value: unsigned, of its width. */
export type RegisterValue = bigint;

const GPR_NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;
const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;
type SegmentName = (typeof SEGMENT_NAMES)[number];

/** Plain fields of the state: name → field, index, bytes. */
const FIELDS = {
  'gdtr.base': ['gdtrBase', 0, 8], 'gdtr.limit': ['gdtrLimit', 0, 4], 'idtr.base': ['idtrBase', 0, 8], 'idtr.limit': ['idtrLimit', 0, 4],
  cr0: ['cr0', 0, 8], cr2: ['cr2', 0, 8], cr3: ['cr3', 0, 8], cr4: ['cr4', 0, 8], cr8: ['cr8', 0, 8],
  dr0: ['dr', 0, 8], dr1: ['dr', 1, 8], dr2: ['dr', 2, 8], dr3: ['dr', 3, 8], dr6: ['dr', 6, 8], dr7: ['dr', 7, 8],
  efer: ['efer', 0, 8], star: ['star', 0, 8], lstar: ['lstar', 0, 8], cstar: ['cstar', 0, 8], fmask: ['fmask', 0, 8],
  kernel_gs_base: ['kernelGsBase', 0, 8], sysenter_cs: ['sysenterCs', 0, 8], sysenter_esp: ['sysenterEsp', 0, 8],
  sysenter_eip: ['sysenterEip', 0, 8], apic_base: ['apicBase', 0, 8], pat: ['pat', 0, 8], misc_enable: ['miscEnable', 0, 8],
  debugctl: ['debugCtl', 0, 8], tsc_aux: ['tscAux', 0, 8], tsc_offset: ['tscOffset', 0, 8], mtrr_def_type: ['mtrrDefType', 0, 8],
  pdpte0: ['pdpte', 0, 8], pdpte1: ['pdpte', 1, 8], pdpte2: ['pdpte', 2, 8], pdpte3: ['pdpte', 3, 8],
  /** Mask of physical addresses: bit 20 is clear while A20 is off. */
  a20_mask: ['a20Mask', 0, 4],
  /** 1 until the instruction after STI, MOV SS or POP SS is done. */
  interrupt_shadow: ['interruptShadow', 0, 4],
  /** 1 from the delivery of an NMI to the next IRET. */
  nmi_blocked: ['nmiBlocked', 0, 4],
  fcw: ['fpControl', 0, 4], fdp: ['fpLastDp', 0, 8], fcs: ['fpLastCs', 0, 4], fds: ['fpLastDs', 0, 4],
  mxcsr: ['mxcsr', 0, 4],
} as const satisfies Readonly<Record<string, readonly [keyof typeof S, number, 4 | 8]>>;
type FieldName = keyof typeof FIELDS;

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
type Number16 = Digit | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15;

/** Names of registers. `es` … `tr` are selectors; `.base`, `.limit` (bytes) and `.access` (see `segAccess`) are the hidden parts. */
export type RegisterName =
  | (typeof GPR_NAMES)[number] | 'rip' | 'rflags' | SegmentName | `${SegmentName}.${'base' | 'limit' | 'access'}` | FieldName
  | 'fsw' | 'ftw' | 'fip' | 'fop' | `st${Digit}` | `mm${Digit}` | `xmm${Number16}`;

const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

/** All names, in the order a dump shows them. */
export const REGISTER_NAMES: readonly RegisterName[] = [
  ...GPR_NAMES, 'rip', 'rflags',
  ...SEGMENT_NAMES.flatMap((name) => [name, `${name}.base`, `${name}.limit`, `${name}.access`] as const),
  ...(Object.keys(FIELDS) as FieldName[]),
  'fsw', 'ftw', 'fip', 'fop',
  ...range(8).map((i) => `st${i}` as RegisterName), ...range(8).map((i) => `mm${i}` as RegisterName), ...range(16).map((i) => `xmm${i}` as RegisterName),
];

/** What a change of registers sets off: exports of the helper module and of the runtime. */
export interface RegisterHooks {
  update_hflags(env: number): void;
  tlb_flush(env: number): void;
}

export class UnknownRegisterError extends Error {
  readonly code = 'X86_UNKNOWN_REGISTER';
  readonly hint = 'REGISTER_NAMES lists them all.';
  constructor(name: string) {
    super(`No register is called "${name}".`);
    this.name = 'UnknownRegisterError';
  }
}

/** Registers on which what the TLB holds depends. */
const MAPPING: ReadonlySet<string> = new Set([
  'cr0', 'cr3', 'cr4', 'efer', 'a20_mask', 'pdpte0', 'pdpte1', 'pdpte2', 'pdpte3',
  // Pages with data breakpoints are marked in the TLB.
  'dr0', 'dr1', 'dr2', 'dr3', 'dr7',
]);

/** Getter and setter of one register. */
interface Access {
  get(): bigint;
  set(value: bigint): void;
}

/** The registers of one vCPU. Holds no copy: reads and writes the machine's memory. */
export class X86Registers {
  readonly #machine: MachineMemory;
  readonly #env: number;
  readonly #hooks: RegisterHooks;
  readonly #access = new Map<string, Access>();

  constructor(machine: MachineMemory, env: number, hooks: RegisterHooks) {
    this.#machine = machine;
    this.#env = env;
    this.#hooks = hooks;
    GPR_NAMES.forEach((name, i) => this.#word(name, this.#global(F.rax + i * 8), 8));
    this.#word('rip', this.#global(F.rip), 8);
    this.#access.set('rflags', { get: () => this.#flags(), set: (value) => this.#setFlags(Number(value & 0xffffffffn)) });
    SEGMENT_NAMES.forEach((name, i) => this.#segment(name, i));
    for (const [name, [field, index, bytes]] of Object.entries(FIELDS)) this.#word(name, this.#state(S[field]) + index * bytes, bytes);
    this.#fpu();
    for (const i of range(16)) this.#word(`xmm${i}`, this.#global(F.xmm0 + i * 16), 16);
  }

  /** @throws UnknownRegisterError */
  get(name: RegisterName): RegisterValue {
    return this.#find(name).get();
  }

  /** Bits above the register's width are ignored. @throws UnknownRegisterError */
  set(name: RegisterName, value: RegisterValue): void {
    this.#find(name).set(value);
    if (MAPPING.has(name)) this.#hooks.tlb_flush(this.#env);
    this.#hooks.update_hflags(this.#env);
  }

  #find(name: string): Access {
    const access = this.#access.get(name);
    if (access === undefined) throw new UnknownRegisterError(name);
    return access;
  }

  get #data(): DataView {
    return this.#machine.views().data;
  }

  #global(offset: number): number {
    return this.#env + X86_LAYOUT.frameOffset + offset;
  }

  #state(offset: number): number {
    return this.#env + X86_LAYOUT.stateOffset + offset;
  }

  /** A register that is `bytes` (a multiple of 4) of memory at `at`. */
  #word(name: string, at: number, bytes: number): void {
    this.#access.set(name, {
      get: () => readWide(this.#data, at, bytes),
      set: (value) => writeWide(this.#data, at, bytes, value),
    });
  }

  #segment(name: SegmentName, seg: number): void {
    this.#word(name, this.#state(S.segSelector) + seg * 4, 4);
    this.#word(`${name}.limit`, this.#state(S.segLimit) + seg * 4, 4);
    this.#word(`${name}.access`, this.#state(S.segAccess) + seg * 4, 4);
    const base = seg < Seg.ldtr ? this.#global(F.es_base + seg * 8) : this.#state(seg === Seg.ldtr ? S.ldtrBase : S.trBase);
    this.#word(`${name}.base`, base, 8);
  }

  #flags(): bigint {
    const data = this.#data;
    const cc = (offset: number): bigint => data.getBigUint64(this.#global(offset), true);
    const arithmetic = computeFlags(Number(cc(F.cc_op)), cc(F.cc_dst), cc(F.cc_src), cc(F.cc_src2));
    const df = data.getInt32(this.#global(F.df), true) < 0 ? Eflag.DF : 0;
    return BigInt((data.getUint32(this.#state(S.eflags), true) | arithmetic | df) >>> 0);
  }

  #setFlags(value: number): void {
    const data = this.#data;
    data.setBigUint64(this.#global(F.cc_op), BigInt(CC_FLAGS), true);
    data.setBigUint64(this.#global(F.cc_src), BigInt(value & EFLAG_ARITHMETIC), true);
    data.setBigUint64(this.#global(F.df), value & Eflag.DF ? 0xffffffffn : 1n, true);
    data.setUint32(this.#state(S.eflags), (value & ~(EFLAG_ARITHMETIC | Eflag.DF) & 0x3f7fd5) | 2, true);
  }

  /** x87: status word with TOP, abridged tag word (bit n = physical register n is in use), ST by TOP, MMX over the physical registers. */
  #fpu(): void {
    const top = (): number => this.#data.getUint32(this.#state(S.fpTop), true) & 7;
    const cell = (physical: number): number => this.#state(S.fpr) + (physical & 7) * 16;
    this.#access.set('fsw', {
      get: () => BigInt((this.#data.getUint32(this.#state(S.fpStatus), true) & 0xc7ff) | (top() << 11)),
      set: (value) => {
        this.#data.setUint32(this.#state(S.fpStatus), Number(value & 0xc7ffn), true);
        this.#data.setUint32(this.#state(S.fpTop), Number((value >> 11n) & 7n), true);
      },
    });
    this.#access.set('ftw', {
      get: () => BigInt(~this.#data.getUint32(this.#state(S.fpEmpty), true) & 0xff),
      set: (value) => this.#data.setUint32(this.#state(S.fpEmpty), ~Number(value & 0xffn) & 0xff, true),
    });
    const insn = (): number => this.#data.getUint32(this.#state(S.fpLastInsn), true);
    const setInsn = (value: number): void => this.#data.setUint32(this.#state(S.fpLastInsn), value, true);
    this.#access.set('fip', {
      get: () => {
        const pc = this.#data.getBigUint64(this.#state(S.fpLastBase), true) + BigInt(insn() & FpuInsn.offsetMask);
        return BigInt.asUintN(insn() & FpuInsn.narrow ? 32 : 64, pc);
      },
      set: (value) => {
        this.#data.setBigUint64(this.#state(S.fpLastBase), value, true);
        setInsn(insn() & (FpuInsn.opcodeMask << FpuInsn.opcodeShift));
      },
    });
    this.#access.set('fop', {
      get: () => BigInt((insn() >>> FpuInsn.opcodeShift) & FpuInsn.opcodeMask),
      set: (value) => {
        const opcode = (Number(value) & FpuInsn.opcodeMask) << FpuInsn.opcodeShift;
        setInsn((insn() & ~(FpuInsn.opcodeMask << FpuInsn.opcodeShift)) | opcode);
      },
    });
    for (const i of range(8)) {
      this.#access.set(`st${i}`, {
        get: () => readWide(this.#data, cell(top() + i), 16) & ((1n << 80n) - 1n),
        set: (value) => writeWide(this.#data, cell(top() + i), 16, value & ((1n << 80n) - 1n)),
      });
      this.#word(`mm${i}`, cell(i), 8);
    }
  }
}

function readWide(data: DataView, at: number, bytes: number): bigint {
  let value = 0n;
  for (let i = bytes - 4; i >= 0; i -= 4) value = (value << 32n) | BigInt(data.getUint32(at + i, true));
  return value;
}

function writeWide(data: DataView, at: number, bytes: number, value: bigint): void {
  for (let i = 0; i < bytes; i += 4) data.setUint32(at + i, Number((value >> BigInt(i * 8)) & 0xffffffffn), true);
}
