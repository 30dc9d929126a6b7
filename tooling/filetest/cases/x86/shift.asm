; Cost of shifts, rotates and bit tests.

; By constants: flags cost nothing when they die.
; bits: 64
shl eax, 3
rol ecx, 7
shr rdx, 1
add eax, ecx
jmp $+2
; opt:
;   tb x86 wide csbase=0x0
;   local t0:i64 t1:i64 t2:i32 t3:i32 t4:i64 t5:i64 t6:i64 t7:i64 t8:i64 t9:i64
;   local t10:i64 t11:i64 t12:i64
;     insn_start 0
;     shl.i64 t0, rax, $3
;     extract.i64 rax, t0, 0, 32
;     insn_start 3
;     trunc t2, rcx
;     rotl.i32 t3, t2, $7
;     extu rcx, t3
;     insn_start 6
;     shr.i64 t11, rdx, $1
;     mov.i64 cc_src2, rdx
;     mov.i64 rdx, t11
;     insn_start 9
;     add.i64 cc_dst, rax, rcx
;     mov.i64 cc_src, rcx
;     extract.i64 rax, cc_dst, 0, 32
;     insn_start 0xb
;     mov.i32 cc_op, $6
;     goto_tb 1, 0xd
; cost: 5 insns, IR ops 28 -> 13, 2.6 per insn; TCI words 20, 4.0; Wasm bytes 362, 72.4

; By CL the flags change unless the count is zero.
; bits: 64
shl rax, cl
mov [rdi], rax
add rax, rbx
jmp $+2
; opt:
;   tb x86 wide csbase=0x0
;   local t0:i64 t1:i64 t2:i64 t3:i64 t4:i32 t5:i64
;     insn_start 0
;     extract.i64 t0, rcx, 0, 6
;     shl.i64 t1, rax, t0
;     add.i64 t2, t0, $-1
;     shl.i64 t3, rax, t2
;     movcond.i64 cc_dst, t0, $0, t1, cc_dst, ne
;     movcond.i64 cc_src, t0, $0, t3, cc_src, ne
;     movcond.i64 cc_src2, t0, $0, rax, cc_src2, ne
;     trunc t4, t0
;     movcond.i32 cc_op, t4, $0, $35, cc_op, ne
;     mov.i64 rax, t1
;     insn_start 3
;     guest_st.i64 rdi, t1, u64, 0
;     insn_start 6
;     add.i64 cc_dst, t1, rbx
;     mov.i64 cc_src, rbx
;     mov.i64 rax, cc_dst
;     insn_start 9
;     mov.i32 cc_op, $7
;     goto_tb 1, 0xb
; cost: 4 insns, IR ops 17 -> 16, 4.0 per insn; TCI words 35, 8.8; Wasm bytes 532, 133.0

; A bit test and the branch on it.
; bits: 64
and eax, ebx
bt eax, 5
jc $+10
; opt:
;   tb x86 wide csbase=0x0
;   local t0:i64 t1:i64 t2:i64 t3:i64 t4:i64
;     insn_start 0
;     and.i64 cc_dst, rax, rbx
;     extract.i64 rax, cc_dst, 0, 32
;     insn_start 2
;     extract.i64 cc_src2, rax, 5, 1
;     insn_start 6
;     brcond.i64 cc_src2, $1, tstne, L0
;     mov.i32 cc_op, $0x96
;     goto_tb 0, 8
;   L0:
;     mov.i32 cc_op, $0x96
;     goto_tb 1, 0x10
; cost: 3 insns, IR ops 14 -> 9, 3.0 per insn; TCI words 20, 6.7; Wasm bytes 353, 117.7

; Increment keeps the carry.
; bits: 32
cmp eax, ebx
inc ecx
jc $+10
; opt:
;   tb x86 narrow csbase=0x0
;   local t0:i32 t1:i32 t2:i32
;     insn_start 0
;     insn_start 2
;     setcond.i32 cc_src, rax, rbx, ltu
;     add.i32 cc_dst, rcx, $1
;     mov.i32 rcx, cc_dst
;     insn_start 3
;     brcond.i32 rax, rbx, ltu, L0
;     mov.i32 cc_op, $26
;     goto_tb 0, 5
;   L0:
;     mov.i32 cc_op, $26
;     goto_tb 1, 0xd
; cost: 3 insns, IR ops 14 -> 9, 3.0 per insn; TCI words 17, 5.7; Wasm bytes 344, 114.7
