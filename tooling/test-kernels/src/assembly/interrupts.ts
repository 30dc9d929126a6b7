/**
 * IDT and what its gates lead to. An exception goes to the hook of its vector, if there is one; else, when one is expected (Macros.expect), it is written
 * down and the test goes on where it said (all general registers but eax and ecx are kept); else the test has failed.
 */
import type { Bits } from './kernel.ts';
import { LEAVE_VECTOR, Place, Sel, Var } from './map.ts';

const WITH_CODE: readonly number[] = [8, 10, 11, 12, 13, 14, 17];
/** Gates that INT may use at any level. */
const OPEN: readonly number[] = [3, 4, LEAVE_VECTOR];
const VECTORS: readonly number[] = [...Array.from({ length: 0x50 }, (_, i) => i), LEAVE_VECTOR];

/** What hooks find at Rbp: vector, error code (or 0), and what the CPU pushed (stack: of less privileged code; in 64-bit code, always). */
export const FRAME = {
  32: { eax: 36, vector: 40, code: 44, ip: 48, cs: 52, flags: 56, stack: 60, ss: 64, es: 68, ds: 72, fs: 76, gs: 80 },
  64: { eax: 112, vector: 120, code: 128, ip: 136, cs: 144, flags: 152, stack: 160, ss: 168, es: 0, ds: 0, fs: 0, gs: 0 },
} as const;

const SAVED64 = ['rax', 'rcx', 'rdx', 'rbx', 'rsi', 'rdi', 'rbp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];

const ENTER = {
  32: `pusha
    push ds
    push es
    mov eax, ss
    mov ds, eax
    mov es, eax`,
  64: SAVED64.map((name) => `push ${name}`).join('\n'),
} as const;
const LEAVE = {
  32: `pop es
    pop ds
    popa
    add esp, 8
    iret`,
  64: `${[...SAVED64].reverse().map((name) => `pop ${name}`).join('\n')}
    add rsp, 16
    iretq`,
} as const;

/** General registers that are after an expected exception what they were before it, and where they are in the frame. Rbp comes last. */
const KEPT = {
  32: [['edi', 8], ['esi', 12], ['ebx', 24], ['edx', 28], ['ebp', 16]],
  64: [['rdx', 96], ['rbx', 88], ['rsi', 80], ['rdi', 72], ['rbp', 64]],
} as const;

export function interruptLibrary(bits: Bits): string {
  const f = FRAME[bits];
  const stub = (vector: number): string => `stub_${vector}:${WITH_CODE.includes(vector) ? '' : ' push 0'}\npush ${vector}\njmp interrupted`;
  return `
    ${VECTORS.map(stub).join('\n')}
    interrupted:
    ${ENTER[bits]}
    cld
    mov Rbp, Rsp
    mov ebx, dword ptr [Rbp + ${f.vector}]
    mov eax, dword ptr [Rbx*4 + ${Var.hooks}]
    test eax, eax
    jz no_hook
    call Rax
    ${LEAVE[bits]}
    no_hook:
    cmp dword ptr [${Var.resume}], 0
    je unexpected
    mov dword ptr [${Var.vector}], ebx
    ${([['code', Var.code], ['ip', Var.ip], ['cs', Var.cs], ['flags', Var.flags], ['eax', Var.ax]] as const).map(([name, variable]) => `mov eax, dword ptr [Rbp + ${f[name]}]\nmov dword ptr [${variable}], eax`).join('\n')}
    mov Rax, cr2
    mov dword ptr [${Var.cr2}], eax
    ${oldStack(bits)}
    mov [${Var.oldStack}], eax
    call flat
    ${KEPT[bits].map(([name, at]) => `mov ${name}, [Rbp + ${at}]`).join('\n')}
    mov Rsp, [${Var.resumeStack}]
    push 2
    popf
    mov ecx, dword ptr [${Var.resume}]
    mov dword ptr [${Var.resume}], 0
    jmp Rcx
    unexpected:
    mov eax, dword ptr [Rbp + ${f.ip}]
    mov ecx, ebx
    mov edx, offset text_unexpected
    jmp fail
    text_unexpected: db "unexpected exception (address, vector)", 0

    flat: mov eax, ${bits === 32 ? Sel.data0 : Sel.data64} ; flat data segments
    mov ss, eax
    mov ds, eax
    mov es, eax
    xor eax, eax
    mov fs, eax
    mov gs, eax
    ret

    make_idt: mov Rdi, ${Place.idt}
    xor eax, eax
    mov ecx, 1024
    rep stosd
    mov Rsi, offset stubs
    make_gate: mov edi, dword ptr [Rsi]
    cmp edi, -1
    je gates_made
    mov eax, dword ptr [Rsi + 4]
    mov edx, dword ptr [Rsi + 8]
    mov word ptr [Rdi], ax
    mov word ptr [Rdi + 2], ${bits === 32 ? Sel.code0 : Sel.kernel64}
    mov dword ptr [Rdi + 4], eax
    mov word ptr [Rdi + 4], dx
    add Rsi, 12
    jmp make_gate
    gates_made: mov word ptr [${Var.scratch}], 0xfff
    mov eax, ${Place.idt}
    mov [${Var.scratch} + 2], Rax
    ret
    stubs:
    ${VECTORS.map((vector) => `dd ${Place.idt + vector * (bits === 32 ? 8 : 16)}, stub_${vector}, ${OPEN.includes(vector) ? 0xee00 : 0x8e00}`).join('\n')}
    dd -1`;
}

/** eax = stack pointer before the exception. */
function oldStack(bits: Bits): string {
  const f = FRAME[bits];
  if (bits === 64) return `mov rax, [rbp + ${f.stack}]`;
  return `
    lea eax, [ebp + ${f.stack}]
    test dword ptr [ebp + ${f.flags}], 0x20000
    jnz outer_stack
    test dword ptr [ebp + ${f.cs}], 3
    jz same_stack
    outer_stack: mov eax, [ebp + ${f.stack}]
    same_stack:`;
}
