/** The result of a kernel, comparable between all modes and the processor: all registers and the data. */
import type { Bits } from '../kernels/kernel.ts';

const NAMES_32 = ['rax', 'rcx', 'rdx', 'rbx', 'rsi', 'rdi', 'rbp'] as const;
const NAMES_64 = [...NAMES_32, 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;
export type ResultRegister = (typeof NAMES_64)[number];

/** In the order in which the native harness prints them. */
export function resultRegisters(bits: Bits): readonly ResultRegister[] {
  return bits === 32 ? NAMES_32 : NAMES_64;
}

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over 32-bit words. */
export function hashWords(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  let hash = FNV_BASIS;
  for (const word of words) hash = Math.imul(hash ^ word, FNV_PRIME) >>> 0;
  return hash;
}

/** `rax=1 … data=89abcdef`. */
export function formatResult(registers: readonly (readonly [string, bigint])[], data: Uint8Array): string {
  return [...registers.map(([name, value]) => `${name}=${value.toString(16)}`), `data=${hashWords(data).toString(16)}`].join(' ');
}
