; From real mode into the mode of the program: tables, control registers, registers.

        bits 16
start:
        cli
        cld
        mov eax, cr0            ; CD and NW are set at power-on
        and eax, 0x9fffffff
        mov cr0, eax
        xor eax, eax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov fs, ax
        mov gs, ax
        mov esp, STACK
        mov si, magic           ; where the report starts: an oracle may have talked before
.magic: lodsb
        out P_DEBUG, al
        cmp si, magic + 4
        jb .magic
        lidt [real_idtr]
        xor eax, eax
        mov [RESUME], eax
        mov [RECORDS], eax
        mov edi, DATA           ; a pattern, so that a change shows
        mov ecx, 256
.data:  mov [edi], al
        add al, 0x11
        inc edi
        dec cx
        jnz .data
        xor edi, edi            ; IVT
        mov eax, stub16_0
.ivt:   mov [edi], eax
        add eax, STUB16_SIZE
        add edi, 4
        cmp edi, VECTORS * 4
        jb .ivt
        mov esi, gdt_image
        mov edi, GDT
        mov ecx, gdt_image_end - gdt_image
        rep movsb
        cmp byte [CASE], M_REAL
        jne protected
        push word 2
        popf
        call registers16
        jmp CODE

magic:  db 0x7f, "tcg"
real_idtr:
        dw 0x3ff
        dd 0
prot_idtr:
        dw VECTORS * 8 - 1
        dd IDT
long_idtr:
        dw VECTORS * 16 - 1
        dd IDT
gdtr:   dw GDT_LIMIT
        dd GDT

registers16:
        mov eax, 0x10101010
        mov ecx, 0x11111111
        mov edx, 0x12121212
        mov ebx, 0x13131313
        mov ebp, 0x15151515
        mov esi, 0x16161616
        mov edi, 0x17171717
        ret

protected:
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp SEL_CODE32:.flat
        bits 32
.flat:
        mov eax, SEL_DATA32
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        mov ss, eax
        mov edi, IDT            ; interrupt gates; those for software are open to every level
        mov ecx, VECTORS
        mov eax, stub32_0
.gate:  mov [edi], ax
        mov word [edi + 2], SEL_CODE32
        mov edx, eax
        mov dx, 0x8e00
        cmp ecx, VECTORS - 3    ; 3, 4
        je .open
        cmp ecx, VECTORS - 4
        je .open
        cmp ecx, VECTORS - 32
        ja .closed
.open:  mov dx, 0xee00
.closed:
        mov [edi + 4], edx
        add edi, 8
        add eax, STUB32_SIZE
        dec ecx
        jnz .gate
        lidt [prot_idtr]
        mov edi, TSS
        xor eax, eax
        mov ecx, 0x68 / 4
        rep stosd
        mov dword [TSS + 4], STACK_0
        mov dword [TSS + 8], SEL_DATA32
        mov word [TSS + 0x66], 0x68
        mov eax, SEL_TSS
        ltr ax
        movzx ebx, byte [CASE]
        jmp [.modes - 4 + ebx * 4]
.modes: dd prot16, prot32, paged, pae, long_mode, long_mode, v86, user32, long_mode

prot16:
        push dword 2
        popfd
        mov eax, SEL_DATA16
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        mov ss, eax
        mov esp, STACK
        call registers32
        jmp dword SEL_CODE16:CODE

prot32:
        push dword 2
        popfd
        call registers32
        jmp CODE

user32:
        push dword SEL_UDATA32
        push dword STACK
        push dword 2
        push dword SEL_UCODE32
        push dword CODE
        mov eax, SEL_UDATA32
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        call registers32
        iretd

v86:
        push dword 0            ; gs fs ds es
        push dword 0
        push dword 0
        push dword 0
        push dword 0            ; ss
        push dword STACK
        push dword 0x23002      ; VM, IOPL 3
        push dword 0
        push dword CODE
        call registers32
        iretd

registers32:
        mov eax, 0x10101010
        mov ecx, 0x11111111
        mov edx, 0x12121212
        mov ebx, 0x13131313
        mov ebp, 0x15151515
        mov esi, 0x16161616
        mov edi, 0x17171717
        ret

; 2-level: first 4 MiB identity in 4 KiB pages for everybody, WIN through an empty table. CR4.PSE on, CR0.WP off.
paged:
        mov dword [TABLES], TABLES + 0x1000 + 7
        mov dword [TABLES + 4], TABLES + 0x2000 + 7
        mov edi, TABLES + 0x1000
        mov eax, 7
.entry: stosd
        add eax, 0x1000
        cmp edi, TABLES + 0x2000
        jb .entry
        mov eax, 0x10
        mov cr4, eax
        mov eax, TABLES
        mov cr3, eax
.on:    mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        jmp prot32

