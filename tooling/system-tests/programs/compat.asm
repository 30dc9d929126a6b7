; Compatibility mode: 32-bit code under long mode (SDM vol. 3A, 5.2.1; vol. 1, 3.1).
;; modes: compat
;; case: one-byte inc and dec are not REX
        mov eax, 5
        db 0x48
        inc eax
        EMIT
        db 0x40, 0x41
        EMIT ecx
;; case: segments have bases and limits
;; differs: qemu-limits
        DESCRIPTOR 0x80, DATA, 0x0f, 0x93, 4
        mov ax, 0x80
        mov es, ax
        mov al, [es:1]
        TRY mov al, [es:0x10]
        TRY mov eax, [es:0x0d]
        mov ax, SEL_DATA32
        mov es, ax
;; case: offsets wrap at 4 GiB
        mov ebx, -0x10
        mov byte [ebx + DATA + 0x10], 0x77
        mov eax, [ebx + DATA + 0x20]
        EMIT
;; case: exceptions go through 64-bit gates
        ON_TRAP
        int 0x20
        int3
        TRY ud2
        mov eax, 0x1f8
        TRY mov es, ax
;; case: instructions that long mode lost, compatibility mode keeps
;; undefined: OF SF ZF PF AF CF
        push es
        pop ds
        pushad
        popad
        mov al, 0x19
        daa
        xor ax, ax
        aam
        mov al, 0x7f
        add al, 0
        into
        jmp SEL_CODE32:.a
.a:     call SEL_CODE32:.b
        jmp .end
.b:     retf
.end:   mov eax, 0
;; case: null segments fault
;; differs: qemu-limits
        xor eax, eax
        mov es, ax
        TRY mov al, [es:0]
        TRY mov ss, ax
        mov ax, SEL_DATA32
        mov es, ax
;; case: page faults
        TRY mov eax, [WIN]
        TRY mov [WIN + 0xffe], eax
        mov dword [WINPT], FREE + 7
        TRY mov [WIN + 0xffe], eax
        mov ebx, 0xfffffffe
        TRY mov [ebx], eax
;; case: iret of 32 bits to the same level
        push dword 0x247ed7
        push dword SEL_CODE32
        push dword .a
        iretd
.a:     EMIT_FLAGS
        EMIT esp
        push dword 2
        popfd
;; case: jump to 64-bit code and back
        jmp SEL_CODE64:.wide
        bits 64
.wide:  mov rax, 0x123456789
        shr rax, 32
        mov dword [abs DATA], .narrow
        mov dword [abs DATA + 4], SEL_CODE32
        jmp far dword [abs DATA]
        bits 32
.narrow:
        EMIT
        mov ecx, cs
;; case: 16-bit code under long mode
        jmp SEL_CODE16:.narrow
        bits 16
.narrow:
        mov bx, 0x6100
        mov ax, [bx + 2]
        push ax
        jmp dword SEL_CODE32:.wide
        bits 32
.wide:  EMIT esp
        pop cx
;; case: descriptor table registers store 6 bytes
        sgdt [DATA]
        sidt [DATA + 0x10]
        str eax
        EMIT
;; case: syscall and sysenter depend on the vendor, sysret on the mode
        TRY sysret
;; case: single step
        ON_TRAP
        pushfd
        or dword [esp], 0x100
        popfd
        nop
        nop
        pushfd
        and dword [esp], 0xfffffeff
        popfd
;; case: call gates of 32 bits are 64-bit gates here
        DESCRIPTOR 0x80, 0, 0, 0x8c, 0
        mov word [GDT + 0x80], .there
        mov word [GDT + 0x82], SEL_CODE64
        mov dword [GDT + 0x88], 0
        mov dword [GDT + 0x8c], 0
        call 0x80:0
        EMIT esp
        jmp .end
        bits 64
.there: mov ebx, cs
        mov eax, [rsp]
        mov ecx, esp
        o64 retf
        bits 32
.end:
;; case: a call gate to 32-bit code is refused in long mode
        DESCRIPTOR 0x80, 0, 0, 0x8c, 0
        mov word [GDT + 0x80], 0x8000
        mov word [GDT + 0x82], SEL_CODE32
        mov dword [GDT + 0x88], 0
        mov dword [GDT + 0x8c], 0
        TRY call 0x80:0
        mov word [GDT + 0x82], SEL_CODE64
        mov dword [GDT + 0x8c], 0x1f00
        TRY call 0x80:0
        EMIT esp
;; case: movs with 16-bit addresses
        mov esi, 0x10000 + DATA
        mov edi, 0x20000 + DATA + 0x40
        mov ecx, 0x30004
        a16 rep movsb
        EMIT ecx
        EMIT esi
