; The x87 where it meets the rest of the processor: images in all layouts, exceptions, stores into code, limits (SDM vol. 1, 8.1.8–8.1.10, 8.5–8.7).
; Numbers are the business of the recorded vectors.
;; modes: real prot16 prot32 long compat v86 user32

%if __BITS__ == 64
        default abs
%define CX_ rcx
%elif __BITS__ == 32
%define CX_ ecx
%else
%define CX_ cx
%endif
; An operand in data: 1.5 as m64, m32.
%macro NUMBERS 0
        mov dword [DATA + 0xf0], 0
        mov dword [DATA + 0xf4], 0x3ff80000
        mov dword [DATA + 0xf8], 0x3fc00000
%endmacro
; MASK16, MASK32: of an image in DATA, pointers and selectors of the operand and, in protected mode, of the code: some processors keep none.
%macro MASK16 0
        mov dword [DATA + 10], 0
  %if MODE != M_REAL && MODE != M_V86
        mov word [DATA + 8], 0
  %endif
%endmacro
%macro MASK32 0
        mov dword [DATA + 20], 0
        mov dword [DATA + 24], 0
  %if MODE != M_REAL && MODE != M_V86
        mov word [DATA + 16], 0
  %endif
%endmacro
; Free memory that 16-bit addresses reach.
FREE16  equ 0xb000
;; case: environment, default size
;; differs: qemu-x87@real qemu-x87@v86 qemu-x87@prot32 qemu-x87@long qemu-x87@compat qemu-x87@user32
        NUMBERS
        fninit
        fld qword [DATA + 0xf0]
        fadd dword [DATA + 0xf8]
        fnstenv [DATA]
%if __BITS__ == 16
        MASK16
%else
        MASK32
%endif
        fnstcw [DATA + 0x80]
;; case: environment, the other size
;; differs: qemu-x87@real qemu-x87@prot16 qemu-x87@v86
        NUMBERS
        fninit
        fld qword [DATA + 0xf0]
%if __BITS__ == 16
        o32 fnstenv [DATA]
        MASK32
%else
        o16 fnstenv [DATA]
        MASK16
%endif
;; case: tags
;; differs: qemu-x87@prot32 qemu-x87@long qemu-x87@compat qemu-x87@user32
        fninit
        fldz
        fld1
        fldpi
        fld1
        fldz
        fdivp st1, st0
        fldz
        fdiv st0, st0
        ffree st3
        fninit
        fldz
        fld1
        fchs
        fldz
        fld1
        fdivrp st1, st0
        fld st0
        ffree st2
        fdecstp
        fnstenv [DATA]
        mov dword [DATA + 12], 0
        mov dword [DATA + 16], 0
        mov dword [DATA + 20], 0
        mov dword [DATA + 24], 0
%if __BITS__ == 16
        mov dword [DATA + 6], 0
        mov dword [DATA + 10], 0
%endif
;; case: state, default size, and back
;; differs: qemu-x87@prot32 qemu-x87@long qemu-x87@compat qemu-x87@user32
        fninit
        fldpi
        fld1
        fldl2e
        mov word [DATA + 0x80], 0x0a7f
        fldcw [DATA + 0x80]
        fnsave [FREE16]
        fnstenv [DATA]
        frstor [FREE16]
        fstp tword [DATA + 0x20]
        fstp tword [DATA + 0x30]
        fstp tword [DATA + 0x40]
        fnstcw [DATA + 0x90]
        fnstsw [DATA + 0x92]
;; case: state, the other size, and back
        fninit
        fldpi
        fld1
%if __BITS__ == 16
        o32 fnsave [FREE16]
        o32 frstor [FREE16]
%else
        o16 fnsave [FREE16]
        o16 frstor [FREE16]
%endif
        fstp tword [DATA + 0x20]
        fstp tword [DATA + 0x30]
        fnstcw [DATA + 0x90]
        fnstsw [DATA + 0x92]
;; case: an environment that is loaded
;; modes: real prot32 long compat v86 user32
;; differs: qemu-x87
        fninit
%if __BITS__ == 16
        mov dword [DATA], 0x3f00037f
        mov dword [DATA + 4], 0x1234ffff
        mov dword [DATA + 8], 0x5678d7ff
        mov dword [DATA + 12], 0x9abce000
%else
        mov dword [DATA], 0xffff037f
        mov dword [DATA + 4], 0xffff3f00
        mov dword [DATA + 8], 0xffffffff
        mov dword [DATA + 12], 0x12345678
        mov dword [DATA + 16], 0x07ff0000
        mov dword [DATA + 20], 0x9abcdef0
        mov dword [DATA + 24], 0xffff0000
%endif
        fldenv [DATA]
        fnstenv [DATA + 0x80]
        fnstsw ax
        and eax, 0xffff
        EMIT
