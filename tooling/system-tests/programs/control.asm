; Control registers, debug registers and MSRs (SDM vol. 2, MOV to control register, LMSW, CLTS, RDMSR; vol. 3A, 2.5, 17.2).
;; modes: prot32
;; case: paging without protection
;; differs: qemu-reserved-bits
        mov eax, cr0
        and eax, ~1
        or eax, 0x80000000
        TRY mov cr0, eax
        mov eax, cr0
        EMIT
;; case: NW without CD
;; differs: qemu-reserved-bits
;; modes: real prot16 prot32
        mov eax, cr0
        and eax, ~0x40000000
        or eax, 0x20000000
        TRY mov cr0, eax
        and eax, ~0x20000000
        or eax, 0x40000000
        mov cr0, eax
        and eax, ~0x40000000
        mov cr0, eax
;; case: reserved bits of cr0 are kept out
;; differs: qemu-reserved-bits
;; modes: real prot16 prot32 compat
        mov eax, cr0
        mov ebx, eax
        or eax, 0x0ffaffc0
        and eax, ~0xffc0
        mov cr0, eax
        mov ecx, cr0
        xor ecx, ebx
        mov cr0, ebx
        mov eax, ecx
        EMIT
        mov eax, 0
        mov ebx, 0
;; case: ET cannot be cleared
        mov eax, cr0
        and eax, ~0x10
        mov cr0, eax
        mov eax, cr0
        EMIT
;; case: smsw and lmsw
;; modes: prot32 real
        smsw ax
        EMIT
        or ax, 0xe
        lmsw ax
        smsw bx
        mov ecx, cr0
        and ax, 0xfff1
        lmsw ax
        mov edx, cr0
;; case: lmsw cannot leave protected mode
        xor ax, ax
        lmsw ax
        mov eax, cr0
        EMIT
;; case: clts
;; modes: prot32 real
        mov eax, cr0
        or eax, 8
        mov cr0, eax
        clts
        mov ecx, cr0
        EMIT ecx
;; case: fwait looks at TS and MP only
        mov eax, cr0
        or eax, 8
        mov cr0, eax
        TRY fwait
        or eax, 2
        mov cr0, eax
        TRY fwait
        and eax, ~8
        mov cr0, eax
        TRY fwait
        and eax, ~2
        or eax, 4
        mov cr0, eax
        TRY fwait
;; case: reserved bits of cr4
;; differs: qemu-reserved-bits
;; modes: prot32 long
%if __BITS__ == 64
%define CR_A rax
%else
%define CR_A eax
%endif
        mov CR_A, cr4
        or eax, 0x80000000
        TRY mov cr4, CR_A
        mov CR_A, cr4
        or eax, 0x01000000
        TRY mov cr4, CR_A
        mov CR_A, cr4
        or eax, 0x80000
        TRY mov cr4, CR_A
        mov CR_A, cr4
        EMIT
;; case: cr4 bits that everybody has
        mov eax, 0xbc
        mov cr4, eax
        mov eax, cr4
        EMIT
        xor eax, eax
        mov cr4, eax
;; case: cr2 and cr3 keep what is written
        mov eax, 0x12345678
        mov cr2, eax
        mov ebx, cr2
        EMIT ebx
        mov eax, 0x12345000
        mov cr3, eax
        mov ecx, cr3
        EMIT ecx
;; case: mov from a control register ignores mod and operand size
        db 0x0f, 0x20, 0x03
        EMIT ebx
        o16 mov ecx, cr0
        EMIT ecx
        db 0x0f, 0x20, 0x45
        EMIT ebp
;; case: debug registers
;; differs: qemu-reserved-bits
        mov eax, 0x11112222
        mov dr0, eax
        mov ecx, dr0
        mov eax, -1
        mov dr6, eax
        mov eax, dr6
        EMIT
        xor eax, eax
        mov dr6, eax
        mov eax, dr6
        EMIT
        mov eax, 0xffff0000
        mov dr7, eax
        mov eax, dr7
        EMIT
        xor eax, eax
        mov dr7, eax
        mov eax, dr7
        EMIT
;; case: dr4 and dr5 are dr6 and dr7 unless CR4.DE is set
        mov eax, dr4
        EMIT
        mov eax, dr5
        EMIT
        mov eax, 8
        mov cr4, eax
        TRY mov eax, dr4
        TRY mov dr5, eax
        xor eax, eax
        mov cr4, eax
;; case: unknown MSRs
;; differs: qemu-unknown-msr
;; modes: prot32 long real
        mov ecx, 0x12345678
        TRY rdmsr
        TRY wrmsr
        mov ecx, 0xc0001234
        TRY rdmsr
;; case: EFER keeps reserved bits out
;; differs: qemu-reserved-bits
;; modes: prot32 long
        mov ecx, 0xc0000080
        rdmsr
        mov ebx, eax
        or eax, 0x2
        TRY wrmsr
        mov eax, ebx
        mov edx, 1
        TRY wrmsr
        xor edx, edx
        wrmsr
;; case: long mode needs PAE before PG
;; differs: qemu-reserved-bits
        mov ecx, 0xc0000080
        mov eax, 0x100
        xor edx, edx
        wrmsr
        mov eax, cr0
        or eax, 0x80000000
        TRY mov cr0, eax
        mov ecx, 0xc0000080
        rdmsr
        EMIT
;; case: LME cannot be changed while paging is on
;; differs: qemu-reserved-bits
;; modes: paged
        mov ecx, 0xc0000080
        rdmsr
        or eax, 0x100
        TRY wrmsr
        rdmsr
        EMIT
;; case: PAE can be switched with paging on, if the tables allow it
;; modes: paged
        mov dword [FREE], FREE + 0x1001
        mov dword [FREE + 4], 0
        mov dword [FREE + 0x1000], 0x83
        mov dword [FREE + 0x1004], 0
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        mov eax, FREE
        mov cr3, eax
        mov eax, 0x20
        mov cr4, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        EMIT [DATA]
;; case: cpuid of leaf 0 and the highest leaf behave
;; modes: prot32 long real compat
        xor eax, eax
        cpuid
        cmp eax, 1
        setae al
        movzx eax, al
        EMIT
        mov eax, 0x80000000
        cpuid
        shr eax, 16
        EMIT
        mov eax, 1
        xor ecx, ecx
        cpuid
        and edx, 0x8110             ; TSC, CX8, CMOV
        mov eax, edx
        EMIT
        xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
;; case: rdtsc does not run backward
;; modes: prot32 long real compat
        rdtsc
        mov ebx, eax
        mov ecx, edx
        rdtsc
        sub eax, ebx
        sbb edx, ecx
        sets al
        movzx eax, al
        EMIT
        xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
;; case: rdtsc under CR4.TSD is for level 0
;; modes: user32
        rdtsc
        xor eax, eax
        xor edx, edx
;; case: invd, wbinvd, invlpg of a register
        wbinvd
        invlpg [DATA]
        nop
