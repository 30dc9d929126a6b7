/** `machine.memory`: guest memory for debuggers, loaders and tests. Every write goes through `ram`, which knows about translated code. */
import { Access, PAGE_SIZE, type CoreExports, type Ram } from '@wasm-tcg/runtime';
import { MmuIndex } from '@wasm-tcg/guest-x86';
import type { MachineMemoryApi, MapRegion, SharedMemory } from '../api.ts';
import { MachineError } from '../errors.ts';
import type { ContextView } from '../exec/context-view.ts';

export class GuestMemory implements MachineMemoryApi {
  readonly size: number;
  readonly shared?: SharedMemory;
  readonly #ram: Ram;
  readonly #core: CoreExports;
  readonly #context: ContextView;

  constructor(size: number, ram: Ram, core: CoreExports, context: ContextView, shared?: SharedMemory) {
    this.size = size;
    this.#ram = ram;
    this.#core = core;
    this.#context = context;
    if (shared !== undefined) this.shared = shared;
  }

  read(physical: number, length: number): Uint8Array {
    const bytes = new Uint8Array(checkLength(length));
    this.#ram.read(physical, bytes);
    return bytes;
  }

  write(physical: number, bytes: Uint8Array): void {
    this.#ram.write(physical, bytes, { rom: true });
  }

  fill(physical: number, length: number, value: number): void {
    this.#ram.fill(physical, checkLength(length), value);
  }

  readLinear(address: bigint | number, length: number): Uint8Array {
    const bytes = new Uint8Array(checkLength(length));
    this.#eachPage(address, length, (physical, from, to) => this.#ram.read(physical, bytes.subarray(from, to)));
    return bytes;
  }

  writeLinear(address: bigint | number, bytes: Uint8Array): void {
    // All pages are looked up before the first byte is written.
    const parts: [physical: number, from: number, to: number][] = [];
    this.#eachPage(address, bytes.length, (...part) => parts.push(part));
    for (const [physical, from, to] of parts) this.#ram.write(physical, bytes.subarray(from, to), { rom: true });
  }

  translate(address: bigint | number): number | undefined {
    const linear = BigInt.asUintN(64, BigInt(address));
    const { env } = this.#context;
    const lo = Number(BigInt.asIntN(32, linear));
    const hi = Number(BigInt.asIntN(32, linear >> 32n));
    if (this.#core.guest_translate_host(env, lo, hi, Access.read, MmuIndex.kernel) === 0) return undefined;
    return this.#context.translated;
  }

  map(region: MapRegion): void {
    this.#ram.map(region);
  }

  unmap(physical: number, size: number): void {
    this.#ram.unmap(physical, size);
  }

  #eachPage(address: bigint | number, length: number, visit: (physical: number, from: number, to: number) => void): void {
    const start = BigInt.asUintN(64, BigInt(address));
    for (let done = 0; done < length; ) {
      const linear = (start + BigInt(done)) & this.#mask();
      const physical = this.translate(linear);
      if (physical === undefined) {
        throw new MachineError('unmapped', `linear address 0x${linear.toString(16)} is not mapped`, 'ask translate() first, or read physical memory');
      }
      const part = Math.min(length - done, PAGE_SIZE - (physical % PAGE_SIZE));
      visit(physical, done, done + part);
      done += part;
    }
  }

  /** 32-bit addresses wrap unless the CPU runs 64-bit code. */
  #mask(): bigint {
    return this.#context.pcMask;
  }
}

function checkLength(length: number): number {
  if (Number.isSafeInteger(length) && length >= 0 && length <= 2 ** 32) return length;
  throw new MachineError('bad-address', `a length of ${length} bytes`, 'use an integer from 0 to 2^32');
}
