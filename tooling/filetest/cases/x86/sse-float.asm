; Cost of SSE floating point: Wasm's operation, the question whether it was exact, and the helper behind it (translate/sse-fast.ts).

; A scalar multiplication and addition, as in a sum of products.
; bits: 64
movsd xmm0, [rsi]
mulsd xmm0, xmm1
addsd xmm2, xmm0
ret
; opt:
;   tb x86 wide csbase=0x0
;   local t0:i64 t1:v128 t2:f64 t3:f64 t4:f64 t5:v128 t6:v128 t7:v128 t8:v128 t9:v128
;   local t10:v128 t11:v128 t12:v128 t13:v128 t14:v128 t15:v128 t16:i32 t17:f64 t18:f64 t19:f64
;   local t20:v128 t21:v128 t22:v128 t23:v128 t24:v128 t25:v128 t26:v128 t27:v128 t28:v128 t29:v128
;   local t30:v128 t31:i32 t32:i64 t33:i64 t34:i64
;     insn_start 0
;     guest_ld.i64 t0, rsi, u64, 0
;     vinsert xmm0, $0x00000000000000000000000000000000, t0, 3, 0
;     insn_start 4
;     vget0.f64 t2, xmm0
;     vget0.f64 t3, xmm1
;     fmul.f64 t4, t2, t3
;     vset0.f64 t5, xmm0, t4
;     vunary t6, t5, f64x2.abs
;     vunary t7, xmm0, f64x2.abs
;     vbinary t8, t6, t7, f64x2.pmin
;     vunary t9, xmm1, f64x2.abs
;     vbinary t10, t8, t9, f64x2.pmin
;     ld.v128 t11, env, 0xe90, u128
;     vbinary t12, t10, t11, f64x2.ge
;     ld.v128 t13, env, 0xea0, u128
;     vbinary t14, t6, t13, f64x2.lt
;     vbinary t15, t12, t14, v128.and
;     vtest t16, t15, i64x2.bitmask
;     brcond.i32 t16, $1, tstne, L0
;     st.v128 env, xmm0, 0xeb0, u128
;     st.v128 env, xmm1, 0xec0, u128
;     call sse_compute($0x30002)
;     ld.v128 t5, env, 0xeb0, u128
;   L0:
;     mov.v128 xmm0, t5
;     insn_start 8
;     vget0.f64 t17, xmm2
;     vget0.f64 t18, t5
;     fadd.f64 t19, t17, t18
;     vset0.f64 t20, xmm2, t19
;     vunary t21, t20, f64x2.abs
;     vunary t22, xmm2, f64x2.abs
;     vbinary t23, t21, t22, f64x2.pmin
;     vunary t24, t5, f64x2.abs
;     vbinary t25, t23, t24, f64x2.pmin
;     ld.v128 t26, env, 0xe90, u128
;     vbinary t27, t25, t26, f64x2.ge
;     ld.v128 t28, env, 0xea0, u128
;     vbinary t29, t21, t28, f64x2.lt
;     vbinary t30, t27, t29, v128.and
;     vtest t31, t30, i64x2.bitmask
;     brcond.i32 t31, $1, tstne, L1
;     st.v128 env, xmm2, 0xeb0, u128
;     st.v128 env, t5, 0xec0, u128
;     call sse_compute($0x30000)
;     ld.v128 t20, env, 0xeb0, u128
;   L1:
;     mov.v128 xmm2, t20
;     insn_start 0xc
;     guest_ld.i64 t32, rsp, u64, 0
;     sextract.i64 t33, t32, 0, 48
;     brcond.i64 t32, t33, eq, L2
;     call raise_exception($13, $0)
;   L2:
;     add.i64 rsp, rsp, $8
;     mov.i64 rip, t32
;     goto_ptr
; cost: 4 insns, IR ops 56 -> 54, 13.5 per insn; TCI words 106, 26.5; Wasm bytes 991, 247.8

