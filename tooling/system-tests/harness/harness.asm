; The harness: enters the mode a program asks for, reports every exception it raises, and reports the state at its end.
;
; It starts at 0:HARNESS in real mode. Reports are records on port 0xE9, read by src/records.ts:
;   'F' size vector sp, 6 slots of the frame, CR2, DR6       an exception; size = bytes of a slot and of sp, CR2, DR6
;   'V' size value                                           a value (INT V_EMIT)
;   'G' size value                                           flags (INT V_FLAGS)
;   'E' size 8 or 16 registers, flags, ss ds es fs gs (16 bits each), 256 bytes at DATA
; Debug registers 0 … 3 hold what must survive while there is no stack to trust: the program's one may be what is tested.
        cpu x64
%include "layout.inc"
        org HARNESS

%define MAX_RECORDS 100

        bits 16
        jmp 0:start
        align 16
        jmp near finish16       ; FINISH16
        align 16
        bits 32
        jmp near finish32       ; FINISH32
        align 16
        bits 64
        jmp near finish64       ; FINISH64

;---------------------------------------------------------------------------------------------------------------------
; Vector stubs. A stub saves EAX and names the vector.

%macro stubs 2                  ; prefix, common
%assign v 0
%rep VECTORS
%1 %+ _ %+ v:
%if __BITS__ == 64
        mov dr0, rax
%else
        mov dr0, eax
%endif
        mov eax, v
        jmp near %2
%assign v v+1
%endrep
%endmacro

        bits 16
        stubs stub16, common16
        bits 32
        stubs stub32, common32
        bits 64
        stubs stub64, common64
STUB16_SIZE equ stub16_1 - stub16_0
STUB32_SIZE equ stub32_1 - stub32_0
STUB64_SIZE equ stub64_1 - stub64_0
%if (stub16_63 - stub16_0) != 63 * STUB16_SIZE || (stub32_63 - stub32_0) != 63 * STUB32_SIZE || (stub64_63 - stub64_0) != 63 * STUB64_SIZE
%error stubs are not of one size
%endif

;---------------------------------------------------------------------------------------------------------------------
; 16 and 32 bits: the same text assembled twice. Vector in EAX; EAX itself in DR0.
; Below: frame = the pushed frame at ES:EBX; saved = registers on the harness's stack at EBP.

%macro handler 1                ; bytes of a slot
%if %1 == 2
        bits 16
%define SUFFIX 16
%else
        bits 32
%define SUFFIX 32
%endif

common%[SUFFIX]:
        mov dr1, eax
        mov eax, esp
        mov dr2, eax
        xor eax, eax
        mov ax, ss
        mov dr3, eax
%if %1 == 2
        xor eax, eax
%else
        mov eax, SEL_DATA32
%endif
        mov ss, ax
        mov esp, STACK_H
        push ds
        push es
        push fs
        push gs
        pushad
        mov ds, ax
        mov ebp, esp
        mov eax, dr0
        mov [ebp + 28], eax
        mov eax, dr3
        mov es, ax
        mov ebx, dr2
%if %1 == 2
        movzx ebx, bx
%else
        lar ecx, eax            ; a 16-bit stack: SP counts
        test ecx, 1 << 22
        jnz %%wide
        movzx ebx, bx
%%wide:
%endif
        mov edx, dr1
        mov cl, 'V'
        cmp edx, V_EMIT
        je %%value
        mov cl, 'G'
        cmp edx, V_FLAGS
        je %%value
        cmp edx, V_DONE
        je %%done
        mov al, 'F'
        out P_DEBUG, al
        mov al, %1
        out P_DEBUG, al
        mov al, dl
        out P_DEBUG, al
        mov eax, dr2
        call out_slot%[SUFFIX]
        mov ecx, 6
        mov esi, ebx
%%frame:
%if %1 == 2
        movzx esi, si
        mov ax, [es:esi]
%else
        mov eax, [es:esi]
%endif
        call out_slot%[SUFFIX]
        add esi, %1
        dec ecx
        jnz %%frame
        mov eax, cr2
        call out_slot%[SUFFIX]
        mov eax, dr6
        call out_slot%[SUFFIX]
        mov eax, 0xffff0ff0
        mov dr6, eax
        inc dword [RECORDS]
        cmp dword [RECORDS], MAX_RECORDS
        ja finish%[SUFFIX]_frame
        mov ecx, [RESUME]
        jecxz finish%[SUFFIX]_frame
        call error_size%[SUFFIX]
        add ebx, esi
        mov eax, dr2
        add eax, esi
        mov dr2, eax
        cmp ecx, -1
        je %%return
        mov dword [RESUME], 0
%if %1 == 2
        mov [es:ebx], cx
%else
        mov [es:ebx], ecx
%endif
        jmp %%return
