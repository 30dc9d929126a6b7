; Tiny guest, part 3: long mode, at 0xa000. Four-level paging with large and small pages, exceptions through a 64-bit IDT, hot loops.

HIGH = 0xffff800000000000 ; linear: 16 pages at physical 0x100000, last page first; behind them demand paging
LEVEL3 = 0x14000                ; tables of the high half
LEVEL2 = 0x15000
LEVEL1 = 0x16000
IDT = 0x18000

mov eax, 0x10
mov ds, eax
mov es, eax
mov ss, eax
mov rsp, 0x7000
mov rsi, offset text_long
call print

; The high half.
mov edi, offset LEVEL3
xor eax, eax
mov ecx, 0x600
rep stosq
mov qword ptr [0x10800], offset LEVEL3 + 3
mov qword ptr [LEVEL3], offset LEVEL2 + 3
mov qword ptr [LEVEL2], offset LEVEL1 + 3
mov edi, offset LEVEL1
mov eax, 0x10f003
window_entry:
stosq
sub eax, 0x1000
cmp edi, offset LEVEL1 + 0x80
jne window_entry

; IDT: #UD and #PF.
mov edi, offset IDT
xor eax, eax
mov ecx, 64
rep stosq
mov eax, offset invalid_opcode
mov edi, offset IDT + 6*16
call set_gate
mov eax, offset page_fault
mov edi, offset IDT + 14*16
call set_gate
mov eax, offset idtr
lidt [rax]

; Demand paging, 32 pages.
xor ecx, ecx
mov rdi, offset HIGH + 0x10000
touch:
mov [rdi + 8], rcx
add rbx, [rdi + 8]
add rdi, 0x1000
inc ecx
cmp ecx, 32
jne touch
ud2
mov rsi, offset text_faults
mov rdx, [page_faults]
mov rax, rdx
call print_value
mov rsi, offset text_invalid
mov rdx, [invalid_opcodes]
mov rax, rdx
call print_value

; 64-bit arithmetic: products of 128 bits, double shifts, carries.
mov rbx, 0x9e3779b97f4a7c15
mov r8, 1
xor r9d, r9d
mov ecx, 400000
arithmetic:
mov rax, r8
mul rbx
add r8, rdx
adc r9, rax
shld r9, r8, 7
xor r8, rcx
dec ecx
jnz arithmetic
lea rax, [r8 + r9]
mov rsi, offset text_arithmetic
call print_value

; Memory: 16 pages, 120 rounds of 8-byte words.
xor eax, eax
mov ecx, 120
round:
mov rdi, offset HIGH
lea rdx, [rdi + 0x10000]
word_of_window:
add rax, [rdi]
lea r8, [rax + rcx]
mov [rdi], r8
add rdi, 8
cmp rdi, rdx
jne word_of_window
dec ecx
jnz round
mov rsi, offset text_memory
call print_value

; Recursion.
mov edi, 24
call fibonacci
mov rsi, offset text_recursion
call print_value

; A switch with 16 targets, chosen by a linear congruential generator.
mov r8d, 12345
xor eax, eax
mov ecx, 300000
switch:
imul r8d, r8d, 1103515245
add r8d, 12345
mov edx, r8d
shr edx, 28
jmp [rdx*8 + table]
case0: add eax, 1
jmp switched
case1: xor eax, r8d
jmp switched
case2: rol eax, 3
jmp switched
case3: sub eax, ecx
jmp switched
case4: not eax
jmp switched
case5: add eax, r8d
jmp switched
case6: ror eax, 7
jmp switched
case7: lea eax, [rax + rax*2 + 1]
jmp switched
case8: neg eax
jmp switched
case9: bswap eax
jmp switched
case10: xor eax, ecx
jmp switched
case11: add eax, edx
jmp switched
case12: shl eax, 1
jmp switched
case13: or eax, edx
jmp switched
case14: imul eax, eax, 5
jmp switched
case15: dec eax
switched:
dec ecx
jnz switch
mov rsi, offset text_switch
call print_value

; Code that changes.
xor ebx, ebx
mov ecx, 400
patch:
mov [patched + 1], ecx
call patched
add ebx, eax
dec ecx
jnz patch
mov eax, ebx
mov rsi, offset text_patched
call print_value

mov rsi, offset text_end
call print
cli
hlt

; EDI = n: RAX = the n-th Fibonacci number, by the definition.
fibonacci:
cmp edi, 2
jae sum_of_two
mov eax, edi
ret
sum_of_two:
push rdi
dec edi
call fibonacci
pop rdi
push rax
sub edi, 2
call fibonacci
pop rdx
add rax, rdx
ret

patched:
mov eax, 0
ret

; EAX = handler, EDI = gate: interrupt gate, present, code segment 0x18.
set_gate:
mov [rdi], eax
mov word ptr [rdi + 2], 0x18
mov [rdi + 4], eax
mov word ptr [rdi + 4], 0x8e00
ret

invalid_opcode:
inc qword ptr [invalid_opcodes]
add qword ptr [rsp], 2
iretq

page_fault:
push rax
push rdx
mov rax, cr2
shr rax, 12
and eax, 0x1ff
mov edx, eax
shl edx, 12
add edx, 0x120003
mov [rax*8 + LEVEL1], rdx
inc qword ptr [page_faults]
pop rdx
pop rax
add rsp, 8
iretq

; RSI = text ending in 0, RAX = value: both, then a new line.
print_value:
push rcx
push rdx
mov rdx, rax
call print
mov ecx, 16
digit:
rol rdx, 4
mov eax, edx
and eax, 15
add eax, 0x30
cmp eax, 0x3a
jb decimal
add eax, 7
decimal:
out 0xe9, al
dec ecx
jnz digit
mov al, 10
out 0xe9, al
pop rdx
pop rcx
ret

next_character:
out 0xe9, al
print:
lodsb
test al, al
jnz next_character
ret

page_faults: dq 0
invalid_opcodes: dq 0
idtr: dw 0x1ff
dq IDT
table:
dq case0, case1, case2, case3, case4, case5, case6, case7
dq case8, case9, case10, case11, case12, case13, case14, case15

text_long: db "long mode: 64-bit code, 4 levels, 2 MiB and 4 KiB pages", 10, 0
text_faults: db "  page faults      ", 0
text_invalid: db "  invalid opcodes  ", 0
text_arithmetic: db "  arithmetic       ", 0
text_memory: db "  memory           ", 0
text_recursion: db "  recursion        ", 0
text_switch: db "  switch           ", 0
text_patched: db "  patched code     ", 0
text_end: db "halt", 10, 0
