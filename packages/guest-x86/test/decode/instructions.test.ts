/** Bytes to text, row by row: `mode | bytes | text`. Broad agreement with another decoder is tooling/decoder-check's job. */
import { describe, expect, it } from 'vitest';
import { disassemble } from './support.ts';
import type { ModeName } from './support.ts';

const GROUPS: Readonly<Record<string, string>> = {
  'operand and address sizes': `
    16 | 01 d8                | add ax, bx
    16 | 66 01 d8             | add eax, ebx
    32 | 01 d8                | add eax, ebx
    32 | 66 01 d8             | add ax, bx
    64 | 01 d8                | add eax, ebx
    64 | 48 01 d8             | add rax, rbx
    64 | 66 48 01 d8          | add rax, rbx
    64 | 66 01 d8             | add ax, bx
    64 | 48 66 01 d8          | add ax, bx
    16 | 67 8b 04 24          | mov ax, word ptr [esp]
    32 | 67 8b 07             | mov eax, dword ptr [bx]
    64 | 67 8b 07             | mov eax, dword ptr [edi]
    64 | 4d 8b 44 c5 10       | mov r8, qword ptr [r13+rax*8+0x10]
    64 | 42 8b 04 a5 00 00 00 80 | mov eax, dword ptr [r12*4-0x80000000]`,
  'memory operands': `
    16 | 8a 00                | mov al, byte ptr [bx+si]
    16 | 8a 42 fe             | mov al, byte ptr [bp+si-0x2]
    16 | 8a 06 34 12          | mov al, byte ptr ds:[0x1234]
    16 | 8a 86 34 f2          | mov al, byte ptr [bp-0xdcc]
    16 | 26 8a 07             | mov al, byte ptr es:[bx]
    32 | 8a 45 00             | mov al, byte ptr [ebp]
    32 | 3e 8a 45 00          | mov al, byte ptr ds:[ebp]
    32 | 36 8a 45 00          | mov al, byte ptr [ebp]
    32 | 8a 05 78 56 34 12    | mov al, byte ptr ds:[0x12345678]
    32 | 8a 04 25 00 00 00 00 | mov al, byte ptr ds:[0x0]
    32 | 8a 04 65 01 00 00 00 | mov al, byte ptr ds:[0x1]
    32 | 8a 04 ac             | mov al, byte ptr [esp+ebp*4]
    64 | 8a 05 10 00 00 00    | mov al, byte ptr [rip+0x10]
    64 | 67 8a 05 10 00 00 00 | mov al, byte ptr [eip+0x10]
    64 | 8a 04 25 00 00 00 80 | mov al, byte ptr [0xffffffff80000000]
    64 | 41 8a 04 24          | mov al, byte ptr [r12]
    64 | 41 8a 45 00          | mov al, byte ptr [r13]
    64 | 64 8a 00             | mov al, byte ptr fs:[rax]
    64 | 2e 8a 00             | mov al, byte ptr [rax]
    64 | 65 2e 8a 00          | mov al, byte ptr gs:[rax]
    64 | a0 88 77 66 55 44 33 22 11 | mov al, byte ptr [0x1122334455667788]
    64 | 67 a1 78 56 34 12    | mov eax, dword ptr [0x12345678]
    16 | a3 00 80             | mov word ptr ds:[0x8000], ax`,
  'byte registers': `
    32 | 88 e5                | mov ch, ah
    64 | 88 e5                | mov ch, ah
    64 | 40 88 e5             | mov bpl, spl
    64 | 44 88 c7             | mov dil, r8b
    64 | 41 b4 01             | mov r12b, 0x1
    64 | b4 01                | mov ah, 0x1`,
  immediates: `
    32 | 83 c0 ff             | add eax, 0xffffffff
    16 | 83 c0 ff             | add ax, 0xffff
    64 | 48 83 c0 ff          | add rax, 0xffffffffffffffff
    64 | 48 05 00 00 00 80    | add rax, 0xffffffff80000000
    64 | 48 b8 08 07 06 05 04 03 02 01 | mov rax, 0x102030405060708
    64 | 48 c7 c0 ff ff ff ff | mov rax, 0xffffffffffffffff
    64 | 6a 80                | push 0xffffffffffffff80
    64 | 66 68 34 12          | push 0x1234
    32 | c8 10 00 03          | enter 0x10, 0x3
    16 | 69 c3 00 80          | imul ax, bx, 0x8000
    32 | 82 c0 01             | add al, 0x1
    32 | cd 80                | int 0x80`,
  branches: `
    32 | eb fe                | jmp $+0x0
    16 | e8 fd ff             | call $+0x0
    64 | 0f 84 00 01 00 00    | je $+0x106
    64 | 66 e9 00 00 00 00    | jmp $+0x6
    amd64 | 66 e9 00 00       | jmp $+0x4
    amd64 | 66 ff d0          | call ax
    64 | 66 ff d0             | call rax
    64 | 66 c3                | ret
    32 | 9a 44 33 22 11 08 00 | call far 0x8:0x11223344
    16 | ea f0 ff 00 f0       | jmp far 0xf000:0xfff0
    64 | 48 ff 2b             | jmp far tbyte ptr [rbx]
    amd64 | 48 ff 2b          | jmp far fword ptr [rbx]
    16 | e3 10                | jcxz $+0x12
    32 | 67 e3 10             | jcxz $+0x13
    64 | e3 10                | jrcxz $+0x12
    64 | 67 e2 f0             | loop $-0xd`,
  'default operand size 64': `
    64 | 50                   | push rax
    64 | 66 50                | push ax
    64 | 41 57                | push r15
    64 | 8f 00                | pop qword ptr [rax]
    64 | ff 30                | push qword ptr [rax]
    64 | 9c                   | pushfq
    64 | 66 9c                | pushf
    64 | c9                   | leave
    64 | cf                   | iretd
    64 | 48 cf                | iretq
    64 | 0f a0                | push fs`,
  'strings and repeats': `
    32 | a4                   | movsb byte ptr es:[edi], byte ptr [esi]
    64 | f3 48 a5             | rep movsq qword ptr es:[rdi], qword ptr [rsi]
    16 | f3 a6                | repe cmpsb byte ptr [si], byte ptr es:[di]
    64 | f2 67 66 af          | repne scasw ax, word ptr es:[edi]
    32 | 64 ad                | lodsd eax, dword ptr fs:[esi]
    32 | 2e 6e                | outsb dx, byte ptr cs:[esi]
    64 | 48 6d                | insd dword ptr es:[rdi], dx
    32 | 26 d7                | es xlatb`,
  'spellings by size': `
    16 | 98                   | cbw
    16 | 66 98                | cwde
    64 | 48 98                | cdqe
    64 | 48 99                | cqo
    32 | 60                   | pushad
    32 | 66 61                | popa
    64 | 0f 4c c8             | cmovl ecx, eax
    64 | 0f 95 c0             | setne al
    64 | 0f c7 0b             | cmpxchg8b qword ptr [rbx]
    64 | 48 0f c7 0b          | cmpxchg16b xmmword ptr [rbx]
    64 | 48 0f ae 00          | fxsave64 [rax]
    64 | 48 0f 07             | sysretq`,
  'system registers and tables': `
    64 | 0f 20 c0             | mov rax, cr0
    32 | 0f 22 00             | mov cr0, eax
    64 | 44 0f 20 c0          | mov rax, cr8
    64 | 0f 23 f8             | mov dr7, rax
    64 | 0f 01 10             | lgdt tbyte ptr [rax]
    32 | 0f 01 18             | lidt fword ptr [eax]
    64 | 0f 01 f8             | swapgs
    64 | 0f 01 f9             | rdtscp
    64 | 0f 01 d0             | xgetbv
    64 | 66 0f 38 82 08       | invpcid rcx, xmmword ptr [rax]
    64 | f3 48 0f ae c3       | rdfsbase rbx
    64 | f3 0f c7 f8          | rdpid rax
    64 | 8e d8                | mov ds, ax
    64 | 48 8c d8             | mov rax, ds
    32 | 8c 18                | mov word ptr [eax], ds
    32 | 0f 00 c8             | str eax
    32 | 63 c8                | arpl ax, cx
    64 | 48 63 c8             | movsxd rcx, eax`,
  'prefix-selected forms': `
    64 | 90                   | nop
    64 | 41 90                | xchg r8d, eax
    64 | f3 90                | pause
    64 | f3 41 90             | pause
    64 | f3 0f bc c1          | tzcnt eax, ecx
    64 | f2 0f bc c1          | bsf eax, ecx
    64 | 66 f3 0f b8 c1       | popcnt ax, cx
    64 | 66 f2 0f 38 f1 c1    | crc32 eax, cx
    64 | f2 48 0f 38 f0 c1    | crc32 rax, cl
    64 | 66 0f 38 f0 01       | movbe ax, word ptr [rcx]
    64 | 66 48 0f 38 f6 c1    | adcx rax, rcx
    64 | f3 0f 09             | wbnoinvd
    64 | f0 48 0f b1 0b       | lock cmpxchg qword ptr [rbx], rcx`,
  'x87, MMX, SSE': `
    32 | d8 c1                | fadd st(0), st(1)
    32 | dc c1                | fadd st(1), st(0)
    32 | de f9                | fdivp st(1), st(0)
    32 | db 28                | fld tbyte ptr [eax]
    32 | df e0                | fnstsw ax
    32 | dd c8                | fxch st(0), st(0)
    64 | 0f 6f c1             | movq mm0, mm1
    64 | 66 48 0f 6e c1       | movq xmm0, rcx
    64 | 66 44 0f 6e 00       | movd xmm8, dword ptr [rax]
    64 | 0f 12 c1             | movhlps xmm0, xmm1
    64 | 0f 12 01             | movlps xmm0, qword ptr [rcx]
    64 | f2 48 0f 2d c1       | cvtsd2si rax, xmm1
    64 | 66 0f 3a 0f c1 08    | palignr xmm0, xmm1, 0x8
    64 | 66 0f 73 f8 04       | pslldq xmm0, 0x4
    64 | 0f 38 cb c1          | sha256rnds2 xmm0, xmm1`,
  VEX: `
    64 | c4 e2 60 f2 c1       | andn eax, ebx, ecx
    64 | c4 62 e0 f2 c1       | andn r8, rbx, rcx
    32 | c4 e2 e0 f2 c1       | andn eax, ebx, ecx
    64 | c4 c2 78 f3 c9       | blsr eax, r9d
    64 | c4 e3 fb f0 c1 05    | rorx rax, rcx, 0x5
    64 | c4 e2 73 f6 00       | mulx eax, ecx, dword ptr [rax]
    32 | c4 00                | les eax, fword ptr [eax]
    real | c5 07              | lds ax, dword ptr [bx]`,
  'encodings the maps leave blank': `
    32 | d6                   | salc
    64 | f1                   | int1
    64 | c0 f0 03             | shl al, 0x3
    64 | f6 c8 01             | test al, 0x1
    64 | df c1                | ffreep st(1)
    64 | 0f 0d 08             | prefetchw byte ptr [rax]
    64 | 0f 19 c0             | nop eax, eax
    64 | 0f ff c0             | ud0 eax, eax`,
};

for (const [title, text] of Object.entries(GROUPS)) {
  describe(title, () => {
    for (const line of text.trim().split('\n')) {
      const [mode, hex, expected] = line.split('|').map((cell) => cell.trim());
      it(`${mode}: ${hex}`, () => expect(disassemble(mode as ModeName, hex)).toBe(expected));
    }
  });
}
