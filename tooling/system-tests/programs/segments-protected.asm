; Protected-mode segments: loads of every descriptor type, limits, types (SDM vol. 3A, 3.4.5, 5.2 … 5.6; vol. 2, MOV, LSS, LAR, LSL, VERR).
;; modes: prot32
;; case: load of every descriptor type into es
        DESCRIPTOR 0x80, 0, 0xffff, 0x80, 0
.type:  mov ax, 0x80
        TRY mov es, ax
        mov ax, es
        inc byte [GDT + 0x85]
        cmp byte [GDT + 0x85], 0xa0
        jb .type
        mov ax, SEL_DATA32
        mov es, ax
;; case: load of every descriptor type into ss
        DESCRIPTOR 0x80, 0, 0xfffff, 0x80, 0xc
.type:  mov ax, 0x80
        TRY mov ss, ax
        mov ax, SEL_DATA32
        mov ss, ax
        mov esp, STACK
        inc byte [GDT + 0x85]
        cmp byte [GDT + 0x85], 0xa0
        jb .type
;; case: load of segments that are not present
        DESCRIPTOR 0x80, 0, 0xffff, 0x12, 0
        mov eax, 0x80
        TRY mov es, ax
        TRY mov ss, ax
        mov byte [GDT + 0x85], 0x10
        TRY mov ss, ax
        mov byte [GDT + 0x85], 0x18
        TRY mov ds, ax
        mov byte [GDT + 0x85], 0x1a
        TRY mov ds, ax
        mov byte [GDT + 0x85], 0x0b
        TRY mov ds, ax
;; case: null selectors
;; differs: qemu-limits
        xor eax, eax
        mov es, ax
        mov eax, 3
        mov fs, ax
        mov gs, ax
        TRY mov al, [es:DATA]
        TRY mov [fs:DATA], al
        TRY cmp byte [gs:0], 0
        xor eax, eax
        TRY mov ss, ax
        mov eax, 3
        TRY mov ss, ax
;; case: selectors beyond the table
        mov eax, 0x200
        TRY mov es, ax
        mov eax, 0x1fb
        TRY mov es, ax
        mov eax, 0xfff8
        TRY mov ss, ax
        mov eax, 0x84
        TRY mov es, ax
        mov eax, SEL_LDT
        lldt ax
        mov eax, 0x84
        TRY mov es, ax
        mov eax, 0x7c
        TRY mov es, ax
;; case: a descriptor cut by the table's limit
        DESCRIPTOR 0x80, 0, 0xffff, 0x93, 0
        mov eax, 0x80
        lgdt [.short]
        TRY mov es, ax
        lgdt [.exact]
        mov es, ax
        jmp .end
.short: dw 0x86
        dd GDT
.exact: dw 0x87
        dd GDT
.end:
;; case: privilege of data segments
        DESCRIPTOR 0x80, 0, 0xffff, 0x92, 0
        mov eax, 0x80
        mov es, ax
        mov eax, 0x81
        TRY mov es, ax
        mov eax, 0x83
        TRY mov fs, ax
        mov byte [GDT + 0x85], 0xb2
        mov eax, 0x81
        mov es, ax
        mov eax, 0x82
        TRY mov es, ax
        TRY mov ss, ax
        mov eax, 0x80
        TRY mov ss, ax
;; case: conforming code is readable whatever the privilege
        DESCRIPTOR 0x80, 0, 0xffff, 0x9e, 0
        mov eax, 0x83
        mov es, ax
        mov al, [es:DATA + 1]
        mov byte [GDT + 0x85], 0x9c
        mov ebx, 0x83
        TRY mov fs, bx
;; case: a load sets the accessed bit
        DESCRIPTOR 0x80, 0, 0xffff, 0x92, 0
        mov ax, 0x80
        mov es, ax
        EMIT [GDT + 0x84]
        DESCRIPTOR 0x88, 0, 0xffff, 0x9a, 0
        mov ax, 0x88
        mov fs, ax
        EMIT [GDT + 0x8c]
        DESCRIPTOR 0x90, 0, 0xfffff, 0x92, 12
        mov ax, 0x90
        mov ss, ax
        EMIT [GDT + 0x94]
        mov ax, SEL_DATA32
        mov ss, ax
;; case: lar, lsl and verr leave the accessed bit alone
        DESCRIPTOR 0x80, 0, 0xffff, 0x92, 0
        mov ecx, 0x80
        lar eax, ecx
        lsl ebx, ecx
        verr cx
        verw cx
        EMIT [GDT + 0x84]
;; case: read-only data and code cannot be written
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0, 0xfffff, 0x91, 12
        DESCRIPTOR 0x88, 0, 0xfffff, 0x9b, 12
        DESCRIPTOR 0x90, 0, 0xfffff, 0x99, 12
        mov ax, 0x80
        mov es, ax
        mov ax, 0x88
        mov fs, ax
        mov al, [es:DATA + 1]
        mov ah, [fs:DATA + 2]
        TRY mov [es:DATA], al
        TRY mov [fs:DATA], al
        TRY add byte [es:DATA], 1
        TRY inc dword [fs:DATA]
        TRY xchg [es:DATA], cl
        TRY mov [cs:DATA], al
        mov edi, DATA
        TRY stosb
        TRY movsb
;; case: execute-only code cannot be read
;; differs: qemu-limits
        DESCRIPTOR 0x90, 0, 0xfffff, 0x99, 12
        TRY_AT .next
        jmp 0x90:.inside
.inside:
        mov al, [cs:DATA]
.next:  mov dword [RESUME], .next2
        cs lodsb
.next2: jmp SEL_CODE32:.out
.out:
;; case: the limit is checked for the whole operand
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0x20000, 0x0f, 0x93, 4
        mov ax, 0x80
        mov es, ax
        mov al, [es:0x0f]
        mov ax, [es:0x0e]
        mov eax, [es:0x0c]
        TRY mov al, [es:0x10]
        TRY mov ax, [es:0x0f]
        TRY mov eax, [es:0x0d]
        TRY mov eax, [es:0x10]
        TRY mov [es:0x0f], ax
        TRY add dword [es:0x0e], 1
        TRY mov al, [es:-1]
        TRY mov eax, [es:-2]
        TRY les eax, [es:0x0b]
        TRY cmpxchg8b [es:0x09]
        TRY bts dword [es:0x0d], 1
        mov ebx, 96
        TRY bts [es:0], ebx
        mov ebx, 128
        TRY bt [es:0], ebx
        mov ebx, -1
        TRY bt [es:0], ebx
;; case: page-granular limits
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0x20000, 0, 0x93, 12
        mov ax, 0x80
        mov es, ax
        mov al, [es:0xfff]
        TRY mov al, [es:0x1000]
        TRY mov ax, [es:0xfff]
;; case: a limit of 0
;; differs: qemu-limits
        DESCRIPTOR 0x80, DATA, 0, 0x93, 4
        mov ax, 0x80
        mov es, ax
        mov al, [es:0]
        TRY mov al, [es:1]
        TRY mov bx, [es:0]
;; case: expand-down segments
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0x20000, 0x0fff, 0x97, 4
        mov ax, 0x80
        mov es, ax
        mov al, [es:0x1000]
        TRY mov al, [es:0x0fff]
        TRY mov eax, [es:0]
        mov eax, [es:0xffffc]
        TRY mov bx, [es:0x0fff]
        mov eax, [es:0x10000]
        TRY mov eax, [es:0xfffffffd]
;; case: expand-down segments of 64 KiB
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0x20000, 0x0fff, 0x97, 0
        mov ax, 0x80
        mov es, ax
        mov eax, [es:0x1000]
        mov eax, [es:0xfffc]
        TRY mov eax, [es:0xfffd]
        TRY mov al, [es:0x10000]
        TRY mov al, [es:0xfff]
;; case: expand-down with the greatest limit holds nothing
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0x20000, 0xfffff, 0x97, 12
        mov ax, 0x80
        mov es, ax
        TRY mov al, [es:0]
        TRY mov al, [es:0x1000]
        TRY mov al, [es:0xffffffff]
;; case: a read-only expand-down segment
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0x20000, 0x0f, 0x95, 4
        mov ax, 0x80
        mov es, ax
        mov al, [es:0x10]
        TRY mov [es:0x10], al
        TRY mov al, [es:0]
