; Interrupts and exceptions through the IVT (SDM vol. 3B, 20.1.4; vol. 2, INT n).
;; modes: real
;; case: int n pushes flags, cs and the next ip, clears IF and TF
        ON_TRAP
        sti
        stc
        int 0x20
        EMIT_FLAGS
;; case: int3 is a trap
        ON_TRAP
        int3
;; case: the long form of int 3
        ON_TRAP
        db 0xcd, 3
;; case: into without overflow does nothing
        xor ax, ax
        into
;; case: into with overflow
        ON_TRAP
        mov al, 0x7f
        add al, 1
        into
;; case: bound inside
        mov dword [DATA], 0x00050003
        mov ax, 3
        bound ax, [DATA]
        mov ax, 5
        bound ax, [DATA]
;; case: bound outside is a fault
        mov dword [DATA], 0x00050003
        mov ax, 2
        TRY bound ax, [DATA]
        mov ax, 6
        TRY bound ax, [DATA]
;; case: bound compares signed
        mov dword [DATA], 0x0005fffd
        mov ax, -3
        bound ax, [DATA]
        mov ax, -4
        TRY bound ax, [DATA]
;; case: bound with 32-bit operands
        mov dword [DATA], -2
        mov dword [DATA + 4], 7
        mov eax, 7
        bound eax, [DATA]
        mov eax, 8
        TRY bound eax, [DATA]
;; case: divide error pushes the ip of the instruction
        mov ax, 5
        xor cl, cl
        TRY div cl
        mov dx, 1
        mov cx, 1
        TRY div cx
        mov ax, 0x8000
        cwd
        mov cx, -1
        TRY idiv cx
        mov eax, 0x80000000
        cdq
        mov ecx, -1
        TRY idiv ecx
;; case: aam 0 is a divide error
;; undefined: OF AF CF
        TRY aam 0
;; case: a prefix belongs to the faulting instruction
        xor ecx, ecx
        TRY ds div ecx
        TRY db 0x36, 0x26, 0x66, 0xf7, 0x36, 0x00, 0x62
;; case: invalid opcodes
;; differs: qemu-invalid-forms
        TRY ud2
        TRY db 0x0f, 0xff, 0xc0
        TRY db 0xfe, 0xf8
        TRY db 0xff, 0xff
        TRY db 0xc6, 0xc8, 0
        TRY db 0x8f, 0xc8
;; case: instructions of protected mode are invalid
        mov ax, 0x10
        TRY lldt ax
        TRY ltr ax
        TRY sldt ax
        TRY str ax
        TRY verr ax
        TRY verw ax
        TRY lar ax, ax
        TRY lsl ax, ax
        TRY db 0x63, 0xc0
;; case: register forms of memory-only instructions
        TRY db 0x8d, 0xc0
        TRY db 0xc4, 0xc0
        TRY db 0xc5, 0xc0
        TRY db 0x0f, 0xb2, 0xc0
        TRY db 0x62, 0xc0
        TRY db 0xff, 0xd8
        TRY db 0xff, 0xe8
        TRY db 0x0f, 0x01, 0xd0 | 0x07
        TRY db 0x0f, 0xc7, 0xc8
;; case: mov to cs and to segment registers 6 and 7
        TRY db 0x8e, 0xc8
        TRY db 0x8e, 0xf0
        TRY db 0x8e, 0xf8
        TRY db 0x8c, 0xf0
;; case: control registers that do not exist
        TRY db 0x0f, 0x20, 0xc8
        TRY db 0x0f, 0x22, 0xc8
        TRY db 0x0f, 0x20, 0xe8
        TRY db 0x0f, 0x22, 0xf0
        TRY db 0x0f, 0x20, 0xf8
;; case: lock where it is not allowed
;; differs: qemu-lock
        mov bx, DATA
        TRY db 0xf0, 0x90
        TRY db 0xf0, 0x88, 0x07
        TRY db 0xf0, 0x01, 0xc0
        TRY db 0xf0, 0x03, 0x07
        TRY db 0xf0, 0x39, 0x07
        TRY db 0xf0, 0x84, 0x07
        TRY db 0xf0, 0xd1, 0x27
        TRY db 0xf0, 0x8f, 0x07
        TRY db 0xf0, 0xff, 0x37
        TRY db 0xf0, 0x0f, 0xa3, 0x07
        TRY db 0xf0, 0x0f, 0xa4, 0x07, 1
        TRY db 0xf0, 0xa4
        TRY db 0xf0, 0xfa
;; case: lock where it is allowed
        mov bx, DATA
        lock add [bx], al
        lock adc word [bx + 2], 3
        lock not byte [bx + 4]
        lock neg word [bx + 6]
        lock inc dword [bx + 8]
        lock bts word [bx + 12], 1
        lock btr [bx + 14], ax
        lock xadd [bx + 16], cl
        lock cmpxchg [bx + 18], cx
        xchg al, [bx + 33]
        db 0xf0, 0x86, 0x47, 34
;; case: lock cmpxchg8b that compares equal, then different
        mov dword [DATA], 5
        mov dword [DATA + 4], 6
        mov eax, 5
        mov edx, 6
        mov bx, DATA
        lock cmpxchg8b [bx]
        EMIT_FLAGS
        lock cmpxchg8b [bx]
        EMIT_FLAGS
;; case: length of 15 bytes is the most
        times 14 cs
        nop
        TRY_AT .too_long
        times 15 ds
        nop
.too_long:
        TRY_AT .long_add
        times 12 ds
        add word [DATA], 1
.long_add:
        times 10 ds
        add word [DATA], 1
;; case: an instruction may not run past the segment's end
;; differs: qemu-limits
        mov ax, 0x2000
        mov es, ax
        mov byte [es:0xffff], 0x66
        TRY_AT .next
        jmp 0x2000:0xffff
.next:  jmp 0:.zero
.zero:  mov byte [es:0xffff], 0x90
        TRY_AT .last
        jmp 0x2000:0xffff
.last:  jmp 0:.end
.end:
;; case: single step reports every instruction behind the one that set TF
        ON_TRAP
        pushf
        or word [0x6ffe], 0x100
        popf
        nop
        mov ax, 1
        inc ax
        pushf
        and word [0x6ffe], 0xfeff
        popf
        nop
;; case: single step of int n steps into nothing and clears TF
        ON_TRAP
        pushf
        or word [0x6ffe], 0x100
        popf
        int 0x21
        nop
        pushf
        and word [0x6ffe], 0xfeff
        popf
;; case: mov ss holds back a single step for one instruction
        ON_TRAP
        xor dx, dx
        pushf
        or word [0x6ffe], 0x100
        popf
        mov ss, dx
        nop
        nop
        pushf
        and word [0x6ffe], 0xfeff
        popf
;; case: pop ss holds back a single step for one instruction
        ON_TRAP
        push ss
        pushf
        or word [0x6ffc], 0x100
        popf
        pop ss
        inc cx
        inc cx
        pushf
        and word [0x6ffe], 0xfeff
        popf
;; case: single step traps after every iteration of rep
        ON_TRAP
        mov si, DATA
        mov di, DATA + 0x20
        mov cx, 3
        pushf
        or word [0x6ffe], 0x100
        popf
        rep movsb
        nop
        pushf
        and word [0x6ffe], 0xfeff
        popf
;; case: iret restores TF, which traps after the next instruction
        ON_TRAP
        push word 0x102
        push word 0
        push word .on
        iret
.on:    inc bx
        inc bx
        pushf
        and word [0x6ffe], 0xfeff
        popf
;; case: an IDT limit that cuts the vector off is a double fault, then a shutdown
        lidt [.idtr]
        int 0x21
.idtr:  dw 0x7f
        dd 0
;; case: an IDT elsewhere
        mov word [DATA + 0x50], .handler
        mov word [DATA + 0x52], 0
        lidt [.idtr]
        int 0x14
        lidt [.normal]
        jmp .end
.handler:
        mov dx, [0x6ffa]
        iret
.idtr:  dw 0x53
        dd DATA
.normal:
        dw 0x3ff
        dd 0
.end:
;; case: an IDT limit one short of the vector
        mov word [DATA + 0x50], .handler
        mov word [DATA + 0x52], 0
        mov word [DATA + 0x34], .protection
        mov word [DATA + 0x36], 0
        lidt [.idtr]
        int 0x14
.back:  lidt [.normal]
        jmp .end
.protection:
        mov dx, 1
        add sp, 6
        jmp .back
.handler:
        mov dx, 2
        add sp, 6
        jmp .back
.idtr:  dw 0x52
        dd DATA
.normal:
        dw 0x3ff
        dd 0
.end:
;; case: sti lets the next instruction through
        sti
        nop
        EMIT_FLAGS
        cli
        EMIT_FLAGS
