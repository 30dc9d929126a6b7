; String instructions: one iteration is one instruction.

; bits: 64
rep movsq
; opt:
;   tb x86 wide csbase=0x0
;   local t0:i64 t1:i64 t2:i64 t3:i64 t4:i64 t5:i64
;     insn_start 0
;     brcond.i64 rcx, $0, eq, L0
;     guest_ld.i64 t0, rsi, u64, 0
;     guest_st.i64 rdi, t0, u64, 0
;     exts t1, df
;     shl.i64 t2, t1, $3
;     add.i64 rsi, rsi, t2
;     add.i64 rdi, rdi, t2
;     add.i64 rcx, rcx, $-1
;     brcond.i64 rcx, $0, eq, L0
;     goto_tb 0, 0
;   L0:
;     goto_tb 1, 3
; cost: 1 insns, IR ops 15 -> 12, 12.0 per insn; TCI words 25, 25.0; Wasm bytes 505, 505.0

; bits: 32
repne scasb
; opt:
;   tb x86 narrow csbase=0x0
;   local t0:i32 t1:i32 t2:i32 t3:i32
;     insn_start 0
;     brcond.i32 rcx, $0, eq, L0
;     guest_ld.i32 t0, rdi, u8, 0
;     add.i32 rdi, rdi, df
;     sub.i32 t2, rax, t0
;     add.i32 rcx, rcx, $-1
;     brcond.i32 rcx, $0, eq, L1
;     brcond.i32 t2, $0xff, tsteq, L1
;     goto_tb 0, 0
;   L0:
;     goto_tb 1, 2
;   L1:
;     mov.i32 cc_src, t0
;     mov.i32 cc_dst, t2
;     mov.i32 cc_op, $12
;     goto_tb 1, 2
; cost: 1 insns, IR ops 17 -> 15, 15.0 per insn; TCI words 30, 30.0; Wasm bytes 472, 472.0

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
; cost: 3 insns, IR ops 10 -> 8, 2.7 per insn; TCI words 15, 5.0; Wasm bytes 457, 152.3
