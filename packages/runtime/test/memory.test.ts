/** Layout and creation of a machine's memory, and the helper module on it. */
import {
  CORE_HELPERS, CORE_HELPER_NAMES, MACHINE_INFO, MACHINE_INFO_ADDRESS, MAX_RAM_BYTES, TLB_ENTRY, Access, compileRuntime, createMachineMemory, granuleBits, instantiateRuntime,
  planMemory, type MachineMemoryOptions, type WasmValueType,
} from '@wasm-tcg/runtime';
import { describe, expect, it } from 'vitest';
import { TOY_LAYOUT, toyMachine } from './toy-guest.ts';

const options = (change: Partial<MachineMemoryOptions> = {}): MachineMemoryOptions => ({ layout: TOY_LAYOUT, ramBytes: 2 ** 20, ...change });

describe('the memory map', () => {
  it.each([[{}], [{ vcpus: 3, hashBits: 8 }], [{ ramBytes: MAX_RAM_BYTES }], [{ ramBytes: 4096, arenaBytes: 65536 }]])('has no overlaps: %o', (change) => {
    const map = planMemory(options(change));
    const areas = [
      [map.vcpuBase, map.vcpus * map.vcpuSize], [map.physMap, 4 * 2 ** 20], [map.codeBitmap, (map.ramSize / 4096) * 8],
      [map.hashBuckets, (map.hashMask + 1) * 4], [map.arena, map.arenaEnd - map.arena], [map.ramBase, map.ramSize],
    ];
    let end = 131072;
    for (const [start, size] of areas) {
      expect(start).toBeGreaterThanOrEqual(end);
      expect(start % 16).toBe(0);
      end = start + size;
    }
    expect(map.ramBase % 4096).toBe(0);
    expect([map.end >= end, map.end % 65536, map.end <= 2 ** 32]).toEqual([true, 0, true]);
  });

  it.each([
    [{ ramBytes: 0 }], [{ ramBytes: 4097 }], [{ ramBytes: MAX_RAM_BYTES + 4096 }], [{ ramBytes: Number.NaN }], [{ vcpus: 0 }], [{ vcpus: 1.5 }],
    [{ arenaBytes: 100 }], [{ hashBits: 40 }], [{ staticBytes: 1 }], [{ ramBytes: MAX_RAM_BYTES, arenaBytes: 2 ** 30 }],
    [{ layout: { ...TOY_LAYOUT, mmu: { ...TOY_LAYOUT.mmu, pageBits: 13 } } }],
  ])('refuses %o', (change) => {
    expect(() => createMachineMemory(options(change))).toThrow(expect.objectContaining({ code: 'bad-machine-size' }));
  });

  it('is told to the helper module', () => {
    const machine = createMachineMemory(options());
    const info = (field: keyof typeof MACHINE_INFO.offset): number => machine.views().u32[(MACHINE_INFO_ADDRESS + MACHINE_INFO.offset[field]) >>> 2];
    expect([info('ramBase'), info('hashMask'), info('tlbOffset')]).toEqual([machine.map.ramBase, 32767, TOY_LAYOUT.mmu.tlbOffset]);
    expect(info('pcOffset')).toBe(TOY_LAYOUT.frameOffset + 8);
    expect(() => machine.env(1)).toThrow(expect.objectContaining({ code: 'bad-machine-size' }));
  });

  it('gives views that outlive a detached buffer', () => {
    const machine = createMachineMemory(options());
    const before = machine.views();
    machine.memory.grow(0);
    expect(before.u8.length).toBe(0);
    expect(machine.views().u8.length).toBe(machine.map.end);
    expect(machine.views()).toBe(machine.views());
  });
});

it('granuleBits marks 64-byte granules', () => {
  for (const [from, to] of [[0, 1], [0, 4096], [63, 65], [2047, 2049], [2048, 2049], [4095, 4096], [100, 3000]]) {
    let expected = 0n;
    for (let byte = from; byte < to; byte++) expected |= 1n << BigInt(byte >> 6);
    expect(BigInt(granuleBits(from, to, 0)) | (BigInt(granuleBits(from, to, 1)) << 32n)).toBe(expected);
  }
});

