; 64-bit mode (SDM vol. 1, 3.3.7, 3.4.1; vol. 3A, 5.8, 6.14; vol. 2).
;; modes: long
        default abs
;; case: writes of 32 bits clear the upper half, of 16 and 8 do not
        mov rax, -1
        mov eax, 5
        mov rcx, -1
        mov cx, 5
        mov rdx, -1
        mov dl, 5
        mov rbx, -1
        mov bh, 5
        mov r8, -1
        inc r8d
        mov r9, -1
        add r9w, 3
        mov rsi, -1
        xor esi, 0
        mov rdi, -1
        movzx edi, dil
;; case: 32-bit results that are not written keep the upper half, or not
;; undefined: OF SF AF PF CF
        xor eax, eax
        mov rcx, -1
        cmovnz ecx, eax
        mov rbx, -1
        xchg ebx, ebx
        mov rsi, -1
        xor ecx, ecx
        shl esi, cl
        mov rdi, -1
        mov eax, 1
        cmpxchg edi, edi
;; case: rip-relative addressing counts from the end of the instruction
        mov eax, [rel .value]
        add dword [rel .value], 0x11223344
        mov ecx, [rel .value]
        a32 mov edx, [rel .value]
        cmp dword [rel .value], 5
        lea rbx, [rel .value]
        jmp .end
.value: dd 0x01020304
.end:
;; case: accesses to non-canonical addresses
;; differs: qemu-canonical-crossing
        mov rbx, 0x800000000000
        TRY mov eax, [rbx]
        TRY mov [rbx], eax
        mov rcx, 0x7ffffffffffd
        TRY mov eax, [rcx]
        TRY mov rax, [rcx]
        mov rdx, 0xffff7fffffffffff
        TRY mov al, [rdx]
        TRY mov ax, [rdx]
        mov rsi, 0x8000000000000000
        TRY lodsb
        TRY add [rsi], eax
        TRY lock inc dword [rbx]
        TRY lea eax, [rsi]
;; case: non-canonical addresses through rsp and rbp are stack faults
;; differs: qemu-canonical-stack
        mov rbp, 0x800000000000
        TRY mov eax, [rbp]
        TRY mov [rbp + 8], eax
        db 0x3e
        TRY mov eax, [rbp]
        TRY mov eax, [rbp + rax]
        TRY mov eax, [rax * 2 + rbp]
        mov rcx, rbp
        TRY db 0x36, 0x8b, 0x01
        TRY mov eax, [rcx + rbp]
        TRY_AT .a
        mov rsp, 0x800000000000
        push rax
.a:
;; case: push, pop and call at a non-canonical rsp
        mov rdi, rsp
        mov rbx, 0x0000800000000000
        TRY_AT .a
        mov rsp, rbx
        push rcx
.a:     EMIT rsp
        TRY_AT .b
        pop rcx
.b:     EMIT rsp
        TRY_AT .c
        call .c
.c:     EMIT rsp
        TRY_AT .d
        ret
.d:     EMIT rsp
        mov rsp, rdi
;; case: jumps to non-canonical addresses
;; differs: qemu-canonical-branch
        mov rbx, 0x800000000000
        TRY_AT .a
        jmp rbx
.a:     TRY_AT .b
        call rbx
.b:     EMIT rsp
        push rbx
        TRY_AT .c
        ret
.c:     EMIT rsp
        pop rax
        TRY_AT .d
        jmp [.pointer]
.d:     jmp .end
.pointer:
        dq 0xffff000000000000
.end:
;; case: iretq to a non-canonical rip
;; differs: qemu-canonical-branch
        push qword SEL_DATA32
        push qword STACK
        push qword 2
        push qword SEL_CODE64
        mov rax, 0x800000000000
        push rax
        TRY iretq
        EMIT rsp
        mov rsp, STACK
;; case: iretq restores the stack even at the same level
        push qword SEL_DATA32
        push qword STACK - 0x100
        push qword 0x247ed7
        push qword SEL_CODE64
        push qword .after
        iretq
.after: EMIT rsp
        EMIT_FLAGS
        mov rsp, STACK
        push qword 2
        popfq
;; case: iretq checks
        push qword SEL_DATA32
        push qword STACK
        push qword 2
        push qword 0
        push qword .after
        TRY iretq
        mov qword [rsp + 8], SEL_DATA32
        TRY iretq
        mov qword [rsp + 8], 0x200
        TRY iretq
        mov qword [rsp + 8], SEL_CODE64
        mov qword [rsp + 32], SEL_CODE64
        TRY iretq
        mov qword [rsp + 32], 0
        iretq
.after: mov eax, ss
        EMIT
        mov eax, SEL_DATA32
        mov ss, ax
;; case: iretq with NT
        pushfq
        or dword [rsp], 0x4000
        popfq
        TRY iretq
        push qword 2
        popfq
;; case: iret with 32-bit operands
;; differs: bochs-iretd
        sub rsp, 20
        mov dword [rsp], .after
        mov dword [rsp + 4], SEL_CODE64
        mov dword [rsp + 8], 0x97
        mov dword [rsp + 12], STACK - 0x80
        mov dword [rsp + 16], SEL_DATA32
        iretd
.after: EMIT rsp
        EMIT_FLAGS
        mov rsp, STACK
;; case: interrupts align the stack to 16 bytes
        ON_TRAP
        mov rsp, STACK - 3
        int 0x20
        int3
        mov rsp, STACK - 8
        int 0x20
        mov rsp, STACK
;; case: interrupt stack table
        mov byte [IDT + 0x28 * 16 + 4], 1
        ON_TRAP
        int 0x28
        mov byte [IDT + 6 * 16 + 4], 1
        TRY ud2
;; case: a non-canonical pointer in the interrupt stack table
;; differs: bochs-ist
        mov byte [IDT + 0x28 * 16 + 4], 2
        mov dword [TSS + 0x2c], 0
        mov dword [TSS + 0x30], 0x00008000
        TRY int 0x28
;; case: gates of other types
;; differs: qemu-idt-code
        mov byte [IDT + 0x28 * 16 + 5], 0x85
        TRY int 0x28
        mov byte [IDT + 0x28 * 16 + 5], 0x86
        TRY int 0x28
        mov byte [IDT + 0x28 * 16 + 5], 0x0e
        TRY int 0x28
        mov byte [IDT + 0x28 * 16 + 5], 0x8c
        TRY int 0x28
        mov byte [IDT + 0x28 * 16 + 5], 0x8e
        mov word [IDT + 0x28 * 16 + 2], SEL_CODE32
        TRY int 0x28
        mov word [IDT + 0x28 * 16 + 2], SEL_CODE64
        mov dword [IDT + 0x28 * 16 + 8], 0x8000
        TRY int 0x28
        TRY int 0x40
;; case: interrupt and trap gates
        mov rax, .handler
        mov [IDT + 0x28 * 16], ax
        mov [IDT + 0x29 * 16], ax
        mov byte [IDT + 0x29 * 16 + 5], 0x8f
        sti
        int 0x28
        int 0x29
        jmp .end
.handler:
        pushfq
        pop rax
        EMIT
        iretq
.end:   cli
;; case: single step and its shadow
        ON_TRAP
        pushfq
        or dword [rsp], 0x100
        popfq
        nop
        mov eax, SEL_DATA32
        mov ss, ax
        nop
        nop
        pushfq
        and dword [rsp], 0xfffffeff
        popfq
;; case: instructions that 64-bit mode does not have
        TRY db 0x06
        TRY db 0x07
        TRY db 0x0e
        TRY db 0x16
        TRY db 0x1f
        TRY db 0x27
        TRY db 0x2f
        TRY db 0x37
        TRY db 0x3f
        TRY db 0x60
        TRY db 0x61
        TRY db 0x9a, 0, 0, 0, 0, 8, 0
        TRY db 0xce
        TRY db 0xd4, 10
        TRY db 0xd5, 10
        TRY db 0xea, 0, 0, 0, 0, 8, 0
        TRY db 0x82, 0xc0, 1
        TRY db 0x62, 0x03
        TRY db 0xc4, 0x03
