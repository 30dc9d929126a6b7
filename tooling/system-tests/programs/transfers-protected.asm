; Far transfers without a change of privilege, and gates (SDM vol. 3A, 5.8; vol. 2, JMP, CALL, RET, IRET).
;; modes: prot32
;; case: far jump to every descriptor type
;; differs: qemu-code-accessed
        DESCRIPTOR 0x80, 0, 0xfffff, 0x80, 0xc
.type:  mov dword [GDT + 0x80], 0x0000ffff
        mov cl, [GDT + 0x85]
        and cl, 0x1f
        cmp cl, 4
        je .skip
        cmp cl, 5
        je .skip
        cmp cl, 12
        je .skip
        and cl, 0x15
        cmp cl, 1
        je .skip
        TRY_AT .next
        jmp 0x80:.inside
.inside:
        mov eax, cs
        EMIT
        jmp SEL_CODE32:.next
.skip:
.next:  inc byte [GDT + 0x85]
        cmp byte [GDT + 0x85], 0xa0
        jb .type
;; case: far jump to null, beyond the table, not present
        TRY jmp 0:DATA
        TRY jmp 3:DATA
        TRY jmp 0x200:DATA
        TRY jmp 0x0c:DATA
        DESCRIPTOR 0x80, 0, 0xfffff, 0x1b, 0xc
        TRY jmp 0x80:DATA
        DESCRIPTOR 0x80, 0, 0xfffff, 0x1f, 0xc
        TRY jmp 0x80:DATA
        TRY call 0x80:DATA
        TRY call 0:DATA
        EMIT esp
;; case: privilege of code segments
        TRY jmp SEL_UCODE32:DATA
        TRY jmp SEL_CODE32+3:DATA
        DESCRIPTOR 0x80, 0, 0xfffff, 0xfb, 0xc
        TRY jmp 0x80:DATA
        DESCRIPTOR 0x80, 0, 0xfffff, 0xff, 0xc
        TRY jmp 0x80:DATA
        DESCRIPTOR 0x80, 0, 0xfffff, 0x9f, 0xc
        jmp 0x83:.next
.next:  mov eax, cs
        EMIT
        jmp SEL_CODE32:.out
.out:
;; case: far jump beyond the limit
;; differs: qemu-call-limit
        DESCRIPTOR 0x80, 0, 0x8100, 0x9b, 4
        TRY jmp 0x80:0x8101
        TRY jmp 0x80:0x12345678
        TRY call 0x80:0x8101
        EMIT esp
        mov eax, cs
        EMIT
;; case: a near jump beyond the limit
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0, 0x8200, 0x9b, 4
        jmp 0x80:.in
.in:    TRY_AT .a
        jmp .in + 0x1000
.a:     mov ebx, 0x8201
        TRY_AT .b
        jmp ebx
.b:     TRY_AT .c
        call ebx
.c:     EMIT esp
        push ebx
        TRY_AT .d
        ret
.d:     EMIT esp
        pop ebx
        jmp SEL_CODE32:.out
.out:
;; case: running past the limit
;; differs: qemu-limits
        DESCRIPTOR 0x80, CODE, 0xff, 0x9b, 4
        TRY_AT .next - CODE
        jmp 0x80:0xfe
.next:  jmp SEL_CODE32:.out
        times 0xfe - ($ - $$ - 0x10) nop
        nop
        nop
        nop
.out:
;; case: an instruction cut by the limit
;; differs: qemu-limits
        DESCRIPTOR 0x80, CODE, 0xff, 0x9b, 4
        TRY_AT .next - CODE
        jmp 0x80:0xfd
.next:  jmp SEL_CODE32:.out
        times 0xfd - ($ - $$ - 0x10) nop
        mov eax, 5
.out:
;; case: far jump to 16-bit code and back
        jmp SEL_CODE16:.narrow
        bits 16
.narrow:
        mov eax, 0x12345678
        mov bx, 0x1111
        push ax
        jmp dword SEL_CODE32:.wide
        bits 32
.wide:  mov ecx, esp
        pop dx
;; case: far call and return
        call SEL_CODE32:.sub
        EMIT esp
        mov dword [DATA], .sub
        mov word [DATA + 4], SEL_CODE32
        call far [DATA]
        EMIT esp
        push cs
        call .sub
        EMIT esp
        jmp .end
.sub:   mov eax, [esp]
        mov ebx, [esp + 4]
        retf
.end:
;; case: far call with a 16-bit operand
        mov dword [DATA], .sub
        mov word [DATA + 2], SEL_CODE32
        o16 call far [DATA]
        EMIT esp
        jmp .end
.sub:   EMIT esp
        mov eax, [esp]
        o16 retf
.end:
;; case: retf n and ret n
        push dword 1
        push dword 2
        push cs
        push dword .a
        retf 8
.a:     EMIT esp
        push dword 1
        push dword .b
        ret 4
.b:     EMIT esp
;; case: far return checks
;; differs: qemu-limits
        push dword 0
        push dword DATA
        TRY retf
        EMIT esp
        mov dword [esp + 4], 0x200
        TRY retf
        mov dword [esp + 4], SEL_DATA32
        TRY retf
        DESCRIPTOR 0x80, 0, 0xfffff, 0x1b, 0xc
        mov dword [esp + 4], 0x80
        TRY retf
        DESCRIPTOR 0x80, 0, 0x8000, 0x9b, 4
        mov dword [esp], 0x8001
        TRY retf
        DESCRIPTOR 0x80, 0, 0xfffff, 0xfb, 0xc
        TRY retf
        EMIT esp
;; case: iret to the same level
        pushfd
        push cs
        push dword .a
        iretd
.a:     EMIT esp
        push dword 0x00247ed7
        push cs
        push dword .b
        iretd
.b:     EMIT_FLAGS
        push dword 2
        popfd
;; case: iret with 16-bit operands
        push word 0x08d7
        push word SEL_CODE32
        push word .a
        o16 iret
.a:     EMIT_FLAGS
        EMIT esp
;; case: iret checks
        push dword 2
        push dword 0
        push dword DATA
        TRY iretd
        mov dword [esp + 4], SEL_DATA32
        TRY iretd
        mov dword [esp + 4], 0x200
        TRY iretd
        DESCRIPTOR 0x80, 0, 0xfffff, 0x1b, 0xc
        mov dword [esp + 4], 0x80
        TRY iretd
        EMIT esp
;; case: iret with NT and a task link of null
        pushfd
        or dword [esp], 0x4000
        popfd
        push dword 2
        push cs
        push dword .after
        TRY iretd
        push dword 2
        popfd
.after:
;; case: call gate to the same level
        DESCRIPTOR 0x80, 0, 0, 0x8c, 0
        mov word [GDT + 0x80], .sub
        mov word [GDT + 0x82], SEL_CODE32
        call 0x80:0x99999999
        EMIT esp
        jmp .end
.sub:   mov eax, [esp + 4]
        mov ebx, [esp]
        retf
.end:
;; case: call gate of 16 bits
        DESCRIPTOR 0x80, 0, 0, 0x84, 0
        mov word [GDT + 0x80], .sub
        mov word [GDT + 0x82], SEL_CODE32
        call 0x80:0
        EMIT esp
        jmp .end
.sub:   mov eax, [esp]
        EMIT esp
        o16 retf
.end:
;; case: jump through a call gate
        DESCRIPTOR 0x80, 0, 0, 0x8c, 0
        mov word [GDT + 0x80], .there
        mov word [GDT + 0x82], SEL_CODE32
        jmp 0x80:0
        mov ecx, 1
.there:
;; case: call gate that is not present, or leads nowhere
        DESCRIPTOR 0x80, 0, 0, 0x0c, 0
        mov dword [GDT + 0x80], SEL_CODE32 << 16 | 0x8000
        TRY call 0x80:0
        or byte [GDT + 0x85], 0x80
        mov word [GDT + 0x82], 0
        TRY call 0x80:0
        mov word [GDT + 0x82], SEL_DATA32
        TRY call 0x80:0
        mov word [GDT + 0x82], 0x200
        TRY call 0x80:0
        mov word [GDT + 0x82], SEL_UCODE32
        TRY call 0x80:0
        TRY call 0x83:0
        EMIT esp
;; case: jump to an available TSS whose selector is null or busy
        TRY jmp SEL_TSS:0
        mov ax, SEL_LDT
        TRY jmp SEL_LDT:0
        DESCRIPTOR 0x80, 0, 0, 0x85, 0
        mov word [GDT + 0x82], 0x1f8
        TRY jmp 0x80:0
        mov word [GDT + 0x82], SEL_TSS
        TRY jmp 0x80:0
