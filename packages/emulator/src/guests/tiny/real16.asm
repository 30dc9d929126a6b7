; Tiny guest, part 1: real mode, at 0000:8000. Bytes by hand, assembly in the comments.
; Leaves its results for part 2: [0x600] checksum of the loop, [0x604] exceptions handled.

PROTECTED = 0x9000

db 0xfa                         ; cli
db 0xfc                         ; cld
db 0x31, 0xc0                   ; xor ax, ax
db 0x8e, 0xd8                   ; mov ds, ax
db 0x8e, 0xc0                   ; mov es, ax
db 0x8e, 0xd0                   ; mov ss, ax
db 0xbc, 0x00, 0x70             ; mov sp, 0x7000
db 0xc7, 0x06, 0x04, 0x06, 0, 0 ; mov word [0x604], 0

db 0xbe                         ; mov si, text
dw text
db 0xe8                         ; call print
dw print - after_print
after_print:

; Exception through the interrupt vector table: #DE is a fault, so the division is repeated after IRET.
db 0xc7, 0x06, 0x00, 0x00       ; mov word [0], divide_error
dw divide_error
db 0xa3, 0x02, 0x00             ; mov [2], ax
db 0x31, 0xc9                   ; xor cx, cx
db 0x31, 0xd2                   ; xor dx, dx
db 0xb8, 0xd2, 0x04             ; mov ax, 1234
db 0xf7, 0xf1                   ; div cx             CX = 7 when the handler is back
db 0x01, 0xd0                   ; add ax, dx

; A loop of 16-bit arithmetic.
db 0xb9, 0x60, 0xea             ; mov cx, 60000
arithmetic:
db 0x01, 0xc8                   ; add ax, cx
db 0xc1, 0xc0, 0x03             ; rol ax, 3
db 0x35, 0x5a, 0xa5             ; xor ax, 0xa55a
db 0x11, 0xc3                   ; adc bx, ax
db 0xe2                         ; loop arithmetic
db arithmetic - after_loop
after_loop:
db 0x31, 0xd8                   ; xor ax, bx
db 0xa3, 0x00, 0x06             ; mov [0x600], ax

; To protected mode.
db 0x0f, 0x01, 0x16             ; lgdt [gdtr]
dw gdtr
db 0x0f, 0x20, 0xc0             ; mov eax, cr0
db 0x0c, 0x01                   ; or al, 1
db 0x0f, 0x22, 0xc0             ; mov cr0, eax
db 0x66, 0xea                   ; jmp dword 8:PROTECTED
dd PROTECTED
dw 8

divide_error:
db 0xb9, 0x07, 0x00             ; mov cx, 7
db 0xff, 0x06, 0x04, 0x06       ; inc word [0x604]
db 0xcf                         ; iret

next_character:
db 0xe6, 0xe9                   ; out 0xe9, al
print:
db 0xac                         ; lodsb
db 0x84, 0xc0                   ; test al, al
db 0x75                         ; jnz next_character
db next_character - after_branch
after_branch:
db 0xc3                         ; ret

text:
db "real mode: 16-bit code, 64 KiB segments", 10, 0

gdtr:
dw 31
dd gdt
gdt:
dq 0
dq 0x00cf9b000000ffff           ; 0x08 code, 32-bit, 4 GiB
dq 0x00cf93000000ffff           ; 0x10 data, 4 GiB
dq 0x00af9b000000ffff           ; 0x18 code, 64-bit
