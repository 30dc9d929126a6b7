; Cost of vector code: no instruction calls a helper, constants are shared, MMX state is set once per run of MMX instructions.

; A comparison of 16 bytes, as in string functions.
; bits: 64
movdqu xmm0, [rdi]
pcmpeqb xmm0, xmm1
pmovmskb eax, xmm0
test eax, eax
jne $+16
; opt:
;   tb x86 wide csbase=0x0
;   local t0:v128 t1:v128 t2:i32 t3:i64 t4:i32
;     insn_start 0
;     guest_ld.v128 t0, rdi, u128, 0
;     insn_start 4
;     vbinary xmm0, t0, xmm1, i8x16.eq
;     insn_start 8
;     vtest t2, xmm0, i8x16.bitmask
;     extu rax, t2
;     insn_start 0xc
;     mov.i64 cc_dst, rax
;     insn_start 0xe
;     brcond.i32 t2, $0, ne, L0
;     mov.i32 cc_op, $22
;     goto_tb 0, 0x10
;   L0:
;     mov.i32 cc_op, $22
;     goto_tb 1, 0x1e
; cost: 5 insns, IR ops 15 -> 11, 2.2 per insn; TCI words 20, 4.0; Wasm bytes 458, 91.6

; Clearing a register, widening, shifts by a constant and by a register.
; bits: 64
pxor xmm2, xmm2
punpcklbw xmm0, xmm2
psrlw xmm0, 3
psllq xmm0, xmm1
movdqa [rsi], xmm0
ret
; opt:
;   tb x86 wide csbase=0x0
;   local t0:v128 t1:v128 t2:v128 t3:i64 t4:i64 t5:i32 t6:v128 t7:v128 t8:v128 t9:i64
;   local t10:i64 t11:i64
;     insn_start 0
;     mov.v128 xmm2, $0x00000000000000000000000000000000
;     insn_start 4
;     vshuffle t1, xmm0, $0x00000000000000000000000000000000, $0x17071606150514041303120211011000
;     insn_start 8
;     vshift t2, t1, $3, i16x8.shr_u
;     insn_start 0xd
;     vextract t3, xmm1, 3, 0
;     negsetcond.i64 t4, t3, $64, ltu
;     trunc t5, t3
;     vshift t6, t2, t5, i64x2.shl
;     vsplat t7, t4, 3
;     vbinary xmm0, t6, t7, v128.and
;     insn_start 0x11
;     guest_st.v128 rsi, xmm0, u128.a4, 0
;     insn_start 0x15
;     guest_ld.i64 t9, rsp, u64, 0
;     sextract.i64 t10, t9, 0, 48
;     brcond.i64 t9, t10, eq, L0
;     call raise_exception($13, $0)
;   L0:
;     add.i64 rsp, rsp, $8
;     mov.i64 rip, t9
;     goto_ptr
; cost: 6 insns, IR ops 23 -> 18, 3.0 per insn; TCI words 51, 8.5; Wasm bytes 670, 111.7

; Shuffles.
; bits: 32
pshufd xmm0, xmm1, 0x1b
shufps xmm2, xmm0, 0x44
movss xmm3, xmm2
movq xmm4, [esi]
ret
; opt:
;   tb x86 narrow csbase=0x0
;   local t0:v128 t1:v128 t2:v128 t3:i64 t4:v128 t5:i32 t6:i32
;     insn_start 0
;     vshuffle xmm0, xmm1, xmm1, $0x03020100070605040b0a09080f0e0d0c
;     insn_start 5
;     vshuffle xmm2, xmm2, xmm0, $0x17161514131211100706050403020100
;     insn_start 9
;     vshuffle xmm3, xmm2, xmm3, $0x1f1e1d1c1b1a19181716151403020100
;     insn_start 0xd
;     guest_ld.i64 t3, rsi, u64, 0
;     vinsert xmm4, $0x00000000000000000000000000000000, t3, 3, 0
;     insn_start 0x11
;     guest_ld.i32 rip, rsp, u32, 0
;     add.i32 rsp, rsp, $4
;     goto_ptr
; cost: 5 insns, IR ops 14 -> 8, 1.6 per insn; TCI words 36, 7.2; Wasm bytes 560, 112.0

; MMX: a run of three.
; bits: 32
movq mm0, [esi]
paddb mm0, mm1
movq [edi], mm0
ret
; opt:
;   tb x86 narrow csbase=0x0
;   local t0:i32 t1:i64 t2:v128 t3:v128 t4:v128 t5:v128 t6:v128 t7:v128 t8:i64 t9:i32
;   local t10:i32
;     insn_start 0
;     ld.i32 t0, env, 0xe3c, u32
;     brcond.i32 t0, $0x80, tsteq, L0
;     call fpu_error()
;   L0:
;     guest_ld.i64 t1, rsi, u64, 0
;     vinsert t3, $0x000000000000ffff0000000000000000, t1, 3, 0
;     st.v128 env, t3, 0xdb0, u128
;     st.i64 env, $0, 0xe30, u64
;     insn_start 3
;     ld.v128 t4, env, 0xdc0, u128
;     ld.v128 t5, env, 0xdb0, u128
;     vbinary t6, t5, t4, i8x16.add
;     vinsert t7, t6, $0xffff, 3, 1
;     st.v128 env, t7, 0xdb0, u128
;     insn_start 6
;     ld.i64 t8, env, 0xdb0, u64
;     guest_st.i64 rdi, t8, u64, 0
;     insn_start 9
;     guest_ld.i32 rip, rsp, u32, 0
;     add.i32 rsp, rsp, $4
;     goto_ptr
; cost: 4 insns, IR ops 21 -> 18, 4.5 per insn; TCI words 46, 11.5; Wasm bytes 685, 171.3
