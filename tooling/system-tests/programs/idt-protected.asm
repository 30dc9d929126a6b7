; Interrupts and exceptions through IDT gates (SDM vol. 3A, 6.10 … 6.15).
;; modes: prot32

%macro GATE 4                   ; vector, selector, offset, type
        mov eax, %3
        mov [IDT + %1 * 8], ax
        mov word [IDT + %1 * 8 + 2], %2
        mov dword [IDT + %1 * 8 + 4], (%4) << 8
%endmacro
;; case: int n, int3 and into
        ON_TRAP
        int 0x20
        int3
        mov al, 0x7f
        inc al
        into
        db 0xcd, 0x00
;; case: an interrupt gate clears IF, a trap gate leaves it
        GATE 0x28, SEL_CODE32, .handler, 0x8e
        GATE 0x29, SEL_CODE32, .handler, 0x8f
        sti
        int 0x28
        int 0x29
        cli
        int 0x29
        jmp .end
.handler:
        pushfd
        pop eax
        EMIT
        iretd
.end:
;; case: gates clear TF, NT, RF but not AC
        GATE 0x28, SEL_CODE32, .handler, 0x8f
        push dword 0x44002
        popfd
        int 0x28
        jmp .end
.handler:
        pushfd
        pop eax
        EMIT
        mov eax, [esp + 8]
        EMIT
        iretd
.end:   push dword 2
        popfd
;; case: 16-bit gates push words
        GATE 0x28, SEL_CODE32, .handler, 0x86
        GATE 0x29, SEL_CODE32, .handler, 0x87
        push dword 0x00040202
        popfd
        int 0x28
        int 0x29
        jmp .end
.handler:
        EMIT esp
        pushfd
        pop eax
        EMIT
        mov eax, [esp]
        EMIT
        o16 iret
.end:   EMIT_FLAGS
        push dword 2
        popfd
;; case: a 16-bit gate pushes a 16-bit error code
        GATE 13, SEL_CODE32, .handler, 0x86
        xor eax, eax
        mov es, ax
        mov ebx, 0x81
        mov es, bx
        jmp .end
.handler:
        EMIT esp
        mov eax, [esp]
        EMIT
        mov esp, STACK
.end:
;; case: a gate into 16-bit code
        GATE 0x28, SEL_CODE16, .handler, 0x8e
        int 0x28
        jmp .end
        bits 16
.handler:
        mov ax, 0x4321
        mov ebx, esp
        o32 iret
        bits 32
.end:
;; case: a gate into conforming code
        DESCRIPTOR 0x80, 0, 0xfffff, 0x9f, 0xc
        GATE 0x28, 0x80, .handler, 0x8e
        int 0x28
        jmp .end
.handler:
        mov ebx, cs
        mov ecx, [esp + 4]
        iretd
.end:
;; case: error codes name the vector of a bad gate
        mov byte [IDT + 0x28 * 8 + 5], 0x0e
        TRY int 0x28
        mov byte [IDT + 0x28 * 8 + 5], 0x80
        TRY int 0x28
        mov byte [IDT + 0x28 * 8 + 5], 0x8c
        TRY int 0x28
        mov byte [IDT + 0x28 * 8 + 5], 0x89
        TRY int 0x28
        mov byte [IDT + 0x28 * 8 + 5], 0x92
        TRY int 0x28
        TRY int 0x40
        TRY int 0xff
        mov byte [IDT + 3 * 8 + 5], 0x0e
        TRY int3
        TRY db 0xcd, 3
;; case: error codes name the selector of a gate that leads nowhere
;; differs: qemu-limits
        mov word [IDT + 0x28 * 8 + 2], 0
        TRY int 0x28
        mov word [IDT + 0x28 * 8 + 2], SEL_DATA32
        TRY int 0x28
        mov word [IDT + 0x28 * 8 + 2], 0x200
        TRY int 0x28
        mov word [IDT + 0x28 * 8 + 2], SEL_UCODE32
        TRY int 0x28
        DESCRIPTOR 0x80, 0, 0xfffff, 0x1b, 0xc
        mov word [IDT + 0x28 * 8 + 2], 0x80
        TRY int 0x28
        DESCRIPTOR 0x80, 0, 0xfff, 0x9b, 4
        TRY int 0x28
