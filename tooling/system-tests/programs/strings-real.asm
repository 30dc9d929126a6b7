; String instructions in 16-bit code: wraps, segment overrides, address sizes, counts (SDM vol. 2, REP, MOVS, …).
;; modes: real
;; case: movsb forward and backward
        mov si, DATA + 1
        mov di, DATA + 0x41
        movsb
        std
        movsb
        EMIT_FLAGS
;; case: rep movsw wraps si at 64 KiB
        mov ax, 0x2000
        mov ds, ax
        mov word [0xfffe], 0xbeef
        mov word [0], 0xcafe
        mov si, 0xfffc
        mov di, DATA
        mov cx, 3
        rep movsw
        xor ax, ax
        mov ds, ax
;; case: rep movsb wraps di at 64 KiB
        mov ax, 0x2000
        mov es, ax
        mov si, DATA
        mov di, 0xfffe
        mov cx, 4
        rep movsb
        mov eax, [es:0]
        mov bx, [es:0xfffe]
;; case: a word at ffff faults with the counts so far
;; differs: qemu-limits
        mov ax, 0x2000
        mov es, ax
        mov si, DATA
        mov di, 0xfffb
        mov cx, 5
        TRY rep movsw
        EMIT ecx
        EMIT esi
        EMIT edi
;; case: stosw at ffff
;; differs: qemu-limits
        mov ax, 0x2000
        mov es, ax
        mov di, 0xfffd
        mov cx, 4
        TRY rep stosw
;; case: backward lodsw over 0
        mov ax, 0x2000
        mov ds, ax
        mov word [0], 0x1234
        mov word [0xfffe], 0x5678
        xor si, si
        std
        lodsw
        mov bx, ax
        lodsw
        cld
        xor cx, cx
        mov ds, cx
;; case: overrides replace ds, never es
        mov ax, 0x2000
        mov fs, ax
        mov byte [fs:DATA], 0xaa
        mov si, DATA
        mov di, DATA + 8
        fs movsb
        mov di, DATA + 0x10
        mov al, 0xcc
        fs stosb
        mov si, DATA
        fs lodsb
        mov si, DATA
        mov di, DATA + 8
        fs cmpsb
        EMIT_FLAGS
        mov di, DATA + 8
        fs scasb
        EMIT_FLAGS
;; case: the last override wins
        mov ax, 0x2000
        mov fs, ax
        mov ax, 0x3000
        mov gs, ax
        mov byte [fs:DATA], 1
        mov byte [gs:DATA], 2
        mov si, DATA
        db 0x65, 0x64, 0xac
        mov si, DATA
        mov bl, al
        db 0x64, 0x65, 0xac
;; case: cx of zero does nothing
        xor cx, cx
        mov si, 0xffff
        mov di, 0xffff
        rep movsw
        repe cmpsw
        repne scasw
        rep stosw
        rep lodsw
        EMIT_FLAGS
;; case: 16-bit counts ignore the upper half of ecx
        mov ecx, 0x10002
        mov si, DATA
        mov di, DATA + 0x80
        rep movsb
;; case: an address-size prefix counts in ecx
;; differs: qemu-limits
        mov ecx, 3
        mov esi, DATA
        mov edi, DATA + 0x80
        a32 rep movsb
        mov ecx, 0x10000
        mov cx, 0
        mov esi, DATA
        mov edi, 0xfffffff0
        mov ecx, 1
        TRY a32 rep movsb
;; case: 32-bit addressing goes beyond 64 KiB and faults
;; differs: qemu-limits
        mov esi, DATA
        mov edi, 0xfffe
        mov ecx, 8
        mov ax, 0x2000
        mov es, ax
        TRY a32 rep movsb
        EMIT ecx
;; case: repe cmpsb stops at a difference
        mov si, DATA
        mov di, DATA + 0x80
        mov dword [DATA + 0x80], 0x33ff1100
        mov cx, 8
        repe cmpsb
        EMIT_FLAGS
;; case: repne cmpsw stops at equality
        mov si, DATA
        mov di, DATA + 0x80
        mov dword [DATA + 0x80], 0xffffffff
        mov dword [DATA + 0x84], 0x5544ffff
        mov word [DATA + 0x86], 0x7766
        mov cx, 8
        repne cmpsw
        EMIT_FLAGS
;; case: repne scasb finds
        mov di, DATA
        mov al, 0x44
        mov cx, 0x20
        repne scasb
        EMIT_FLAGS
;; case: repe scasd in 16-bit code
        mov di, DATA + 0x80
        mov eax, 0x12345678
        mov [DATA + 0x80], eax
        mov [DATA + 0x84], eax
        mov cx, 5
        repe scasd
        EMIT_FLAGS
;; case: overlapping copies go byte by byte
        mov byte [DATA], 0xee
        mov si, DATA
        mov di, DATA + 1
        mov cx, 0x10
        rep movsb
;; case: overlapping copies of dwords
        mov dword [DATA], 0xeeddccbb
        mov si, DATA
        mov di, DATA + 2
        mov cx, 4
        rep movsd
;; case: backward overlapping copy
        std
        mov si, DATA + 0x10
        mov di, DATA + 0x0f
        mov cx, 8
        rep movsb
        cld
;; case: repne on movs and stos repeats all the same
        mov si, DATA
        mov di, DATA + 0x40
        mov cx, 3
        repne movsb
        mov cx, 2
        repne stosb
        mov cx, 2
        repne lodsb
;; case: insb and outsb
        mov dx, 0x1f00
        mov di, DATA
        mov cx, 2
        rep insb
        mov si, DATA + 0x10
        mov cx, 3
        rep outsb
        mov di, DATA + 0x20
        insw
;; case: xlat takes an override
        mov ax, 0x2000
        mov fs, ax
        mov byte [fs:DATA + 5], 0x66
        mov bx, DATA
        mov al, 5
        fs xlatb
        mov dl, al
        mov al, 5
        xlatb
;; case: loop counts in cx or ecx
        mov ecx, 0x10003
        xor ax, ax
.a:     inc ax
        loop .a
        EMIT ecx
        mov ecx, 0x00003
.b:     inc ax
        a32 loop .b
        EMIT ecx
        mov cx, 0
        mov ecx, 0x50000
        jcxz .c
        inc ax
.c:     a32 jecxz .d
        add ax, 0x100
.d:
;; case: loope and loopne
        mov cx, 5
        xor ax, ax
.a:     inc ax
        cmp ax, 3
        loopne .a
        EMIT ecx
        mov cx, 5
.b:     cmp ax, ax
        loope .b
        EMIT ecx
        mov cx, 5
.c:     or ax, 1
        loope .c
        EMIT ecx
;; case: loop leaves flags alone
        stc
        mov cx, 1
        loop .a
.a:     EMIT_FLAGS
;; case: movs of dwords with 16-bit addresses at the end of the segment
        mov ax, 0x2000
        mov ds, ax
        mov si, 0xfffc
        mov di, DATA + 0x10
        mov cx, 1
        rep movsd
        mov dx, si
        xor ax, ax
        mov ds, ax
