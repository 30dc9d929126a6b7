/**
 * Runs generated functions of the toy guest on a real linear memory, beside the evaluator of ir on its own copy of the same
 * state. The softmmu slow paths and helpers are JavaScript over the toy machine; TLB entries for part of the guest's pages
 * make the other accesses take the fast path.
 */
import { EvalLeave, OI_INSN_SHIFT, OI_MMU_MASK, OI_MMU_SHIFT, memOpBytes, MO_BE, MO_SIGN, TOY_AREA_SIZE, TOY_HELPERS, TOY_TARGET, ToyMachine, type MemOp } from '@wasm-tcg/ir';
import { TLB_ENTRY, WASM_CONTEXT } from '@wasm-tcg/runtime';

/** Where things are in linear memory. Headers live below RAM. */
export const RAM = 0x10000;
export const ENV = 0x20000;
export const HEADERS = 0x1000;
const PAGES = 4;
const FRAME = TOY_TARGET.frameOffset;
const CTX = WASM_CONTEXT.offset;

/** Guest pages with a TLB entry; 13 is unmapped and 14 read-only in the toy machine. */
const FAST_PAGES = [0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 14];

export class ToyHost {
  readonly memory = new WebAssembly.Memory({ initial: PAGES });
  readonly view = new DataView(this.memory.buffer);
  readonly bytes = new Uint8Array(this.memory.buffer);
  /** Sees the area and RAM in linear memory as its own. */
  readonly machine = new ToyMachine();
  slowPaths = 0;
  helperCalls = 0;
  readonly imports: WebAssembly.Imports;

  constructor() {
    Object.assign(this.machine, {
      area: this.bytes.subarray(ENV, ENV + TOY_AREA_SIZE),
      ram: this.bytes.subarray(RAM, RAM + 0x10000),
    });
    const h: Record<string, (...args: never[]) => unknown> = {
      ld_slow: (_env: number, addr: bigint, oi: number) => this.slow(oi, () => this.load(addr, oi, false)),
      rmw_ld_slow: (_env: number, addr: bigint, oi: number) => this.slow(oi, () => this.load(addr, oi, true)),
      st_slow: (_env: number, addr: bigint, value: bigint, oi: number) => void this.slow(oi, () => this.store(addr, value, oi)),
      rmw_st_slow: (_env: number, addr: bigint, value: bigint, oi: number) => void this.slow(oi, () => this.store(addr, value, oi)),
      ld_slow128: (_env: number, addr: bigint, oi: number) => {
        this.slow(oi, () => {
          const value = this.load(addr, oi, false);
          this.view.setBigUint64(ENV + CTX.ret, BigInt.asUintN(64, value), true);
          this.view.setBigUint64(ENV + CTX.ret + 8, value >> 64n, true);
          return 0n;
        });
      },
      st_slow128: (_env: number, addr: bigint, oi: number) => {
        const value = this.view.getBigUint64(ENV + CTX.arg, true) | (this.view.getBigUint64(ENV + CTX.arg + 8, true) << 64n);
        this.slow(oi, () => this.store(addr, value, oi));
      },
      probe_slow: (_env: number, addr: bigint, oi: number, write: number) => {
        this.slow(oi, () => {
          this.machine.probe(BigInt.asUintN(64, addr), oi & 0xff, 0, write !== 0);
          return 0n;
        });
      },
      udiv128: (_env: number, hi: bigint, lo: bigint, d: bigint) => this.divide(join128(hi, lo), BigInt.asUintN(64, d), 0n, (1n << 64n) - 1n),
      sdiv128: (_env: number, hi: bigint, lo: bigint, d: bigint) => this.divide(BigInt.asIntN(128, join128(hi, lo)), d, -(1n << 63n), (1n << 63n) - 1n),
      region_check: (_env: number, desc: number, pages: number) => this.regionCheck(desc, pages),
    };
    for (const def of TOY_HELPERS) {
      h[def.name] = (...args: (number | bigint)[]) => {
        this.helperCalls++;
        const values = (def.env === false ? args : args.slice(1)).map((arg, i) => BigInt.asUintN(def.args[i] === 'i64' ? 64 : 32, BigInt(arg)));
        try {
          const result = this.machine.call(def, values);
          return def.ret === null ? undefined : def.ret === 'i64' ? BigInt.asIntN(64, result) : Number(BigInt.asIntN(32, result));
        } catch (error) {
          if (!(error instanceof EvalLeave)) throw error;
          this.view.setInt32(ENV + CTX.exitCode, error.exitCode, true);
          return def.ret === 'i64' ? 0n : 0;
        }
      };
    }
    this.imports = { e: { m: this.memory }, h };
    this.fillTlb();
  }

  /** What region_check answers; tests replace it. */
  regionCheck: (desc: number, pages: number) => number = () => 1;