;; case: the EXT bit is set when an exception cannot be delivered
;; differs: qemu-ext
        mov byte [IDT + 6 * 8 + 5], 0x0e
        TRY ud2
        mov byte [IDT + 6 * 8 + 5], 0x8e
        mov word [IDT + 6 * 8 + 2], SEL_DATA32
        TRY ud2
        mov word [IDT + 6 * 8 + 2], 0
        TRY ud2
;; case: a divide error that cannot be delivered is a double fault
        mov byte [IDT + 0 * 8 + 5], 0x0e
        xor ecx, ecx
        TRY_AT .after
        div ecx
.after: EMIT esp
;; case: two contributory exceptions make a double fault
        mov word [IDT + 13 * 8 + 2], SEL_DATA32
        TRY_AT .after
        mov eax, 0x1f8
        mov es, ax
.after: EMIT esp
;; case: a benign exception and a contributory one do not
;; differs: qemu-ext
        mov byte [IDT + 6 * 8 + 5], 0x0e
        mov byte [IDT + 11 * 8 + 5], 0x8e
        TRY_AT .after
        ud2
.after:
;; case: three exceptions shut the processor down
        mov word [IDT + 13 * 8 + 2], SEL_DATA32
        mov word [IDT + 8 * 8 + 2], SEL_DATA32
        mov eax, 0x1f8
        mov es, ax
;; case: an IDT limit that cuts a gate
        lidt [.idtr]
        TRY int 0x3c
        TRY_AT .next
        int 0x3b
.next:  jmp .end
.idtr:  dw 0x3c * 8 + 6
        dd IDT
.end:
;; case: an empty IDT shuts the processor down
        lidt [.idtr]
        int3
.idtr:  dw 0
        dd 0
;; case: single step
        ON_TRAP
        pushfd
        or dword [esp], 0x100
        popfd
        nop
        mov eax, 1
        pushfd
        and dword [esp], 0xfffffeff
        popfd
        nop
;; case: mov ss and pop ss hold back a single step
        ON_TRAP
        mov ecx, SEL_DATA32
        push ss
        pushfd
        or dword [esp], 0x100
        popfd
        mov ss, cx
        nop
        pop ss
        inc eax
        nop
        pushfd
        and dword [esp], 0xfffffeff
        popfd
;; case: a fault under TF
        ON_TRAP
        xor ecx, ecx
        TRY_AT .fault
        pushfd
        or dword [esp], 0x100
        popfd
        div ecx
.fault: nop
        pushfd
        and dword [esp], 0xfffffeff
        popfd
;; case: int n under TF
        ON_TRAP
        pushfd
        or dword [esp], 0x100
        popfd
        int 0x21
        nop
        pushfd
        and dword [esp], 0xfffffeff
        popfd
;; case: icebp
;; differs: qemu-icebp
        TRY_AT .after
        db 0xf1
.after:
;; case: RF is pushed set by a fault and clear by a trap
        ON_TRAP
        int3
        TRY ud2
        pushfd
        or dword [esp], 0x10000
        popfd
        EMIT_FLAGS
;; case: bound
        mov dword [DATA], -2
        mov dword [DATA + 4], 7
        mov eax, 8
        TRY bound eax, [DATA]
        mov ax, 0x7fff
        TRY o16 bound ax, [DATA]
;; case: into with an interrupt gate above the privilege
        mov byte [IDT + 4 * 8 + 5], 0x8e
        ON_TRAP
        mov al, 0x7f
        inc al
        into
;; case: length of instructions in 32-bit code
        TRY_AT .a
        times 15 ds
        nop
.a:     TRY_AT .b
        times 10 es
        mov dword [DATA], 5
.b:     times 11 ds
        nop
        TRY_AT .c
        times 8 es
        lock add dword [DATA], 5
.c:
;; case: a too long instruction is a #GP before it is anything else
        TRY_AT .a
        times 14 ds
        ud2
.a:     TRY_AT .b
        times 14 db 0xf0
        ud2
.b:
;; case: undefined instructions
        TRY db 0x0f, 0x0b
        TRY db 0x0f, 0xb9, 0xc0
        TRY db 0x0f, 0xff, 0xc0
        TRY db 0xff, 0xf8
        TRY db 0xfe, 0xd0
        TRY db 0x0f, 0x05
        TRY db 0x0f, 0x24, 0xc0
        TRY db 0x0f, 0x01, 0xc0 | 0x28 | 0x05
        TRY db 0x0f, 0xc7, 0x00 | 0x28
        TRY db 0x0f, 0xba, 0xc0, 1
        TRY db 0x8d, 0xc0
        TRY db 0x0f, 0x00, 0xf0
