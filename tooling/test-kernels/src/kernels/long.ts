/** Long mode: 4-level paging, canonical addresses, SYSCALL, SWAPGS, IST, compatibility mode, CR8 (SDM vol. 3, "Paging", "64-bit mode"; AMD APM vol. 2). */
import type { KernelTest, TestKernel } from '../assembly/kernel.ts';
import { FRAME } from '../assembly/interrupts.ts';
import type { Macros } from '../assembly/macros.ts';
import { LEAVE_VECTOR, Place, Sel, Var } from '../assembly/map.ts';
import { EVERYBODY, KERNEL, PAGE, Pte } from './page-tables.ts';

const Msr = { efer: 0xc000_0080, star: 0xc000_0081, lstar: 0xc000_0082, fmask: 0xc000_0084, fsBase: 0xc000_0100, gsBase: 0xc000_0101, kernelGsBase: 0xc000_0102 } as const;
/** The window: the first pages of the upper half, through tables of its own. */
const WINDOW = 0xffff_8000_0000_0000n;
const HIGH_HALF = 0xffff_8000;
const PML4 = Place.tables;
const PDPT = PML4 + PAGE;
const WINDOW_PML4E = PML4 + 8 * 256;
const [WINDOW_PDPT, WINDOW_DIRECTORY, WINDOW_TABLE, APIC_DIRECTORY] = [0x1_0000, 0x1_1000, 0x1_2000, 0x1_3000].map((at) => Place.tables + at) as [number, number, number, number];
const PAGE_FRAME = Place.free;
const NX = 0x8000_0000;
const APIC = 0xfee0_0000;
const NONCANONICAL = '0x800000000000';
const GATE = Sel.free;
const HELD = 0x45;

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const window = (offset: number): string => hex(WINDOW + BigInt(offset));
const note = (i: number): string => `dword ptr [${Var.note + 4 * i}]`;
/** Set the table entry of the window's first page. */
const map = (entry: number, high = 0): string => `mov dword ptr [${WINDOW_TABLE}], ${entry}\nmov dword ptr [${WINDOW_TABLE + 4}], ${high}\nmov rax, ${window(0)}\ninvlpg [rax]`;
const flush = 'mov rax, cr3\nmov cr3, rax';

export const long: TestKernel = {
  name: 'long',
  about: '64-bit mode: paging with 4 levels, canonical addresses, SYSCALL, SWAPGS, IST, call gates, compatibility mode, CR8',
  bits: 64,
  build: (m) => ({
    setup: 'call tables_on',
    cleanup: `
      call tables_on
      call make_idt
      ${m.hook(HELD, 0)}
      ${m.hook(LEAVE_VECTOR, 0)}
      xor eax, eax
      mov cr8, rax
      mov ecx, ${Msr.efer}
      rdmsr
      bts eax, 8
      wrmsr`,
    tests: tests(m),
    library: `
      tables_on: mov edi, ${WINDOW_PDPT}
      xor eax, eax
      mov ecx, ${(4 * PAGE) / 8}
      rep stosq
      mov dword ptr [${WINDOW_PML4E}], ${WINDOW_PDPT | EVERYBODY}
      mov dword ptr [${WINDOW_PML4E + 4}], 0
      mov dword ptr [${WINDOW_PDPT}], ${WINDOW_DIRECTORY | EVERYBODY}
      mov dword ptr [${WINDOW_DIRECTORY}], ${WINDOW_TABLE | EVERYBODY}
      mov dword ptr [${PDPT + 24}], ${APIC_DIRECTORY | KERNEL}
      mov dword ptr [${APIC_DIRECTORY + 8 * ((APIC >>> 21) & 511)}], ${((APIC & ~0x1f_ffff) | KERNEL | Pte.large) >>> 0}
      ${flush}
      ret
      forty_two: mov eax, 42
      ret
      syscall_entry: mov dword ptr [${Var.note}], ecx
      mov dword ptr [${Var.note + 4}], r11d
      pushf
      pop rbx
      mov dword ptr [${Var.note + 8}], ebx
      mov ebx, cs
      shl ebx, 16
      mov bx, ss
      mov dword ptr [${Var.note + 12}], ebx
      mov dword ptr [${Var.note + 16}], esp
      sysretq
      gate_entry: mov dword ptr [${Var.note}], esp
      mov ebx, cs
      shl ebx, 16
      mov bx, ss
      mov dword ptr [${Var.note + 4}], ebx
      mov rbx, [rsp + 8]
      mov dword ptr [${Var.note + 8}], ebx
      mov rbx, [rsp + 16]
      mov dword ptr [${Var.note + 12}], ebx
      db 0x48, 0xcb ; RETFQ
      stack_hook: mov dword ptr [${Var.note}], ebp
      mov eax, [rbp + ${FRAME[64].stack}]
      mov dword ptr [${Var.note + 4}], eax
      mov eax, ss
      mov dword ptr [${Var.note + 8}], eax
      ret
      held_hook: inc ${note(0)}
      mov ebx, ${APIC + 0xb0}
      mov dword ptr [rbx], 0
      ret`,
  }),
};

function tests(m: Macros): readonly KernelTest[] {
  return [
    { name: 'mode', text: mode(m) },
    { name: 'mode-locked', text: modeLocked(m) },
    { name: 'translation', text: translation(m) },
    { name: 'accessed-dirty', text: accessedDirty(m) },
    { name: 'error-codes', text: errorCodes(m) },
    { name: 'no-execute', text: noExecute(m) },
    { name: 'large', text: large(m) },
    { name: 'reserved', text: reserved(m) },
    { name: 'canonical', text: canonical(m) },
    { name: 'canonical-msr', text: m.faults({ vector: 13, at: 'canonical_msr' }, `mov ecx, ${Msr.lstar}\nmov eax, 0\nmov edx, 0x8000\ncanonical_msr: wrmsr`, 'LSTAR') },
    { name: 'canonical-branch', text: canonicalBranch(m) },
    { name: 'canonical-stack', text: canonicalStack(m) },
    { name: 'syscall', text: syscall(m) },
    { name: 'swapgs', text: swapgs(m) },
    { name: 'inner-stack', text: innerStack(m) },
    { name: 'call-gate', text: callGate(m) },
    { name: 'compatibility', text: compatibility(m) },
    { name: 'null-stack-segment', text: nullSs(m) },
    { name: 'cr8', text: cr8(m) },
    { name: 'cr8-reserved', text: m.faults({ vector: 13, at: 'cr8_reserved' }, 'mov eax, 16\ncr8_reserved: mov cr8, rax', 'MOV') },
  ];
}

function mode(m: Macros): string {
  return `
    mov ecx, ${Msr.efer}
    rdmsr
    ${m.bitsEqual('eax', 0xd01, 0xd01, 'EFER: SCE, LME, LMA, NXE')}
    mov eax, cs
    ${m.equal('eax', Sel.kernel64, 'CS')}
    mov rbx, 0x123456789abcdef0
    mov rdx, rbx
    shr rdx, 32
    ${m.equal('edx', 0x1234_5678, '64-bit registers')}
    ${m.faults({ vector: 6 }, 'db 0x06', 'PUSH ES')}
    ${m.faults({ vector: 6 }, 'db 0xce', 'INTO')}
    ${m.faults({ vector: 6 }, 'db 0xea, 0, 0, 0, 0, 0, 0', 'JMP ptr16:32')}`;
}

function modeLocked(m: Macros): string {
  return `
    mov ecx, ${Msr.efer}
    rdmsr
    btr eax, 8
    mov ebx, eax
    ${m.faults({ vector: 13, at: 'no_lme' }, `mov ecx, ${Msr.efer}\nmov eax, ebx\nno_lme: wrmsr`, 'LME off with paging')}`;
}