  private fillTlb(): void {
    const { mmu } = TOY_TARGET;
    for (let index = 0; index < mmu.indices; index++) {
      for (let entry = 0; entry < 1 << mmu.tlbBits; entry++) {
        const at = ENV + mmu.tlbOffset + (index << (mmu.tlbBits + mmu.entry.sizeBits)) + entry * TLB_ENTRY.size;
        this.view.setBigInt64(at + mmu.entry.readTag, -1n, true);
        this.view.setBigInt64(at + mmu.entry.writeTag, -1n, true);
        if (!FAST_PAGES.includes(entry)) continue;
        this.view.setBigInt64(at + mmu.entry.readTag, BigInt(entry << 12), true);
        if (entry !== 14) this.view.setBigInt64(at + mmu.entry.writeTag, BigInt(entry << 12), true);
        this.view.setUint32(at + mmu.entry.addend, RAM, true);
      }
    }
  }

  private slow(oi: number, access: () => bigint): bigint {
    this.slowPaths++;
    try {
      return BigInt.asIntN(64, access());
    } catch (error) {
      if (!(error instanceof EvalLeave)) throw error;
      this.view.setInt32(ENV + CTX.exitCode, error.exitCode, true);
      this.view.setInt32(ENV + CTX.insnIndex, oi >>> OI_INSN_SHIFT, true);
      return 0n;
    }
  }

  private load(addr: bigint, oi: number, write: boolean): bigint {
    const memop = oi & 0xff;
    let value = this.machine.load(BigInt.asUintN(64, addr), memop, (oi >> OI_MMU_SHIFT) & OI_MMU_MASK, write);
    if (memop & MO_BE) value = reversed(value, memop);
    return memop & MO_SIGN ? BigInt.asIntN(8 * memOpBytes(memop), value) : value;
  }

  private store(addr: bigint, value: bigint, oi: number): bigint {
    const memop = oi & 0xff;
    let bits = BigInt.asUintN(8 * memOpBytes(memop), value);
    if (memop & MO_BE) bits = reversed(bits, memop);
    this.machine.store(BigInt.asUintN(64, addr), bits, memop);
    return 0n;
  }

  private divide(n: bigint, d: bigint, min: bigint, max: bigint): bigint {
    let [q, r] = [0n, 0n];
    if (d !== 0n && n / d >= min && n / d <= max) [q, r] = [n / d, n % d];
    this.view.setBigUint64(ENV + CTX.ret, BigInt.asUintN(64, q), true);
    this.view.setBigUint64(ENV + CTX.ret + 8, BigInt.asUintN(64, r), true);
    return BigInt.asIntN(64, q);
  }

  /** Field of the context. */
  context(field: 'exitCode' | 'insnIndex' | 'tbPtr' | 'budget' | 'mappingGeneration'): number {
    return this.view.getInt32(ENV + CTX[field], true);
  }

  setContext(field: 'exitCode' | 'budget' | 'mappingGeneration' | 'insnIndex' | 'tbPtr', value: number): void {
    this.view.setInt32(ENV + CTX[field], value, true);
  }

  /** A word of a TB header or region descriptor. */
  header(header: number, offset: number): number {
    return this.view.getInt32(header + offset, true);
  }

  /** Sets a word of a TB header. */
  setHeader(header: number, offset: number, value: number): void {
    this.view.setInt32(header + offset, value, true);
  }

  /** Gives the host and an evaluator's machine the same random state: the area each time, RAM from a few random words. */
  randomise(random: () => number, reference: ToyMachine, wide: boolean): void {
    const area = new Int32Array(reference.area.buffer);
    for (let i = FRAME >> 2; i < area.length; i++) area[i] = random();
    const ram = new Int32Array(reference.ram.buffer);
    const mix = random();
    for (let i = 0; i < ram.length; i++) ram[i] = Math.imul(i ^ mix, 0x9e3779b1);
    for (const g of TOY_TARGET.globals) {
      if (g.type === 'i32' || (g.type === 'word' && !wide)) area[(FRAME >> 2) + 2 * g.slot + 1] = 0;
    }
    this.bytes.set(reference.area.subarray(FRAME), ENV + FRAME);
    this.bytes.set(reference.ram, RAM);
    this.bytes.fill(0, ENV, ENV + FRAME);
    this.bytes.fill(0, HEADERS, HEADERS + 0x1000);
    this.setContext('budget', 1_000_000);
    this.setContext('mappingGeneration', 1);
  }

  instantiate(bytes: Uint8Array<ArrayBuffer>): (k: number) => number {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.imports);
    return (k) => (exports[`f${k}`] as (env: number) => number)(ENV);
  }

  /** A region's function: enter it at the TB with this header. */
  instantiateRegion(bytes: Uint8Array<ArrayBuffer>): (header: number) => number {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.imports);
    return (header) => (exports['f0'] as (env: number, tb: number) => number)(ENV, header);
  }
}

function join128(hi: bigint, lo: bigint): bigint {
  return (BigInt.asUintN(64, hi) << 64n) | BigInt.asUintN(64, lo);
}

function reversed(value: bigint, memop: MemOp): bigint {
  let result = 0n;
  for (let i = 0; i < memOpBytes(memop); i++) result = (result << 8n) | ((value >> BigInt(8 * i)) & 0xffn);
  return result;
}

/** Frame and guest state: everything of the area behind the context. */
export function visibleState(area: Uint8Array): Uint8Array {
  return area.slice(FRAME, TOY_AREA_SIZE);
}
