; Cost of x87 code: a helper call per instruction, and what it begins and ends with.

; A sum of products: the code segment and the page are noted once per TB.
; bits: 64
fld qword [rbx]
fmul qword [rbx + 8]
faddp st(1), st(0)
fstp qword [rbx + 16]
ret
; cost: 5 insns, IR ops 179 -> 173, 34.6 per insn; TCI words 382, 76.4; Wasm bytes 2185, 437.0

; Compare and branch.
; bits: 32
fld1
fcomip st(0), st(1)
ja $-4
; cost: 3 insns, IR ops 69 -> 67, 22.3 per insn; TCI words 148, 49.3; Wasm bytes 887, 295.7