function translation(m: Macros): string {
  return `
    ${map(PAGE_FRAME | KERNEL)}
    mov dword ptr [${PAGE_FRAME + 0x20}], 0x11223344
    mov rsi, ${window(0x20)}
    ${m.equal('dword ptr [rsi]', 0x1122_3344, 'read in the upper half')}
    mov dword ptr [rsi], 0x55667788
    ${m.equal(`dword ptr [${PAGE_FRAME + 0x20}]`, 0x5566_7788, 'write in the upper half')}
    mov rsi, offset forty_two
    mov rdi, ${window(0)}
    mov ecx, 6
    rep movsb
    mov rdx, ${window(0)}
    call rdx
    ${m.equal('eax', 42, 'code in the upper half')}`;
}

function accessedDirty(m: Macros): string {
  const levels: readonly (readonly [string, number])[] = [['PML4', WINDOW_PML4E], ['pointer', WINDOW_PDPT], ['directory', WINDOW_DIRECTORY], ['table', WINDOW_TABLE]];
  const check = (expected: number, table: number, why: string): string => levels.map(([name, at]) => m.bitsEqual(`dword ptr [${at}]`, 0x20, expected, `${why}: ${name}`)).join('\n') + m.bitsEqual(`dword ptr [${WINDOW_TABLE}]`, 0x40, table, `${why}: dirty`);
  return `
    ${map(PAGE_FRAME | KERNEL)}
    ${check(0, 0, 'before')}
    mov rsi, ${window(0)}
    mov ebx, dword ptr [rsi]
    ${check(0x20, 0, 'after a read')}
    mov dword ptr [rsi], ebx
    ${check(0x20, 0x40, 'after a write')}
    ${m.bitsEqual(`dword ptr [${WINDOW_DIRECTORY}]`, 0x40, 0, 'dirty in the directory')}`;
}

function errorCodes(m: Macros): string {
  const [read, write] = ['mov ebx, dword ptr [rsi]', 'mov dword ptr [rsi], ebx'];
  const upper = (why: string): string => `mov rbx, cr2\nshr rbx, 32\n${m.equal('ebx', HIGH_HALF, `${why}: upper half of CR2`)}`;
  const rows: readonly (readonly [string, number, string, number, boolean])[] = [
    ['read of what is not present', 0, read, 0, false], ['write of what is not present', 0, write, 2, false], ['user read', PAGE_FRAME | KERNEL, read, 5, true],
    ['user write', PAGE_FRAME | KERNEL, write, 7, true], ['user write of a read-only page', PAGE_FRAME | 5, write, 7, true],
  ];
  const one = ([why, entry, text, code, user]: (typeof rows)[number]): string => `
    ${map(entry)}
    ${user ? `${m.user(`mov rsi, ${window(4)}\n${text}`)}\n${m.happened({ vector: 14, code, cr2: 4 }, why)}` : `mov rsi, ${window(4)}\n${m.faults({ vector: 14, code, cr2: 4 }, text, why)}`}
    ${upper(why)}`;
  return `
    ${rows.map(one).join('\n')}
    ${map(PAGE_FRAME | EVERYBODY)}
    ${([['PML4', WINDOW_PML4E], ['pointer', WINDOW_PDPT], ['directory', WINDOW_DIRECTORY]] as const).map(([name, at]) => `
      and dword ptr [${at}], ${~Pte.user >>> 0}
      ${flush}
      ${m.user(`mov rsi, ${window(4)}\n${read}`)}
      ${m.happened({ vector: 14, code: 5, cr2: 4 }, `user read, ${name} of the kernel`)}
      or dword ptr [${at}], ${Pte.user}`).join('\n')}
    ${flush}
    ${m.userWorks(`mov rsi, ${window(4)}\n${read}\n${write}`, 'a page of the user')}`;
}

function noExecute(m: Macros): string {
  const call = `mov rdx, ${window(0)}\ncall rdx`;
  const levels: readonly (readonly [string, number])[] = [['PML4', WINDOW_PML4E], ['pointer', WINDOW_PDPT], ['directory', WINDOW_DIRECTORY], ['table', WINDOW_TABLE]];
  return `
    mov rsi, offset forty_two
    mov edi, ${PAGE_FRAME}
    mov ecx, 6
    rep movsb
    ${map(PAGE_FRAME | EVERYBODY)}
    ${levels.map(([name, at]) => `
      mov dword ptr [${at + 4}], ${NX}
      ${flush}
      ${m.expect(`nx_${name}`)}
      ${call}
      nx_${name}: ${m.happened({ vector: 14, code: 0x11, cr2: 0 }, `NX in the ${name}`)}
      mov dword ptr [${at + 4}], 0
      ${flush}
      ${call}
      ${m.equal('eax', 42, `without NX in the ${name}`)}`).join('\n')}
    mov dword ptr [${WINDOW_TABLE + 4}], ${NX}
    ${flush}
    ${m.user(`mov rdx, ${window(0)}\njmp rdx`)}
    ${m.happened({ vector: 14, code: 0x15, cr2: 0 }, 'NX in ring 3')}`;
}

