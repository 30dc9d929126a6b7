; 16-bit protected mode: stack width by SS.B, operand sizes, gates, limits (SDM vol. 3A, 3.4.5, 6.12; vol. 2, PUSH).
;; modes: prot16
;; case: pushes use sp with a small stack segment
        mov esp, 0x12347000
        push ax
        EMIT esp
        pop ax
        push eax
        EMIT esp
        pop eax
        mov esp, STACK
;; case: pushes use esp with a big stack segment
        mov ax, SEL_DATA32
        mov ss, ax
        mov esp, STACK
        push ax
        EMIT esp
        pop ax
        push dword 5
        EMIT esp
        pop ecx
        mov ax, SEL_DATA16
        mov ss, ax
        mov sp, STACK
;; case: data limits of 64 KiB
;; differs: qemu-limits
        TRY mov ax, [0xffff]
        mov al, [0xffff]
        mov ebx, 0x10000
        TRY mov al, [ebx]
        mov bp, 0xffff
        TRY mov ax, [bp]
        mov ax, SEL_DATA32
        mov es, ax
        mov al, [es:ebx]
;; case: software interrupt through a 32-bit gate
        ON_TRAP
        int 0x20
        int3
;; case: software interrupt through a 16-bit gate
        mov word [IDT + 0x28 * 8], .handler
        mov dword [IDT + 0x28 * 8 + 2], SEL_CODE16
        mov word [IDT + 0x28 * 8 + 4], 0x8600
        int 0x28
        EMIT esp
        jmp .end
.handler:
        mov bx, sp
        mov ax, [bx + 4]
        EMIT
        EMIT esp
        iret
.end:
;; case: far calls by operand size
        call SEL_CODE16:.a
        EMIT esp
        call dword SEL_CODE16:.b
        EMIT esp
        jmp .end
.a:     EMIT esp
        retf
.b:     EMIT esp
        o32 retf
.end:
;; case: jumps to 32-bit code
        jmp dword SEL_CODE32:.wide
        bits 32
.wide:  mov eax, 0x11112222
        push eax
        EMIT esp
        pop ecx
        jmp SEL_CODE16:.narrow
        bits 16
.narrow:
        mov dx, cs
;; case: a 16-bit iret
        push word 0x4ed7
        push cs
        push word .a
        iret
.a:     EMIT_FLAGS
        push word 2
        popf
;; case: code limit
;; differs: qemu-limits
        TRY_AT .a
        jmp dword SEL_CODE16:0x12345
.a:     mov eax, 0x10000 + .b
        TRY_AT .b
        jmp eax
.b:
;; case: segment loads
;; differs: qemu-limits
        mov ax, 0x1f8
        TRY mov es, ax
        mov ax, SEL_CODE16
        mov es, ax
        mov al, [es:DATA + 3]
        TRY mov [es:DATA], al
        xor ax, ax
        mov es, ax
        TRY mov al, [es:0]
        mov ax, SEL_DATA16
        mov es, ax
;; case: lgdt and sgdt of 16 bits
        mov dword [DATA + 0x22], 0xff000800
        mov word [DATA + 0x20], 0x1ff
        lgdt [DATA + 0x20]
        sgdt [DATA]
        o32 sgdt [DATA + 0x10]
        smsw ax
        str bx
        mov ecx, -1
        o32 str ecx
;; case: stack wraps at 64 KiB
        xor sp, sp
        push ax
        EMIT esp
        mov sp, 0xfffe
        pop ax
        EMIT esp
        mov esp, STACK
;; case: string instructions with 16-bit addresses
        mov esi, 0x10000 + DATA
        mov edi, 0x20000 + DATA + 0x40
        mov ecx, 0x30004
        rep movsb
;; case: iret to a nested level is refused with NT and no task
        push word 0x4002
        popf
        push word 2
        push cs
        push word .a
        TRY iret
        push word 2
        popf
.a:
