; Cost of x87 code: a helper call per instruction, and what it begins and ends with.

; A sum of products: the code segment and the page are noted once per TB.
; bits: 64
fld qword [rbx]
fmul qword [rbx + 8]
faddp st(1), st(0)
fstp qword [rbx + 16]
ret
; cost: 5 insns, IR ops 171 -> 167, 33.4 per insn; TCI words 363, 72.6; Wasm bytes 2144, 428.8

; Compare and branch.
; bits: 32
fld1
fcomip st(0), st(1)
ja $-4
; cost: 3 insns, IR ops 79 -> 76, 25.3 per insn; TCI words 164, 54.7; Wasm bytes 942, 314.0
