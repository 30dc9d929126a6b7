; Real-address mode: 64 KiB limits (SDM vol. 3B, 20.1.1 and table 20-3), wraps, segment arithmetic.
;; modes: real
;; case: a word at ffff exceeds the limit of a data segment
;; differs: qemu-limits
        mov ax, 0x2000
        mov ds, ax
        mov es, ax
        xor ax, ax
        mov fs, ax
        mov dword [fs:RESUME], .a
        mov ax, [0xffff]
.a:     mov dword [fs:RESUME], .b
        mov [0xffff], ax
.b:     mov dword [fs:RESUME], .c
        add word [es:0xffff], 1
.c:     mov al, [0xffff]
        mov [0xffff], al
        xor ax, ax
        mov ds, ax
;; case: a dword at fffd exceeds the limit
;; differs: qemu-limits
        mov ax, 0x2000
        mov es, ax
        mov eax, [es:0xfffc]
        TRY mov eax, [es:0xfffd]
        TRY mov [es:0xfffe], eax
        TRY cmp dword [es:0xffff], 0
;; case: a word at ffff of the stack segment is a stack fault
;; differs: qemu-limits
        mov bp, 0xffff
        TRY mov ax, [bp]
        TRY mov [bp], ax
        mov sp, 1
        TRY_AT .after
        push ax
.after: mov sp, STACK
;; case: 32-bit addresses beyond the limit
;; differs: qemu-limits
        mov ebx, 0x10000
        TRY mov al, [ebx]
        mov ebx, -1
        TRY mov al, [ebx]
        mov ebp, 0x12345
        TRY mov al, [ebp]
        mov ebx, 0xfff0
        mov esi, 8
        mov al, [ebx + esi * 2 - 1]
        TRY mov al, [ebx + esi * 2]
;; case: 16-bit addresses wrap before the limit is checked
        mov ax, 0x2000
        mov es, ax
        mov byte [es:0x0010], 0x5a
        mov bx, 0xfff0
        mov si, 0x20
        mov al, [es:bx + si]
        mov byte [es:bx + si + 0x7ff0], 0x77
        mov ah, [es:0x8000]
;; case: displacements wrap at 64 KiB
        mov bx, 8
        mov byte [0x6110], 0x99
        mov al, [bx + 0x6108]
        mov bx, 0x8000
        mov si, 0x8000
        mov ah, [bx + si + 0x6110]
        mov di, -0x10
        mov dl, [di + 0x6120]
;; case: offsets near 1 MiB go on into the next megabyte
        mov ax, 0xffff
        mov es, ax
        mov byte [es:0x10], 0x42
        mov eax, 0
        mov al, [es:0x10]
        mov byte [0x510], 0
        mov ah, [es:0x510]
;; case: call and jmp wrap ip at 64 KiB
;; differs: qemu-limits
        mov ax, 0x2000
        mov es, ax
        mov dword [es:0xfff8], 0x90909090
        mov byte [es:0xfffd], 0xeb
        mov byte [es:0xfffe], 0x10
        jmp 0x2000:0xfffd
;; case: a jump beyond the limit with a 32-bit operand
;; differs: qemu-limits
        TRY_AT .next
        jmp dword .next + 0x10000
.next:  TRY_AT .second
        call dword .second + 0x10000
.second:
        mov eax, 0x12340000 + .third
        TRY_AT .third
        jmp eax
.third:
;; case: a return beyond the limit
;; differs: qemu-limits
        push dword 0x10000 + .after
        TRY_AT .after
        o32 ret
.after: EMIT esp
;; case: a conditional jump with a 32-bit operand beyond the limit
;; differs: qemu-limits
        xor ax, ax
        TRY_AT .next
        db 0x66, 0x0f, 0x84
        dd 0x10000
.next:  db 0x66, 0x0f, 0x85
        dd 0x10000
;; case: push at sp 0 wraps to fffe
        mov ax, 0x3000
        mov ss, ax
        xor sp, sp
        push word 0x1234
        EMIT esp
        push dword 0x56789abc
        EMIT esp
        mov ax, [ss:0xfffe]
        xor bx, bx
        mov ss, bx
        mov esp, STACK
;; case: push keeps the upper half of esp
        mov esp, 0x12347000
        push ax
        EMIT esp
        pop cx
        push ecx
        pop ecx
        EMIT esp
        mov esp, STACK
;; case: pop at sp fffe wraps to 0
        mov ax, 0x3000
        mov ss, ax
        mov sp, 0xfffe
        pop cx
        mov dx, sp
        xor bx, bx
        mov ss, bx
        mov sp, STACK
;; case: pop dword at sp fffe is a stack fault
;; differs: qemu-limits
        mov ax, 0x3000
        mov ss, ax
        mov sp, 0xfffe
        TRY_AT .after
        pop ecx
.after: xor bx, bx
        mov ss, bx
        mov esp, STACK
;; case: pop into memory addresses with sp after the pop
        mov ax, 0x4321
        push ax
        mov esp, 0x6ffe
        pop word [esp + DATA - 0x7000]
        push dword 0x1234abcd
        pop dword [DATA + 0x10]
;; case: push sp pushes the value before
        push sp
        pop ax
        push esp
        pop ebx
;; case: pop sp takes the value
        push word 0x6f00
        pop sp
        EMIT esp
        mov sp, STACK
;; case: push of a segment register with a 32-bit operand
        mov ax, 0x1234
        mov es, ax
        push dword 0xffffffff
        pop eax
        o32 push es
        EMIT esp
        mov bx, [0x6ffc]
        o32 pop fs
        EMIT esp
;; case: pusha and popa
        mov sp, 0x6f00
        pusha
        mov eax, [0x6efc]
        mov ecx, [0x6ef6]
        add sp, 16
        mov sp, 0x6ef0
        popa
        EMIT esp
;; case: pushad and popad
        mov sp, 0x6f00
        pushad
        mov eax, [0x6efc]
        EMIT
        mov eax, [0x6eec]
        EMIT
        popad
        EMIT esp
;; case: popa skips sp
        mov word [DATA], 1
        mov word [DATA + 6], 0x9999
        mov sp, DATA
        popa
        mov sp, STACK
;; case: pusha at sp 7 faults or shuts down
;; differs: qemu-limits
        mov sp, 7
        pusha
;; case: pusha wraps at 0 when the boundary is not cut
        mov ax, 0x3000
        mov ss, ax
        mov sp, 8
        pusha
        mov cx, sp
        mov dx, [ss:0xfff8]
        xor bx, bx
        mov ss, bx
        mov sp, STACK
;; case: segment loads shift by four
        mov ax, 0x0610
        mov ds, ax
        mov byte [cs:RESUME + 8], 0
        mov al, [3]
        mov bx, 0xfff0
        mov ds, bx
        xor dx, dx
        mov ds, dx
;; case: lds les lss lfs lgs
        mov dword [DATA], 0x30001234
        mov word [DATA + 4], 0x5678
        les bx, [DATA]
        lfs cx, [DATA]
        o32 lgs edx, [DATA]
        mov word [DATA + 8], STACK
        mov word [DATA + 10], 0
        lss sp, [DATA + 8]
        push word DATA
        lds si, [DATA + 8]
;; case: les at the end of the segment
;; differs: qemu-limits
        mov ax, 0x2000
        mov fs, ax
        TRY les bx, [fs:0xfffd]
        les bx, [fs:0xfffc]
        TRY o32 les ebx, [fs:0xfffb]
;; case: far jump, call and return
        mov ax, 0
        call 0x0100:.sub - 0x1000
        inc ax
        jmp 0x0800:.far - 0x8000
.sub:   mov bx, cs
        pop cx
        push cx
        retf
.far:   mov dx, cs
        push cs
        push word .end2 - 0x8000
        retf
.end2:  jmp 0:.end3
.end3:
;; case: far call through memory
        mov word [DATA], .sub - 0x1000
        mov word [DATA + 2], 0x0100
        call far [DATA]
        EMIT esp
        mov dword [DATA], .sub32
        mov word [DATA + 4], 0
        call far dword [DATA]
        EMIT esp
        jmp .end
.sub:   mov bx, cs
        retf
.sub32: mov cx, sp
        o32 retf
.end:
;; case: retf n
        push word 0x1111
        push word 0x2222
        push cs
        push word .after
        retf 4
.after: EMIT esp
;; case: ret n
        push word 0x1111
        push word .after
        ret 2
.after: EMIT esp
        push dword 0x33334444
        push dword .second
        o32 ret 4
.second: EMIT esp
;; case: far return with a 32-bit ip beyond the limit
;; differs: qemu-limits
        push dword 0
        push dword 0x18000
        TRY_AT .after
        o32 retf
.after: EMIT esp
        mov sp, STACK
;; case: iret pops three words
        push word 0x4ed7
        push cs
        push word .after
        iret
.after: EMIT_FLAGS
        EMIT esp
;; case: iretd pops three dwords
        push dword 0x00247ad7
        push dword 0
        push dword .after
        o32 iret
.after: EMIT_FLAGS
        push word 2
        popf
;; case: the code segment is writable
        mov ax, 0x55
        mov byte [cs:.patch + 1], al
        jmp .patch
.patch: mov cl, 0
;; case: an execute past ffff in a far segment wraps only with a jump
;; differs: qemu-limits
        mov ax, 0x2000
        mov es, ax
        mov word [es:0xfffe], 0x9090
        mov byte [es:0], 0xf4
        TRY_AT .next
        jmp 0x2000:0xfffe
.next:  jmp 0:.end
.end:
;; case: xlat wraps bx + al
        mov bx, 0xfff0
        mov al, 0x20
        mov byte [0x0010], 0
        mov byte [0x0011], 0x12
        mov ax, 0x2000
        mov fs, ax
        mov byte [fs:0x0010], 0xab
        mov al, 0x20
        fs xlatb
;; case: the ivt is ordinary memory
        mov word [0x25 * 4], .handler
        int 0x25
        jmp .end
.handler:
        mov bp, sp
        mov ax, [bp + 4]
        iret
.end:
