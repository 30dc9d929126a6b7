; Paging in 32-bit modes: page faults with their error codes, A and D bits, WP, large pages (SDM vol. 3A, 4.3, 4.4, 4.6 … 4.8).
;; modes: paged pae

; Entries have 4 bytes in 2-level tables, 8 with PAE. PTE n: address of WIN's entry n. DIRECTORY: of the entry that leads to WIN's table.
%if MODE == M_PAGED
%define PTE(n) (WINPT + (n) * 4)
%define DIRECTORY (TABLES + 4)
%define LOW_PTE(address) (TABLES + 0x1000 + ((address) >> 12) * 4)
%define LARGE 0x400000
%else
%define PTE(n) (WINPT + (n) * 8)
%define DIRECTORY (TABLES + 0x1010)
%define LOW_PTE(address) (TABLES + 0x2000 + ((address) >> 12) * 8)
%define LARGE 0x200000
%endif
%macro FLUSH 0
        mov eax, cr3
        mov cr3, eax
%endmacro
%macro SET_WP 0
        mov eax, cr0
        or eax, 0x10000
        mov cr0, eax
%endmacro
;; case: not present: read, write, fetch
;; differs: qemu-rmw-fault
        TRY mov al, [WIN + 0x123]
        TRY mov [WIN + 0x456], al
        TRY add dword [WIN + 0x10], 1
        TRY cmp dword [WIN + 0x20], 1
        TRY xchg [WIN + 0x30], eax
        TRY push dword [WIN + 0x40]
        TRY pop dword [WIN + 0x50]
        TRY_AT .next
        jmp WIN + 0x60
.next:  EMIT esp
;; case: fetch from a page that is not present
        TRY_AT .a
        mov ebx, WIN + 0x60
        call ebx
.a:     EMIT esp
        mov dword [esp], WIN + 0x70
        TRY_AT .b
        ret
.b:     EMIT esp
;; case: no table
        mov dword [DIRECTORY], 0
        FLUSH
        TRY mov al, [WIN + 0x123]
        TRY mov [WIN + 0x123], al
        mov eax, [0x1000]
;; case: read sets A, write sets D
        mov dword [PTE(0)], FREE + 7
        mov al, [WIN]
        EMIT [PTE(0)]
        mov [WIN + 4], eax
        EMIT [PTE(0)]
        EMIT [DIRECTORY]
        mov eax, [FREE + 4]
        EMIT
;; case: a write through an entry that was only read sets D
        mov dword [PTE(0)], FREE + 7
        mov eax, [WIN]
        mov eax, [WIN + 8]
        EMIT [PTE(0)]
        mov byte [WIN + 8], 5
        EMIT [PTE(0)]
        and dword [PTE(0)], ~0x60
        invlpg [WIN]
        mov byte [WIN + 9], 6
        EMIT [PTE(0)]
;; case: read-modify-write sets A and D
        mov dword [PTE(0)], FREE + 7
        add dword [WIN], 5
        EMIT [PTE(0)]
        mov dword [PTE(1)], FREE + 0x1007
        bt dword [WIN + 0x1000], 1
        EMIT [PTE(1)]
        mov dword [PTE(2)], FREE + 0x2007
        lock bts dword [WIN + 0x2000], 1
        EMIT [PTE(2)]
        mov dword [PTE(3)], FREE + 0x3007
        mov eax, 1
        cmpxchg [WIN + 0x3000], ecx
        EMIT [PTE(3)]
;; case: a faulting access sets no accessed bit in the last level
        mov dword [PTE(0)], FREE + 6
        TRY mov al, [WIN]
        EMIT [PTE(0)]
;; case: fetches set A
        mov dword [PTE(0)], FREE + 7
        mov byte [FREE + 0x10], 0xc3
        mov ebx, WIN + 0x10
        call ebx
        EMIT [PTE(0)]
;; case: WP decides on supervisor writes to read-only pages
        mov dword [PTE(0)], FREE + 1
        mov byte [WIN], 5
        EMIT [PTE(0)]
        SET_WP
        TRY mov byte [WIN], 6
        mov al, [WIN]
        EMIT [FREE]
        mov eax, cr0
        and eax, ~0x10000
        mov cr0, eax
        mov byte [WIN], 7
        EMIT [FREE]
;; case: WP and a directory entry that is read-only
        mov dword [PTE(0)], FREE + 7
        and dword [DIRECTORY], ~2
        SET_WP
        FLUSH
        mov al, [WIN]
        TRY mov [WIN], al
        or dword [DIRECTORY], 2
        TRY_AT .next
        invlpg [WIN]
        mov [WIN], cl