function large(m: Macros): string {
  return `
    mov dword ptr [${0xc0_0000 + 0x1234}], 0x12345678
    mov dword ptr [${WINDOW_DIRECTORY}], ${0xc0_0000 | KERNEL | Pte.large}
    ${flush}
    mov rsi, ${window(0x1234)}
    ${m.equal('dword ptr [rsi]', 0x1234_5678, '2 MiB')}
    ${m.needs(0x8000_0001, 'edx', 26, 'pages of 1 GiB')}
    mov dword ptr [${WINDOW_PDPT}], ${KERNEL | Pte.large}
    ${flush}
    mov rsi, ${window(0xc0_1234)}
    ${m.equal('dword ptr [rsi]', 0x1234_5678, '1 GiB')}
    ${m.bitsEqual(`dword ptr [${WINDOW_PDPT}]`, 0x60, 0x20, 'accessed')}
    mov dword ptr [rsi], 0
    ${m.bitsEqual(`dword ptr [${WINDOW_PDPT}]`, 0x60, 0x60, 'dirty')}`;
}

function reserved(m: Macros): string {
  return `
    ${map(PAGE_FRAME | KERNEL)}
    mov dword ptr [${WINDOW_DIRECTORY}], ${0xc0_0000 | 0x2000 | KERNEL | Pte.large}
    ${flush}
    mov rsi, ${window(0)}
    ${m.faults({ vector: 14, code: 9 }, 'mov ebx, dword ptr [rsi]', 'bit 13 of a page of 2 MiB')}
    mov dword ptr [${WINDOW_DIRECTORY}], ${WINDOW_TABLE | KERNEL}
    or dword ptr [${WINDOW_PML4E}], ${Pte.large}
    ${flush}
    mov rsi, ${window(0)}
    ${m.faults({ vector: 14, code: 11 }, 'mov dword ptr [rsi], ebx', 'PS in the PML4')}
    and dword ptr [${WINDOW_PML4E}], ${~Pte.large >>> 0}`;
}

function canonical(m: Macros): string {
  return `
    mov rsi, ${NONCANONICAL}
    ${m.faults({ vector: 13 }, 'mov ebx, dword ptr [rsi]', 'read')}
    ${m.faults({ vector: 13 }, 'mov dword ptr [rsi], ebx', 'write')}
    ${m.works('invlpg [rsi]', 'INVLPG does not mind')}`;
}

/** The branch itself faults, not its target. */
function canonicalBranch(m: Macros): string {
  return `
    mov rsi, ${NONCANONICAL}
    ${m.faults({ vector: 13 }, 'jmp rsi', 'JMP')}
    ${m.faults({ vector: 13 }, 'call rsi', 'CALL')}
    ${m.faults({ vector: 13, at: 'canonical_ret' }, 'push rsi\ncanonical_ret: ret', 'RET')}`;
}

function canonicalStack(m: Macros): string {
  return `
    mov rsi, ${NONCANONICAL}
    mov rdx, rbp
    mov rbp, rsi
    ${m.faults({ vector: 12 }, 'mov ebx, dword ptr [rbp]', 'through RBP')}
    mov rbp, rdx
    mov dword ptr [${Place.tss + 0x24}], ${Place.faultStack}
    mov dword ptr [${Place.tss + 0x28}], 0
    mov byte ptr [${Place.idt + 16 * 12 + 4}], 1 ; the present stack is no good
    mov rdx, rsp
    ${m.expect('canonical_push')}
    mov rsp, 0x800000000100
    push rax
    canonical_push: mov rsp, rdx
    ${m.happened({ vector: 12 }, 'PUSH')}`;
}

