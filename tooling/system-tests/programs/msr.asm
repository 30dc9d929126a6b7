; MSRs that every 64-bit processor has (SDM vol. 4; vol. 3A, 12.11).
;; modes: prot32 long

%if MODE == M_LONG
%define AREG rax
%define DREG rdx
%else
%define AREG eax
%define DREG edx
%endif
%macro READ 1                   ; MSR -> EDX, EAX
        mov ecx, %1
        rdmsr
        EMIT DREG
        EMIT AREG
%endmacro
%macro WRITE 3                  ; MSR, EDX, EAX; a fault is reported
        mov ecx, %1
        mov edx, %2
        mov eax, %3
        TRY wrmsr
%endmacro
;; case: memory types of pages
        WRITE 0x277, 0x00070406, 0x00070501
        READ 0x277
        WRITE 0x277, 0x00070406, 0x00070406
;; case: a memory type that does not exist
;; differs: qemu-msr-values
        WRITE 0x277, 0x00070406, 0x00020406
        WRITE 0x277, 0x03070406, 0x00070406
        WRITE 0x277, 0x00070406, 0x08070406
        READ 0x277
;; case: fast system call registers
        WRITE 0xc0000081, 0x00230010, 0x12345678
        READ 0xc0000081
        WRITE 0xc0000082, 0xffff8000, 0x00001000
        READ 0xc0000082
        WRITE 0xc0000083, 0x00007fff, 0xfffff000
        READ 0xc0000083
        WRITE 0xc0000084, 0, 0x47700
        READ 0xc0000084
;; case: sysenter registers
        WRITE 0x174, 0, 0x10
        READ 0x174
        WRITE 0x175, 0, 0x7000
        READ 0x175
        WRITE 0x176, 0, 0x8000
        READ 0x176
        WRITE 0x174, 0, 0
;; case: bases
        WRITE 0xc0000102, 0x00001234, 0x56789abc
        READ 0xc0000102
        WRITE 0xc0000102, 0xffffffff, 0x56789abc
        READ 0xc0000102
;; case: MTRRs
        WRITE 0x200, 0, 0xe0000000
        READ 0x200
        WRITE 0x201, 0, 0xe0000800
        READ 0x201
        WRITE 0x250, 0x06060606, 0x06060606
        READ 0x250
        WRITE 0x26f, 0x05050505, 0x04040404
        READ 0x26f
        WRITE 0x2ff, 0, 0xc06
        READ 0x2ff
        WRITE 0x2ff, 0, 0
;; case: reserved bits of EFER
;; differs: qemu-reserved-bits
        mov ecx, 0xc0000080
        rdmsr
        mov ebx, eax
        or eax, 2
        TRY wrmsr
        rdmsr
        sub eax, ebx
        EMIT
;; case: the time stamp counter is writable
;; differs: qemu-tsc
        WRITE 0x10, 0x12, 0
        rdtsc
        EMIT DREG
        mov ecx, 0x10
        rdmsr
        EMIT DREG
        WRITE 0x10, 0, 0
;; case: the read-only capabilities of MTRRs
;; differs: qemu-unknown-msr
        mov ecx, 0xfe
        rdmsr
        TRY wrmsr
        and eax, 0x500
        EMIT
