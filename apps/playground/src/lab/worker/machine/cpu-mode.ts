/** What kind of code a CPU runs now. */
import type { Cpu } from '@wasm-tcg/emulator';
import type { Bits } from '../../protocol.ts';

type Registers = Cpu['registers'];

const CR0_PE = 1n;
const CR0_PG = 0x80000000n;
const EFER_LMA = 0x400n;
const EFLAGS_VM = 0x20000n;
/** `cs.access`: L and D bits, where a descriptor's second word has them. */
const ACCESS_LONG = 0x200000n;
const ACCESS_BIG = 0x400000n;

function longMode(registers: Registers): boolean {
  return (registers.get('efer') & EFER_LMA) !== 0n;
}

/** Width of the code that runs now. */
export function widthOf(registers: Registers): Bits {
  const access = registers.get('cs.access');
  if (longMode(registers) && (access & ACCESS_LONG) !== 0n) return 64;
  return (access & ACCESS_BIG) !== 0n ? 32 : 16;
}

/** Protected mode, that is: neither real nor virtual-8086. */
export function isProtected(registers: Registers): boolean {
  return (registers.get('cr0') & CR0_PE) !== 0n && (registers.get('rflags') & EFLAGS_VM) === 0n;
}

/** For people: `long mode, 64-bit code`. */
export function modeText(registers: Registers): string {
  const bits = widthOf(registers);
  if (longMode(registers)) return bits === 64 ? 'long mode, 64-bit code' : `compatibility mode, ${bits}-bit code`;
  const cr0 = registers.get('cr0');
  if ((cr0 & CR0_PE) === 0n) return `real mode, ${bits}-bit code`;
  if (!isProtected(registers)) return 'virtual-8086 mode, 16-bit code';
  return `protected mode${(cr0 & CR0_PG) === 0n ? '' : ' with paging'}, ${bits}-bit code`;
}

/** Linear address of the next instruction. */
export function linearPc(registers: Registers): bigint {
  const rip = registers.get('rip');
  if (widthOf(registers) === 64) return rip;
  return (rip + registers.get('cs.base')) & 0xffffffffn;
}