;; case: stack limits
        DESCRIPTOR 0x80, 0x20000, 0x0f, 0x93, 4
        mov esp, 0x0e
        mov ax, 0x80
        mov ss, ax
        mov ebp, 0x0d
        push word 1
        mov eax, esp
        pop cx
        mov ax, SEL_DATA32
        mov ss, ax
        mov esp, STACK
;; case: a stack fault on a stack without room shuts the processor down
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0x20000, 0x0f, 0x93, 4
        mov ax, 0x80
        mov ss, ax
        mov esp, 0x12
        push eax
;; case: accesses through ebp use the stack segment's limit
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0, 0x7fff, 0x93, 4
        mov ax, 0x80
        mov ss, ax
        mov ebp, 0x8000
        TRY mov al, [ebp]
        TRY mov [ebp - 1], ax
        TRY mov al, [ebp + esi * 4]
        mov ecx, 0x8000
        TRY mov al, [ss:ecx]
        mov al, [ds:ebp]
        mov ax, SEL_DATA32
        mov ss, ax
;; case: offsets wrap at 4 GiB in a flat segment
        mov ebx, -0x10
        mov byte [ebx + DATA + 0x10], 0x77
        mov esi, 0x80000000
        mov ecx, 0x40000000
        mov byte [esi + ecx * 2 + DATA + 1], 0x78
        mov eax, [dword 0x80000000 + 0x80000000 + DATA]
;; case: a base wraps at 4 GiB
        DESCRIPTOR 0x80, 0xfffff000, 0xfffff, 0x93, 12
        mov ax, 0x80
        mov es, ax
        mov eax, [es:0x1000 + DATA]
        mov byte [es:0x1000 + DATA + 3], 0x11
;; case: 16-bit addressing in a 32-bit segment wraps at 64 KiB
        mov bx, 0xffff
        mov si, 0x6105
        mov al, [bx + si]
        mov ecx, 0x20000
        mov ebx, 0x16100
        mov ah, [bx]
        mov bp, 0x7000
        mov dl, [bp - 0xef0]
;; case: call gates and TSSs are not loaded into data segments
        DESCRIPTOR 0x80, 0, 0, 0x8c, 0
        mov ax, 0x80
        TRY mov ds, ax
        mov ax, SEL_TSS
        TRY mov es, ax
        mov ax, SEL_LDT
        TRY mov fs, ax
;; case: pop of a segment register that faults pops nothing
        push dword 0x1f8
        TRY pop es
        EMIT esp
        push dword 0
        TRY pop ss
        EMIT esp
;; case: lds and friends that fault load nothing
        mov dword [DATA], 0x12345678
        mov word [DATA + 4], 0x1f8
        TRY les eax, [DATA]
        TRY lfs ebx, [DATA]
        TRY lss esp, [DATA]
        mov word [DATA + 4], 0
        les ecx, [DATA]
        TRY lss esp, [DATA]
;; case: lar of every type
        DESCRIPTOR 0x80, 0x12345678, 0xabcde, 0x80, 5
        mov ecx, 0x80
.type:  xor eax, eax
        lar eax, ecx
        jnz .not
        and eax, 0xf0ff00       ; the bits in between are undefined
        EMIT
.not:   inc byte [GDT + 0x85]
        cmp byte [GDT + 0x85], 0xa0
        jb .type
;; case: lsl of every type
        DESCRIPTOR 0x80, 0x12345678, 0xabcde, 0x80, 0xd
        mov ecx, 0x80
.type:  mov eax, [GDT + 0x84]
        lsl eax, ecx
        jnz .not
        EMIT
.not:   inc byte [GDT + 0x85]
        cmp byte [GDT + 0x85], 0xa0
        jb .type
;; case: verr and verw of every type
        DESCRIPTOR 0x80, 0, 0xffff, 0x80, 0
        mov ecx, 0x80
        xor edx, edx
        xor ebx, ebx
.type:  verr cx
        jnz .not_r
        bts edx, esi
.not_r: movzx esi, byte [GDT + 0x85]
        and esi, 0x1f
        verr cx
        jnz .no_read
        bts edx, esi
