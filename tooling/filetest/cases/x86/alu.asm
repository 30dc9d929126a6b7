; Cost of common integer code: IR ops and TCI words per guest instruction.

; Flags die when the next instruction overwrites them.
; bits: 32
add eax, ebx
sub ecx, eax
cmp ecx, 10
jne $-9
; x86:
;      0: 01d8             add eax, ebx
;      2: 29c1             sub ecx, eax
;      4: 83f90a           cmp ecx, 0xa
;      7: 75f5             jne 0xfffffffe
; opt:
;   tb x86 narrow csbase=0x0
;   local t0:i32 t1:i32 t2:i32
;     insn_start 0
;     add.i32 rax, rax, rbx
;     insn_start 2
;     sub.i32 rcx, rcx, rax
;     insn_start 4
;     add.i32 cc_dst, rcx, $-10
;     mov.i32 cc_src, $10
;     insn_start 7
;     brcond.i32 cc_dst, $0, ne, L0
;     mov.i32 cc_op, $14
;     goto_tb 0, 9
;   L0:
;     mov.i32 cc_op, $14
;     goto_tb 1, -2
; cost: 4 insns, IR ops 17 -> 10, 2.5 per insn; TCI words 21, 5.3; Wasm bytes 400, 100.0

; Memory operands and the stack.
; bits: 64
push rbp
mov rbp, rsp
mov eax, [rdi + rcx*4 + 16]
add [rsi], eax
pop rbp
ret
; opt:
;   tb x86 wide csbase=0x0
;   local t0:i64 t1:i64 t2:i64 t3:i64 t4:i64 t5:i32 t6:i64 t7:i64 t8:i64 t9:i64
;   local t10:i64 t11:i64
;     insn_start 0
;     add.i64 t0, rsp, $-8
;     guest_st.i64 t0, rbp, u64, 0
;     mov.i64 rsp, t0
;     insn_start 1
;     mov.i64 rbp, t0
;     insn_start 4
;     shl.i64 t1, rcx, $2
;     add.i64 t2, rdi, t1
;     add.i64 t3, t2, $16
;     guest_ld.i64 rax, t3, u32, 0
;     insn_start 8
;     guest_rmw_ld.i64 t4, t5, rsi, u32, 0
;     add.i64 t6, t4, rax
;     guest_rmw_st.i64 t5, rsi, t6, u32, 0
;     mov.i64 cc_src, rax
;     mov.i64 cc_dst, t6
;     insn_start 0xa
;     guest_ld.i64 rbp, t0, u64, 0
;     add.i64 rsp, t0, $8
;     insn_start 0xb
;     guest_ld.i64 t9, rsp, u64, 0
;     sextract.i64 t10, t9, 0, 48
;     brcond.i64 t9, t10, eq, L0
;     call raise_exception($13, $0)
;   L0:
;     add.i64 rsp, rsp, $8
;     mov.i64 rip, t9
;     mov.i32 cc_op, $6
;     goto_ptr
; cost: 6 insns, IR ops 27 -> 24, 4.0 per insn; TCI words 49, 8.2; Wasm bytes 928, 154.7

; Partial registers.
; bits: 32
mov al, 5
mov ah, bl
movzx ecx, ax
inc cx
ret
; opt:
;   tb x86 narrow csbase=0x0
;   local t0:i32 t1:i32 t2:i64 t3:i64 t4:i64 t5:i32 t6:i32 t7:i32 t8:i32
;     insn_start 0
;     deposit.i32 rax, rax, $5, 0, 8
;     insn_start 2
;     deposit.i32 rax, rax, rbx, 8, 8
;     insn_start 4
;     extract.i32 t0, rax, 0, 16
;     insn_start 7
;     extu t2, cc_dst
;     extu t3, cc_src
;     extu t4, cc_src2
;     call t1 = compute_flags(cc_op, t2, t3, t4)
;     extract.i32 cc_src, t1, 0, 1
;     add.i32 cc_dst, t0, $1
;     deposit.i32 rcx, t0, cc_dst, 0, 16
;     insn_start 9
;     guest_ld.i32 rip, rsp, u32, 0
;     add.i32 rsp, rsp, $4
;     mov.i32 cc_op, $25
;     goto_ptr
; cost: 5 insns, IR ops 19 -> 14, 2.8 per insn; TCI words 25, 5.0; Wasm bytes 549, 109.8

; A condition used twice.
; bits: 64
test rax, rax
sete cl
cmovne rdx, rbx
jmp $+2
; opt:
;   tb x86 wide csbase=0x0
;   local t0:i32 t1:i64 t2:i64
;     insn_start 0
;     mov.i64 cc_dst, rax
;     insn_start 3
;     setcond.i64 t0, rax, $0, eq
;     extu t1, t0
;     deposit.i64 rcx, rcx, t1, 0, 8
;     insn_start 6
;     movcond.i64 rdx, rax, $0, rbx, rdx, ne
;     insn_start 0xa
;     mov.i32 cc_op, $23
;     goto_tb 1, 0xc
; cost: 4 insns, IR ops 8 -> 7, 1.8 per insn; TCI words 15, 3.8; Wasm bytes 319, 79.8
