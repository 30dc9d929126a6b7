/** Guest programs of a few bytes for PCs without an operating system. */
import type { PcFlatBoot } from '../../src/index.ts';

/** Where they are loaded: in real mode with CS = 0. */
const ADDRESS = 0x1000;

/** A real-mode program of these bytes. */
export function real(...bytes: readonly number[]): PcFlatBoot {
  return { image: Uint8Array.from(bytes), loadAddress: ADDRESS, mode: 'real16' };
}

/** MOV DX, port; MOV AL, value; OUT DX, AL. */
export const outByte = (port: number, value: number): readonly number[] => [0xba, port & 255, port >> 8, 0xb0, value, 0xee];
/** MOV DX, port; MOV AX, value; OUT DX, AX. */
export const outWord = (port: number, value: number): readonly number[] => [0xba, port & 255, port >> 8, 0xb8, value & 255, value >> 8, 0xef];

const COM1 = 0x3f8;
/** One character to COM1, which need not be waited for. */
export const say = (character: string): readonly number[] => outByte(COM1, character.charCodeAt(0));

export const CLI = 0xfa;
export const STI = 0xfb;
export const HLT = 0xf4;
/** JMP to itself. */
export const SPIN: readonly number[] = [0xeb, 0xfe];

/** An IDT without entries, then INT3: a triple fault. */
export const TRIPLE_FAULT: readonly number[] = [
  0x31, 0xc0, // XOR AX, AX
  0xa3, 0x00, 0x05, // MOV [0x500], AX
  0x0f, 0x01, 0x1e, 0x00, 0x05, // LIDT [0x500]
  0xcc,
];

/** PIT channel 0 at 100 Hz through the PICs, then HLT for ever. */
export const IDLE: readonly number[] = [
  CLI,
  0xc7, 0x06, 8 * 4, 0x00, 0x80, 0x10, // MOV WORD [8 × 4], handler
  0xc7, 0x06, 8 * 4 + 2, 0x00, 0x00, 0x00,
  0xc6, 0x06, 0x80, 0x10, 0x50, // at 0x1080: PUSH AX; MOV AL, 0x20; OUT 0x20, AL; POP AX; INC WORD [0x600]; IRET
  0xc7, 0x06, 0x81, 0x10, 0xb0, 0x20,
  0xc7, 0x06, 0x83, 0x10, 0xe6, 0x20,
  0xc6, 0x06, 0x85, 0x10, 0x58,
  0xc7, 0x06, 0x86, 0x10, 0xff, 0x06,
  0xc7, 0x06, 0x88, 0x10, 0x00, 0x06,
  0xc6, 0x06, 0x8a, 0x10, 0xcf,
  ...outByte(0x43, 0x34), ...outByte(0x40, 0x9c), ...outByte(0x40, 0x2e), // 1193182 / 11932
  ...outByte(0x21, 0xfe),
  STI, HLT, 0xeb, 0xfc,
];
/** Where {@link IDLE} counts its interrupts, 16 bits. */
export const IDLE_COUNT = 0x600;
