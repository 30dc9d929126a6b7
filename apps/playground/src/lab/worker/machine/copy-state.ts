/** Moves a running program to another machine: registers, memory and what time it is. */
import { REGISTER_NAMES, type Machine, type RegisterName } from '@wasm-tcg/emulator';

const PAGE = 4096;

/** Every register, hidden parts included, at some moment. */
export interface SavedRegisters {
  readonly values: ReadonlyMap<RegisterName, bigint>;
  /** The machine's instructions, which are its time. */
  readonly instructions: number;
}

/** MM registers are the x87's, in another order. */
export function saveRegisters(machine: Machine): SavedRegisters {
  const { registers } = machine.cpu(0);
  const names = REGISTER_NAMES.filter((name) => !name.startsWith('mm'));
  return { values: new Map(names.map((name) => [name, registers.get(name)])), instructions: machine.instructions };
}

/** The time stamp counter goes on as it was. */
export function loadRegisters({ values, instructions }: SavedRegisters, machine: Machine): void {
  const { registers } = machine.cpu(0);
  for (const [name, value] of values) registers.set(name, value);
  registers.set('tsc_offset', BigInt.asUintN(64, registers.get('tsc_offset') + BigInt(instructions - machine.instructions)));
}

/** RAM; pages that are equal are left alone, so that code translated from them stays. */
export function copyMemory(from: Machine, to: Machine): void {
  const source = from.memory.read(0, from.memory.size);
  const target = to.memory.read(0, to.memory.size);
  for (let at = 0; at < source.length; at += PAGE) {
    const page = source.subarray(at, at + PAGE);
    if (!equal(page, target.subarray(at, at + PAGE))) to.memory.write(at, page);
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
