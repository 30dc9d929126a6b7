/**
 * Machine for the toy guest: one byte array for the vCPU's area, 64 KiB of guest memory of which a part is unmapped or
 * read-only, and the toy helpers.
 */
import type { HelperDef } from '../helper-sig.ts';
import { memOpAlignBits, memOpBytes, type MemOp } from '../memop.ts';
import { EvalLeave, type EvalMachine } from '../eval/eval-tb.ts';
import { TOY_AREA_SIZE, TOY_TARGET } from './toy-guest.ts';

/** Exit code of a guest fault. */
export const TOY_FAULT = 4;
/** Exit code of the helper `wait`. */
export const TOY_WAIT = 8;

const RAM_SIZE = 1 << 16;
/** Pages of guest memory (4 KiB) that nothing maps, and that may not be written. */
const UNMAPPED_PAGE = 13;
const READ_ONLY_PAGE = 14;

export class ToyMachine implements EvalMachine {
  readonly env = 0;
  readonly area: Uint8Array = new Uint8Array(TOY_AREA_SIZE);
  readonly ram: Uint8Array = new Uint8Array(RAM_SIZE);

  /** Fill area and memory from a generator of 32-bit numbers. */
  randomise(next: () => number): void {
    for (let i = 0; i < this.ram.length; i++) this.ram[i] = next();
    this.randomiseArea(next);
  }

  /** Fill the vCPU's area alone. */
  randomiseArea(next: () => number): void {
    for (let i = 0; i < this.area.length; i++) this.area[i] = next();
    // i32 slots are zero-extended.
    for (const g of TOY_TARGET.globals) if (g.type === 'i32') this.area.fill(0, TOY_TARGET.frameOffset + 8 * g.slot + 4, TOY_TARGET.frameOffset + 8 * g.slot + 8);
  }

  /** As narrow code leaves it: `word` slots zero-extended from 32 bits. */
  narrow(): void {
    for (const g of TOY_TARGET.globals) if (g.type === 'word') this.area.fill(0, TOY_TARGET.frameOffset + 8 * g.slot + 4, TOY_TARGET.frameOffset + 8 * g.slot + 8);
  }

  clone(): ToyMachine {
    const m = new ToyMachine();
    m.area.set(this.area);
    m.ram.set(this.ram);
    return m;
  }

  /** Bits of a global by name (the whole slot for all but v128). */
  global(name: string): bigint {
    const g = TOY_TARGET.globals.find((x) => x.name === name)!;
    return this.readHost(TOY_TARGET.frameOffset + 8 * g.slot, g.type === 'v128' ? 16 : 8);
  }

  setGlobal(name: string, value: bigint): void {
    const g = TOY_TARGET.globals.find((x) => x.name === name)!;
    this.writeHost(TOY_TARGET.frameOffset + 8 * g.slot, g.type === 'v128' ? 16 : 8, value);
  }

  readHost(address: number, bytes: number): bigint {
    return readBytes(this.area, address, bytes);
  }

  writeHost(address: number, bytes: number, value: bigint): void {
    for (let i = 0; i < bytes; i++) this.area[address + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  probe(address: bigint, memop: MemOp, _mmu: number, write: boolean): void {
    this.#translate(address, memop, write);
  }

  load(address: bigint, memop: MemOp, _mmu: number, write: boolean): bigint {
    return readBytes(this.ram, this.#translate(address, memop, write), memOpBytes(memop));
  }

  store(address: bigint, value: bigint, memop: MemOp): void {
    const at = this.#translate(address, memop, true);
    for (let i = 0; i < memOpBytes(memop); i++) this.ram[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  call(helper: HelperDef, args: readonly bigint[]): bigint {
    switch (helper.name) {
      case 'mix': return BigInt.asUintN(32, (args[0]! ^ (args[1]! * 3n)) + 1n);
      case 'mix64': return BigInt.asUintN(64, (args[0]! ^ (args[1]! * 3n)) + 1n);
      case 'flags': return BigInt.asUintN(32, this.global('cc_dst') ^ this.global('cc_src') ^ this.global('cc_op'));
      case 'settle':
        this.setGlobal('cc_src', BigInt.asUintN(32, this.global('cc_dst') ^ args[0]!));
        this.setGlobal('cc_dst', 0n);
        return 0n;
      case 'check':
        if ((args[0]! & 7n) === 0n) throw new EvalLeave(TOY_FAULT);
        return 0n;
      case 'wait': throw new EvalLeave(TOY_WAIT);
      case 'set_mode': this.setGlobal('mode', args[0]!); return 0n;
      case 'dump': {
        let hash = 0n;
        for (let i = 0; i < 8; i++) hash = BigInt.asUintN(32, hash * 31n + this.global(`r${i}`));
        return hash;
      }
      default: throw new RangeError(`The toy guest has no helper ${helper.name}.`);
    }
  }

  /** Index in `ram`: addresses repeat every 64 KiB less 32 bytes, so that an access never leaves it. */
  #translate(address: bigint, memop: MemOp, write: boolean): number {
    if (address & ((1n << BigInt(memOpAlignBits(memop))) - 1n)) throw new EvalLeave(TOY_FAULT);
    const at = Number(address % BigInt(RAM_SIZE - 32));
    for (const byte of [at, at + memOpBytes(memop) - 1]) {
      const page = byte >> 12;
      if (page === UNMAPPED_PAGE || (write && page === READ_ONLY_PAGE)) throw new EvalLeave(TOY_FAULT);
    }
    return at;
  }
}

function readBytes(bytes: Uint8Array, at: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
  return value;
}
