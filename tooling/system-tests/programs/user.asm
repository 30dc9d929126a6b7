; Level 3: privileged instructions, I/O, stack faults, page protection (SDM vol. 3A, 5.5 … 5.9; vol. 1, 19.5).
;; modes: user32

;; case: privileged instructions
;; modes: user32 user64
        TRY hlt
        TRY clts
        TRY invd
        TRY wbinvd
        TRY rdmsr
        TRY wrmsr
        TRY db 0x0f, 0x20, 0xc0
        TRY db 0x0f, 0x22, 0xc0
        TRY db 0x0f, 0x21, 0xc0
        TRY db 0x0f, 0x23, 0xc0
        TRY lgdt [DATA]
        TRY lidt [DATA]
        TRY invlpg [DATA]
        TRY lmsw ax
        TRY lldt ax
        TRY ltr ax
        TRY db 0x0f, 0x08
;; case: instructions that level 3 has
;; modes: user32 user64
        str ax
        EMIT
        sldt ax
        EMIT
        sgdt [DATA]
        sidt [DATA + 0x10]
        mov cx, SEL_CODE32
        lar eax, ecx
        EMIT_FLAGS
        mov cx, SEL_UCODE32
        lsl eax, ecx
        EMIT_FLAGS
        verr cx
        EMIT_FLAGS
        verw cx
        EMIT_FLAGS
;; case: cli, sti and I/O need IOPL
;; modes: user32 user64
        TRY cli
        TRY sti
        TRY in al, 0x80
        TRY out 0x80, al
        TRY in eax, dx
        TRY insb
        TRY outsb
;; case: popf does not change IF and IOPL
        push dword 0x3202
        popfd
        EMIT_FLAGS
        push dword 0x247ed7
        popfd
        EMIT_FLAGS
        push dword 2
        popfd
;; case: iret to level 3 from level 3 keeps IOPL and IF
        push dword 0x3202
        push dword SEL_UCODE32
        push dword .after
        iretd
.after: EMIT_FLAGS
        EMIT esp
;; case: software interrupts need the gate's privilege
;; differs: qemu-idt-code@user64
;; modes: user32 user64
        ON_TRAP
        int 0x20
        int3
        TRY int 0x0d
        TRY int 0x00
        TRY db 0xcd, 0x03
        TRY int 0x10
;; case: into and bound
        ON_TRAP
        mov al, 0x7f
        inc al
        into
        mov dword [DATA], 0
        mov dword [DATA + 4], 1
        TRY bound eax, [DATA]
;; case: faults switch the stack
;; modes: user32 user64
        xor ecx, ecx
        TRY div ecx
        TRY ud2
;; case: segments of inner levels
        mov eax, SEL_DATA32
        TRY mov ds, ax
        mov eax, SEL_CODE32
        TRY mov es, ax
        mov eax, SEL_DATA32 + 3
        TRY mov fs, ax
        mov eax, SEL_UDATA32 - 3
        mov gs, ax
        mov eax, gs
        EMIT
        mov eax, SEL_UDATA32 - 3
        TRY mov ss, ax
        mov eax, SEL_UDATA32 - 1
        TRY mov ss, ax
        mov eax, SEL_UCODE32
        mov es, ax
        TRY mov ss, ax
        mov eax, SEL_UDATA32
        mov es, ax
        mov gs, ax
;; case: far transfers to inner levels
        TRY jmp SEL_CODE32:DATA
        TRY call SEL_CODE32:DATA
        TRY jmp SEL_CODE32+3:DATA
        push dword SEL_CODE32
        push dword DATA
        TRY retf
        EMIT esp
        push dword 2
        push dword SEL_CODE32
        push dword DATA
        TRY iretd
        EMIT esp
;; case: far jump within level 3
        jmp SEL_UCODE32:.a
.a:     jmp SEL_UCODE32-3:.b
.b:     mov eax, cs
        EMIT
        call SEL_UCODE32:.sub
        jmp .end
.sub:   EMIT esp
        retf
.end:
;; case: stack faults go to the inner stack
        mov ebx, esp
        mov esp, 2
        TRY_AT .a
        push dword [DATA]
.a:     mov eax, esp
        mov esp, ebx
        EMIT
;; case: arpl with the level of the caller
        mov word [DATA], SEL_DATA32
        mov ax, cs
        arpl [DATA], ax
        EMIT_FLAGS
        mov bx, [DATA]
        verr bx
        EMIT_FLAGS
;; case: alignment checks of level 3
        push dword 0x40002
        popfd
        mov eax, [DATA + 1]
        mov [DATA + 2], eax
        push dword 2
        popfd
        EMIT
;; case: sysenter and sysexit without a target
        TRY sysenter
        TRY sysexit
;; case: syscall in level 3 needs SCE
;; modes: user64
        TRY syscall
        TRY sysret
        TRY swapgs
;; case: non-canonical stack in level 3
;; modes: user64
        mov rbx, rsp
        mov rsp, 0x800000000000
        TRY_AT .a
        push rax
.a:     mov rax, rsp
        mov rsp, rbx
        EMIT
;; case: popf of 64 bits
;; modes: user64
        push qword 0x3202
        popfq
        EMIT_FLAGS
        push qword 0x247ed7
        popfq
        EMIT_FLAGS
        push qword 2
        popfq
;; case: data segments are checked when they are loaded
;; modes: user64
        mov eax, SEL_DATA32
        TRY mov ds, ax
        mov eax, SEL_UDATA32
        mov ds, ax
        mov eax, 3
        mov es, ax
        TRY mov ss, ax
        xor eax, eax
        TRY mov ss, ax
        mov eax, SEL_UDATA32
        mov ss, ax
;; case: user and supervisor pages
;; modes: user64
        TRY mov al, [WIN]
        TRY mov [WIN], al
        mov ebx, WIN
        TRY_AT .a
        jmp rbx
.a:
;; case: int n from 64-bit level 3 aligns nothing it shows
;; modes: user64
        ON_TRAP
        sub rsp, 3
        int 0x21
        add rsp, 3
;; case: single step in level 3
;; modes: user32
        ON_TRAP
        pushfd
        or dword [esp], 0x100
        popfd
        nop
        mov ss, [.ss]
        nop
        nop
        pushfd
        and dword [esp], 0xfffffeff
        popfd
        jmp .end
.ss:    dw SEL_UDATA32
.end:
