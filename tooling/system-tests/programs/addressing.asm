; Address and operand sizes, addressing forms, stack frames (SDM vol. 1, 3.3.7, 3.6; vol. 2A, 2.1; ENTER, LEAVE, PUSHA, CALL).
;; modes: real prot16 prot32
;; case: every 16-bit form
        mov bx, 0x1000
        mov bp, 0x2000
        mov si, 0x0123
        mov di, 0x0456
        a16 lea ax, [bx + si]
        EMIT
        a16 lea ax, [bx + di]
        EMIT
        a16 lea ax, [bp + si]
        EMIT
        a16 lea ax, [bp + di]
        EMIT
        a16 lea ax, [si]
        EMIT
        a16 lea ax, [di]
        EMIT
        a16 lea ax, [word 0x7654]
        EMIT
        a16 lea ax, [bx]
        EMIT
        a16 lea ax, [bx + si - 5]
        EMIT
        a16 lea ax, [bp + di + 0x7ff]
        EMIT
        a16 lea ax, [bp - 0x70]
        EMIT
;; case: 16-bit forms wrap
        mov bx, 0xff00
        mov si, 0x0180
        a16 lea eax, [bx + si]
        EMIT
        a16 lea eax, [bx + si + 0x7fff]
        EMIT
        mov si, 0x6200
        a16 mov eax, [bx + si]
        EMIT
;; case: every 32-bit form with scales
        mov eax, 0x10
        mov ecx, 0x100
        mov edx, 0x1000
        mov ebx, 0x10000
        mov esi, 0x100000
        mov edi, 0x1000000
        a32 lea ebp, [eax + ecx]
        EMIT ebp
        a32 lea ebp, [eax + ecx * 2 + 1]
        EMIT ebp
        a32 lea ebp, [ebx + edx * 4 - 1]
        EMIT ebp
        a32 lea ebp, [esi + edi * 8 + 0x12345678]
        EMIT ebp
        a32 lea ebp, [edi * 8]
        EMIT ebp
        a32 lea ebp, [esp + ecx * 4]
        EMIT ebp
        a32 lea ebp, [esp]
        EMIT ebp
        mov ebp, 5
        a32 lea eax, [ebp + ebp * 8]
        EMIT
        a32 lea eax, [dword 0x87654321]
        EMIT
;; case: lea of 16 bits cuts the address
        mov ebx, 0x12345678
        mov eax, -1
        a32 lea ax, [ebx + 0x100]
        EMIT
        mov ecx, -1
        a16 lea ecx, [bx + 0x100]
        EMIT ecx
;; case: operand-size prefix on immediates
        mov eax, 0x11223344
        o16 add ax, 0x5566
        EMIT
        o32 add eax, 0x10000
        EMIT
        add ax, -1
        EMIT
        add eax, -1
        EMIT
;; case: prefixes that repeat count once
        mov eax, -1
%if __BITS__ == 16
        db 0x66, 0x66, 0x66
        inc ax
%else
        db 0x66, 0x66, 0x66
        inc eax
%endif
        EMIT
;; case: movzx and movsx by operand size
        mov ebx, 0x8081f2f3
        mov eax, -1
        movzx ax, bl
        EMIT
        movzx eax, bl
        EMIT
        movzx eax, bx
        EMIT
        mov eax, -1
        movsx ax, bh
        EMIT
        movsx eax, bl
        EMIT
        movsx eax, bx
        EMIT
        db 0x66, 0x0f, 0xb7, 0xc3
        EMIT
;; case: push of immediates
        push word -2
        pop ax
        EMIT
        push dword -2
        pop eax
        EMIT
        push word 0x1234
        push dword 0x12345678
        pop ebx
        pop cx
;; case: call and ret by operand size
        call word .a
        jmp .b
.a:     EMIT esp
        o16 ret
.b:     call dword .c
        jmp .d
.c:     EMIT esp
        o32 ret
.d:
;; case: enter and leave without levels
        mov ebp, 0x11111111
        enter 0x10, 0
        EMIT esp
        EMIT ebp
        leave
        EMIT esp
        EMIT ebp
;; case: enter with levels
        mov bp, 0x6100
%if __BITS__ == 32
        mov ebp, 0x6110