;; case: syscall and sysret need SCE
        TRY syscall
        TRY sysret
        TRY o64 sysret
;; case: syscall and sysret
;; differs: qemu-syscall-flags
        mov ecx, 0xc0000080
        rdmsr
        or eax, 1
        wrmsr
        mov ecx, 0xc0000081
        mov edx, SEL_DATA32 << 16 | SEL_CODE64
        xor eax, eax
        wrmsr
        mov ecx, 0xc0000082
        mov eax, .entry
        xor edx, edx
        wrmsr
        mov ecx, 0xc0000084
        mov eax, 0x400
        wrmsr
        DESCRIPTOR SEL_CODE64 + 8, 0, 0xfffff, 0x93, 12
        stc
        std
        syscall
.entry: mov ebx, cs
        mov esi, ss
        EMIT_FLAGS
        EMIT r11
        EMIT rcx
        cld
        clc
;; case: swapgs
        mov ecx, 0xc0000101
        mov eax, DATA
        xor edx, edx
        wrmsr
        mov ecx, 0xc0000102
        mov eax, DATA + 0x10
        wrmsr
        mov rax, [gs:0]
        EMIT
        swapgs
        mov rax, [gs:0]
        EMIT
        mov ecx, 0xc0000101
        rdmsr
        EMIT
        swapgs
;; case: fs and gs bases, and what a selector load does to them
        mov ecx, 0xc0000100
        mov eax, DATA
        mov edx, 0x00001234
        wrmsr
        TRY mov rax, [fs:0]
        rdmsr
        EMIT rdx
        mov eax, SEL_DATA32
        mov fs, ax
        rdmsr
        EMIT rax
        EMIT rdx
        mov rax, [fs:DATA]
        mov eax, DATA
        xor edx, edx
        wrmsr
        mov rax, [fs:8]
        EMIT
        mov rax, [fs:0x10]
        DESCRIPTOR 0x80, DATA + 0x20, 0xfffff, 0x93, 12
        mov ebx, 0x80
        mov gs, bx
        mov rax, [gs:0]
        EMIT
;; case: fs base may not be non-canonical
;; differs: qemu-canonical-msr
        mov ecx, 0xc0000100
        xor eax, eax
        mov edx, 0x8000
        TRY wrmsr
        mov ecx, 0xc0000101
        TRY wrmsr
        mov ecx, 0xc0000102
        TRY wrmsr
        mov ecx, 0xc0000082
        TRY wrmsr
;; case: addresses with an fs base wrap at 2^64 and stay canonical
        mov ecx, 0xc0000100
        mov eax, -0x1000
        mov edx, -1
        wrmsr
        mov rax, [fs:DATA + 0x1000]
        EMIT
        mov ebx, DATA + 0x1000
        a32 mov eax, [fs:ebx + 8]
        EMIT
        xor eax, eax
        xor edx, edx
        wrmsr
;; case: limits and bases of other segments are ignored
        DESCRIPTOR 0x80, 0x123456, 0, 0x93, 0
        mov eax, 0x80
        mov ds, ax
        mov es, ax
        mov rax, [DATA]
        EMIT
        xor ebx, ebx
        mov ds, bx
        mov es, bx
        mov rax, [DATA + 1]
        EMIT
        db 0x26
        mov rcx, [DATA]
;; case: null stack selector is allowed
;; differs: qemu-null-ss
        xor eax, eax
        mov ss, ax
        push rcx
        pop rdx
        mov eax, 3
        TRY mov ss, ax
        mov eax, SEL_DATA32
        mov ss, ax
;; case: writes to code and read-only segments are not checked
        db 0x2e
        mov byte [DATA], 5
        DESCRIPTOR 0x80, 0, 0xfffff, 0x91, 12
        mov eax, 0x80
        mov es, ax
        db 0x26
        mov byte [DATA + 1], 6
        mov eax, SEL_CODE64
        mov es, ax
        db 0x26
        mov byte [DATA + 2], 7
