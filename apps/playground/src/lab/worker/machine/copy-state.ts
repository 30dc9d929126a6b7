/** Moves a running program to another machine: registers, memory and what time it is. */
import { REGISTER_NAMES, type Machine } from '@wasm-tcg/emulator';

const PAGE = 4096;

/** Every register, hidden parts included. The time stamp counter goes on as it was. MM registers are the x87's, in another order. */
export function copyRegisters(from: Machine, to: Machine): void {
  const source = from.cpu(0).registers;
  const target = to.cpu(0).registers;
  for (const name of REGISTER_NAMES) if (!name.startsWith('mm')) target.set(name, source.get(name));
  target.set('tsc_offset', BigInt.asUintN(64, source.get('tsc_offset') + BigInt(from.instructions - to.instructions)));
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
