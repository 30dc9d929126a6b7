; 64 KiB of firmware for the oracles: copies harness and program to RAM and goes to the harness.
; HARNESS_BIN and CASE_BIN are set by the recorder.
%include "layout.inc"
        bits 16
        org 0
rom:
        incbin HARNESS_BIN
harness_end:
        times 0x4000 - ($ - $$) db 0
program:
        incbin CASE_BIN
program_end:
        times 0xf000 - ($ - $$) db 0
boot:
        cli
        cld
        mov ax, 0xf000
        mov ds, ax
        xor ax, ax
        mov es, ax
        xor si, si
        mov di, HARNESS
        mov cx, harness_end - rom
        rep movsb
        mov si, program
        mov di, CASE
        mov cx, program_end - program
        rep movsb
        jmp 0:HARNESS
        times 0xfff0 - ($ - $$) db 0
        jmp 0xf000:boot
        times 0x10000 - ($ - $$) db 0