%endif
        enter 4, 1
        EMIT esp
        EMIT ebp
        leave
        enter 4, 3
        EMIT esp
        EMIT ebp
        EMIT [0x6ff4]
        EMIT [0x6ff0]
        leave
        EMIT esp
;; case: enter counts levels modulo 32
        mov ebp, 0x6120
        enter 0, 33
        EMIT esp
        EMIT ebp
        leave
        enter 0, 32
        EMIT esp
        leave
        EMIT esp
;; case: enter with the other operand size
        mov ebp, 0x6120
%if __BITS__ == 16
        o32 enter 8, 2
%else
        o16 enter 8, 2
%endif
        EMIT esp
        EMIT ebp
%if __BITS__ == 16
        o32 leave
%else
        o16 leave
%endif
        EMIT esp
        EMIT ebp
;; case: pusha of the other operand size
%if __BITS__ == 16
        pushad
        EMIT esp
        popad
%else
        pushaw
        EMIT esp
        popaw
%endif
        EMIT esp
;; case: pop to memory through sp
        push dword 0x1234
        push dword 0x6100
        pop dword [esp]
        EMIT esp
        pop eax
        EMIT
;; case: xchg and cmpxchg with memory
        mov eax, 0x33221100
        mov ebx, 0x99887766
        cmpxchg [DATA], ebx
        EMIT_FLAGS
        cmpxchg [DATA], ebx
        EMIT_FLAGS
        xchg [DATA + 8], bx
        xadd [DATA + 0x10], ax
        EMIT_FLAGS
;; case: bit strings reach beyond the operand
        mov ebx, DATA + 0x20
        mov eax, 35
        a32 bts [ebx], eax
        mov eax, -7
        a32 btr [ebx], eax
        mov ax, -20
        a32 btc [ebx], ax
        mov ecx, 0x45
        a32 bt [ebx], cx
        EMIT_FLAGS
        bts dword [DATA], 35
        bts word [DATA + 4], 35
;; case: in and out of ports nobody has
        mov dx, 0x1f00
        in al, dx
        EMIT
        in ax, dx
        EMIT
        in eax, dx
        EMIT
        out dx, eax
        in al, 0xe0
;; case: decimal arithmetic
;; undefined: OF
        mov ax, 0x0039
        add al, 0x48
        daa
        EMIT
        EMIT_FLAGS
        mov al, 0x71
        sub al, 0x46
        das
        EMIT
        EMIT_FLAGS
;; case: aaa and aas
;; undefined: OF SF ZF PF
        mov ax, 0x0108
        add al, 9
        aaa
        EMIT
        EMIT_FLAGS
        mov ax, 0x02ff
        clc
        aaa
        EMIT
        mov ax, 0x0203
        sub al, 7
        aas
        EMIT
        EMIT_FLAGS
        mov ax, 0x0000
        stc
        sub al, 1
        aas
        EMIT
;; case: aam and aad
;; undefined: OF AF CF
        mov ax, 0x1163
        aam
        EMIT
        EMIT_FLAGS
        aad
        EMIT
        EMIT_FLAGS
        mov ax, 0x12ff
        aam 16
        EMIT
        mov ax, 0x0907
        aad 7
        EMIT
        EMIT_FLAGS
;; case: xlat by address size
        mov ebx, DATA
        mov al, 0x11
        a16 xlatb
        EMIT
        mov al, 0x21
        a32 xlatb
        EMIT
;; case: loop and jcxz by address size
        mov ecx, 0x10001
        mov al, 0
        a16 loop .a
        jmp .b
.a:     mov al, 1
.b:     EMIT
        EMIT ecx
        mov ecx, 0x10000
        jcxz .c
        mov al, 2
.c:     jecxz .d
        mov ah, 3
.d:     EMIT
;; case: salc
        stc
        db 0xd6
        EMIT
        clc
        db 0xd6
        EMIT
;; case: undocumented forms of shifts and tests
;; differs: qemu-test-alias
;; undefined: AF
        mov eax, 0x81
        db 0xc0, 0xf0, 1
        EMIT
        db 0xf6, 0xc8, 0x81
        EMIT_FLAGS
        db 0xd0, 0xf0
        EMIT
