; Breakpoints in 64-bit mode: as debug.asm, with 8 bytes and 64-bit addresses (SDM vol. 3B, 18.2).
;; modes: long
        default abs
%macro DEBUGGER 0
        mov eax, debug_handler
        mov [IDT + 16], ax
        mov word [IDT + 18], SEL_CODE64
        mov dword [IDT + 20], 0x8f00
        mov qword [IDT + 24], 0
        mov edi, DATA
        xor esi, esi
        mov eax, 0xffff0ff0
        mov dr6, rax
        jmp debug_installed
debug_handler:
        push rax
        mov rax, [rsp + 8]
        mov [rdi], eax
        mov rax, dr6
        mov [rdi + 4], ax
        mov rax, [rsp + 24]
        mov [rdi + 8], eax
        add edi, 12
        mov eax, 0xffff0ff0
        mov dr6, rax
        test esi, esi
        jz .back
        or dword [rsp + 24], 0x10000
.back:  pop rax
        iretq
debug_installed:
%endmacro
%macro BREAK 3
        mov rax, %2
        mov dr%1, rax
        mov rax, dr7
        or rax, (1 << (%1 * 2)) | ((%3) << (16 + %1 * 4))
        mov dr7, rax
%endmacro
%macro NO_BREAKS 0
        mov eax, 0x400
        mov dr7, rax
%endmacro
%define EXECUTE 0
%define WRITE4  13
%define WRITE8  9
%define ACCESS8 11
CELL    equ 0x6f00

;; case: eight bytes
;; differs: qemu-watch
        DEBUGGER
        BREAK 0, CELL + 3, WRITE8
        mov byte [CELL + 7], 1
        mov byte [CELL + 8], 1
        mov [CELL - 7], rbx
        mov [CELL - 8], rbx
        NO_BREAKS
;; case: loads and stores of eight bytes
        DEBUGGER
        BREAK 1, CELL, ACCESS8
        mov ecx, [CELL + 4]
        xchg [CELL + 4], ecx
        mov rcx, [CELL + 8]
        lock cmpxchg [CELL], rdx
        NO_BREAKS
;; case: code breakpoints
        DEBUGGER
        inc esi
        BREAK 2, .here, EXECUTE
        mov ecx, 2
.here:  inc rdx
        loop .here
        NO_BREAKS
;; case: an address above 4 GiB is not its lower half
        DEBUGGER
        BREAK 0, CELL | 1 << 32, WRITE8
        mov [CELL], rbx
        NO_BREAKS
;; case: single steps
        DEBUGGER
        pushfq
        or dword [rsp], 0x100
        popfq
        call .next
.next:  pop rbx
        mov rcx, rbx
        pushfq
        and dword [rsp], ~0x100
        popfq
;; case: the interrupt stack table and a breakpoint
        DEBUGGER
        mov byte [IDT + 20], 1
        BREAK 0, CELL, WRITE4
        mov dword [CELL], 5
        mov rbx, rsp
        NO_BREAKS
;; case: the upper half of DR6 and DR7 is reserved
        mov rax, 1 << 32
        TRY mov dr7, rax
        TRY mov dr6, rax
        mov dr0, rax
        mov rcx, dr0
        EMIT rcx
        xor eax, eax
        mov dr0, rax
