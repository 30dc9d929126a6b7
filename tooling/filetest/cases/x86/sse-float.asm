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
;   local t10:v128 t11:v128 t12:v128 t13:v128 t14:v128 t15:v128 t16:i32 t17:i32 t18:i32 t19:i64
;   local t20:i64 t21:i64 t22:i32 t23:f64 t24:f64 t25:f64 t26:v128 t27:v128 t28:v128 t29:v128
;   local t30:v128 t31:v128 t32:v128 t33:v128 t34:v128 t35:v128 t36:v128 t37:i32 t38:i32 t39:i32
;   local t40:f64 t41:f64 t42:f64 t43:f64 t44:i32 t45:i64 t46:i64 t47:i64
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
;     ld.i32 t17, env, 0xe60, u32
;     and.i32 t18, t16, t17
;     brcond.i32 t18, $1, tstne, L0
;     brcond.i32 t16, $1, tsteq, L1
;     vextract t19, xmm0, 3, 0
;     vextract t20, xmm1, 3, 0
;     or.i64 t21, t19, t20
;     setcond.i64 t22, t21, $0x7ffffff, tsteq
;     brcond.i32 t22, $1, tstne, L0
;   L1:
;     st.v128 env, xmm0, 0xeb0, u128
;     st.v128 env, xmm1, 0xec0, u128
;     call sse_compute($0x30002)
;     ld.v128 t5, env, 0xeb0, u128
;   L0:
;     mov.v128 xmm0, t5
;     insn_start 8
;     vget0.f64 t23, xmm2
;     vget0.f64 t24, t5
;     fadd.f64 t25, t23, t24
;     vset0.f64 t26, xmm2, t25
;     vunary t27, t26, f64x2.abs
;     vunary t28, xmm2, f64x2.abs
;     vbinary t29, t27, t28, f64x2.pmin
;     vunary t30, t5, f64x2.abs
;     vbinary t31, t29, t30, f64x2.pmin
;     ld.v128 t32, env, 0xe90, u128
;     vbinary t33, t31, t32, f64x2.ge
;     ld.v128 t34, env, 0xea0, u128
;     vbinary t35, t27, t34, f64x2.lt
;     vbinary t36, t33, t35, v128.and
;     vtest t37, t36, i64x2.bitmask
;     ld.i32 t38, env, 0xe60, u32
;     and.i32 t39, t37, t38
;     brcond.i32 t39, $1, tstne, L2
;     brcond.i32 t37, $1, tsteq, L3
;     fsub.f64 t40, t25, t23
;     fsub.f64 t41, t25, t40
;     fsub.f64 t42, t23, t41
;     fsub.f64 t43, t40, t24
;     fsetcond.f64 t44, t42, t43, eq
;     brcond.i32 t44, $1, tstne, L2
;   L3:
;     st.v128 env, xmm2, 0xeb0, u128
;     st.v128 env, xmm0, 0xec0, u128
;     call sse_compute($0x30000)
;     ld.v128 t26, env, 0xeb0, u128
;   L2:
;     mov.v128 xmm2, t26
;     insn_start 0xc
;     guest_ld.i64 t45, rsp, u64, 0
;     sextract.i64 t46, t45, 0, 48
;     brcond.i64 t45, t46, eq, L4
;     call raise_exception($13, $0)
;   L4:
;     add.i64 rsp, rsp, $8
;     mov.i64 rip, t45
;     goto_ptr
; cost: 4 insns, IR ops 75 -> 73, 18.3 per insn; TCI words 144, 36.0; Wasm bytes 1156, 289.0

; A packed operation.
; bits: 32
mulps xmm0, xmm1
ret
; cost: 2 insns, IR ops 33 -> 31, 15.5 per insn; TCI words 69, 34.5; Wasm bytes 653, 326.5

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
; cost: 4 insns, IR ops 45 -> 42, 10.5 per insn; TCI words 87, 21.8; Wasm bytes 841, 210.3