function syscall(m: Macros): string {
  return `
    ${m.wrmsr(Msr.star, 0, ((Sel.data64 | 3) << 16) | Sel.kernel64)}
    ${m.wrmsr(Msr.lstar, 'syscall_entry')}
    ${m.wrmsr(Msr.fmask, 0x400)}
    ${m.userWorks('std\nsyscall\ncld\nmov rax, rcx\nmov rdx, r11', 'SYSCALL and SYSRET')}
    ${m.equal(note(0), Place.userCode + 3, 'RCX')}
    ${m.equal(`dword ptr [${Var.ax}]`, Place.userCode + 3, 'RCX afterwards')}
    ${m.bitsEqual(note(1), 0x400, 0x400, 'R11 has the flags')}
    ${m.bitsEqual(note(2), 0x400, 0, 'FMASK clears them')}
    ${m.equal(note(3), (Sel.kernel64 << 16) | Sel.data64, 'CS and SS')}
    ${m.equal(note(4), Place.userStack, 'RSP stays')}
    ${m.equal(`dword ptr [${Var.cs}]`, Sel.user64, 'CS afterwards')}
    mov ecx, ${Msr.efer}
    rdmsr
    btr eax, 0
    wrmsr
    ${m.userFaults({ vector: 6 }, 'syscall', 'without SCE')}
    mov ecx, ${Msr.efer}
    rdmsr
    bts eax, 0
    wrmsr`;
}

function swapgs(m: Macros): string {
  return `
    mov dword ptr [${PAGE_FRAME}], 0x11111111
    mov dword ptr [${PAGE_FRAME + PAGE}], 0x22222222
    ${m.wrmsr(Msr.gsBase, PAGE_FRAME)}
    ${m.wrmsr(Msr.kernelGsBase, PAGE_FRAME + PAGE)}
    ${m.wrmsr(Msr.fsBase, PAGE_FRAME + PAGE)}
    mov ebx, dword ptr gs:[0]
    ${m.equal('ebx', 0x1111_1111, 'GS base')}
    mov ebx, dword ptr fs:[0]
    ${m.equal('ebx', 0x2222_2222, 'FS base')}
    swapgs
    mov ebx, dword ptr gs:[0]
    ${m.equal('ebx', 0x2222_2222, 'after SWAPGS')}
    mov ecx, ${Msr.kernelGsBase}
    rdmsr
    ${m.equal('eax', PAGE_FRAME, 'kernel GS base')}
    ${m.userFaults({ vector: 13 }, 'swapgs', 'in ring 3')}`;
}

/** RSP0, or the stack the gate names; aligned, with SS empty after a change of ring. */
function innerStack(m: Macros): string {
  // Below the frame of 5: error code, vector, 15 registers.
  const below = 8 * (5 + 2 + 15);
  return `
    ${m.hook(3, 'stack_hook')}
    ${m.userWorks('push 5\nint3\npop rax', 'INT3 in ring 3')}
    ${m.equal(note(0), Place.innerStack - below, 'RSP0')}
    ${m.equal(note(1), Place.userStack - 8, 'RSP of ring 3')}
    ${m.equal(note(2), 0, 'SS is empty')}
    mov dword ptr [${Place.tss + 0x24}], ${Place.faultStack - 8}
    mov dword ptr [${Place.tss + 0x28}], 0
    mov byte ptr [${Place.idt + 16 * 3 + 4}], 1
    int3
    ${m.equal(note(0), Place.faultStack - 16 - below, 'IST 1, aligned')}
    mov byte ptr [${Place.idt + 16 * 3 + 4}], 0
    mov rbx, rsp
    push 0
    mov rdx, rsp
    int3
    pop rcx
    mov eax, ${note(1)}
    mov ecx, edx
    ${m.equal('eax', 'ecx', 'RSP is pushed without a change of ring')}
    mov eax, ${note(0)}
    and eax, 15
    ${m.equal('eax', below % 16, 'and aligned')}
    ${m.hook(3, 0)}`;
}

