/** What all kernels share: start of the 32- and 64-bit part, test loop, report on COM1, end by isa-debug-exit. */
import type { Bits } from './kernel.ts';
import { BODY, GDT_LIMIT, IO_BITMAP, PIC_VECTOR, Place, Sel, TSS_LIMIT, Var } from './map.ts';
import { atAddress, farJump } from './system-insns.ts';

const COM1 = 0x3f8;
const EXIT_PORT = 0xf4;
const PASSED = 0;
const FAILED = 1;
const SKIPPED = 2;

const descriptors: readonly (readonly [selector: number, low: number, high: number])[] = [
  [Sel.code0, 0xffff, 0x00cf9b00], [Sel.data0, 0xffff, 0x00cf9300], [Sel.code3, 0xffff, 0x00cffb00], [Sel.data3, 0xffff, 0x00cff300],
  [Sel.kernel64, 0xffff, 0x00af9b00], [Sel.data64, 0xffff, 0x00cf9300], [Sel.userData64, 0xffff, 0x00cff300], [Sel.user64, 0xffff, 0x00affb00],
  [Sel.code16, 0xffff, 0x00009b00], [Sel.conforming, 0xffff, 0x00cf9f00], [Sel.data16, 0xffff, 0x00009300],
  [Sel.tss, ((Place.tss & 0xffff) << 16) | TSS_LIMIT, (Place.tss & 0xff00_0000) | 0x8900 | ((Place.tss >> 16) & 0xff)], [Sel.tss + 8, 0, 0],
  [Sel.ldt, ((Place.ldt & 0xffff) << 16) | 0xff, (Place.ldt & 0xff00_0000) | 0x8200 | ((Place.ldt >> 16) & 0xff)], [Sel.ldt + 8, 0, 0],
];

/** Page of 32-bit code at the start of the image. Multiboot leaves flat segments, interrupts off, and A20 on. */
export function headText(bits: Bits): string {
  return `
    entry: cli
    cld
    mov esp, ${Place.stack}
    mov edi, ${Var.resume} ; variables, tables, LDT and TSS with its bitmap
    mov ecx, ${(Place.ldt + 0x1000 - Var.resume) / 4}
    xor eax, eax
    rep stosd
    ${descriptors.map(([selector, low, high]) => `mov dword ptr [${Place.gdt + (selector & ~7)}], ${low >>> 0}\nmov dword ptr [${Place.gdt + (selector & ~7) + 4}], ${high >>> 0}`).join('\n')}
    mov edi, ${Place.tss + IO_BITMAP}
    mov ecx, ${(TSS_LIMIT + 1 - IO_BITMAP) >> 2}
    mov eax, -1
    rep stosd
    mov byte ptr [${Place.tss + TSS_LIMIT}], 0xff
    mov word ptr [${Place.tss + 0x66}], ${IO_BITMAP}
    mov dword ptr [${Place.tss + 4}], ${Place.innerStack}
    mov dword ptr [${Place.tss + 8}], ${bits === 32 ? Sel.data0 : 0}
    mov word ptr [${Var.scratch}], ${GDT_LIMIT}
    mov dword ptr [${Var.scratch + 2}], ${Place.gdt}
    ${atAddress(32, 'lgdt', Var.scratch)}
    ${farJump(Sel.code0, 'reloaded')}
    reloaded: mov eax, ${Sel.data0}
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov fs, eax
    mov gs, eax
    ${bits === 32 ? '' : longMode()}
    ${farJump(bits === 32 ? Sel.code0 : Sel.kernel64, BODY)}`;
}

/** 4 levels, the first GiB in 2 MiB pages for the kernel; 0x400000 … 0x5fffff for everybody. */
function longMode(): string {
  const [pml4, pdpt, directory] = [Place.tables, Place.tables + 0x1000, Place.tables + 0x2000];
  return `
    mov edi, ${pml4}
    mov ecx, 0x800
    xor eax, eax
    rep stosd
    mov dword ptr [${pml4}], ${pdpt | 7}
    mov dword ptr [${pdpt}], ${directory | 7}
    mov edi, ${directory}
    mov eax, 0x83
    large: mov [edi], eax
    mov dword ptr [edi + 4], 0
    add edi, 8
    add eax, 0x200000
    cmp eax, 0x40000000
    jb large
    or dword ptr [${directory + 16}], 4
    mov eax, cr4
    or eax, 0x6b0 ; PSE, PAE, PGE, OSFXSR, OSXMMEXCPT: all processors with long mode have them
    mov cr4, eax
    mov ecx, 0xc0000080
    rdmsr
    or eax, 0x901 ; SCE, LME, NXE
    wrmsr
    mov eax, ${pml4}
    mov cr3, eax
    mov eax, cr0
    or eax, 0x80000000
    mov cr0, eax`;
}

/** Start of the body: `tests` and `names` follow from the kernel. */
export function bodyStart(bits: Bits, rounds: number): string {
  return `
    mov Rsp, ${Place.stack}
    call flat
    call make_idt
    ${atAddress(bits, 'lidt', Var.scratch)}
    mov eax, ${Sel.tss}
    ltr ax
    xor eax, eax
    lldt ax
    call make_quiet
    call setup
    mov dword ptr [${Var.rounds}], ${rounds}
    next_round: mov dword ptr [${Var.test}], 0
    next_test: mov ebx, dword ptr [${Var.test}]
    mov Rax, offset tests
    mov eax, dword ptr [Rax + Rbx*8]
    test eax, eax
    jz round_done
    mov [${Var.testStack}], Rsp
    call Rax
    test_done: cli
    mov Rsp, [${Var.testStack}]
    call cleanup
    inc dword ptr [${Var.test}]
    jmp next_test
    round_done: dec dword ptr [${Var.rounds}]
    jnz next_round
    jmp report

    skip: mov ebx, ${SKIPPED}
    jmp outcome
    fail: mov ebx, ${FAILED}
    outcome: cli
    cld
    mov dword ptr [${Var.resume}], 0
    mov Rsp, [${Var.testStack}]
    mov edi, dword ptr [${Var.test}]
    shl edi, 4
    add edi, ${Var.results}
    cmp dword ptr [Rdi], ${PASSED} ; the first reason stays
    jne test_done
    mov dword ptr [Rdi], ebx
    mov dword ptr [Rdi + 4], edx
    mov dword ptr [Rdi + 8], eax
    mov dword ptr [Rdi + 12], ecx
    jmp test_done

    report: mov Rsi, offset text_end ; firmware may have left a line open
    call puts
    xor ebx, ebx
    xor ebp, ebp
    report_next: mov Rax, offset tests
    mov ecx, dword ptr [Rax + Rbx*8]
    test ecx, ecx
    jz reported
    mov eax, dword ptr [Rax + Rbx*8 + 4]
    push Rax
    mov edi, ebx
    shl edi, 4
    add edi, ${Var.results}
    mov Rsi, offset text_pass
    mov ecx, dword ptr [Rdi]
    cmp ecx, ${PASSED}
    je report_word
    mov Rsi, offset text_skip
    cmp ecx, ${SKIPPED}
    je report_word
    mov Rsi, offset text_fail
    inc ebp
    report_word: call puts
    pop Rsi
    call puts
    cmp dword ptr [Rdi], ${PASSED}
    je report_end
    mov Rsi, offset text_colon
    call puts
    mov esi, dword ptr [Rdi + 4]
    call puts
    cmp dword ptr [Rdi], ${SKIPPED}
    je report_end
    mov Rsi, offset text_got
    call puts
    mov eax, dword ptr [Rdi + 8]
    call puthex
    mov Rsi, offset text_expected
    call puts
    mov eax, dword ptr [Rdi + 12]
    call puthex
    report_end: mov Rsi, offset text_end
    call puts
    inc ebx
    jmp report_next
    reported: mov edx, ${COM1 + 5} ; until the last byte has left
    drained: in al, dx
    test al, 0x40
    jz drained
    mov eax, ebp
    mov edx, ${EXIT_PORT}
    out dx, eax
    ended: cli
    hlt
    jmp ended
    text_pass: db "PASS ", 0
    text_fail: db "FAIL ", 0
    text_skip: db "SKIP ", 0
    text_colon: db ": ", 0
    text_got: db ": got ", 0
    text_expected: db ", expected ", 0
    text_end: db 13, 10, 0

    puts: mov al, byte ptr [Rsi] ; text at Rsi
    test al, al
    jz puts_end
    call putc
    inc Rsi
    jmp puts
    puts_end: ret
    putc: mov ah, al ; al
    mov edx, ${COM1 + 5}
    putc_wait: in al, dx
    test al, 0x20
    jz putc_wait
    mov edx, ${COM1}
    mov al, ah
    out dx, al
    ret
    puthex: mov ecx, 8 ; eax
    hex_digit: rol eax, 4
    push Rax
    and al, 15
    add al, 0x30
    cmp al, 0x3a
    jb hex_out
    add al, 0x27
    hex_out: call putc
    pop Rax
    dec ecx
    jnz hex_digit
    ret

    make_quiet: ${outs([ // COM1: 115200 8N1 without interrupts; PICs remapped, all lines masked
      [COM1 + 1, 0], [COM1 + 3, 0x80], [COM1, 1], [COM1 + 1, 0], [COM1 + 3, 3], [COM1 + 2, 7], [COM1 + 4, 3],
      [0x20, 0x11], [0xa0, 0x11], [0x21, PIC_VECTOR], [0xa1, PIC_VECTOR + 8], [0x21, 4], [0xa1, 2], [0x21, 1], [0xa1, 1], [0x21, 0xff], [0xa1, 0xff],
    ])}
    ret`;
}

/** Bytes to ports, in order. Changes eax, edx. */
export function outs(rows: readonly (readonly [port: number, value: number])[]): string {
  return rows.map(([port, value]) => `mov edx, ${port}\nmov al, ${value}\nout dx, al`).join('\n');
}