;; case: segment loads still fault
        mov eax, 0x200
        TRY mov ds, ax
        DESCRIPTOR 0x80, 0, 0xfffff, 0x13, 12
        mov eax, 0x80
        TRY mov fs, ax
        TRY mov ss, ax
        DESCRIPTOR 0x80, 0, 0xfffff, 0x99, 12
        TRY mov gs, ax
        mov eax, SEL_TSS
        TRY mov ds, ax
;; case: push and pop of segment registers
        mov eax, SEL_UDATA32
        mov fs, ax
        push fs
        EMIT rsp
        pop rcx
        push gs
        o16 push fs
        EMIT rsp
        o16 pop gs
        pop fs
        EMIT rsp
        mov ebx, fs
        mov rdx, gs
;; case: push and pop are 64 or 16 bits wide
        push rax
        o16 push bx
        EMIT rsp
        pop cx
        pop rdx
        push -1
        push 0x12345678
        o16 push 5
        EMIT rsp
        EMIT [rsp]
        add rsp, 18
        pushfq
        o16 pushf
        EMIT rsp
        add rsp, 10
;; case: enter and leave
;; differs: bochs-enter-16
        mov rbp, 0x1234
        enter 0x20, 0
        EMIT rsp
        EMIT rbp
        EMIT [rbp]
        enter 8, 3
        EMIT rsp
        EMIT rbp
        leave
        leave
        EMIT rsp
        o16 enter 8, 1
        EMIT rsp
        mov rsp, STACK
;; case: call far and return far
        call far dword [.pointer32]
        EMIT rsp
        call far qword [.pointer64]
        EMIT rsp
        jmp .end
.sub:   EMIT rsp
        mov rax, [rsp]
        retf
.sub64: EMIT rsp
        o64 retf
.pointer32:
        dd .sub
        dw SEL_CODE64
.pointer64:
        dq .sub64
        dw SEL_CODE64
.end:
;; case: far transfers to compatibility mode and back
        jmp far dword [.pointer]
.back:  jmp .end
        bits 32
.narrow:
        mov ebx, cs
        mov eax, -1
        inc eax
        push ecx
        EMIT esp
        pop ecx
        jmp SEL_CODE64:.back
        bits 64
.pointer:
        dd .narrow
        dw SEL_CODE32
.end:
;; case: far jump checks
;; differs: qemu-canonical-branch
        TRY jmp far dword [.null]
        TRY jmp far dword [.data]
        TRY jmp far dword [.both]
        TRY jmp far qword [.wide]
        TRY jmp far dword [.tss]
        jmp .end
.null:  dd 0x8000
        dw 0
.data:  dd 0x8000
        dw SEL_DATA32
.both:  dd 0x8000
        dw 0x80
.wide:  dq 0x800000000000
        dw SEL_CODE64
.tss:   dd 0
        dw SEL_TSS
.end:
;; case: code segments with both L and D are refused
;; differs: qemu-l-and-d
        DESCRIPTOR 0x80, 0, 0xfffff, 0x9b, 0xe
        TRY jmp far dword [.both]
        TRY call far dword [.both]
        EMIT rsp
        jmp .end
.both:  dd 0x8000
        dw 0x80
.end:
;; case: conditional branches and loops
        mov rcx, 0x100000002
        xor eax, eax
.a:     inc eax
        cmp eax, 5
        je .b
        loop .a
.b:     EMIT rcx
        mov rcx, 0x100000001
        a32 loop .b
        EMIT rcx
        mov rcx, 0x100000000
        jecxz .c
        mov eax, 0x99
.c:     jrcxz .d
        EMIT
.d:
;; case: rep with 64-bit and 32-bit counts
        mov ecx, 5
        mov rsi, DATA
        mov rdi, DATA + 0x80
        rep movsb
        mov rsi, 0x500000000 + DATA
        mov rdi, 0x600000000 + DATA + 0x90
        mov rcx, 3
        a32 rep movsb
        EMIT rsi
        EMIT rdi
        EMIT rcx
