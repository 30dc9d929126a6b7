; Virtual-8086 mode with IOPL 3 (SDM vol. 3B, 20.2).
;; modes: v86
;; case: segments are paragraphs
        mov ax, 0x0610
        mov es, ax
        mov al, [es:3]
        mov byte [es:4], 0x99
        mov bx, 0xffff
        mov fs, bx
        mov cl, [fs:0x6110]
        mov dx, cs
;; case: limits of 64 KiB
;; differs: qemu-limits
        mov ax, 0x2000
        mov es, ax
        TRY mov ax, [es:0xffff]
        mov bp, 0xffff
        TRY mov ax, [bp]
        mov ebx, 0x10000
        TRY mov al, [ebx]
        mov al, [es:0xffff]
;; case: int n goes through the IDT
        ON_TRAP
        int 0x20
        int3
        TRY int 0x0d
;; case: into
        ON_TRAP
        mov al, 0x7f
        inc al
        into
;; case: faults push the segments
        mov ax, 0x1234
        mov ds, ax
        mov ax, 0x2345
        mov es, ax
        mov fs, ax
        mov gs, ax
        xor ax, ax
        mov ds, ax
        xor cx, cx
        TRY div cx
        TRY ud2
;; case: privileged instructions
        TRY hlt
        TRY clts
        TRY db 0x0f, 0x20, 0xc0
        TRY db 0x0f, 0x22, 0xc0
        TRY rdmsr
        TRY lgdt [DATA]
        TRY lmsw ax
        smsw ax
        TRY invd
;; case: instructions that are not recognised
        TRY lldt ax
        TRY ltr ax
        TRY sldt ax
        TRY str ax
        TRY lar ax, ax
        TRY lsl ax, ax
        TRY verr ax
        TRY db 0x63, 0xc0
;; case: flags with IOPL 3
        push dword 0x247ed7
        popfd
        EMIT_FLAGS
        push word 2
        popf
        EMIT_FLAGS
        push dword 2
        popfd
        EMIT_FLAGS
        cli
        sti
        nop
        EMIT_FLAGS
        cli
;; case: iret with IOPL 3
        push word 0x4ed7
        push word 0
        push word .a
        iret
.a:     EMIT_FLAGS
        push dword 0x00240002
        push dword 0
        push dword .b
        o32 iret
.b:     EMIT_FLAGS
        push dword 2
        popfd
;; case: I/O goes by the bitmap, not by IOPL
        TRY in al, 0x80
        TRY out 0x80, al
        TRY insb
        TRY outsb
;; case: far transfers
        call 0x0100:.sub - 0x1000
        jmp 0x0200:.far - 0x2000
.sub:   mov ax, cs
        EMIT
        retf
.far:   mov bx, cs
        jmp 0:.end
.end:
;; case: pushes and pops of segment registers
        push ds
        pop es
        o32 push fs
        pop eax
        mov ax, 0xabcd
        push ax
        pop gs
        mov cx, gs
;; case: stack wraps at 64 KiB
        mov ax, 0x3000
        mov ss, ax
        xor sp, sp
        push ax
        mov bx, sp
        xor ax, ax
        mov ss, ax
        mov sp, STACK
;; case: lock and length rules hold
        TRY db 0xf0, 0x90
        TRY_AT .a
        times 15 ds
        nop
.a:
;; case: string instructions
        mov si, DATA
        mov di, DATA + 0x40
        mov cx, 4
        rep movsb
        mov ax, 0x2000
        mov es, ax
        mov di, 0xfffe
        mov cx, 2
        TRY rep stosw
        EMIT ecx
;; case: single step
        ON_TRAP
        pushf
        or word [0x6ffe], 0x100
        popf
        nop
        nop
        pushf
        and word [0x6ffe], 0xfeff
        popf
