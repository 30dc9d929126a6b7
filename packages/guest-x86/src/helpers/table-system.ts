/**
 * Helpers of the system side of x86: exceptions, far transfers, segments, control registers, MSRs, ports. Implemented in
 * `assembly/system` (Wasm); one row each, the rows of `table-integer.ts` follow in `table.ts`.
 *
 * Rules for the translator:
 *
 * - `rip` in `reads` means: write the pc of the *next* instruction to the global before the call. `cc_op` in `reads` (it is in
 *   {@link FLAGS}) means: write the static cc_op to the global before the call. Both are restored globals, so this is legal before a fault.
 * - A helper with `rip` in `writes` has moved control: end the TB with `goto_ptr`. So must every one with changesFlags or changesMapping;
 *   those without `rip` in `writes` leave the frame's rip to the translator. Helpers that say by their result that flags have changed
 *   let the TB go on where they have not.
 * - Helpers check privilege, mode and IOPL themselves and raise #GP, #UD as the manual says. Where a memory operand is read before the
 *   call (LGDT, LLDT m16, LMSW m16 …) the manual wants the privilege check first: raise it from hflags (CPL, VM) with `raise_exception`.
 * - Helpers that leave flags behind set cc_op to `CcOp.flags` with CF PF AF ZF SF OF in place in cc_src: after them cc_op is dynamic.
 * - The data word of `insn_start` is made by `restoreData` (state/restore-data.ts): cc_op and, in 64-bit code, whether loads or stores of
 *   the instruction go through SS, which turns the #GP(0) of a non-canonical address into #SS(0).
 * - Nothing here is called for instructions that CPUID does not offer (XGETBV …): they are #UD.
 */
import type { GlobalSet, HelperDef, HelperEffects, HelperTable, TypeName } from '@wasm-tcg/ir';

const GPRS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;
/** What EFLAGS is computed from, besides the state structure. */
const FLAGS = ['cc_op', 'cc_dst', 'cc_src', 'cc_src2', 'df'] as const;
const BASES = ['es_base', 'cs_base', 'ss_base', 'ds_base', 'fs_base', 'gs_base'] as const;
/** All that an interrupt, a far transfer or a task switch may read or write: everything but page base and XMM registers. */
const MACHINE: GlobalSet = [...GPRS, 'rip', ...FLAGS, ...BASES];

const row = (name: string, args: readonly TypeName[], ret: TypeName | null, effects: HelperEffects, doc: string): HelperDef => ({
  name, args, ret, impl: 'wasm', effects, doc,
});
/** A transfer of control by the processor's protection machinery. `io`: it may enable interrupts, and then ends the budget. */
const TRANSFER: HelperEffects = { reads: MACHINE, writes: MACHINE, mayFault: true, mayExit: true, io: true, changesFlags: true, changesMapping: true };

/** Rows in the order of their ids. */
export const SYSTEM_HELPERS: HelperTable = [
  // ---- exceptions and interrupts (SDM vol. 3, chapter 6) -----------------------------------------------------------------
  row('raise_exception', ['i32', 'i32'], null, { reads: 'none', writes: 'none', mayFault: true },
    '(vector, error or -1): raise a fault at the start of the running instruction. Never returns to the TB'),
  row('int_n', ['i32'], null, TRANSFER, '(vector): INT n, returns to rip'),
  row('int3', [], null, TRANSFER, 'INT3: vector 3 without the IOPL check of virtual-8086 mode'),
  row('int1', [], null, TRANSFER, 'INT1 (ICEBP): #DB as a trap, no privilege check'),
  row('into', [], null, TRANSFER, 'INTO: vector 4 if OF, else nothing'),
  row('iret', ['i32'], null, TRANSFER, '(operand size in bytes 2, 4, 8): IRET, IRETD, IRETQ'),
  row('code_breakpoint', ['i64'], null, { reads: 'none', writes: 'none', mayFault: true },
    '(linear address of the instruction): first op under HFlag.DR without HFlag.RF; #DB as a fault when an instruction breakpoint is there'),
  row('debug_trap', ['i32', 'i64'], null, TRANSFER,
    '(DebugTrap bits, pc of the next instruction in sequence): last op of a TB with HFlag.TF or HFlag.DR: #DB as a trap after an instruction that has ' +
      'been completed; rip names the one to come'),
  row('end_shadow', [], null, { reads: 'none', writes: 'none', io: true, changesFlags: true },
    'last helper of a TB with HFlag.SHADOW: the interrupt shadow ends'),

  // ---- far transfers -------------------------------------------------------------------------------------------------------
  row('far_jmp', ['i32', 'i64', 'i32'], null, TRANSFER, '(selector, offset, operand size): JMP ptr16:16/32/64'),
  row('far_call', ['i32', 'i64', 'i32'], null, TRANSFER, '(selector, offset, operand size): CALL ptr16:16/32/64; rip is the return address'),
  row('far_ret', ['i32', 'i32'], null, TRANSFER, '(bytes to release 0–65535, operand size): RETF'),
  row('syscall', [], null, TRANSFER, 'SYSCALL (#UD unless EFER.SCE; on Intel also outside 64-bit mode)'),
  row('sysret', ['i32'], null, TRANSFER, '(operand size 4 or 8): SYSRET'),
  row('sysenter', [], null, TRANSFER, 'SYSENTER'),
  row('sysexit', ['i32'], null, TRANSFER, '(operand size 4 or 8): SYSEXIT'),

  // ---- segments --------------------------------------------------------------------------------------------------------------
  row('load_seg', ['i32', 'i32'], 'i32', { reads: 'none', writes: BASES, mayFault: true },
    '(ES, SS, DS, FS or GS by number, selector) → 1 if hflags have changed: leave the TB behind the instruction. Load a segment register in any mode. ' +
      'LDS, LES, LSS …: load the segment first, then write the register'),
  row('mov_ss', ['i32'], null, { reads: ['rip'], writes: BASES, mayFault: true, changesFlags: true },
    '(selector): as load_seg for SS by MOV or POP, which hold off interrupts until the next instruction is done'),
  row('lldt', ['i32'], null, { reads: 'none', writes: 'none', mayFault: true }, '(selector): LLDT'),
  row('ltr', ['i32'], null, { reads: 'none', writes: 'none', mayFault: true }, '(selector): LTR'),
  row('lgdt', ['i32', 'i64'], null, { reads: 'none', writes: 'none', mayFault: true }, '(limit, base as the operand size left it): LGDT'),
  row('lidt', ['i32', 'i64'], null, { reads: 'none', writes: 'none', mayFault: true }, '(limit, base): LIDT'),
  row('check_umip', [], null, { reads: 'none', writes: 'none', mayFault: true }, '#GP(0) if CR4.UMIP and CPL > 0: call first in SGDT SIDT SLDT STR SMSW'),
  row('lar', ['i32'], 'i64', { reads: 'none', writes: 'none', mayFault: true }, '(selector): access rights masked with 00FFFF00h, or -1: ZF = 0'),
  row('lsl', ['i32'], 'i64', { reads: 'none', writes: 'none', mayFault: true }, '(selector): limit in bytes, or -1: ZF = 0'),
  row('verr', ['i32'], 'i32', { reads: 'none', writes: 'none', mayFault: true }, '(selector): new ZF, 0 or 1'),
  row('verw', ['i32'], 'i32', { reads: 'none', writes: 'none', mayFault: true }, '(selector): new ZF, 0 or 1'),
  row('swapgs', [], null, { reads: ['gs_base'], writes: ['gs_base'], mayFault: true }, 'SWAPGS'),
  row('read_fs_gs_base', ['i32'], 'i64', { reads: ['fs_base', 'gs_base'], writes: 'none', mayFault: true },
    '(FS or GS by number): RDFSBASE, RDGSBASE; #UD unless CR4.FSGSBASE'),
  row('write_fs_gs_base', ['i32', 'i64'], null, { reads: 'none', writes: ['fs_base', 'gs_base'], mayFault: true },
    '(FS or GS by number, base, zero-extended by a 32-bit form): WRFSBASE, WRGSBASE; #UD unless CR4.FSGSBASE, #GP(0) non-canonical'),

  // ---- flags -----------------------------------------------------------------------------------------------------------------
  row('read_eflags', [], 'i64', { reads: FLAGS, writes: 'none' }, 'EFLAGS as PUSHF stores it: RF and VM clear'),
  row('check_pushf', [], null, { reads: 'none', writes: 'none', mayFault: true }, '#GP(0) in virtual-8086 mode with IOPL < 3: call first in PUSHF'),
  row('popf', ['i64', 'i32'], 'i32', { reads: FLAGS, writes: FLAGS, mayFault: true },
    '(image, operand size) → 1 if hflags have changed, or something waits that may interrupt now: call notice_interrupts and leave the TB behind the ' +
      'instruction. The flags that POPF may change at this privilege; call before RSP is written'),
  row('notice_interrupts', [], null, { reads: 'none', writes: 'none', io: true, changesFlags: true },
    'the budget ends if something waits that may interrupt now'),
  row('sti', [], 'i32', { reads: 'none', writes: 'none', mayFault: true },
    '→ 0: IF was set; 1: it is now, and nothing waits; 2: something waits that may interrupt behind the next instruction. STI without its shadow: ' +
      'begin_shadow has to follow where the guest could be interrupted before the next instruction is done'),
  row('begin_shadow', [], null, { reads: 'none', writes: 'none', changesFlags: true }, 'the interrupt shadow of STI begins'),
  row('cli', [], null, { reads: 'none', writes: 'none', mayFault: true }, 'CLI'),
  row('set_ac', ['i32'], null, { reads: 'none', writes: 'none', mayFault: true, changesFlags: true },
    '(0 or 1): CLAC, STAC; #UD unless CPUID offers SMAP and CPL is 0'),

  // ---- system registers --------------------------------------------------------------------------------------------------------
  row('mov_to_cr', ['i32', 'i64'], null, { reads: 'none', writes: 'none', mayFault: true, io: true, changesFlags: true, changesMapping: true },
    '(0, 2, 3, 4 or 8, value; zero-extended outside 64-bit mode): MOV CRn'),
  row('mov_from_cr', ['i32'], 'i64', { reads: 'none', writes: 'none', mayFault: true }, '(0, 2, 3, 4 or 8): MOV r, CRn'),
  row('mov_to_dr', ['i32', 'i64'], null, { reads: 'none', writes: 'none', mayFault: true, changesFlags: true, changesMapping: true }, '(0–7, value): MOV DRn'),
  row('mov_from_dr', ['i32'], 'i64', { reads: 'none', writes: 'none', mayFault: true }, '(0–7): MOV r, DRn'),
  row('clts', [], null, { reads: 'none', writes: 'none', mayFault: true, changesFlags: true }, 'CLTS'),
  row('lmsw', ['i32'], null, { reads: 'none', writes: 'none', mayFault: true, changesFlags: true, changesMapping: true }, '(value): LMSW'),
  row('invlpg', ['i64'], null, { reads: 'none', writes: 'none', mayFault: true, changesMapping: true }, '(linear address): INVLPG; CPL 0 only'),
  row('rdmsr', [], null, { reads: ['rcx', 'fs_base', 'gs_base'], writes: ['rax', 'rdx'], mayFault: true, io: true }, 'RDMSR'),
  row('wrmsr', [], null, { reads: ['rax', 'rcx', 'rdx'], writes: ['fs_base', 'gs_base'], mayFault: true, io: true, changesFlags: true, changesMapping: true },
    'WRMSR'),
  row('cpuid', [], null, { reads: ['rax', 'rcx'], writes: ['rax', 'rcx', 'rdx', 'rbx'] }, 'CPUID of the model that the machine has'),
  row('rdtsc', [], null, { reads: 'none', writes: ['rax', 'rdx'], mayFault: true }, 'RDTSC; #GP(0) if CR4.TSD and CPL > 0. The last instruction of its TB: the budget says the time'),
  row('rdtscp', [], null, { reads: 'none', writes: ['rax', 'rcx', 'rdx'], mayFault: true }, 'RDTSCP, as RDTSC; #UD unless CPUID offers it'),
  row('rdpmc', [], null, { reads: ['rcx'], writes: ['rax', 'rdx'], mayFault: true, io: true }, 'RDPMC: counters 0 and 1; no model counts'),

  row('invpcid', ['i64', 'i64', 'i64'], null, { reads: 'none', writes: 'none', mayFault: true, changesMapping: true },
    '(type, descriptor: PCID, linear address): INVPCID while CR4.PCIDE cannot be set; CPL 0 only'),
  row('random', ['i32'], 'i64', { reads: 'none', writes: ['cc_op', 'cc_src'] },
    '(size in bytes 2, 4, 8): RDRAND, RDSEED: a random number and CF, or 0 and no CF; the other flags are cleared'),
  row('monitor', [], null, { reads: 'none', writes: 'none' }, 'MONITOR, checks done: MWAIT may wait'),
  row('mwait', [], null, { reads: ['rip', 'cc_op'], writes: 'none', mayExit: true, io: true },
    'MWAIT, checks done: as HLT; nothing when an event or nobody has armed the monitor since'),

  // ---- ports, halt ----------------------------------------------------------------------------------------------------------------
  row('hlt', [], null, { reads: ['rip', 'cc_op'], writes: 'none', mayFault: true, mayExit: true, io: true },
    'HLT: leaves with X86Exit.halt, rip naming the next instruction'),
  row('check_io', ['i32', 'i32'], null, { reads: 'none', writes: 'none', mayFault: true },
    '(port, size in bytes): #GP(0) unless IOPL or the TSS bitmap allows it. First in IN, OUT, INS, OUTS'),
  row('port_in', ['i32', 'i32'], 'i32', { reads: 'none', writes: 'none', io: true },
    '(port, size in bytes): value, zero-extended. No check; a device that wants the host takes the budget'),
  row('port_out', ['i32', 'i32', 'i32'], null, { reads: 'none', writes: 'none', io: true }, '(port, value, size in bytes). No check, as port_in'),
];
