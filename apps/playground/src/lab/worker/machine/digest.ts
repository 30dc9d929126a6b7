/** One number for all a program can see at its end, so that runs are compared at a glance. */
import { REGISTER_NAMES, type Machine } from '@wasm-tcg/emulator';
import type { Bits } from '../../protocol.ts';
import { LAB_OWN } from './lab-area.ts';
import type { Output } from './output.ts';

/** FNV-1a's parameters for 32 bits; a second lane starts elsewhere, which makes 64. */
const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
const SECOND_BASIS = 0x9747b28c;

class Hash {
  #a = BASIS | 0;
  #b = SECOND_BASIS | 0;

  word(value: number): void {
    this.#a = Math.imul(this.#a ^ value, PRIME);
    this.#b = Math.imul((this.#b ^ value) + 0x7f4a7c15, PRIME);
    this.#b ^= this.#b >>> 15;
  }

  get text(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

/** 16 digits: of all registers, flags, RAM but for what is the Lab's own, and output. Not cryptographic. */
export function digest(machine: Machine, bits: Bits, output: Output): string {
  const hash = new Hash();
  const { registers } = machine.cpu(0);
  for (const name of REGISTER_NAMES) {
    for (let value = registers.get(name), i = 0; i < 4; i++, value >>= 32n) hash.word(Number(value & 0xffffffffn));
  }
  const ram = machine.memory.read(0, machine.memory.size);
  for (const [from, to] of LAB_OWN[bits]) ram.fill(0, from, to);
  for (const word of new Int32Array(ram.buffer)) hash.word(word);
  hash.word(output.total);
  for (const byte of output.bytes) hash.word(byte);
  return hash.text;
}