function callGate(m: Macros): string {
  const pointer = Place.userCode + 0x900;
  return `
    mov rax, offset gate_entry
    mov dword ptr [${Place.gdt + GATE}], eax
    mov word ptr [${Place.gdt + GATE + 2}], ${Sel.kernel64}
    mov dword ptr [${Place.gdt + GATE + 4}], eax
    mov word ptr [${Place.gdt + GATE + 4}], 0xec00
    mov dword ptr [${Place.gdt + GATE + 8}], 0
    mov dword ptr [${Place.gdt + GATE + 12}], 0
    mov dword ptr [${pointer}], 0
    mov dword ptr [${pointer + 4}], ${GATE | 3}
    ${m.userWorks(`db 0xff, 0x1c, 0x25\ndd ${pointer}`, 'CALL FAR')}
    ${m.equal(note(0), Place.innerStack - 32, 'RSP')}
    ${m.equal(note(1), Sel.kernel64 << 16, 'CS, and SS is empty')}
    ${m.equal(note(2), Sel.user64, 'pushed CS')}
    ${m.equal(note(3), Place.userStack, 'pushed RSP')}
    mov byte ptr [${Place.gdt + GATE + 8 + 5}], 0x1f
    ${m.userFaults({ vector: 13, code: GATE }, `db 0xff, 0x1c, 0x25\ndd ${pointer}`, 'upper half with a type')}`;
}

/** 32-bit code of ring 3: 48 is DEC EAX there. */
function compatibility(m: Macros): string {
  const after = 'compatible';
  return `
    mov dword ptr [${Place.userCode}], ${(0x48 << 0) | (0xcd << 8) | (LEAVE_VECTOR << 16)}
    ${m.expect(after)}
    mov eax, ${Sel.data3}
    mov ds, eax
    mov rax, 0x500000005
    push ${Sel.data3}
    push ${Place.userStack}
    push 2
    push ${Sel.code3}
    push ${Place.userCode}
    iretq
    ${after}:
    ${m.happened({ vector: LEAVE_VECTOR, cs: Sel.code3 }, 'INT in compatibility mode')}
    ${m.equal(`dword ptr [${Var.ax}]`, 4, 'DEC EAX')}
    ${m.equal(`dword ptr [${Var.ip}]`, Place.userCode + 3, 'saved instruction pointer')}
    ${m.equal(`dword ptr [${Var.oldStack}]`, Place.userStack, 'saved stack pointer')}`;
}

function nullSs(m: Macros): string {
  return `
    xor edx, edx
    ${m.works('mov ss, edx\npush rdx\npop rdx', 'in ring 0')}
    mov eax, ${Sel.data64}
    mov ss, eax
    ${m.userFaults({ vector: 13, at: 'null_ss' }, 'xor edx, edx\nnull_ss: mov ss, edx', 'in ring 3')}
    xor edx, edx
    mov ds, edx
    ${m.works(`mov ebx, dword ptr ds:[${PAGE_FRAME}]`, 'a null DS is as good as any')}
    call flat`;
}

function cr8(m: Macros): string {
  return `
    mov ebx, ${APIC + 0x80}
    mov eax, 4
    mov cr8, rax
    ${m.equal('dword ptr [rbx]', 0x40, 'TPR follows CR8')}
    mov dword ptr [rbx], 0x5f
    mov rax, cr8
    ${m.equal('eax', 5, 'CR8 follows TPR')}
    mov ebx, ${APIC + 0xf0}
    mov dword ptr [rbx], 0x10f
    mov ${note(0)}, 0
    ${m.hook(HELD, 'held_hook')}
    mov ebx, ${APIC + 0x300}
    mov dword ptr [rbx], ${0x4_0000 | HELD}
    sti
    nop
    nop
    ${m.equal(note(0), 0, 'CR8 holds an interrupt back')}
    mov eax, 3
    mov cr8, rax
    nop
    cli
    ${m.equal(note(0), 1, 'and lets it through')}
    ${m.userFaults({ vector: 13 }, 'mov rax, cr8', 'in ring 3')}`;
}