;; case: address size of 32 bits wraps and zero-extends
        mov rbx, 0xffffffff00000000 + DATA
        a32 mov rax, [ebx]
        EMIT
        mov ebx, -8
        a32 mov rax, [ebx + DATA + 8]
        EMIT
        a32 lea rax, [ebx + 0x10]
        EMIT
        lea eax, [rbx + 0x10]
        EMIT
;; case: moffs with 64-bit and 32-bit addresses
        mov rax, [qword DATA]
        EMIT
        mov [qword DATA + 8], eax
        db 0x67, 0xa1
        dd DATA + 0x10
        EMIT
        mov al, [qword DATA + 3]
;; case: moffs non-canonical
        TRY mov rax, [qword 0x800000000000]
        TRY mov [qword 0xfffe000000000000], al
;; case: registers without rex and with
        mov rax, 0x1122334455667788
        mov bl, ah
        mov r8b, al
        mov sil, al
        mov dil, r8b
        mov bpl, 0x77
        mov spl, spl
        db 0x40, 0x88, 0xe0
        xchg r8, rax
        db 0x90
        db 0x41, 0x90
;; case: rex that is not next to the opcode is ignored
;; differs: qemu-rex-order
        mov rax, -1
        db 0x48, 0x66, 0xff, 0xc0
        mov rcx, -1
        db 0x66, 0x48, 0xff, 0xc1
        mov rdx, -1
        db 0x48, 0x41, 0xff, 0xc2
        db 0x4f, 0x40, 0xff, 0xc3
;; case: movsxd
        mov ecx, 0x80000001
        movsxd rax, ecx
        EMIT
        db 0x63, 0xc1
        EMIT
        db 0x66, 0x63, 0xc1
        EMIT
        movsx rax, cl
        movsx rdx, cx
;; case: cdqe, cqo, cwde
        mov eax, 0x80000000
        cdqe
        EMIT
        cqo
        EMIT rdx
        mov rax, -1
        mov ax, 0x7fff
        cwde
        EMIT
        cdq
        EMIT rdx
        cwd
        EMIT rdx
;; case: 64-bit division
;; undefined: CF OF AF ZF SF PF
        mov rdx, 1
        mov rax, 0x8000000000000000
        mov rcx, 3
        div rcx
        EMIT rdx
        mov rdx, 3
        TRY div rcx
        mov rax, 0x8000000000000000
        cqo
        mov rcx, -1
        TRY idiv rcx
        mov rax, -100
        cqo
        mov rcx, 7
        idiv rcx
        EMIT rdx
;; case: control registers hold 64 bits
;; differs: qemu-reserved-bits
        mov rax, cr0
        EMIT
        mov rax, cr3
        EMIT
        mov rax, cr4
        EMIT
        mov rax, cr8
        EMIT
        mov eax, 5
        mov cr8, rax
        mov rbx, cr8
        mov eax, 16
        TRY mov cr8, rax
        xor eax, eax
        mov cr8, rax
        mov rax, 0x123456789abc
        mov cr2, rax
        mov rcx, cr2
;; case: upper halves of control registers are reserved
;; differs: qemu-reserved-bits
        mov rax, cr0
        mov rcx, 0x100000000
        or rax, rcx
        TRY mov cr0, rax
        mov rax, cr4
        or rax, rcx
        TRY mov cr4, rax
        mov rax, cr3
        mov rcx, 0x8000000000000
        or rax, rcx
        TRY mov cr3, rax
        mov rax, rcx
        TRY mov dr6, rax
        TRY mov dr7, rax
;; case: what long mode does not allow in control registers
;; differs: qemu-reserved-bits
        mov rax, cr4
        and rax, ~0x20
        TRY mov cr4, rax
        mov rax, cr0
        and eax, 0x7fffffff
        TRY mov cr0, rax
        and eax, 0x7ffffffe
        TRY mov cr0, rax
        mov ecx, 0xc0000080
        rdmsr
        and eax, ~0x100
        TRY wrmsr
;; case: sgdt and sidt store ten bytes
;; differs: qemu-canonical-msr
        sgdt [DATA]
        o16 sidt [DATA + 0x10]
        lgdt [DATA]
        mov rax, 0x800000000000
        mov [DATA + 2], rax
        TRY lgdt [DATA]
        TRY lidt [DATA]
