/**
 * Programs to begin with: each shows one thing, is short enough to read, and says in its comments what to look at. The tests run all of them in every mode and compare what
 * they come to with `end`.
 */
import type { CodeUnit } from '@wasm-tcg/emulator';
import type { Bits, MachineView, Program } from './protocol.ts';

/** How a program ends. */
export interface ExampleEnd {
  readonly status: MachineView['status'];
  readonly registers: Readonly<Record<string, bigint>>;
  readonly output?: string;
  /** Vector and CR2 of the fault it ends with. */
  readonly fault?: { readonly vector: number; readonly cr2: bigint };
}

export interface Example {
  readonly id: string;
  readonly title: string;
  /** One sentence. */
  readonly shows: string;
  readonly program: Program;
  /** What is worth listing. */
  readonly unit: CodeUnit;
  readonly end: ExampleEnd;
}

/** A program of assembly where most are. */
function asm(bits: Exclude<Bits, 16>, text: string): Program {
  return { bits, syntax: 'asm', text, origin: 0x1000, model: 'x86-64' };
}

const LOOP = `; Adds up 1 … 1,000,000. Run it, then compare the
; modes. Unit "region" shows the loop as one
; WebAssembly function with the registers in locals:
; nothing is left but the adding.

        mov  ecx, 1000000
        xor  eax, eax
again:  add  eax, ecx
        dec  ecx
        jnz  again
        hlt                     ; the end of a program
`;

const FLAGS = `; Every ADD sets six flags; hardly any is ever asked
; for. The translator only notes what would be
; needed to compute them, and the optimiser drops
; the note where nobody looks: see "IR optimised".

        mov  al, 0x7f
        add  al, 1              ; 127 + 1 < 0: overflow, OF
        seto bl                 ; BL = 1

        mov  al, 0xff
        add  al, 1              ; 255 + 1 is too much: CF
        inc  eax                ; INC changes all flags but CF
        setc bh                 ; BH = 1, still from the ADD

        mov  eax, 0xffffffff    ; 64-bit addition in two halves:
        mov  edx, 5
        add  eax, 1             ; the low half carries
        adc  edx, 0             ; into the high half: EDX = 6

        cmp  edx, 7             ; 6 < 7
        setl cl                 ; CL = 1
        pushf                   ; now all flags are wanted
        pop  esi
        hlt
`;

const CALL = `; Adds up the squares of 1 … 100,000, with a
; function. CALL pushes the address to return to,
; RET jumps to what it finds there. A region puts
; the function's body into the loop, and only checks
; that RET goes back where the CALL came from.

        mov  ecx, 100000
        xor  ebx, ebx
again:  push ecx                ; the argument
        call square
        add  esp, 4             ; drop the argument
        add  ebx, eax
        dec  ecx
        jnz  again
        hlt

square: push ebp
        mov  ebp, esp
        mov  eax, [ebp+8]       ; the argument
        imul eax, eax
        pop  ebp
        ret
`;

const FAULT = `; Follows a list of pointers; the last one leads
; nowhere. A load is an inline look-up in the TLB.
; Where that has no entry, a slow path walks the
; page tables, and what is not mapped is a page
; fault: #PF. The instruction has then done nothing,
; and CR2 holds the address.

        mov  rsi, offset first
        xor  ecx, ecx
next:   mov  rsi, [rsi]         ; here, the fourth time
        inc  ecx
        jmp  next

first:  dq   second
second: dq   third
third:  dq   0x1234567890       ; not mapped: above 4 GiB
`;

const SELF_MODIFYING = `; Changes its own code while it runs: the 1 in ADD
; EAX, 1 becomes 2, 3, 4 … A store into translated
; code is noticed. It throws away the translations
; that it hits, and the code that is running goes on
; with the new bytes.

        mov  ecx, 100
        xor  eax, eax
again:  add  eax, 1             ; 83 c0 01: the 01 changes
        inc  byte ptr [again+2]
        dec  ecx
        jnz  again
        hlt                     ; EAX = 1 + 2 + … + 100
`;

const SIMD = `; Adds up 1 … 40,000, four at once. An SSE register
; is a WebAssembly v128, PADDD is i32x4.add, PSHUFD
; is i8x16.shuffle.

        movdqu xmm1, [rip+first]
        movdqu xmm2, [rip+step]
        pxor   xmm0, xmm0       ; four sums
        mov    ecx, 10000
again:  paddd  xmm0, xmm1
        paddd  xmm1, xmm2
        dec    ecx
        jnz    again

        pshufd xmm3, xmm0, 0x4e ; add the halves,
        paddd  xmm0, xmm3
        pshufd xmm3, xmm0, 0xb1 ; then what is left
        paddd  xmm0, xmm3
        movd   eax, xmm0
        hlt

first:  dd 1, 2, 3, 4
step:   dd 4, 4, 4, 4
`;

