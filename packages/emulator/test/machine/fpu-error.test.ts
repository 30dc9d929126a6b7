/** An x87 error without CR0.NE on a PC: interrupt 13, port 0xF0, and the instruction that waited. */
import { expect, test } from 'vitest';
import { createPc } from '../../src/index.ts';

const ENTRY = 0x7c00;
const STATUS_IN_HANDLER = 0x6002;

/**
 * Opens IRQ 13 alone and unmasks division by zero; 1 ÷ 0, then FLD1, which finds the error pending. The handler counts in BX, writes port 0xF0, uses the
 * x87 while the error is pending, clears it and returns to the FLD1.
 */
const PROGRAM = `
  fa 31 c0 8e d8 8e d0 bc 00 70             cli; xor ax, ax; mov ds, ax; mov ss, ax; mov sp, 0x7000
  c7 06 d4 01 3c 7c a3 d6 01                vector 0x75: 0:handler
  b0 df e6 a1 b0 fb e6 21                   PIC masks
  0f 20 c0 24 df 0f 22 c0                   CR0.NE = 0
  31 db db e3 c7 06 00 60 7b 03 d9 2e 00 60 xor bx, bx; fninit; fldcw 0x37b
  fb d9 ee d9 e8 d8 f1                      sti; fldz; fld1; fdiv st, st(1)
  d9 e8 fa f4                               fld1; cli; hlt
  43 e6 f0 d9 e8 dd 3e 02 60 db e2          handler: inc bx; out 0xf0, al; fld1; fnstsw [0x6002]; fnclex
  b0 20 e6 a0 e6 20 cf                      end of interrupt; iret
`;
const image = Uint8Array.from(PROGRAM.split('\n').flatMap((line) => (line.slice(2, 44).match(/\b[0-9a-f]{2}\b/g) ?? []).map((byte) => parseInt(byte, 16))));

test.each(['tci', 'tb-per-module', 'tiered'] as const)('%s', async (mode) => {
  const pc = await createPc({ memory: '2M', clock: { icount: 0 }, execution: { mode }, boot: { image, loadAddress: ENTRY, mode: 'real16' } });
  expect(pc.runUntil({ instructions: 10_000, halt: true })).toEqual({ kind: 'halt' });
  const { registers } = pc.cpu(0);
  expect(registers.get('rip')).toBe(0x7c3cn);
  expect(registers.get('rbx')).toBe(1n);
  // Three pushes when the handler looked; ES, B and ZE. The FLD1 that had waited is the fourth.
  expect([...pc.memory.read(STATUS_IN_HANDLER, 2)]).toEqual([0x84, 0xa8]);
  expect(registers.get('fsw')).toBe(0x2000n);
});