.next:  EMIT [FREE]
;; case: stores that the first write fault stops store nothing
        SET_WP
        mov dword [PTE(0)], FREE + 0x007
        mov dword [PTE(1)], FREE + 0x1005
        mov eax, 0x44332211
        TRY mov [WIN + 0xffd], eax
        TRY mov [WIN + 0xfff], ax
        TRY add [WIN + 0xffe], eax
        TRY xchg [WIN + 0xffe], eax
        mov eax, 5
        TRY bts [WIN + 0xffe], eax
        mov eax, [FREE + 0xffc]
        EMIT
        EMIT [FREE + 0x1000]
;; case: a store over two pages, the second not present
        mov dword [PTE(0)], FREE + 0x007
        mov eax, 0x44332211
        TRY mov [WIN + 0xffd], eax
        TRY mov ax, [WIN + 0xfff]
        TRY fs mov [WIN + 0xffd], eax
        mov eax, [FREE + 0xffc]
        EMIT
        EMIT [PTE(0)]
;; case: a store over two pages, the first not present
        mov dword [PTE(1)], FREE + 0x1007
        TRY mov [WIN + 0xffd], eax
        EMIT [FREE + 0x1000]
;; case: a store over two pages, neither present, names the first
        TRY mov [WIN + 0xffd], eax
        TRY mov eax, [WIN + 0xffe]
;; case: a store over two pages that are far apart
        mov dword [PTE(0)], FREE + 0x007
        mov dword [PTE(1)], FREE + 0x8007
        mov dword [WIN + 0xffe], 0x44332211
        EMIT [FREE + 0xffc]
        EMIT [FREE + 0x8000]
        mov eax, [WIN + 0xffd]
        add word [WIN + 0xfff], 0x1111
        EMIT [WIN + 0xffe]
;; case: an instruction over two pages that are far apart
        mov dword [PTE(0)], FREE + 0x007
        mov dword [PTE(1)], FREE + 0x8007
        mov dword [FREE + 0xffc], 0xb8909090
        mov dword [FREE + 0x8000], 0x44332211
        mov byte [FREE + 0x8004], 0xc3
        mov ebx, WIN + 0xffc
        call ebx
        EMIT
;; case: an instruction whose second page is missing
        mov dword [PTE(0)], FREE + 0x007
        mov dword [FREE + 0xffc], 0xb8909090
        TRY_AT .next
        jmp WIN + 0xffc
.next:  mov dword [PTE(1)], FREE + 0x1007
        mov dword [FREE + 0x1000], 1
        mov byte [FREE + 0x1004], 0xc3
        mov ebx, WIN + 0xffc
        call ebx
        EMIT
;; case: code that runs into a missing page
        mov dword [PTE(0)], FREE + 0x007
        mov dword [FREE + 0xffc], 0x40404040
        xor eax, eax
        TRY_AT .next
        jmp WIN + 0xffc
.next:  EMIT
;; case: a faulting string instruction resumes where it stopped
        mov dword [PTE(0)], FREE + 0x007
        mov esi, DATA
        mov edi, WIN + 0xffa
        mov ecx, 5
        TRY rep movsd
        EMIT ecx
        EMIT esi
        EMIT edi
        mov dword [PTE(1)], FREE + 0x1007
        rep movsd
        EMIT [FREE + 0xffc]
        EMIT [FREE + 0x1008]
;; case: string stores into a missing page
        mov dword [PTE(1)], FREE + 0x1007
        mov edi, WIN + 0x1002
        mov ecx, 5
        mov al, 0xdd
        std
        TRY rep stosb
        cld
        EMIT ecx
        EMIT edi
        EMIT [FREE + 0x1000]
;; case: pusha, enter and call on a stack that ends in a missing page
        mov dword [PTE(1)], FREE + 0x1007
        mov ebp, esp
        mov esp, WIN + 0x1008
        mov ebx, esp
        mov dword [RESUME], .a
        mov esp, ebp
        jmp .start
.a:     mov esp, ebp
        EMIT
        jmp .end
.start: mov eax, 5
        TRY pop dword [WIN + 0x0fff]
        EMIT esp
        TRY push dword [WIN + 0xffd]
        EMIT esp
.end:
;; case: movs whose source and destination fault names the source
        mov esi, WIN + 0x100
        mov edi, WIN + 0x200
        TRY movsd
        mov dword [PTE(0)], FREE + 7
        mov edi, WIN + 0x1200
        TRY movsd
        EMIT esi
;; case: cmps faults before flags change
        mov esi, DATA
        mov edi, WIN
        stc
        TRY cmpsd
        EMIT_FLAGS
        EMIT esi
;; case: a division by memory that is missing
        mov dword [PTE(0)], FREE + 7
        TRY div dword [WIN]
        TRY div dword [WIN + 0x1000]
;; case: fault of a source leaves the destination register
;; differs: qemu-rmw-fault
        mov eax, 0x12345678
        TRY add eax, [WIN]
        TRY imul eax, [WIN], 5
        TRY movzx eax, byte [WIN]
        TRY bsf eax, [WIN]
        TRY cmovz eax, [WIN]
        TRY cmovnz eax, [WIN]
        TRY xadd [WIN], eax
        TRY lea eax, [WIN]
        EMIT
;; case: conditional moves read memory whatever the condition
        xor eax, eax
        TRY cmovnz ecx, [WIN + 4]
        TRY o16 cmovz cx, [WIN + 4]
;; case: cmpxchg that compares different still needs a writable page
        SET_WP
        mov dword [PTE(0)], FREE + 5
        mov eax, 1
        TRY cmpxchg [WIN], ecx
        TRY cmpxchg8b [WIN]
        EMIT_FLAGS
;; case: shifts by 0 write memory all the same
        SET_WP
        mov dword [PTE(0)], FREE + 5
        TRY shl dword [WIN], 0
        xor ecx, ecx
        TRY shl dword [WIN], cl
        TRY rol byte [WIN], cl
        TRY shld [WIN], eax, 0
;; case: instructions that only read need no write permission
        SET_WP
        mov dword [PTE(0)], FREE + 5
        mov eax, 7
        test [WIN], eax
        bt [WIN], eax
        cmp byte [WIN], 1
        push dword [WIN]
        pop eax
        TRY or dword [WIN], 0
        TRY and dword [WIN], -1
        TRY not dword [WIN]
;; case: a stale entry may not survive invlpg
        mov dword [PTE(0)], FREE + 7
        mov dword [FREE], 0x1111
        mov dword [FREE + 0x1000], 0x2222
        EMIT [WIN]
        mov dword [PTE(0)], FREE + 0x1007
        invlpg [WIN + 0x80]
        EMIT [WIN]
;; case: a stale entry may not survive a load of cr3
        mov dword [PTE(0)], FREE + 7
        mov dword [FREE], 0x1111
        mov dword [FREE + 0x1000], 0x2222
        EMIT [WIN]
        mov dword [PTE(0)], FREE + 0x1007
        FLUSH
        EMIT [WIN]
        mov dword [PTE(0)], 0
        FLUSH
        TRY mov eax, [WIN]
;; case: an entry that becomes present needs no invlpg
        TRY mov eax, [WIN]
        mov dword [PTE(0)], FREE + 7
        mov eax, [WIN]
        TRY mov eax, [WIN + 0x1000]
        mov dword [PTE(1)], FREE + 7
        mov eax, [WIN + 0x1000]
;; case: a global page survives a load of cr3, not invlpg
        mov eax, cr4
        or eax, 0x80
        mov cr4, eax
        mov dword [PTE(0)], FREE + 0x107
        mov dword [FREE + 0x1000], 0x2222
        EMIT [WIN]
        mov dword [PTE(0)], FREE + 0x1107
        invlpg [WIN]
        EMIT [WIN]
        mov dword [PTE(0)], FREE + 0x0107
        mov eax, cr4
        and eax, ~0x80
        mov cr4, eax
        EMIT [WIN]
;; case: two linear pages of one physical page
        mov dword [PTE(0)], FREE + 7
        mov dword [PTE(1)], FREE + 7
        mov dword [WIN + 4], 0x12345678
        mov eax, [WIN + 0x1004]
        EMIT
        inc byte [WIN + 0x1005]
        mov eax, [FREE + 4]
        EMIT
;; case: tables that map themselves
        mov dword [PTE(5)], WINPT + 7
        mov dword [WIN + 0x5000 + (PTE(0) & 0xfff)], FREE + 7
        mov dword [FREE + 8], 0x99
        EMIT [WIN + 8]
        mov eax, [WIN + 0x5000 + (PTE(5) & 0xfff)]
        EMIT
;; case: a directory entry that leads to the directory
        mov ebx, DIRECTORY & ~0xfff
        or ebx, 7
        mov [DIRECTORY], ebx
        FLUSH
        mov eax, [WIN + (DIRECTORY & 0xfff)]
        EMIT
;; case: cr3 is loaded with what it holds plus ignored bits
        mov eax, cr3
        or eax, 0x18
        mov cr3, eax
        mov eax, cr3
        EMIT
        mov eax, [DATA]
;; case: large pages
        mov dword [DIRECTORY], 0x83
        FLUSH
        mov eax, [WIN + DATA]
        EMIT
        mov byte [WIN + DATA + 1], 0x55
        EMIT [DIRECTORY]
        mov byte [WIN + FREE], 0x56
        mov al, [FREE]
        EMIT
;; case: large pages that are read-only under WP
        mov dword [DIRECTORY], 0x81
        SET_WP
        FLUSH
        mov eax, [WIN + DATA]
        TRY mov [WIN + DATA], eax
        EMIT [DIRECTORY]
;; case: a large page that is not present
        mov dword [DIRECTORY], 0x82
        FLUSH
        TRY mov [WIN + 0x1234], eax
        TRY mov eax, [WIN + 0x100000]
;; case: fault while a fault is delivered is a double fault
        mov dword [PTE(0)], FREE + 7
        mov eax, [IDT + 14 * 8]
        TRY_AT .after
        mov word [IDT + 14 * 8 + 2], SEL_DATA32
        mov eax, [WIN + 0x1000]
.after: EMIT cr2
;; case: an IDT in a missing page
        lidt [.idtr]
        int3
.idtr:  dw 0x7ff
        dd WIN
;; case: a descriptor table in a missing page
        lgdt [.gdtr]
        mov ebx, SEL_DATA32
        TRY mov es, ax
        TRY mov es, bx
        TRY lar eax, ebx
        lgdt [.old]
        jmp .end
.gdtr:  dw 0x1ff
        dd WIN
.old:   dw 0x1ff
        dd GDT
.end:
;; case: paging off and on
        mov dword [PTE(0)], FREE + 7
        mov eax, [WIN]
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        mov dword [WIN + 4], 0x31415926
        mov ebx, [FREE + 4]
        or eax, 0x80000000
        mov cr0, eax
        mov ecx, [WIN + 4]
        mov eax, cr0
;; case: lea and nop do not touch memory
        lea eax, [WIN + 0x10]
        nop dword [WIN]
        prefetchnta [WIN]
        invlpg [WIN]
;; case: a bit string reaches into a missing page
;; differs: qemu-rmw-fault
        mov dword [PTE(0)], FREE + 7
        mov eax, 0x7fff
        bts [WIN], eax
        EMIT [FREE + 0xffc]
        inc eax
        TRY bts [WIN], eax
        mov eax, -1
        TRY bt [WIN], eax
;; case: fetch after the page was unmapped
        mov dword [PTE(0)], FREE + 7
        mov dword [FREE], 0xc3c3c340
        mov ebx, WIN
        xor eax, eax
        call ebx
        call ebx
        mov dword [PTE(0)], 0
        invlpg [WIN]
        TRY_AT .next
        call ebx
.next:  EMIT
;; case: code of another physical page at the same address
        mov dword [PTE(0)], FREE + 7
        mov dword [FREE], 0xc3c3c340
        mov dword [FREE + 0x1000], 0xc3c3c348
        mov ebx, WIN
        mov eax, 0x10
        call ebx
        call ebx
        EMIT
        mov dword [PTE(0)], FREE + 0x1007
        invlpg [WIN]
        call ebx
        EMIT
;; case: code is changed through another mapping of its page
        mov dword [PTE(0)], FREE + 7
        mov dword [PTE(7)], FREE + 7
        mov dword [FREE], 0xc3c3c340
        mov ebx, WIN
        mov eax, 0x10
        call ebx
        call ebx
        mov byte [WIN + 0x7000], 0x48
        jmp .a
.a:     call ebx
        EMIT
        mov byte [FREE], 0x90
        jmp .b
.b:     call ebx
        EMIT
;; case: a page fault in the middle of a block keeps what came before
        mov dword [PTE(0)], FREE + 7
        mov eax, 1
        mov ebx, 2
        add eax, ebx
        stc
        TRY_AT .next
        inc ebx
        mov [WIN], ebx
        adc ecx, ecx
        mov edx, [WIN + 0x1000]
        add eax, 0x100
.next:  EMIT [FREE]
