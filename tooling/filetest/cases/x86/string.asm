; String instructions: one iteration is one instruction.

; bits: 64
rep movsq
; opt:
;   tb x86 wide csbase=0x0
;   local t0:i64 t1:i64 t2:i64 t3:i64 t4:i64 t5:i64 t6:i32 t7:i64 t8:i64 t9:i64
;   local t10:i64 t11:i64 t12:i64 t13:i64
;     insn_start 0
;     brcond.i64 rcx, $0, eq, L0
;     guest_ld.i64 t0, rsi, u64, 0
;     guest_st.i64 rdi, t0, u64, 0
;     exts t1, df
;     shl.i64 t2, t1, $3
;     add.i64 rsi, rsi, t2
;     add.i64 rdi, rdi, t2
;     add.i64 t5, rcx, $-1
;     mov.i64 rcx, t5
;     brcond.i64 t5, $0, eq, L0
;     call t6 = string_move(rsi, rdi, t5, df, $3)
;     extu t7, t6
;     exts t8, df
;     shl.i64 t9, t8, $3
;     mul.i64 t10, t7, t9
;     add.i64 rsi, rsi, t10
;     add.i64 rdi, rdi, t10
;     sub.i64 rcx, t5, t7
;     brcond.i64 t5, t7, eq, L0
;     goto_tb 0, 0
;   L0:
;     goto_tb 1, 3
; cost: 1 insns, IR ops 27 -> 22, 22.0 per insn; TCI words 44, 44.0; Wasm bytes 695, 695.0

; bits: 32
repne scasb
; opt:
;   tb x86 narrow csbase=0x0
;   local t0:i32 t1:i32 t2:i32 t3:i32 t4:i64 t5:i64 t6:i32 t7:i64 t8:i32 t9:i32
;   local t10:i32
;     insn_start 0
;     brcond.i32 rcx, $0, eq, L0
;     guest_ld.i32 t0, rdi, u8, 0
;     add.i32 rdi, rdi, df
;     sub.i32 t2, rax, t0
;     add.i32 rcx, rcx, $-1
;     brcond.i32 rcx, $0, eq, L1
;     brcond.i32 t2, $0xff, tsteq, L1
;     extu t4, rdi
;     extu t5, rax
;     extu t7, rcx
;     call t6 = string_scan(t4, t5, t7, df, $0)
;     mul.i32 t8, t6, df
;     add.i32 rdi, rdi, t8
;     sub.i32 rcx, rcx, t6
;     goto_tb 0, 0
;   L0:
;     goto_tb 1, 2
;   L1:
;     mov.i32 cc_src, t0
;     mov.i32 cc_dst, t2
;     mov.i32 cc_op, $12
;     goto_tb 1, 2
; cost: 1 insns, IR ops 26 -> 22, 22.0 per insn; TCI words 43, 43.0; Wasm bytes 640, 640.0

; bits: 64
lodsb
stosb
jmp $+2
; opt:
;   tb x86 wide csbase=0x0
;   local t0:i64 t1:i64 t2:i64 t3:i64 t4:i64
;     insn_start 0
;     guest_ld.i64 t0, rsi, u8, 0
;     deposit.i64 rax, rax, t0, 0, 8
;     exts t1, df
;     add.i64 rsi, rsi, t1
;     insn_start 1
;     guest_st.i64 rdi, rax, u8, 0
;     exts t3, df
;     add.i64 rdi, rdi, t3
;     insn_start 2
;     goto_tb 1, 4
; cost: 3 insns, IR ops 10 -> 8, 2.7 per insn; TCI words 15, 5.0; Wasm bytes 510, 170.0