; A packed operation.
; bits: 32
mulps xmm0, xmm1
ret
; cost: 2 insns, IR ops 24 -> 22, 11.0 per insn; TCI words 41, 20.5; Wasm bytes 544, 272.0

; What needs no state: a comparison with its branch, and a minimum.
; bits: 64
minsd xmm0, xmm1
ucomisd xmm0, xmm2
ja $+16
; opt:
;   tb x86 wide csbase=0x0
;   local t0:v128 t1:f64 t2:v128 t3:v128 t4:v128 t5:v128 t6:v128 t7:v128 t8:v128 t9:v128
;   local t10:v128 t11:v128 t12:i32 t13:f64 t14:f64 t15:i32 t16:i32 t17:i32 t18:i32 t19:v128
;   local t20:v128 t21:v128 t22:v128 t23:v128 t24:v128 t25:v128 t26:v128 t27:v128 t28:i32 t29:i64
;   local t30:i64 t31:i64
;     insn_start 0
;     vbinary t0, xmm1, xmm0, f64x2.pmin
;     vget0.f64 t1, t0
;     vset0.f64 t2, xmm0, t1
;     vunary t3, xmm0, f64x2.abs
;     vbinary t4, t3, $0x00100000000000000010000000000000, f64x2.ge
;     vbinary t5, xmm0, $0x00000000000000000000000000000000, f64x2.eq
;     vbinary t6, t4, t5, v128.or
;     vunary t7, xmm1, f64x2.abs
;     vbinary t8, t7, $0x00100000000000000010000000000000, f64x2.ge
;     vbinary t9, xmm1, $0x00000000000000000000000000000000, f64x2.eq
;     vbinary t10, t8, t9, v128.or
;     vbinary t11, t6, t10, v128.and
;     vtest t12, t11, i64x2.bitmask
;     brcond.i32 t12, $1, tstne, L0
;     st.v128 env, xmm0, 0xeb0, u128
;     st.v128 env, xmm1, 0xec0, u128
;     call sse_compute($0x30004)
;     ld.v128 t2, env, 0xeb0, u128
;   L0:
;     mov.v128 xmm0, t2
;     insn_start 4
;     vget0.f64 t13, t2
;     vget0.f64 t14, xmm2
;     fsetcond.f64 t15, t13, t14, eq
;     shl.i32 t16, t15, $6
;     fsetcond.f64 t17, t13, t14, lt
;     or.i32 t18, t17, t16
;     vunary t19, t2, f64x2.abs
;     vbinary t20, t19, $0x00100000000000000010000000000000, f64x2.ge
;     vbinary t21, t2, $0x00000000000000000000000000000000, f64x2.eq
;     vbinary t22, t20, t21, v128.or
;     vunary t23, xmm2, f64x2.abs
;     vbinary t24, t23, $0x00100000000000000010000000000000, f64x2.ge
;     vbinary t25, xmm2, $0x00000000000000000000000000000000, f64x2.eq
;     vbinary t26, t24, t25, v128.or
;     vbinary t27, t22, t26, v128.and
;     vtest t28, t27, i64x2.bitmask
;     brcond.i32 t28, $1, tstne, L1
;     vextract t29, t2, 3, 0
;     vextract t30, xmm2, 3, 0
;     call t18 = sse_compare($0x30014, t29, t30)
;   L1:
;     extu cc_src, t18
;     insn_start 8
;     brcond.i64 cc_src, $0x41, tsteq, L2
;     mov.i32 cc_op, $0
;     goto_tb 0, 0xa
;   L2:
;     mov.i32 cc_op, $0
;     goto_tb 1, 0x18
; cost: 3 insns, IR ops 49 -> 48, 16.0 per insn; TCI words 108, 36.0; Wasm bytes 895, 298.3

; Conversions between a general register and a float.
; bits: 64
cvttsd2si eax, xmm0
cvtsi2sd xmm1, eax
cvtsd2ss xmm1, xmm1
ret
; cost: 4 insns, IR ops 43 -> 40, 10.0 per insn; TCI words 83, 20.8; Wasm bytes 824, 206.0
