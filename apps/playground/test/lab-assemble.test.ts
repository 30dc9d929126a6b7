/** Text to bytes, as the Lab does it: what the assembler gets wrong by itself, and what people write that is no program. */
import { describe, expect, it, vi } from 'vitest';
import type { Assembled, Bits } from '../src/lab/protocol.ts';
import { assemble } from '../src/lab/worker/assemble/assemble.ts';

const ORIGIN = 0x1000;

function asm(text: string, bits: Bits = 64, origin = ORIGIN): Assembled {
  return assemble({ bits, syntax: 'asm', text, origin, model: 'max' });
}

function hex(text: string, origin = ORIGIN): Assembled {
  return assemble({ bits: 16, syntax: 'hex', text, origin, model: 'max' });
}

const digits = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
const problems = ({ problems: all }: Assembled): string[] => all.map(({ line, from, message }) => `${line}:${from ?? ''} ${message}`);

describe('assembly', () => {
  // Bytes as in Intel's manual, vol. 2; labels relative to ORIGIN = 0x1000.
  it.each<[what: string, bits: 32 | 64, source: string, bytes: string]>([
    ['immediate', 32, 'mov eax, 1000', 'b8 e8 03 00 00'],
    ['label before', 32, 'x: dec ecx\njnz x', '49 75 fd'],
    ['label behind', 64, 'jmp x\nnop\nx: hlt', 'eb 01 90 f4'],
    ['address of a label', 32, 'mov esi, offset x\nx: db 1', 'be 05 10 00 00 01'],
    ['memory at a label, 32-bit', 32, 'mov eax, [x]\nx: dd 7', '8b 05 06 10 00 00 07 00 00 00'],
    ['load of EAX from a later label, 64-bit', 64, 'mov eax, [x]\nx: dd 7', '8b 04 25 07 10 00 00 07 00 00 00'],
    ['load of RAX from a later label with index', 64, 'mov rax, [x+rbx*8]\nx: dq 7', '48 8b 04 dd 08 10 00 00 07 00 00 00 00 00 00 00'],
    ['load of AL, RIP-relative', 64, 'mov al, [rip+x]\nnop\nx: db 7', '8a 05 01 00 00 00 90 07'],
    ['store of AX to a later label', 64, 'mov [x], ax\nx: dw 0', '66 89 04 25 08 10 00 00 00 00'],
    ['load of EAX from an address', 64, 'mov eax, [rbx+8]', '8b 43 08'],
    ['call of an address', 32, 'call 0x2000', 'e8 fb 0f 00 00'],
    ['FDIVP', 32, 'fdivp', 'de f9'],
    ['FDIVRP', 32, 'fdivrp st(1), st', 'de f1'],
    ['FSUBP', 32, 'fsubp', 'de e9'],
    ['FSUB to ST(i)', 32, 'fsub st(1), st', 'dc e9'],
    ['FSUB to ST', 32, 'fsub st, st(1)', 'd8 e1'],
    ['FDIVP in AT&T syntax', 32, '.att_syntax\nfdivp', 'de f1'],
    ['GNU data directives', 32, '.byte 1, 2\n.word 3\n.long 4\n.asciz "A" ; text\n.ascii "B"', '01 02 03 00 04 00 00 00 41 00 42'],
    ['AT&T syntax', 64, '.att_syntax\nmovl $1, %eax # one\n.intel_syntax noprefix\nmov eax, 2', 'b8 01 00 00 00 b8 02 00 00 00'],
    ['comments', 64, "nop # it's\nnop ; \"open\n  ; nothing\n", '90 90'],
    ['sections, 16 apart', 64, 'mov eax, [rip+x]\n.data\nx: dd 5', `8b 05 0a 00 00 00${' 00'.repeat(10)} 05 00 00 00`],
    ['constants', 32, 'n equ 5\nmov eax, offset n', 'b8 05 00 00 00'],
    ['Windows line ends', 32, 'nop\r\nnop\r\n', '90 90'],
  ])('%s', (_, bits, source, bytes) => {
    const assembled = asm(source, bits);
    expect(problems(assembled)).toEqual([]);
    expect(digits(assembled.image)).toBe(bytes);
  });

  it('says which line is where', () => {
    const { lines } = asm('start:\n  mov eax, 1\n\nx: y: nop\n  db 1, 2\n', 32);
    expect(lines.map(({ line, pc, bytes }) => [line, pc, digits(bytes)])).toEqual([[2, 0x1000, 'b8 01 00 00 00'], [4, 0x1005, '90'], [5, 0x1006, '01 02']]);
  });

  it.each<[source: string, expected: string[], bytes?: string]>([
    ['foo bar', ['1:0 Unknown opcode']],
    ['nop\n  mov eax,\nnop', ['2:6 Not enough operands'], '90 90'],
    ['nop\n  jmp nowhere', ['2:6 nowhere is not defined']],
    ['mov eax, "abc\nnop', ['1:9 Nothing closes this "'], '90'],
    ['x: nop\nx: nop', ['2:0 This label already exists']],
    ['nop\nmov eax, 1 << 5000000000\nnop', ['2: Maximum BigInt size exceeded']],
    ['.float 1', ['1:0 Unknown opcode']],
    ['\u0000\u0001[[[)))', ['1:0 Unknown opcode']],
  ])('%j is %j', (source, expected, bytes) => {
    const assembled = asm(source);
    expect(problems(assembled)).toEqual(expected);
    if (bytes !== undefined) expect(digits(assembled.image)).toBe(bytes);
  });

  it('what the assembler did not foresee is a problem, and nothing that it prints', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(problems(asm('nop\nmov rsi, offset x\nx: nop', 32))).toEqual(['2:0 The assembler cannot encode this: do its sizes go with the width of the code?']);
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it('refuses what it has no room for', () => {
    expect(problems(asm('nop', 16))).toEqual(['1: There is no assembler for 16-bit code here: choose hex']);
    expect(problems(asm('nop', 64, -1))).toHaveLength(1);
    expect(problems(asm('nop', 64, 0x3f0000))).toHaveLength(1);
    expect(problems(asm('a'.repeat(1_000_000)))).toEqual(['1: The source has 1000000 characters; the Lab takes 262144']);
    expect(asm('foo\n'.repeat(5000)).problems.length).toBeLessThanOrEqual(200);
  });
});

describe('hex', () => {
  it.each<[what: string, source: string, bytes: string]>([
    ['bytes', 'b8 34 12 ; mov ax, 0x1234\n# nothing\nB83412', 'b8 34 12 b8 34 12'],
    ['other people’s bytes', '0x90, 0x90 | \\x90\\x90', '90 90 90 90'],
    ['labels and references', 'start: 90\nx: y: e2 rel8(start)\ne9 rel16(end)\nbe abs16(x+1)\nend: f4', '90 e2 fd e9 03 00 be 02 10 f4'],
    ['far pointers', 'ea abs32(far) 08 00\nfar: 90', 'ea 07 10 00 00 08 00 90'],
    ['strings', '"Hi\\n\\x41;#" 00', '48 69 0a 41 3b 23 00'],
    ['directives', '.byte 1, -1\n.word 0x1234\n.align 4\n.fill 2, 0x90\n.long x-$\nx: .quad 1', '01 ff 34 12 90 90 04 00 00 00 01 00 00 00 00 00 00 00'],
    ['what a disassembler prints', '1000:\t66 90  \txchg ax,ax\nffffffff81000000: f4\n', '66 90 f4'],
    ['a label that looks like a number', 'add: 90 eb rel8(add)', '90 eb fd'],
    ['nothing', '\n ; \n', ''],
  ])('%s', (_, source, bytes) => {
    const assembled = hex(source);
    expect(problems(assembled)).toEqual([]);
    expect(digits(assembled.image)).toBe(bytes);
  });

  it.each<[source: string, expected: string[], bytes?: string]>([
    ['90 9', ['1:3 9 is not bytes: write pairs of hex digits, "text", rel8(label) or abs16(label), and other text behind ;'], '90'],
    ['90\nmov ax, 1\n90', ['2:0 mov is not bytes: write pairs of hex digits, "text", rel8(label) or abs16(label), and other text behind ;'], '90 90'],
    ['eb rel8(nowhere)', ['1:3 nowhere is not defined']],
    ['x: x: 90', ['1:3 x is defined twice']],
    ['eb rel8(x)\n.fill 300\nx:', ['1:3 300 does not fit one byte']],
    ['.align 0', ['1:0 0 is not from 1 to 4096']],
    ['.fill 99999999', ['1:0 99999999 is not from 0 to 978944']],
    ['.org 5', ['1:0 .org is none of .byte .word .long .quad .align .fill']],
    ['.word 1,,2', ['1:6 “” is neither a number nor a name']],
  ])('%j is %j', (source, expected, bytes) => {
    const assembled = hex(source);
    expect(problems(assembled)).toEqual(expected);
    if (bytes !== undefined) expect(digits(assembled.image)).toBe(bytes);
  });
});