const SWITCH = `; An interpreter for a machine with four
; instructions, the code of which is at the end: EAX
; = EAX × 3 + 1, 50,000 times. Each round ends in an
; indirect jump. A region compares the address with
; the targets that it met most often, and goes on
; inside when it is one of them.

        mov  rsi, offset code
        xor  eax, eax
        mov  ebx, 50000
next:   movzx ecx, byte ptr [rsi]
        inc  rsi
        jmp  qword ptr [table+rcx*8]

stop:   hlt
triple: lea  eax, [rax+rax*2]
        jmp  next
plus1:  inc  eax
        jmp  next
repeat: dec  ebx
        jz   next
        mov  rsi, offset code
        jmp  next

table:  dq   stop, triple, plus1, repeat
code:   db   1, 2, 3, 0
`;

const STRINGS = `; Copies a text with one instruction, then prints
; it. REP MOVSB is an instruction that loops: each
; round counts as one, and could be interrupted.
; Port 0xe9 is the output pane.

        mov  esi, offset text
        mov  edi, 0x2000
        mov  ecx, offset length ; a constant, in this syntax
        cld
        rep movsb

        mov  esi, 0x2000
print:  lodsb
        test al, al
        jz   done
        out  0xe9, al
        jmp  print
done:   hlt

text:   db   "Hello from the other end of memory!", 10, 0
length  equ  $-text
`;

const FIBONACCI = `; fib(n) = fib(n-1) + fib(n-2), as slow as it can
; be: fib(20) takes 21,891 calls. Look at the stack
; pointer while stepping.

        mov  edi, 20
        call fib
        hlt                     ; EAX = 6765

fib:    cmp  edi, 2
        jb   small
        push rdi
        dec  edi
        call fib                ; fib(n-1)
        pop  rdi
        push rax
        lea  edi, [rdi-2]
        call fib                ; fib(n-2)
        pop  rcx
        add  eax, ecx
        ret
small:  mov  eax, edi
        ret
`;

const X87 = `; The square root of 2 by Newton's method: x becomes
; (x + 2/x) / 2. The x87 computes with 64 bits of
; fraction. WebAssembly has no such numbers: each of
; these operations is a call of a helper, exact to
; the last bit.

        mov  ecx, 6
        fld1                    ; x
again:  fld  qword ptr [two]
        fdiv st, st(1)          ; 2/x
        faddp                   ; x + 2/x
        fmul qword ptr [half]
        dec  ecx
        jnz  again

        fld  qword ptr [two]
        fsqrt                   ; what the processor says
        fsub st, st(1)          ; the difference
        fstp qword ptr [wrong]
        fstp qword ptr [root]
        mov  eax, [root]        ; 0x3ff6a09e667f3bcd as a double
        mov  edx, [root+4]
        hlt

two:    dq   0x4000000000000000 ; 2.0
half:   dq   0x3fe0000000000000 ; 0.5
root:   dq   0
wrong:  dq   0
`;

const MODE_SWITCH = `; How every PC begins: from 16 bits to 64. Step
; through it, and watch the mode above the
; registers. There is no assembler for 16-bit code
; here, so these are bytes; labels, and rel8(…),
; abs16(…), abs32(…) of them, are computed.

; ---- real mode: 16-bit code
  fa                      ; cli
  31 c0                   ; xor ax, ax
  8e d8                   ; mov ds, ax
  b0 "R" e6 e9            ; mov al, 'R'; out 0xe9, al
  0f 01 16 abs16(gdtr)    ; lgdt [gdtr]
  0f 20 c0                ; mov eax, cr0
  0c 01                   ; or al, 1: protection on
  0f 22 c0                ; mov cr0, eax
  ea abs16(protected) 08 00 ; jmp 0x08:protected

; ---- protected mode: 32-bit code
protected:
  66 b8 10 00             ; mov ax, 0x10
  8e d8                   ; mov ds, ax
  8e c0                   ; mov es, ax
  8e d0                   ; mov ss, ax
  b0 "P" e6 e9            ; mov al, 'P'; out 0xe9, al

; Long mode needs page tables: three, from 0x1000,
; that map 2 MiB to itself.
  bf 00 10 00 00          ; mov edi, 0x1000
  31 c0                   ; xor eax, eax
  b9 00 0c 00 00          ; mov ecx, 3 * 1024
  f3 ab                   ; rep stosd
  c7 05 00 10 00 00 03 20 00 00 ; mov dword ptr [0x1000], 0x2003
  c7 05 00 20 00 00 03 30 00 00 ; mov dword ptr [0x2000], 0x3003
  c7 05 00 30 00 00 83 00 00 00 ; mov dword ptr [0x3000], 0x83
  0f 20 e0                ; mov eax, cr4
  83 c8 20                ; or eax, 0x20: PAE
  0f 22 e0                ; mov cr4, eax
  b8 00 10 00 00          ; mov eax, 0x1000
  0f 22 d8                ; mov cr3, eax
  b9 80 00 00 c0          ; mov ecx, 0xc0000080: EFER
  0f 32                   ; rdmsr
  0f ba e8 08             ; bts eax, 8: long mode allowed
  0f 30                   ; wrmsr
  0f 20 c0                ; mov eax, cr0
  0f ba e8 1f             ; bts eax, 31: paging on
  0f 22 c0                ; mov cr0, eax
  ea abs32(long) 18 00    ; jmp 0x18:long

; ---- long mode: 64-bit code
long:
  b0 "L" e6 e9            ; mov al, 'L'; out 0xe9, al
  48 b8 ef cd ab 89 67 45 23 01 ; mov rax, 0x0123456789abcdef
  48 c1 c0 20             ; rol rax, 32
  f4                      ; hlt

; ---- what the segments are
  .align 8
gdt:
  .quad 0                 ; 0x00: none
  ff ff 00 00 00 9a cf 00 ; 0x08: 32-bit code, 4 GiB
  ff ff 00 00 00 92 cf 00 ; 0x10: data, 4 GiB
  00 00 00 00 00 9a 20 00 ; 0x18: 64-bit code
gdtr:
  .word gdtr-gdt-1
  .long gdt
`;

/** 1 + … + n, as 32 bits. */
const sum = (n: bigint): bigint => BigInt.asUintN(32, (n * (n + 1n)) / 2n);

export const EXAMPLES: readonly [Example, ...Example[]] = [
  {
    id: 'loop', title: 'Loop', unit: 'region', program: asm(32, LOOP),
    shows: 'A hot loop goes from the interpreter to a module to a region, and gets faster each time.',
    end: { status: 'halted', registers: { eax: sum(1_000_000n), ecx: 0n } },
  },
  {
    id: 'flags', title: 'Flags', unit: 'tb', program: asm(32, FLAGS),
    shows: 'Flags are computed when somebody asks for them, and not before.',
    end: { status: 'halted', registers: { ebx: 0x0101n, edx: 6n, ecx: 1n, eax: 0n, esi: 0x97n } },
  },
  {
    id: 'call', title: 'Function call', unit: 'region', program: asm(32, CALL),
    shows: 'Calls and returns inside a region cost a comparison instead of a look-up.',
    end: { status: 'halted', registers: { ebx: BigInt.asUintN(32, (100_000n * 100_001n * 200_001n) / 6n), esp: 0x3f0000n } },
  },
  {
    id: 'memory-fault', title: 'Memory fault', unit: 'tb', program: asm(64, FAULT),
    shows: 'A load that cannot be done leaves everything as it was before its instruction.',
    end: { status: 'faulted', registers: { rcx: 3n, rsi: 0x1234567890n }, fault: { vector: 14, cr2: 0x1234567890n } },
  },
  {
    id: 'self-modifying', title: 'Self-modifying code', unit: 'batch', program: asm(32, SELF_MODIFYING),
    shows: 'A program may change the code that is running, and every translation of it follows.',
    end: { status: 'halted', registers: { eax: 5050n } },
  },
  {
    id: 'simd', title: 'SIMD', unit: 'region', program: asm(64, SIMD),
    shows: 'SSE instructions become WebAssembly SIMD instructions, one for one where there is one.',
    end: { status: 'halted', registers: { rax: sum(40_000n) } },
  },
  {
    id: 'mode-switch', title: 'Mode switch', unit: 'tb', program: { bits: 16, syntax: 'hex', text: MODE_SWITCH, origin: 0x7c00, model: 'x86-64' },
    shows: 'Real, protected and long mode: the same machine decodes 16-, 32- and 64-bit code.',
    end: { status: 'halted', registers: { rax: 0x89abcdef01234567n }, output: 'RPL' },
  },
  {
    id: 'switch', title: 'Indirect jumps', unit: 'region', program: asm(64, SWITCH),
    shows: 'An interpreter inside the interpreter: jumps through a table, foreseen by a region.',
    end: { status: 'halted', registers: { rax: tripledPlusOne(50_000), rbx: 0n } },
  },
  {
    id: 'strings', title: 'Strings and output', unit: 'batch', program: asm(32, STRINGS),
    shows: 'String instructions loop inside one instruction; a port is what the outside sees.',
    end: { status: 'halted', registers: { ecx: 0n, eax: 0n }, output: 'Hello from the other end of memory!\n' },
  },
  {
    id: 'fibonacci', title: 'Recursion', unit: 'batch', program: asm(64, FIBONACCI),
    shows: 'A function that calls itself: the stack is ordinary memory.',
    end: { status: 'halted', registers: { rax: 6765n, rsp: 0x3f0000n } },
  },
  {
    id: 'x87', title: 'x87 arithmetic', unit: 'tb', program: asm(32, X87),
    shows: 'Floating point with 80 bits, which WebAssembly does not have, by helpers that are exact.',
    end: { status: 'halted', registers: { eax: 0x667f3bcdn, edx: 0x3ff6a09en, ecx: 0n } },
  },
];

/** x = 3x + 1 in 32 bits, from 0, so many times. */
function tripledPlusOne(times: number): bigint {
  let x = 0;
  for (let i = 0; i < times; i++) x = (Math.imul(x, 3) + 1) >>> 0;
  return BigInt(x);
}