;; case: stack overflow and underflow
;; differs: qemu-x87
        fninit
        mov CX_, 9
.push:  fld1
        loop .push
        fnstsw [DATA]
        fninit
        faddp st1, st0
        fnstsw [DATA + 2]
        fninit
        fld1
        fxch st2
        fnstsw [DATA + 4]
        fstp tword [DATA + 0x10]
;; case: fcomi sets ZF PF CF and clears the rest
;; differs: qemu-x87
        mov eax, -1
        add eax, 1
        fninit
        fld1
        fldz
        fcomi st0, st1
        EMIT_FLAGS
        fcomip st0, st0
        EMIT_FLAGS
        fldz
        fldz
        fdivp st1, st0
        fucomi st0, st1
        EMIT_FLAGS
;; case: an unmasked exception is raised by the next waiting instruction
;; differs: qemu-x87
;; modes: real prot16 prot32 long
%if __BITS__ == 64
        mov rax, cr0
        or eax, 0x20
        mov cr0, rax
%else
        mov eax, cr0
        or eax, 0x20
        mov cr0, eax
%endif
        fninit
        mov word [DATA], 0x37b
        fldcw [DATA]
        fldz
        fld1
        fdiv st0, st1
        fnstsw ax
        and eax, 0xffff
        EMIT
        TRY fwait
        TRY fld1
        TRY fldcw [DATA]
        fnstcw [DATA + 2]
        fnclex
        TRY fld1
        fnstsw ax
        and eax, 0xffff
        EMIT
;; case: task switched and emulation
;; modes: real prot16 prot32 long
        fninit
%if __BITS__ == 64
        mov rax, cr0
        or eax, 8
        mov cr0, rax
%else
        mov eax, cr0
        or eax, 8
        mov cr0, eax
%endif
        TRY fld1
        TRY fnstsw ax
        TRY fninit
        clts
        TRY fld1
%if __BITS__ == 64
        mov rax, cr0
        or eax, 4
        mov cr0, rax
%else
        mov eax, cr0
        or eax, 4
        mov cr0, eax
%endif
        TRY fld1
        TRY fnstcw [DATA]
%if __BITS__ == 64
        mov rax, cr0
        and eax, ~4
        mov cr0, rax
%else
        mov eax, cr0
        and eax, ~4
        mov cr0, eax
%endif
        fnstsw [DATA + 2]
;; case: packed decimal
        fninit
        mov dword [DATA], 0x90123456
        mov dword [DATA + 4], 0x12345678
        mov word [DATA + 8], 0x8012
        fbld [DATA]
        fld st0
        fistp qword [DATA + 0x10]
        fbstp [DATA + 0x20]
;; case: a number stored over code that runs next
        fninit
        mov dword [DATA], 0x00550000
        fld dword [DATA]
        mov byte [.patch], 0xb0
        fild dword [.value]
        fistp word [.patch]
        jmp .patch
.value: dd 0x77b0
.patch: mov al, 0
        nop
;; case: numbers stored over a loop that is hot
        fninit
        mov CX_, 20
        xor eax, eax
        fld1
.loop:
.patch: add al, 1
        fld1
        faddp st1, st0
        fist word [DATA + 0x10]
        mov bl, [DATA + 0x10]
        mov bh, 4
        xchg bl, bh
        mov [DATA + 0x12], bx
        fild word [DATA + 0x12]
        fistp word [.patch]
        loop .loop
;; case: a state saved over code
        fninit
        mov CX_, 3
        xor ebx, ebx
.loop:
        fldpi
        fnsave [.image]
        inc ebx
        jmp .behind
.image: times 108 db 0x90
.behind:
        loop .loop
        mov eax, [.image]
        and eax, 0xffff
        EMIT
;; case: fxsave and fxrstor
;; modes: prot32 long compat
        fninit
        fldpi
        fld1
        fxsave [FREE16]
        mov eax, [FREE16]
        EMIT
        mov eax, [FREE16 + 4]
        and eax, 0xff
        EMIT
        mov eax, [FREE16 + 32]
        EMIT
        mov eax, [FREE16 + 40]
        EMIT
        fninit
        fxrstor [FREE16]
        fstp tword [DATA]
        fstp tword [DATA + 0x10]
        TRY fxsave [FREE16 + 8]
        TRY fxrstor [FREE16 + 8]
        mov dword [FREE16 + 24], 0x10000
;; case: an image beyond the limit
;; modes: prot32 prot16
;; differs: qemu-limits
        fninit
        DESCRIPTOR 0x80, 0, FREE16 + 106, 0x92, 4
        mov ax, 0x80
        mov es, ax
        TRY fnsave [es:FREE16]
        TRY fnsave [es:FREE16 - 1]
        TRY fnstenv [es:FREE16 + 100]
        fnstsw ax
        and eax, 0xffff
        EMIT
