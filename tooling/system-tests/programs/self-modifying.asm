; Code that changes code (SDM vol. 3A, 8.1.3, 11.6): a change is seen by whatever runs after it, here even without a jump, as both oracles
; and processors since the Pentium do for the linear address that is written.
;; modes: real prot32 paged long

%if __BITS__ == 64
        default abs
%define AX_ rax
%define BX_ ebx
%define DI_ rdi
%define SI_ rsi
%elif __BITS__ == 32
%define DI_ edi
%define SI_ esi
%else
%define DI_ di
%define SI_ si
%endif
;; case: the immediate of an instruction further on in the block
        mov byte [.patch + 1], 0x55
        nop
        nop
.patch: mov al, 0
;; case: the next instruction
        mov byte [.patch + 1], 0x56
.patch: mov al, 0
;; case: the next opcode
        xor eax, eax
        mov byte [.patch], 0x40 + 0x50
.patch: cli
;; case: an instruction in a loop
        mov ecx, 5
        xor eax, eax
.loop:
.patch: add al, 1
        inc byte [.patch + 1]
        dec ecx
        jnz .loop
;; case: a subroutine, called before and after
        call .sub
        EMIT
        mov dword [.patch], 0x04b0 | 0x90900000
        call .sub
        EMIT
        mov byte [.patch + 1], 0x77
        call .sub
        EMIT
        jmp .end
.sub:
.patch: mov al, 3
        nop
        nop
        ret
.end:
;; case: a branch that is retargeted
        mov byte [.jump + 1], .b - .jump - 2
.jump:  jmp .a
.a:     mov al, 1
        jmp .end
.b:     mov al, 2
.end:
;; case: a string instruction that overwrites what comes behind it
        mov SI_, .source
        mov DI_, .target
        mov ecx, 4
        cld
        rep movsb
.target:
        mov al, 1
        mov al, 2
        jmp .end
.source:
        mov bl, 3
        mov bl, 4
.end:
;; case: a string instruction that overwrites itself
        mov DI_, .rep
        mov ecx, 3
        mov al, 0x90
.rep:   rep stosb
        nop
        inc ebx
;; case: push into code
%if __BITS__ == 16
        mov bp, sp
        mov sp, .patch + 2
        push word 0x99b0
%else
        mov ebp, esp
        mov esp, .patch + (__BITS__ / 8)
    %if __BITS__ == 64
        push qword [.value]
    %else
        push dword [.value]
    %endif
%endif
.patch: mov al, 0
        nop
        nop
        nop
        nop
        nop
        nop
%if __BITS__ == 16
        mov sp, bp
%else
        mov esp, ebp
%endif
        jmp .end
.value: db 0xb0, 0x99, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90
.end:
;; case: read-modify-write of code
        lock inc byte [.patch + 1]
        lock xadd [.patch + 1], cl
        mov dl, 0x20
        xchg [.second + 1], dl
.patch: mov al, 0
.second:
        mov ah, 0
;; case: a store that only touches bytes next to the block
        mov dword [.data], 0x11223344
        mov eax, [.data]
        jmp .end
.data:  dd 0
.end:
;; case: code is written, run, written and run
        mov ebx, 3
.again: mov byte [FREE_CODE], 0x40 + 0x80 + 3 ; ret
        mov word [FREE_CODE], 0xc340 + 0
        mov byte [FREE_CODE], 0x90
        call FREE_CODE
        mov byte [FREE_CODE], 0xf8
        call FREE_CODE
        mov byte [FREE_CODE], 0xf9
        call FREE_CODE
        dec ebx
        jnz .again
FREE_CODE equ 0xb000
;; case: a store that faults leaves the code alone
;; modes: paged long
        TRY mov [WIN], al
        mov byte [.patch + 1], 9
.patch: mov al, 1
;; case: a store over the end of a code page
%if __BITS__ == 16
        mov ax, 0x0b00
        mov es, ax
        mov word [0xb000], 0xc3c3
        mov dword [0xaffe], 0xc3909090
        mov bx, 0xaffe
        call bx
        mov word [0xafff], 0xc3c3
        call bx
%else
        mov word [0xb000], 0xc3c3
        mov dword [0xaffe], 0xc3909090
        mov ebx, 0xaffe
    %if __BITS__ == 64
        call rbx
        mov word [0xafff], 0xc3c3
        call rbx
    %else
        call ebx
        mov word [0xafff], 0xc3c3
        call ebx
    %endif
%endif