;; case: lldt and ltr read 16-byte descriptors
;; differs: qemu-canonical-msr
        mov eax, SEL_LDT
        lldt ax
        mov dword [GDT + SEL_LDT + 8], 0x00008000
        TRY lldt ax
        mov dword [GDT + SEL_LDT + 8], 0
        sldt rbx
        str rcx
        mov rdx, -1
        sldt edx
        mov rsi, -1
        str si
;; case: lar and lsl in 64-bit mode
        mov ecx, SEL_CODE64
        mov rax, -1
        lar rax, ecx
        and eax, 0xf0ff00
        mov rdx, -1
        lsl rdx, ecx
        mov ecx, SEL_TSS
        mov rbx, -1
        lar ebx, ecx
        and ebx, 0xf0ff00
        DESCRIPTOR 0x80, 0, 0, 0x8f, 0
        mov ecx, 0x80
        mov esi, 0x55
        lar esi, ecx
;; case: system descriptor types of 16 bits are invalid to lar and lsl
;; differs: qemu-lar-types
        DESCRIPTOR 0x80, 0x12345678, 0xabcde, 0x80, 5
        mov ecx, 0x80
.type:  mov eax, [GDT + 0x84]
        lar eax, ecx
        jnz .not
        and eax, 0xf0ff00
        EMIT
        lsl eax, ecx
        jnz .not
        EMIT
.not:   inc byte [GDT + 0x85]
        cmp byte [GDT + 0x85], 0xa0
        jb .type
;; case: page faults carry 64-bit addresses
;; differs: qemu-rmw-fault
        TRY mov eax, [WIN]
        TRY mov [WIN + 0xffe], eax
        mov rbx, 0xffffff8000000000
        TRY mov eax, [rbx]
        mov rbx, 0x7fffffffffff
        TRY mov al, [rbx]
        mov rbx, 0x8000000000
        TRY inc byte [rbx + 5]
        TRY_AT .next
        jmp rbx
.next:
;; case: fetch over the end of the canonical space
        mov rbx, TABLES + 0x1000
        mov dword [TABLES + 0x7f8], TABLES + 0x1007
        mov dword [TABLES + 0x1ff8], TABLES + 0x2007
        mov dword [TABLES + 0x2ff8], 0x83
        mov byte [0x1ffffe], 0x90
        mov byte [0x1fffff], 0x90
        mov rax, 0x7ffffffffffe
        TRY_AT .next
        jmp rax
.next:
;; case: a large page of 1 GiB, if the processor has them, or a reserved bit
        mov eax, 0x80000001
        cpuid
        bt edx, 26
        jnc .end
        mov dword [TABLES + 0x1008], 0x87
        mov ebx, 0x40000000 + DATA
        mov rax, [rbx]
        mov ecx, [TABLES + 0x1008]
.end:   xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
;; case: accessed and dirty bits in all levels
        mov dword [WINPT], FREE + 7
        mov eax, [WIN]
        EMIT [WINPT]
        EMIT [TABLES]
        EMIT [TABLES + 0x1000]
        EMIT [TABLES + 0x2010]
        mov [WIN], eax
        EMIT [WINPT]
;; case: a table that points at itself in every level
        mov dword [TABLES + 8], TABLES + 7
        mov rbx, 0x8040201000
        mov eax, [rbx]
        EMIT
        mov eax, [rbx + 8]
        EMIT
;; case: lahf, sahf and pushf of 16 bits
        mov ah, 0xd5
        sahf
        lahf
        pushf
        pop cx
        EMIT_FLAGS
;; case: lengths of instructions with rex
        TRY_AT .a
        times 4 db 0x66
        db 0x48, 0xb8
        dq 0x1122334455667788
.a:     EMIT
        times 5 db 0x66
        db 0x48, 0xb8
        dq 0x8877665544332211
        EMIT
        TRY_AT .b
        times 6 db 0x66
        db 0x48, 0xb8
        dq 0x99
.b:
