; Interrupts and exceptions through the IVT (SDM vol. 3B, 20.1.4; vol. 2, INT n).
;; modes: real
;; case: int n pushes flags, cs and the next ip, clears IF and TF
        ON_TRAP
        sti
        stc
        int 0x20
        EMIT_FLAGS
;; case: int3 is a trap
        ON_TRAP
        int3
;; case: the long form of int 3
        ON_TRAP
        db 0xcd, 3
;; case: into without overflow does nothing
        xor ax, ax
        into
;; case: into with overflow
        ON_TRAP
        mov al, 0x7f
        add al, 1
        into
;; case: bound inside
        mov dword [DATA], 0x00050003
        mov ax, 3
        bound ax, [DATA]
        mov ax, 5
        bound ax, [DATA]
;; case: bound outside is a fault
        mov dword [DATA], 0x00050003
        mov ax, 2
        TRY bound ax, [DATA]
        mov ax, 6
        TRY bound ax, [DATA]
;; case: bound compares signed
        mov dword [DATA], 0x0005fffd
        mov ax, -3
        bound ax, [DATA]
        mov ax, -4
        TRY bound ax, [DATA]
;; case: bound with 32-bit operands
        mov dword [DATA], -2
        mov dword [DATA + 4], 7
        mov eax, 7
        bound eax, [DATA]
        mov eax, 8
        TRY bound eax, [DATA]
