; Real-address mode with descriptors left over from protected mode, and the ways in and out (SDM vol. 3A, 9.9).
;; modes: real

%macro UNREAL 1                 ; a descriptor's selector, loaded into fs: the harness uses es
        lgdt [.gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp short %%in
%%in:   mov bx, %1
        mov fs, bx
        and al, 0xfe
        mov cr0, eax
        jmp short %%out
.gdtr:  dw GDT_LIMIT
        dd GDT
%%out:
%endmacro
;; case: big limits stay after the way back
        UNREAL SEL_DATA32
        mov ebx, 0x100000
        mov dword [fs:ebx], 0x12345678
        mov ecx, [fs:0x100000]
        mov ax, fs
;; case: a load of the selector keeps the limit and sets the base
        UNREAL SEL_DATA32
        mov ax, 0x1000
        mov fs, ax
        mov ebx, 0xf0000
        mov dword [fs:ebx + 0x10], 0x2468
        mov ax, 0xffff
        mov fs, ax
        mov ecx, [fs:0x20]
;; case: small limits stay, too
;; differs: qemu-limits
        DESCRIPTOR 0x80, 0, 0x6103, 0x93, 0
        UNREAL 0x80
        mov al, [fs:0x6103]
        TRY mov al, [fs:0x6104]
        TRY mov eax, [fs:0x6101]
        xor ax, ax
        mov fs, ax
        TRY mov al, [fs:0x6104]
;; case: a base that is no paragraph
        DESCRIPTOR 0x80, DATA + 1, 0xffff, 0x93, 0
        UNREAL 0x80
        mov al, [fs:0]
        mov bl, [fs:1]
        xor cx, cx
        mov fs, cx
;; case: protected mode without a far jump goes on with the old code segment
        lgdt [.gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov ecx, 5
        mov dx, cs
        and al, 0xfe
        mov cr0, eax
        jmp .end
.gdtr:  dw GDT_LIMIT
        dd GDT
.end:
;; case: into 32-bit code and back through 16-bit code
        lgdt [.gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword SEL_CODE32:.wide
        bits 32
.wide:  mov ebx, 0x11223344
        mov eax, SEL_DATA32
        mov ds, ax
        mov byte [DATA], 0x31
        jmp SEL_CODE16:.narrow
        bits 16
.narrow:
        mov eax, cr0
        and al, 0xfe
        mov cr0, eax
        jmp 0:.real
.real:  xor ax, ax
        mov ds, ax
        EMIT ebx
        jmp .end
.gdtr:  dw GDT_LIMIT
        dd GDT
.end:
;; case: the stack keeps its width
        lgdt [.gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, SEL_DATA32
        mov ss, bx
        and al, 0xfe
        mov cr0, eax
        mov esp, STACK
        push cx
        pop dx
        xor bx, bx
        mov ss, bx
        push cx
        mov esi, esp
        pop cx
        jmp .end
.gdtr:  dw GDT_LIMIT
        dd GDT
.end:
;; case: an interrupt table limit of protected mode
        lidt [.idtr]
        sidt [DATA]
        int 0x20
        lidt [.normal]
        jmp .end
.idtr:  dw 0x83
        dd 0
.normal:
        dw 0x3ff
        dd 0
.end:
