; Tiny guest, part 2: protected mode, at 0x9000. Two-level paging, exceptions through the IDT, hot loops.

LONG = 0xa000
DIRECTORY = 0x10000             ; page directory
IDENTITY = 0x11000              ; page table of the first 4 MiB, linear = physical
WINDOW = 0x12000                ; page table at linear 0x40000000: 16 pages at physical 0x100000, last page first
DEMAND = 0x13000                ; page table at linear 0x50000000: empty, filled by the #PF handler
IDT = 0x18000

mov ax, 0x10
mov ds, ax
mov es, ax
mov fs, ax
mov gs, ax
mov ss, ax
mov esp, 0x7000
mov esi, offset text_protected
call print
mov esi, offset text_real_loop
movzx eax, word ptr [0x600]
call print_value
mov esi, offset text_real_exceptions
movzx eax, word ptr [0x604]
call print_value

; Page tables.
mov edi, offset DIRECTORY
xor eax, eax
mov ecx, 0x1000
rep stosd
mov dword ptr [DIRECTORY], offset IDENTITY + 3
mov dword ptr [DIRECTORY + 0x400], offset WINDOW + 3
mov dword ptr [DIRECTORY + 0x500], offset DEMAND + 3
mov edi, offset IDENTITY
mov eax, 3
identity_entry:
stosd
add eax, 0x1000
cmp edi, offset IDENTITY + 0x1000
jne identity_entry
mov edi, offset WINDOW
mov eax, 0x10f003
window_entry:
stosd
sub eax, 0x1000
cmp edi, offset WINDOW + 0x40
jne window_entry

; IDT: #UD and #PF.
mov edi, offset IDT
xor eax, eax
mov ecx, 64
rep stosd
mov eax, offset invalid_opcode
mov edi, offset IDT + 6*8
call set_gate
mov eax, offset page_fault
mov edi, offset IDT + 14*8
call set_gate
mov eax, offset idtr
lidt [eax]

mov eax, offset DIRECTORY
mov cr3, eax
mov eax, cr0
or eax, 0x80010000              ; PG, WP
mov cr0, eax
mov esi, offset text_paging
call print

; Demand paging: the first touch of each of 32 pages faults.
xor ecx, ecx
mov edi, 0x50000000
touch:
mov [edi + 8], ecx
mov eax, [edi + 8]
add ebx, eax
add edi, 0x1000
inc ecx
cmp ecx, 32
jne touch
ud2
mov esi, offset text_faults
mov eax, [page_faults]
call print_value
mov esi, offset text_invalid
mov eax, [invalid_opcodes]
call print_value

; Arithmetic and flags.
mov eax, 1
mov edx, 0
mov ecx, 600000
arithmetic:
add eax, ecx
rol eax, 5
xor eax, 0x9e3779b9
adc edx, eax
dec ecx
jnz arithmetic
xor eax, edx
mov esi, offset text_arithmetic
call print_value

; Memory: 16 pages, 60 rounds.
xor eax, eax
mov ecx, 60
round:
mov edi, 0x40000000
word_of_window:
mov edx, [edi]
lea edx, [edx + ecx*4 + 1]
mov [edi], edx
add eax, edx
add edi, 4
cmp edi, 0x40010000
jne word_of_window
dec ecx
jnz round
mov esi, offset text_memory
call print_value

; Calls.
mov eax, 1
mov ecx, 300000
calls:
call outer
dec ecx
jnz calls
mov esi, offset text_calls
call print_value

; Code that changes: another block, then the block that is running.
xor ebx, ebx
mov ecx, 400
patch:
mov [patched + 1], ecx
call patched
add ebx, eax
dec ecx
jnz patch
mov ecx, 400
patch_itself:
mov byte ptr [own_immediate + 1], cl
own_immediate:
mov al, 0
movzx eax, al
add ebx, eax
dec ecx
jnz patch_itself
mov eax, ebx
mov esi, offset text_patched
call print_value

; To long mode: paging off, PAE on, a four-level table with one 2 MiB page to stand on; part 3 adds the rest.
mov eax, cr0
and eax, 0x7fffffff
mov cr0, eax
mov edi, offset DIRECTORY
xor eax, eax
mov ecx, 0xc00
rep stosd
mov dword ptr [DIRECTORY], offset DIRECTORY + 0x1003
mov dword ptr [DIRECTORY + 0x1000], offset DIRECTORY + 0x2003
mov dword ptr [DIRECTORY + 0x2000], 0x83
mov eax, cr4
or eax, 0x20                    ; PAE
mov cr4, eax
mov ecx, 0xc0000080             ; EFER
rdmsr
or eax, 0x100                   ; LME
wrmsr
mov eax, offset DIRECTORY
mov cr3, eax
mov eax, cr0
or eax, 0x80000000
mov cr0, eax
db 0xea                         ; jmp 0x18:LONG
dd LONG
dw 0x18

outer:
add eax, ecx
call inner
rol eax, 1
ret
inner:
xor eax, 0x5bd1e995
ret

patched:
mov eax, 0
ret

; EAX = handler, EDI = gate: interrupt gate, present, code segment 8.
set_gate:
mov [edi], eax
mov word ptr [edi + 2], 8
mov [edi + 4], eax
mov word ptr [edi + 4], 0x8e00
ret

invalid_opcode:
inc dword ptr [invalid_opcodes]
add dword ptr [esp], 2
iret

; Maps the page that was touched to physical 0x120000 + its number, then the instruction runs again.
page_fault:
push eax
push edx
mov eax, cr2
shr eax, 12
and eax, 0x3ff
mov edx, eax
shl edx, 12
add edx, 0x120003
mov [eax*4 + DEMAND], edx
inc dword ptr [page_faults]
pop edx
pop eax
add esp, 4
iret

; ESI = text ending in 0, EAX = value: both, then a new line.
print_value:
push ecx
push edx
mov edx, eax
call print
mov ecx, 8
digit:
rol edx, 4
mov al, dl
and al, 15
cmp al, 10
sbb al, 0x69                    ; with DAS: the shortest way from a nibble to its character
das
out 0xe9, al
dec ecx
jnz digit
mov al, 10
out 0xe9, al
pop edx
pop ecx
ret

next_character:
out 0xe9, al
print:
lodsb
test al, al
jnz next_character
ret

page_faults: dd 0
invalid_opcodes: dd 0
idtr: dw 0xff
dd IDT

text_protected: db "protected mode: 32-bit code, flat segments", 10, 0
text_real_loop: db "  16-bit loop      ", 0
text_real_exceptions: db "  divide errors    ", 0
text_paging: db "paging: 2 levels, 4 KiB pages", 10, 0
text_faults: db "  page faults      ", 0
text_invalid: db "  invalid opcodes  ", 0
text_arithmetic: db "  arithmetic       ", 0
text_memory: db "  memory           ", 0
text_calls: db "  calls            ", 0
text_patched: db "  patched code     ", 0
