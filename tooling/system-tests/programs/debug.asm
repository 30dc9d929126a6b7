; Breakpoints and single steps (SDM vol. 3B, 18.2, 18.3). The harness keeps what it must in DR0 … DR3, so that these programs take #DB themselves:
; their handler notes EIP, DR6 and EFLAGS of the frame at EDI, clears DR6 and goes on, with RF set if ESI is not 0.
;; modes: prot32

%macro DEBUGGER 0-1 -1         ; flags that are noted
        mov eax, debug_handler
        mov [IDT + 8], ax
        mov word [IDT + 10], SEL_CODE32
        mov dword [IDT + 12], 0x8f00
        mov edi, DATA
        xor esi, esi
        mov eax, 0xffff0ff0
        mov dr6, eax
        jmp debug_installed
debug_handler:
        push eax
        mov eax, [esp + 4]
        mov [edi], eax
        mov eax, dr6
        mov [edi + 4], ax
        mov eax, [esp + 12]
        and eax, %1
        mov [edi + 8], eax
        add edi, 12
        mov eax, 0xffff0ff0
        mov dr6, eax
        test esi, esi
        jz .back
        or dword [esp + 12], 0x10000
.back:  pop eax
        iretd
debug_installed:
%endmacro
%macro BREAK 3                  ; number 0 … 3, address, R/W and LEN
        mov eax, %2
        mov dr%1, eax
        mov eax, dr7
        or eax, (1 << (%1 * 2)) | ((%3) << (16 + %1 * 4))
        mov dr7, eax
%endmacro
%macro NO_BREAKS 0
        mov eax, 0x400
        mov dr7, eax
%endmacro
; R/W and LEN fields.
%define EXECUTE 0
%define WRITE1  1
%define IO1     2
%define ACCESS1 3
%define WRITE2  5
%define ACCESS2 7
%define WRITE4  13
%define ACCESS4 15
%define IO2     6
%define IO4     14
CELL    equ 0x6f00

;; case: a code breakpoint is a fault, and RF lets the instruction through
        DEBUGGER
        inc esi
        BREAK 0, .here, EXECUTE
        mov ecx, 3
.here:  inc edx
        loop .here
        NO_BREAKS
;; case: a code breakpoint between instructions that are none
        DEBUGGER
        inc esi
        BREAK 1, .here + 1, EXECUTE
.here:  mov ecx, 0x12345678
        NO_BREAKS
;; case: four code breakpoints, one global, one not enabled
        DEBUGGER
        inc esi
        BREAK 0, .a, EXECUTE
        BREAK 1, .b, EXECUTE
        mov eax, .c
        mov dr2, eax
        mov eax, .d
        mov dr3, eax
        mov eax, dr7
        or eax, 0x80
        mov dr7, eax
.a:     nop
.b:     nop
.c:     nop
.d:     nop
        NO_BREAKS
;; case: a code breakpoint at a repeated instruction comes once
        DEBUGGER
        inc esi
        mov ebx, edi
        mov ecx, 4
        mov edx, FREE
        BREAK 0, .here, EXECUTE
        xor eax, eax
        push edi
        mov edi, edx
.move:  jmp .here
.here:  rep stosb
        pop edi
        NO_BREAKS
;; case: writes of a byte
;; differs: qemu-watch
        DEBUGGER
        BREAK 0, CELL + 1, WRITE1
        mov byte [CELL], 1
        mov byte [CELL + 1], 1
        mov byte [CELL + 2], 1
        mov word [CELL], 1
        mov word [CELL + 1], 1
        mov dword [CELL + 2], 1
        mov dword [CELL - 2], 1
        mov dword [CELL - 3], 1
        NO_BREAKS
;; case: loads are no writes
        DEBUGGER
        BREAK 2, CELL, WRITE4
        mov eax, [CELL]
        cmp byte [CELL + 1], 3
        test dword [CELL], 1
        push dword [CELL + 2]
        pop eax
        NO_BREAKS
;; case: loads and stores
        DEBUGGER
        BREAK 3, CELL, ACCESS4
        mov ecx, [CELL]
        mov [CELL + 3], al
        mov ecx, [CELL + 4]
        mov cx, [CELL + 3]
        mov cx, [CELL - 1]
        mov cl, [CELL - 1]
        NO_BREAKS
;; case: read, modify, write is one trap
        DEBUGGER
        BREAK 0, CELL, WRITE2
        inc byte [CELL]
        add word [CELL + 1], 5
        xchg eax, [CELL]
        lock xadd [CELL], ecx
        not byte [CELL + 2]
        NO_BREAKS
;; case: a compare and exchange that fails writes, too
        DEBUGGER
        BREAK 0, CELL, WRITE4
        mov dword [CELL], 5
        mov eax, 6
        cmpxchg [CELL], ecx
        NO_BREAKS
;; case: low bits of the address do not count in wider breakpoints
;; differs: qemu-watch
        DEBUGGER
        BREAK 0, CELL + 3, WRITE4
        mov byte [CELL], 1
        mov byte [CELL + 4], 1
        NO_BREAKS
;; case: two breakpoints in one instruction
;; differs: qemu-watch
        DEBUGGER
        BREAK 0, CELL, ACCESS1
        BREAK 3, CELL + 16, WRITE4
        push dword [CELL]
        pop dword [CELL + 16]
        mov ebx, edi
        mov esi, CELL
        mov edi, CELL + 16
        mov edx, .handler
        mov [IDT + 8], dx
        movsd
        jmp .end
.handler:
        mov eax, dr6
        mov [DATA + 0x80], eax
        mov eax, [esp]
        mov [DATA + 0x84], eax
        mov eax, 0xffff0ff0
        mov dr6, eax
        iretd
.end:   NO_BREAKS
;; case: pushes, calls and returns
        DEBUGGER
        BREAK 0, CELL + 4, ACCESS4
        mov esp, CELL + 8
        push ebx
        mov esp, CELL + 8
        call .next
.next:  mov dword [CELL + 4], .back
        mov esp, CELL + 4
        ret 0x40
.back:  NO_BREAKS
        mov esp, STACK
;; case: a repeated store traps behind the element that hit
        DEBUGGER
        BREAK 0, FREE + 8, WRITE4
        mov eax, .repeated
        mov [IDT + 8], ax
        mov edi, FREE
        mov ecx, 5
        xor eax, eax
        rep stosd
        jmp .end
.repeated:
        mov [DATA], ecx
        mov [DATA + 4], edi
        mov eax, [esp]
        mov [DATA + 8], eax
        mov eax, [esp + 8]
        and eax, ~0x10000
        mov [DATA + 12], eax
        mov eax, 0xffff0ff0
        mov dr6, eax
        xor eax, eax
        iretd
.end:   NO_BREAKS
;; case: single steps
        DEBUGGER
        pushfd
        or dword [esp], 0x100
        popfd
        nop
        mov eax, 5
        xor ecx, ecx
        jmp .on
.on:    pushfd
        and dword [esp], ~0x100
        popfd
        nop
; Both oracles push RF clear in the middle of a repeated instruction; the manual says set.
;; case: single steps through a repeated instruction
        DEBUGGER ~0x10000
        mov edx, FREE
        pushfd
        or dword [esp], 0x100
        mov ecx, 2
        xor eax, eax
        xchg edx, edi
        xchg edx, edi
        popfd
        lodsb
        mov esi, FREE
        rep lodsb
        xor esi, esi
        pushfd
        and dword [esp], ~0x100
        popfd
;; case: a single step and a data breakpoint are one trap
;; differs: qemu-watch-step
        DEBUGGER
        BREAK 1, CELL, WRITE1
        pushfd
        or dword [esp], 0x100
        popfd
        mov byte [CELL], 1
        pushfd
        and dword [esp], ~0x100
        popfd
        NO_BREAKS
;; case: a single step reports the code breakpoint of the next instruction, too
        DEBUGGER
        inc esi
        BREAK 1, .here, EXECUTE
        pushfd
        or dword [esp], 0x100
        popfd
        nop
.here:  nop
        pushfd
        and dword [esp], ~0x100
        popfd
        NO_BREAKS
;; case: no single step behind an instruction that faults
;; differs: qemu-rf
        DEBUGGER
        mov eax, .fault
        mov [IDT + 6 * 8], ax
        mov word [IDT + 6 * 8 + 2], SEL_CODE32
        mov dword [IDT + 6 * 8 + 4], 0x8f00
        pushfd
        or dword [esp], 0x100
        popfd
        ud2
.behind:
        pushfd
        and dword [esp], ~0x100
        popfd
        jmp .end
.fault: add dword [esp], 2
        mov eax, [esp + 8]
        mov [DATA + 0xf0], eax
        iretd
.end:
;; case: int clears TF, and iret brings it back
        DEBUGGER
        mov eax, .handler
        mov [IDT + 0x28 * 8], ax
        mov word [IDT + 0x28 * 8 + 2], SEL_CODE32
        mov dword [IDT + 0x28 * 8 + 4], 0x8f00
        pushfd
        or dword [esp], 0x100
        popfd
        int 0x28
        nop
        pushfd
        and dword [esp], ~0x100
        popfd
        jmp .end
.handler:
        nop
        iretd
.end:
;; case: mov ss holds off a data breakpoint until the next instruction is done
;; differs: qemu-mov-ss-debug
        DEBUGGER
        mov word [CELL], SEL_DATA32
        BREAK 0, CELL, ACCESS2
        mov ss, [CELL]
        nop
        nop
        NO_BREAKS
;; case: mov ss holds off a code breakpoint
;; differs: qemu-mov-ss-debug
        DEBUGGER
        inc esi
        BREAK 0, .here, EXECUTE
        mov eax, ss
        mov ss, eax
.here:  nop
        NO_BREAKS
;; case: mov ss holds off a single step
        DEBUGGER
        mov edx, ss
        pushfd
        or dword [esp], 0x100
        popfd
        mov ss, edx
        nop
        pushfd
        and dword [esp], ~0x100
        popfd