; PAE: PDPT at TABLES, directory at + 0x1000, first 2 MiB through + 0x2000, WIN through + 0x3000. EFER.NXE on.
pae:
        mov dword [TABLES], TABLES + 0x1000 + 1
        mov dword [TABLES + 0x1000], TABLES + 0x2000 + 7
        mov dword [TABLES + 0x1010], TABLES + 0x3000 + 7
        mov edi, TABLES + 0x2000
        call identity8
        mov eax, 0x20
        mov cr4, eax
        mov ecx, 0xc0000080
        mov eax, 0x800
        xor edx, edx
        wrmsr
        mov eax, TABLES
        mov cr3, eax
        jmp paged.on

identity8:                      ; a table of 512 8-byte entries at EDI: the first 2 MiB
        mov eax, 7
        xor edx, edx
        mov ecx, 512
.entry: mov [edi], eax
        mov [edi + 4], edx
        add edi, 8
        add eax, 0x1000
        dec ecx
        jnz .entry
        ret

; 4 levels: PML4, PDPT, directory, first 2 MiB through TABLES + 0x3000, WIN through + 0x4000. EFER: LME, NXE.
long_mode:
        mov dword [TABLES], TABLES + 0x1000 + 7
        mov dword [TABLES + 0x1000], TABLES + 0x2000 + 7
        mov dword [TABLES + 0x2000], TABLES + 0x3000 + 7
        mov dword [TABLES + 0x2010], TABLES + 0x4000 + 7
        mov edi, TABLES + 0x3000
        call identity8
        mov edi, IDT
        mov eax, stub64_0
        xor ecx, ecx
.gate:  mov [edi], ax
        mov word [edi + 2], SEL_CODE64
        mov word [edi + 4], 0x8e00
        cmp ecx, 3
        je .open
        cmp ecx, 4
        je .open
        cmp ecx, 32
        jb .closed
.open:  mov word [edi + 4], 0xee00
.closed:
        mov edx, eax
        shr edx, 16
        mov [edi + 6], dx
        mov dword [edi + 8], 0
        mov dword [edi + 12], 0
        add edi, 16
        add eax, STUB64_SIZE
        inc ecx
        cmp ecx, VECTORS
        jb .gate
        mov eax, 0x20
        mov cr4, eax
        mov ecx, 0xc0000080
        mov eax, 0x900
        xor edx, edx
        wrmsr
        mov eax, TABLES
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        lidt [long_idtr]
        mov edi, TSS
        xor eax, eax
        mov ecx, 0x68 / 4
        rep stosd
        mov dword [TSS + 4], STACK_0
        mov dword [TSS + 0x24], STACK_IST
        mov word [TSS + 0x66], 0x68
        and byte [GDT + SEL_TSS + 5], 0xfd
        mov eax, SEL_TSS
        ltr ax
        jmp SEL_CODE64:.wide
        bits 64
.wide:  mov esp, STACK
        movzx ebx, byte [CASE]
        cmp ebx, M_COMPAT
        je .compat
        cmp ebx, M_USER64
        je .user
        push qword 2
        popfq
        call registers64
        jmp CODE
.user:  push qword SEL_UDATA32
        push qword STACK
        push qword 2
        push qword SEL_UCODE64
        push qword CODE
        call registers64
        iretq
.compat:
        mov dword [abs DATA - 8], CODE
        mov dword [abs DATA - 4], SEL_CODE32
        push qword 2
        popfq
        call registers64
        jmp far dword [abs DATA - 8]

registers64:
        mov rax, 0x1010101010101010
        mov rcx, 0x1111111111111111
        mov rdx, 0x1212121212121212
        mov rbx, 0x1313131313131313
        mov rbp, 0x1515151515151515
        mov rsi, 0x1616161616161616
        mov rdi, 0x1717171717171717
        mov r8, 0x1818181818181818
        mov r9, 0x1919191919191919
        mov r10, 0x1a1a1a1a1a1a1a1a
        mov r11, 0x1b1b1b1b1b1b1b1b
        mov r12, 0x1c1c1c1c1c1c1c1c
        mov r13, 0x1d1d1d1d1d1d1d1d
        mov r14, 0x1e1e1e1e1e1e1e1e
        mov r15, 0x1f1f1f1f1f1f1f1f
        ret

gdt_image:
        dq 0
        dq 0x00cf9b000000ffff   ; 08 code, 32 bits
        dq 0x00cf93000000ffff   ; 10 data, 32 bits
        dq 0x00009b000000ffff   ; 18 code, 16 bits, 64 KiB
        dq 0x000093000000ffff   ; 20 data, 16 bits, 64 KiB
        dq 0x00af9b000000ffff   ; 28 code, 64 bits
        dq 0x00cffb000000ffff   ; 30 code, 32 bits, level 3
        dq 0x00cff3000000ffff   ; 38 data, 32 bits, level 3
        dq 0x00affb000000ffff   ; 40 code, 64 bits, level 3
        dq 0x0000fb000000ffff   ; 48 code, 16 bits, level 3
        dw 0x67, TSS            ; 50 TSS
        dd 0x00008900
        dq 0
        dw 0x7f, LDT            ; 60 LDT
        dd 0x00008200
        dq 0
gdt_image_end:
