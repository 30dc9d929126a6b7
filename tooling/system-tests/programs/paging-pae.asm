; What only 8-byte entries have: NX and reserved bits (SDM vol. 3A, 4.4, 4.5, 4.7).
;; modes: pae long

%define PTE(n) (WINPT + (n) * 8)
%if MODE == M_PAE
%define DIRECTORY (TABLES + 0x1010)
%define AX_ eax
%define BX_ ebx
%define CALL_BX call ebx
%else
%define DIRECTORY (TABLES + 0x2010)
%define AX_ rax
%define BX_ rbx
%define CALL_BX call rbx
        default abs
%endif
%macro FLUSH 0
        mov AX_, cr3
        mov cr3, AX_
%endmacro
; NXE off
%macro NXE 1
        mov ecx, 0xc0000080
        rdmsr
        and eax, ~0x800
        or eax, (%1) << 11
        wrmsr
%endmacro
;; case: no execution from an NX page, but reads and writes
        mov dword [PTE(0)], FREE + 7
        mov dword [PTE(0) + 4], 0x80000000
        mov dword [WIN], 0xc3c3c340
        mov ecx, [WIN]
        mov ebx, WIN + 1
        TRY_AT .next
        CALL_BX
.next:  EMIT
;; case: NX in the directory holds for all pages below
        mov dword [PTE(0)], FREE + 7
        mov dword [DIRECTORY + 4], 0x80000000
        FLUSH
        mov byte [FREE], 0xc3
        mov ebx, WIN
        TRY_AT .next
        CALL_BX
.next:  mov dword [DIRECTORY + 4], 0
        FLUSH
        mov ebx, WIN
        CALL_BX
;; case: with NXE off the bit is reserved
;; differs: qemu-rsvd-p
        mov dword [PTE(0)], FREE + 7
        mov dword [PTE(0) + 4], 0x80000000
        NXE 0
        TRY mov eax, [WIN]
        TRY mov [WIN], eax
        mov ebx, WIN
        TRY_AT .next
        CALL_BX
.next:  NXE 1
        mov eax, [WIN]
;; case: address bits beyond the processor's are reserved
;; differs: qemu-rsvd-p
        mov dword [PTE(0)], FREE + 7
        mov dword [PTE(0) + 4], 0x00080000
        TRY mov eax, [WIN]
        TRY mov [WIN], eax
        mov dword [PTE(0) + 4], 0x00010000
        invlpg [WIN]
        TRY mov eax, [WIN]
        mov dword [PTE(0)], FREE + 6
        invlpg [WIN]
        TRY mov eax, [WIN]
;; case: low address bits of a large page are reserved
;; differs: qemu-rsvd-p
        mov dword [DIRECTORY], 0x200083
        FLUSH
        mov eax, [WIN]
        mov dword [DIRECTORY], 0x202083
        FLUSH
        TRY mov eax, [WIN]
        mov dword [DIRECTORY], 0x1083
        FLUSH
        mov eax, [WIN + DATA]
;; case: an entry that is not present may hold anything
        mov dword [PTE(0)], 0xfffffffe
        mov dword [PTE(0) + 4], 0xffffffff
        TRY mov eax, [WIN]
        TRY mov [WIN], eax
;; case: NX fault of an instruction that starts on another page
        mov dword [PTE(0)], FREE + 7
        mov dword [PTE(1)], FREE + 0x1007
        mov dword [PTE(1) + 4], 0x80000000
        mov dword [FREE + 0xffc], 0xb8909090
        mov ebx, WIN + 0xffc
        TRY_AT .next
        CALL_BX
.next:
;; case: PDPT entries are loaded with cr3 and need not be reloaded
;; modes: pae
        mov dword [TABLES], 0
        mov eax, [DATA]
        mov dword [TABLES], TABLES + 0x1000 + 1
;; case: reserved bits in a PDPT entry make mov cr3 fault
;; differs: qemu-pdpte
;; modes: pae
        mov dword [TABLES + 8], TABLES + 0x1000 + 3
        mov eax, cr3
        TRY mov cr3, eax
        mov dword [TABLES + 8], TABLES + 0x1000 + 2
        mov cr3, eax
        mov dword [TABLES + 8], 0x21
        TRY mov cr3, eax
        mov dword [TABLES + 8], 0
        mov dword [TABLES + 12], 0
        mov cr3, eax
;; case: a PDPT entry that is not present
;; modes: pae
        mov ebx, 0x40000000
        TRY mov eax, [ebx]
        TRY mov [ebx + 0x40000000], eax
        mov dword [TABLES + 8], TABLES + 0x1000 + 1
        mov eax, cr3
        mov cr3, eax
        mov eax, [ebx + DATA]
;; case: cr3 at any multiple of 32
;; modes: pae
        mov esi, TABLES
        mov edi, FREE + 0x20
        mov ecx, 8
        rep movsd
        mov eax, FREE + 0x20
        mov cr3, eax
        mov eax, [DATA]
