; Flags that programs see and may change, by mode and privilege (SDM vol. 2, POPF, PUSHF, CLI, STI, SAHF; vol. 1, 3.4.3).
;; modes: real prot16 prot32 paged compat long

%if __BITS__ == 64
%define PUSHF_ pushfq
%define POPF_ popfq
%define TOP qword
%define SP_ rsp
%define PUSH_IMM push qword
%elif __BITS__ == 32
%define PUSHF_ pushfd
%define POPF_ popfd
%define TOP dword
%define SP_ esp
%define PUSH_IMM push dword
%else
%define PUSHF_ pushfd
%define POPF_ popfd
%define TOP dword
%define SP_ esp
%define PUSH_IMM push dword
%endif
;; case: all bits that popf can set
        PUSH_IMM 0x00247ed7
        POPF_
        EMIT_FLAGS
        PUSH_IMM 2
        POPF_
        EMIT_FLAGS
;; case: bits that popf cannot set
        PUSH_IMM 0x7f9b802a
        POPF_
        EMIT_FLAGS
        PUSH_IMM 0
        POPF_
        EMIT_FLAGS
;; case: popf of 16 bits leaves the upper half
        PUSH_IMM 0x00240002
        POPF_
        push word 0x7ed7
        popfw
        EMIT_FLAGS
        push word 0
        popfw
        EMIT_FLAGS
        PUSH_IMM 2
        POPF_
;; case: pushf of 16 bits
        PUSH_IMM 0x00244ed7
        POPF_
        pushfw
        pop ax
        EMIT
        PUSH_IMM 2
        POPF_
;; case: pushf never shows RF and VM
        PUSH_IMM 0x00010002
        POPF_
        PUSHF_
%if __BITS__ == 64
        pop rax
%else
        pop eax
%endif
        EMIT
;; case: IOPL
        PUSH_IMM 0x3002
        POPF_
        EMIT_FLAGS
        cli
        sti
        nop
        EMIT_FLAGS
        PUSH_IMM 2
        POPF_
;; case: cli, sti, cld, std, clc, stc, cmc
        std
        stc
        sti
        nop
        EMIT_FLAGS
        cmc
        EMIT_FLAGS
        cmc
        cld
        cli
        clc
        EMIT_FLAGS
;; case: lahf and sahf
        mov ah, 0xff
        sahf
        EMIT_FLAGS
        lahf
        EMIT
        mov ah, 0
        sahf
        lahf
        EMIT
;; case: ID can be toggled
        PUSHF_
        xor TOP [SP_], 0x200000
        POPF_
        EMIT_FLAGS
        PUSH_IMM 2
        POPF_
;; case: AC without CR0.AM checks nothing
        PUSH_IMM 0x40002
        POPF_
        mov eax, [DATA + 1]
        mov cx, [DATA + 3]
        EMIT
        PUSH_IMM 2
        POPF_
;; case: AC with CR0.AM checks only level 3
%if __BITS__ == 64
        mov rax, cr0
        or eax, 0x40000
        mov cr0, rax
%else
        mov eax, cr0
        or eax, 0x40000
        mov cr0, eax
%endif
        PUSH_IMM 0x40002
        POPF_
        mov eax, [DATA + 1]
        EMIT
        PUSH_IMM 2
        POPF_
;; case: flags survive an interrupt
        ON_TRAP
        PUSH_IMM 0x00244cd7
        POPF_
        int 0x20
        EMIT_FLAGS
        PUSH_IMM 2
        POPF_