%%value:
        mov al, cl
        out P_DEBUG, al
        mov al, 4
        out P_DEBUG, al
        mov eax, [ebp + 28]
        call out_dword%[SUFFIX]
%%return:
        popad
        add esp, 2 * %1
        pop es
        pop ds
        mov eax, dr3
        mov ss, ax
        mov eax, dr2
        mov esp, eax
        mov eax, dr0
%if %1 == 2
        iret
%else
        iretd
%endif

%%done:
finish%[SUFFIX]_frame:          ; flags, and the stack of an outer level, are in the frame
        call error_size%[SUFFIX]
        add ebx, esi
%if %1 == 2
        movzx eax, word [es:ebx + 4]
%else
        mov eax, [es:ebx + 8]
        test eax, 1 << 17
        jz %%not_v86
        mov ecx, [es:ebx + 20]
        mov [ebp + 40], ecx
        mov ecx, [es:ebx + 24]
        mov [ebp + 44], ecx
        mov ecx, [es:ebx + 28]
        mov [ebp + 36], ecx
        mov ecx, [es:ebx + 32]
        mov [ebp + 32], ecx
        jmp %%outer
%%not_v86:
        test byte [es:ebx + 4], 3
        jz %%same
%%outer:
        mov ecx, [es:ebx + 12]
        mov dr2, ecx
        mov ecx, [es:ebx + 16]
        mov dr3, ecx
%%same:
%endif
        push eax
        jmp %%end

; Reached by a far jump: nothing pushed.
finish%[SUFFIX]:
        mov dr0, eax
        mov eax, esp
        mov dr2, eax
        mov eax, ss
        mov dr3, eax
%if %1 == 2
        mov ax, 0
%else
        mov ax, SEL_DATA32
%endif
        mov ss, ax
        mov esp, STACK_H
        push ds
        push es
        push fs
        push gs
        pushad
        mov ds, ax
        mov ebp, esp
        mov eax, dr0
        mov [ebp + 28], eax
        pushfd
%%end:
        mov al, 'E'
        out P_DEBUG, al
        mov al, 4
        out P_DEBUG, al
        mov eax, [ebp + 28]     ; eax ecx edx ebx esp ebp esi edi
        call out_dword%[SUFFIX]
        mov eax, [ebp + 24]
        call out_dword%[SUFFIX]
        mov eax, [ebp + 20]
        call out_dword%[SUFFIX]
        mov eax, [ebp + 16]
        call out_dword%[SUFFIX]
        mov eax, dr2
        call out_dword%[SUFFIX]
        mov eax, [ebp + 8]
        call out_dword%[SUFFIX]
        mov eax, [ebp + 4]
        call out_dword%[SUFFIX]
        mov eax, [ebp]
        call out_dword%[SUFFIX]
        pop eax
        call out_dword%[SUFFIX]
        mov eax, dr3
        call out_word%[SUFFIX]
        mov ax, [ebp + 32 + 3 * %1]
        call out_word%[SUFFIX]
        mov ax, [ebp + 32 + 2 * %1]
        call out_word%[SUFFIX]
        mov ax, [ebp + 32 + %1]
        call out_word%[SUFFIX]
        mov ax, [ebp + 32]
        call out_word%[SUFFIX]
        mov esi, DATA
        mov ecx, 256
%%data: mov al, [esi]
        out P_DEBUG, al
        inc esi
        dec ecx
        jnz %%data
        jmp exit%[SUFFIX]

out_slot%[SUFFIX]:
%if %1 == 2
        jmp out_word16
%endif
out_dword%[SUFFIX]:
        out P_DEBUG, al
        shr eax, 8
        out P_DEBUG, al
        shr eax, 8
out_word%[SUFFIX]:
        out P_DEBUG, al
        shr eax, 8
        out P_DEBUG, al
        ret

error_size%[SUFFIX]:            ; bytes of the error code of vector EDX -> ESI
        xor esi, esi
%if %1 == 4
        cmp edx, 32
        jae %%none
        bt dword [with_error], edx
        jnc %%none
        mov esi, 4
%%none:
%endif
        ret

exit%[SUFFIX]:
        mov dx, P_SHUTDOWN
        mov esi, shutdown_text
        mov ecx, 8
%%text: mov al, [esi]
        out dx, al
        inc esi
        dec ecx
        jnz %%text
        out P_EXIT, al
%%halt: cli
        hlt
        jmp %%halt
%endmacro

        handler 2
        handler 4

;---------------------------------------------------------------------------------------------------------------------
; 64 bits. No segment is touched.

        bits 64
common64:
        mov dr1, rax
        mov rax, rsp
        mov dr2, rax
        mov esp, STACK_H
        call push_all
        mov rdx, dr1
        mov rbx, dr2
        mov cl, 'V'
        cmp edx, V_EMIT
        je value64
        mov cl, 'G'
        cmp edx, V_FLAGS
        je value64
        cmp edx, V_DONE
        je frame_end64
        mov al, 'F'
        out P_DEBUG, al
        mov al, 8
        out P_DEBUG, al
        mov al, dl
        out P_DEBUG, al
        mov rax, rbx
        call out_qword
        xor esi, esi
.frame: mov rax, [rbx + rsi * 8]
        call out_qword
        inc esi
        cmp esi, 6
        jb .frame
        mov rax, cr2
        call out_qword
        mov rax, dr6
        call out_qword
        mov eax, 0xffff0ff0
        mov dr6, rax
        inc dword [abs RECORDS]
        cmp dword [abs RECORDS], MAX_RECORDS
        ja frame_end64
        movsxd rcx, dword [abs RESUME]
        test rcx, rcx
        jz frame_end64
        call skip_error
        mov dr2, rbx
        cmp rcx, -1
        je return64
        mov dword [abs RESUME], 0
        mov [rbx], rcx
        jmp return64
value64:
        mov al, cl
        out P_DEBUG, al
        mov al, 8
        out P_DEBUG, al
        mov rax, [rbp + 120]
        call out_qword
return64:
        mov rsp, rbp
        pop r15
        pop r14
        pop r13
        pop r12
        pop r11
        pop r10
        pop r9
        pop r8
        pop rdi
        pop rsi
        pop rbp
        pop rbx
        pop rdx
        pop rcx
        mov rax, dr2
        mov rsp, rax
        mov rax, dr0
        iretq

frame_end64:                    ; flags of the frame
        call skip_error
        mov rax, [rbx + 24]
        mov dr2, rax
        mov rax, [rbx + 32]
        mov dr3, rax
        push qword [rbx + 16]
        jmp end64

finish64:                       ; reached by a jump: nothing pushed
        mov dr0, rax
        mov rax, rsp
        mov dr2, rax
        mov eax, ss
        mov dr3, rax
        mov esp, STACK_H
        pushfq
        call push_all
        push qword [abs STACK_H - 8]
end64:
        mov al, 'E'
        out P_DEBUG, al
        mov al, 8
        out P_DEBUG, al
        mov rax, [rbp + 120]
        call out_qword
        mov rax, [rbp + 104]
        call out_qword
        mov rax, [rbp + 96]
        call out_qword
        mov rax, [rbp + 88]
        call out_qword
        mov rax, dr2
        call out_qword
        lea rsi, [rbp + 80]     ; rbp rsi rdi r8 … r15 were pushed in this order
        mov ecx, 11
.registers:
        mov rax, [rsi]
        call out_qword
        sub rsi, 8
        dec ecx
        jnz .registers
        pop rax
        call out_qword
        mov rax, dr3
        call out_word64
        mov eax, ds
        call out_word64
        mov eax, es
        call out_word64
        mov eax, fs
        call out_word64
        mov eax, gs
        call out_word64
        mov esi, DATA
        mov ecx, 256
.data:  mov al, [rsi]
        out P_DEBUG, al
        inc esi
        dec ecx
        jnz .data
        mov dx, P_SHUTDOWN
        mov esi, shutdown_text
        mov ecx, 8
.text:  mov al, [rsi]
        out dx, al
        inc esi
        dec ecx
        jnz .text
        out P_EXIT, al
.halt:  cli
        hlt
        jmp .halt

push_all:                       ; -> RBP: r15 … r8 rdi rsi rbp rbx rdx rcx (return address) rax
        xchg [rsp], rcx         ; the return address moves to where nothing else is needed
        push rdx
        push rbx
        push rbp
        push rsi
        push rdi
        push r8
        push r9
        push r10
        push r11
        push r12
        push r13
        push r14
        push r15
        mov rbp, rsp
        mov rax, dr0
        mov [rbp + 120], rax
        jmp rcx

skip_error:                     ; RBX to the slot of RIP; vector in EDX
        cmp edx, 32
        jae .no
        bt dword [abs with_error], edx
        jnc .no
        add rbx, 8
.no:    ret

out_qword:
        mov rdi, rax
        call .half
        mov rax, rdi
        shr rax, 32
.half:  out P_DEBUG, al
        shr eax, 8
        out P_DEBUG, al
        shr eax, 8
out_word64:
        out P_DEBUG, al
        shr eax, 8
        out P_DEBUG, al
        ret

;---------------------------------------------------------------------------------------------------------------------
%include "enter.asm"

with_error:                     ; vectors 8, 10 … 14, 17, 21 push an error code (SDM 3A, table 6-1)
        dd 1 << 8 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 17 | 1 << 21
shutdown_text:
        db "Shutdown"
