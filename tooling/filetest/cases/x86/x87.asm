; Cost of x87 code: a helper call per instruction, and what it begins and ends with.

; A sum of products: the code segment and the page are noted once per TB.
; bits: 64
fld qword [rbx]
fmul qword [rbx + 8]
faddp st(1), st(0)
fstp qword [rbx + 16]
ret
; cost: 5 insns, IR ops 49 -> 48, 9.6 per insn; TCI words 112, 22.4; Wasm bytes 1028, 205.6

; Compare and branch.
; bits: 32
fld1
fcomip st(0), st(1)
ja $-4
; cost: 3 insns, IR ops 23 -> 22, 7.3 per insn; TCI words 54, 18.0; Wasm bytes 496, 165.3