describe('the helper module', () => {
  const code = (type: WasmValueType): number => ({ i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b })[type];

  it.each(CORE_HELPER_NAMES)('exports %s with the signature of its row', (name) => {
    const { params, results } = CORE_HELPERS[name];
    const type = [0x60, params.length, ...params.map(code), results.length, ...results.map(code)];
    const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, type.length + 1, 1, ...type, 2, 7, 1, 1, 0x68, 1, 0x66, 0, 0]);
    const { exports } = toyMachine().runtime;
    // The linker compares the type of the import with that of the function.
    expect(() => new WebAssembly.Instance(new WebAssembly.Module(bytes), { h: { f: exports[name] } })).not.toThrow();
  });

  it('exports no more than that', () => {
    expect(WebAssembly.Module.exports(compileRuntime()).map(({ name }) => name).sort()).toEqual([...CORE_HELPER_NAMES].sort());
  });

  it('finds tags in the order of access codes', () => {
    const { readTag, writeTag, fetchTag } = TLB_ENTRY.offset;
    expect([writeTag - readTag, fetchTag - readTag]).toEqual([Access.write * 8, Access.fetch * 8]);
  });

  it('works on shared memory', () => {
    const toy = toyMachine({ shared: true });
    expect(Object.prototype.toString.call(toy.machine.memory.buffer)).toBe('[object SharedArrayBuffer]');
    toy.ram.write(0x1000, Uint8Array.of(1, 2, 3, 4));
    expect(toy.runtime.exports.guest_ld32(toy.env, 0x1000n, 0)).toBe(0x04030201);
  });

  it('says what does not fit', () => {
    const machine = createMachineMemory(options());
    const host = { mmioRead: () => undefined, mmioWrite: () => undefined, codeWrite: () => 0 };
    const link = (module: WebAssembly.Module, initial: number) => () =>
      instantiateRuntime({ machine, table: new WebAssembly.Table({ element: 'anyfunc', initial }), host, module });
    expect(link(compileRuntime(true), 1)).toThrow(expect.objectContaining({ code: 'bad-instance' }));
    expect(link(compileRuntime(), 0)).toThrow(expect.objectContaining({ code: 'bad-instance' }));
    expect(link(compileRuntime(), 1)).not.toThrow();
  });

  it('serves two machines that do not meet', () => {
    const [a, b] = [toyMachine(), toyMachine()];
    a.ram.write(0x1000, Uint8Array.of(1));
    b.ram.write(0x1000, Uint8Array.of(2));
    b.pages = new Map();
    expect([a.runtime.exports.guest_ld8(a.env, 0x1000n, 0), b.runtime.exports.guest_ld8(b.env, 0x1000n, 0)]).toEqual([1, 0]);
    expect([a.context('exitCode'), b.context('exitCode')]).toEqual([0, 4]);
  });
});

describe('wide arithmetic', () => {
  const M = 2n ** 64n;
  const u = (n: bigint): bigint => BigInt.asUintN(64, n);
  const s = (n: bigint): bigint => BigInt.asIntN(64, n);
  const corners = [0n, 1n, 2n, 3n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 0x1_0000_0001n, M / 2n - 1n, M / 2n, M / 2n + 1n, M - 2n, M - 1n, 0xffff_ffff_0000_0000n, 0x8000_0000_ffff_ffffn];
  let seed = 99n;
  const random = (): bigint => {
    seed = u(seed * 6364136223846793005n + 1442695040888963407n);
    return (seed ^ (seed >> 29n)) >> (seed % 64n);
  };
  const values = [...corners, ...Array.from({ length: 24 }, random)];
  const { runtime, machine, env } = toyMachine();
  const ret = (at: number): bigint => machine.views().data.getBigUint64(env + 128 + at, true);

  it('multiplies', () => {
    for (const a of values) {
      for (const b of values) {
        expect(u(runtime.exports.mulu_hi64(s(a), s(b)))).toBe((a * b) >> 64n);
        expect(runtime.exports.muls_hi64(s(a), s(b))).toBe((s(a) * s(b)) >> 64n);
      }
    }
  });

  it('divides 128 by 64 bits, with 0 and 0 where the quotient does not exist', () => {
    for (const hi of values) {
      for (const lo of values) {
        for (const d of corners) {
          const n = (hi << 64n) | lo;
          const fits = d !== 0n && n / d < M;
          const q = runtime.exports.udiv128(env, s(hi), s(lo), s(d));
          expect([u(q), ret(0), ret(8)]).toEqual(fits ? [n / d, n / d, n % d] : [0n, 0n, 0n]);
          const ns = (s(hi) << 64n) | lo;
          const ds = s(d);
          const fitsSigned = ds !== 0n && s(ns / ds) === ns / ds;
          const qs = runtime.exports.sdiv128(env, s(hi), s(lo), ds);
          expect([qs, s(ret(0)), s(ret(8))]).toEqual(fitsSigned ? [ns / ds, ns / ds, ns % ds] : [0n, 0n, 0n]);
        }
      }
    }
  });
});
