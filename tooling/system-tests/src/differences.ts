/**
 * Where an oracle does not do what the manual says: each row explains a class of results that are not followed. A case that names a row is
 * recorded from the other oracle; the recorder refuses a row that is not needed (both agree) and a disagreement without a row.
 *
 * Sections are of the Intel SDM unless they say otherwise.
 */

export type Oracle = 'qemu' | 'bochs';

export interface Difference {
  /** Who is not followed. */
  readonly wrong: Oracle;
  readonly why: string;
  /** Where the manual decides. */
  readonly section: string;
}

export const DIFFERENCES = {
  'qemu-limits': {
    wrong: 'qemu',
    why: 'QEMU checks neither limit nor type of a segment (nor whether its selector is null) in data accesses, stack accesses and fetches',
    section: 'vol. 3A, 5.3; vol. 3B, 20.1.1',
  },
  'qemu-code-accessed': {
    wrong: 'qemu',
    why: 'QEMU does not set the accessed bit of the descriptor that a far transfer loads into CS',
    section: 'vol. 3A, 3.4.5.1',
  },
  'qemu-call-limit': {
    wrong: 'qemu',
    why: 'QEMU names the selector in the error code of a far call beyond the limit of its segment',
    section: 'vol. 2, CALL: #GP(0)',
  },
  'qemu-ext': {
    wrong: 'qemu',
    why: 'QEMU never sets EXT in the error code of an exception that another one led to',
    section: 'vol. 3A, 6.13',
  },
  'qemu-icebp': {
    wrong: 'qemu',
    why: 'QEMU raises #UD at F1',
    section: 'vol. 2, INT1',
  },
  'qemu-x87': {
    wrong: 'qemu',
    why: 'QEMU finds no stack faults, keeps no opcode of the last x87 instruction, raises a pending error in some waiting instructions only, and keeps AF in FCOMI',
    section: 'vol. 1, 8.1.9, 8.5.1, 8.6; vol. 2, FCOMI',
  },
  'qemu-watch': {
    wrong: 'qemu',
    why: 'QEMU takes data breakpoints for hit by accesses beside them, does not align their addresses, and reports one of several',
    section: 'vol. 3B, 18.2.5',
  },
  'qemu-watch-step': {
    wrong: 'qemu',
    why: 'QEMU does not come through a data breakpoint that another debug exception comes with',
    section: 'vol. 3B, 18.3.1.4',
  },
  'qemu-rf': {
    wrong: 'qemu',
    why: 'QEMU never pushes RF',
    section: 'vol. 3B, 18.3.1.1',
  },
  'qemu-mov-ss-debug': {
    wrong: 'qemu',
    why: 'QEMU does not hold off debug exceptions behind MOV SS',
    section: 'vol. 3A, 6.8.3',
  },
  'qemu-general-detect': {
    wrong: 'qemu',
    why: 'QEMU does not raise the exception of general detect',
    section: 'vol. 3B, 18.2.4',
  },
  'qemu-task-breakpoints': {
    wrong: 'qemu',
    why: 'QEMU neither traps at the T bit of a task nor clears DR7.LE at the switch',
    section: 'vol. 3A, 8.2.1; vol. 3B, 18.2.4 and 18.3.1.5',
  },
  'qemu-msr-values': {
    wrong: 'qemu',
    why: 'QEMU takes memory types that do not exist in IA32_PAT',
    section: 'vol. 3A, 12.12.2',
  },
  'qemu-tsc': {
    wrong: 'qemu',
    why: 'QEMU ignores writes to the time stamp counter',
    section: 'vol. 3B, 18.17.3',
  },
  'qemu-ltr-null': {
    wrong: 'qemu',
    why: 'QEMU takes a null selector in LTR',
    section: 'vol. 2, LTR: #GP(0)',
  },
  'qemu-rmw-fault': {
    wrong: 'qemu',
    why: 'QEMU reports the fault of an instruction that reads and writes its destination as one of a read; processors report a write',
    section: 'vol. 3A, 4.7: W/R; measured in user mode on a processor',
  },
  'qemu-rsvd-p': {
    wrong: 'qemu',
    why: 'QEMU leaves P clear in the error code of a fault over a reserved bit',
    section: 'vol. 3A, 4.7: if RSVD is 1, P is 1',
  },
  'qemu-pdpte': {
    wrong: 'qemu',
    why: 'QEMU does not look at the PDPT when CR3 is loaded',
    section: 'vol. 3A, 4.4.1',
  },
  'qemu-canonical-crossing': {
    wrong: 'qemu',
    why: 'QEMU looks at the first byte only when an operand crosses the end of the canonical addresses',
    section: 'vol. 1, 3.3.7.1; measured in user mode on a processor',
  },
  'qemu-canonical-branch': {
    wrong: 'qemu',
    why: 'QEMU branches to a non-canonical address and faults there, as AMD processors do',
    section: 'vol. 2, JMP, CALL, RET, IRET: #GP(0)',
  },
  'qemu-canonical-stack': {
    wrong: 'qemu',
    why: 'QEMU raises #GP instead of #SS for a non-canonical address through RSP or RBP',
    section: 'vol. 3A, 6.15: #SS; measured in user mode on a processor',
  },
  'qemu-lar-types': {
    wrong: 'qemu',
    why: 'QEMU takes descriptor types in LAR and LSL that long mode does not have',
    section: 'vol. 2, LAR and LSL: tables of types',
  },
  'qemu-canonical-msr': {
    wrong: 'qemu',
    why: 'QEMU takes non-canonical addresses in MSRs, descriptor table registers and system descriptors',
    section: 'vol. 2, WRMSR, LGDT: #GP(0)',
  },
  'qemu-idt-code': {
    wrong: 'qemu',
    why: 'QEMU puts vector × 16 + 2 into error codes of 64-bit gates',
    section: 'vol. 3A, 6.13',
  },
  'qemu-syscall-flags': {
    wrong: 'qemu',
    why: 'QEMU clears all arithmetic flags in SYSCALL, whatever FMASK holds',
    section: 'vol. 2, SYSCALL',
  },
  'qemu-null-ss': {
    wrong: 'qemu',
    why: 'QEMU lets SS be null with an RPL other than CPL',
    section: 'vol. 2, MOV: #GP(0)',
  },
  'qemu-l-and-d': {
    wrong: 'qemu',
    why: 'QEMU takes code segments with L and D both set',
    section: 'vol. 3A, 5.2.1',
  },
  'qemu-rex-order': {
    wrong: 'qemu',
    why: 'QEMU keeps W of a REX prefix that a legacy prefix follows',
    section: 'vol. 2A, 2.2.1',
  },
  'qemu-reserved-bits': {
    wrong: 'qemu',
    why: 'QEMU ignores reserved bits of CR0, CR3, CR4, CR8, DR6 and EFER, and combinations that the manual forbids',
    section: 'vol. 3A, 2.5, 4.1.2; vol. 2, MOV to control register: #GP(0); vol. 3B, 17.2',
  },
  'qemu-unknown-msr': {
    wrong: 'qemu',
    why: 'QEMU reads unknown MSRs as 0 and ignores what is written to them',
    section: 'vol. 2, RDMSR, WRMSR: #GP(0)',
  },
  'qemu-test-alias': {
    wrong: 'qemu',
    why: 'QEMU raises #UD at F6 /1, which processors take for the same as F6 /0',
    section: 'AMD APM vol. 3, table A-7 (group 3)',
  },
  'bochs-ist': {
    wrong: 'bochs',
    why: 'Bochs puts the selector of SS into the error code when an IST entry is not canonical',
    section: 'vol. 2, INT n: #SS(EXT)',
  },
  'bochs-enter-16': {
    wrong: 'bochs',
    why: 'Bochs pushes 64 bits in ENTER with an operand-size prefix in 64-bit mode',
    section: 'vol. 2, ENTER; measured in user mode on a processor',
  },
  'bochs-iretd': {
    wrong: 'bochs',
    why: 'Bochs leaves SS:ESP on the stack in IRETD from 64-bit mode to the same level',
    section: 'vol. 2, IRET; measured in user mode on a processor',
  },
  'qemu-lock': {
    wrong: 'qemu',
    why: 'QEMU ignores LOCK before most instructions that do not take it, and before register forms of some that do',
    section: 'vol. 2, LOCK',
  },
  'qemu-invalid-forms': {
    wrong: 'qemu',
    why: 'QEMU decodes reserved values of the reg field of 8F and C6/C7 like the defined one',
    section: 'vol. 2, table A-6 (groups 1A and 11)',
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type DifferenceKey = keyof typeof DIFFERENCES;
