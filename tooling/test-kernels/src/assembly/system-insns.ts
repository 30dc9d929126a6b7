/** Instructions that the assembler does not know or gets wrong, as bytes. */
import type { Bits } from './kernel.ts';

const ESCAPED = { lgdt: [0x01, 0x10], lidt: [0x01, 0x18], sgdt: [0x01, 0x00], sidt: [0x01, 0x08], fxsave: [0xae, 0x00], fxrstor: [0xae, 0x08] } as const;

/** An instruction with one operand in memory at an absolute address (a label or a number). */
export function atAddress(bits: Bits, name: keyof typeof ESCAPED, address: string | number): string {
  const [opcode, reg] = ESCAPED[name];
  const modrm = bits === 32 ? `${reg | 5}` : `${reg | 4}, 0x25`;
  return `db 0x0f, ${opcode}, ${modrm}\ndd ${address}`;
}

/** JMP ptr16:32. */
export const farJump = (selector: number, target: string | number): string => `db 0xea\ndd ${target}\ndw ${selector}`;
/** CALL ptr16:32. */
export const farCall = (selector: number, target: string | number): string => `db 0x9a\ndd ${target}\ndw ${selector}`;
/** ICEBP. */
export const INT1 = 'db 0xf1';
/** FDIVP ST(1), ST: ST(1) / ST. The assembler takes it for FDIVRP, as old assemblers of the other syntax did. */
export const FDIVP = 'db 0xde, 0xf9';