.no_read:
        verw cx
        jnz .no_write
        bts ebx, esi
.no_write:
        inc byte [GDT + 0x85]
        cmp byte [GDT + 0x85], 0xa0
        jb .type
;; case: lar with selectors that cannot be read
        mov eax, 0x11223344
        xor ecx, ecx
        lar eax, ecx
        EMIT_FLAGS
        mov ecx, 0x200
        lar eax, ecx
        EMIT_FLAGS
        mov ecx, 0x14
        lsl eax, ecx
        EMIT_FLAGS
        mov ecx, SEL_DATA32 + 1
        lsl eax, ecx
        EMIT_FLAGS
        mov ecx, SEL_CODE32 + 3
        verr cx
        EMIT_FLAGS
        mov cx, SEL_DATA32
        lar ax, cx
        lsl bx, cx
;; case: lar and lsl of segments that are not present
        DESCRIPTOR 0x80, 0, 0x1234, 0x12, 4
        mov ecx, 0x80
        lar eax, ecx
        lsl ebx, ecx
        EMIT_FLAGS
        verr cx
        EMIT_FLAGS
;; case: lsl with a 16-bit operand cuts the limit
        mov cx, SEL_DATA32
        mov eax, 0x99999999
        lsl ax, cx
        lsl ebx, ecx
;; case: arpl
        mov word [DATA], 0x10
        mov ax, 0x23
        arpl [DATA], ax
        EMIT_FLAGS
        mov cx, 0x13
        mov dx, 0x21
        arpl cx, dx
        EMIT_FLAGS
        arpl cx, cx
        EMIT_FLAGS
;; case: str, sldt, smsw
        mov eax, -1
        str eax
        EMIT
        mov ebx, -1
        str bx
        mov ax, SEL_LDT
        lldt ax
        mov ecx, -1
        sldt ecx
        mov dword [DATA], -1
        sldt [DATA]
        str [DATA + 8]
        mov edx, -1
        smsw dx
;; case: lldt checks
        mov ax, SEL_DATA32
        TRY lldt ax
        mov ax, 0x64
        TRY lldt ax
        and byte [GDT + SEL_LDT + 5], 0x7f
        mov ax, SEL_LDT
        TRY lldt ax
        xor ax, ax
        lldt ax
        mov ax, 0x0c
        TRY mov es, ax
        mov ax, 0x1f8
        TRY lldt ax
        mov ax, 0x200
        TRY lldt ax
;; case: ltr checks
;; differs: qemu-ltr-null
        mov ax, SEL_TSS
        TRY ltr ax
        and byte [GDT + SEL_TSS + 5], 0xfd
        and byte [GDT + SEL_TSS + 5], 0x7f
        TRY ltr ax
        or byte [GDT + SEL_TSS + 5], 0x80
        ltr ax
        EMIT [GDT + SEL_TSS + 4]
        xor ax, ax
        TRY ltr ax
        mov ax, SEL_DATA32
        TRY ltr ax
        mov ax, 0x54
        TRY ltr ax
;; case: segments in the LDT
;; differs: qemu-limits
        mov ax, SEL_LDT
        lldt ax
        mov dword [LDT + 8], 0x6100000f
        mov dword [LDT + 12], 0x00409200
        mov ax, 0x0c
        mov es, ax
        mov al, [es:3]
        TRY mov al, [es:0x10]
        EMIT [LDT + 12]
        mov ax, 0x0f
        TRY mov es, ax
        mov ax, 0x04
        TRY mov es, ax
;; case: lgdt and sgdt by operand size
        o16 lgdt [.gdtr]
        sgdt [DATA]
        o16 sgdt [DATA + 8]
        lgdt [.real]
        lidt [.idtr]
        o16 sidt [DATA + 0x10]
        jmp .end
.gdtr:  dw 0x1ff
        dd 0xff000000 + GDT
.real:  dw 0x1ff
        dd GDT
.idtr:  dw 0x1ff
        dd IDT
.end:
;; case: lgdt with a register operand
        TRY db 0x0f, 0x01, 0xd0 | 0
        TRY db 0x0f, 0x01, 0xd8 | 6
        TRY db 0x0f, 0x01, 0xc6