;; case: ports
        DEBUGGER
        mov eax, 8
        mov cr4, eax
        BREAK 0, 0x81, IO1
        out 0x80, al
        out 0x81, al
        in al, 0x81
        out 0x80, ax
        NO_BREAKS
        BREAK 1, 0x82, IO2
        out 0x81, al
        out 0x83, al
        out 0x80, ax
        out 0x80, eax
        NO_BREAKS
        xor eax, eax
        mov cr4, eax
;; case: general detect
;; differs: qemu-general-detect
        DEBUGGER
        mov eax, .handler
        mov [IDT + 8], ax
        mov eax, 0x2400
        mov dr7, eax
        mov eax, dr0
        jmp .end
.handler:
        mov eax, dr7
        mov [DATA], eax
        mov eax, dr6
        mov [DATA + 4], ax
        add dword [esp], 3
        iretd
.end:   NO_BREAKS
;; case: a breakpoint at an instruction that faults comes before the fault
        DEBUGGER
        inc esi
        mov eax, .fault
        mov [IDT + 6 * 8], ax
        mov word [IDT + 6 * 8 + 2], SEL_CODE32
        mov dword [IDT + 6 * 8 + 4], 0x8f00
        BREAK 0, .here, EXECUTE
.here:  ud2
        NO_BREAKS
        jmp .end
.fault: mov eax, [esp + 8]
        mov [DATA + 0xf0], eax
        add dword [esp], 2
        iretd
.end:
;; case: icebp leaves DR6 alone
;; differs: qemu-icebp
        DEBUGGER
        mov eax, 0xffff4ff0
        mov dr6, eax
        db 0xf1
        nop
;; case: bits of DR6 stay until they are cleared
        DEBUGGER
        mov eax, 0xffff2ff0
        mov dr6, eax
        pushfd
        or dword [esp], 0x100
        popfd
        nop
        pushfd
        and dword [esp], ~0x100
        popfd
;; case: a data breakpoint in a page that is not mapped
;; modes: paged
        DEBUGGER
        BREAK 0, WIN, WRITE4
        TRY mov dword [WIN], 1
        mov dword [WINPT], FREE | 7
        BREAK 0, WIN, WRITE4
        mov dword [WIN], 1
        mov dword [WIN + 2], 1
        mov dword [FREE], 1
        NO_BREAKS
;; case: a data breakpoint on the second page of an access
;; modes: paged
        DEBUGGER
        mov dword [WINPT], FREE | 7
        mov dword [WINPT + 4], FREE + 0x1000 | 7
        BREAK 0, WIN + 0x1000, WRITE4
        mov dword [WIN + 0xffe], 1
        mov dword [WIN + 0xffc], 1
        NO_BREAKS
;; case: a code breakpoint in a page that is not mapped comes before the page fault
;; modes: paged
        DEBUGGER
        inc esi
        mov eax, .fault
        mov [IDT + 14 * 8], ax
        mov word [IDT + 14 * 8 + 2], SEL_CODE32
        mov dword [IDT + 14 * 8 + 4], 0x8e00
        mov dword [FREE], 0xc3909090
        BREAK 0, WIN + 1, EXECUTE
        mov ebx, WIN + 1
        call ebx
        NO_BREAKS
        jmp .end
.fault: mov eax, [esp + 12]
        mov [DATA + 0xf0], eax
        mov dword [WINPT], FREE | 7
        add esp, 4
        iretd
.end:
;; case: the T bit of a task traps before its first instruction
;; differs: qemu-task-breakpoints
        DEBUGGER
        mov dword [FREE + 0x20], .task
        mov dword [FREE + 0x24], 2
        mov dword [FREE + 0x38], 0x6e00
        mov dword [FREE + 0x40], 0
        mov dword [FREE + 0x44], DATA
        mov dword [FREE + 0x48], SEL_DATA32
        mov dword [FREE + 0x4c], SEL_CODE32
        mov dword [FREE + 0x50], SEL_DATA32
        mov dword [FREE + 0x54], SEL_DATA32
        mov dword [FREE + 0x58], SEL_DATA32
        mov dword [FREE + 0x5c], SEL_DATA32
        mov dword [FREE + 0x60], 0
        mov dword [FREE + 0x64], 0x680001
        DESCRIPTOR 0x80, FREE, 103, 0x89, 0
        mov eax, 0x709
        mov dr7, eax
        jmp 0x80:0
        jmp .end
.task:  mov eax, dr7
        mov [DATA + 0x80], eax
        NO_BREAKS
        jmp SEL_TSS:0
.end:   clts
;; case: port and memory breakpoints in one instruction
;; differs: qemu-watch-step
        DEBUGGER
        mov eax, 8
        mov cr4, eax
        BREAK 0, 0x81, IO1
        BREAK 1, CELL, WRITE1
        push edi
        mov ebx, .handler
        mov [IDT + 8], bx
        mov edx, 0x81
        mov edi, CELL
        insb
        pop edi
        jmp .end
.handler:
        mov eax, dr6
        mov [DATA], eax
        iretd
.end:   NO_BREAKS
        xor eax, eax
        mov cr4, eax
