/** The helper module's slow paths, TLB and physical accesses, driven through a toy guest. */
import { MO_16, MO_32, MO_64, MO_8, MO_ALIGN_4, MO_BE, MO_SIGN, makeOi } from '@wasm-tcg/ir';
import { ExitCode, NO_PAGE, Prot, TB_HEADER, TLB_ENTRY, TbFlag, TlbFlag, WASM_CONTEXT, codeWord, liveRange } from '@wasm-tcg/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEVICE_AT, ROM_AT, TOY_LAYOUT, takeLog, toyMachine, type ToyMachine } from './toy-guest.ts';

const RWX = Prot.read | Prot.write | Prot.exec;
const PATTERN = Uint8Array.from({ length: 4096 * 8 }, (_, i) => (i * 7 + (i >> 8) * 13 + 0x81) & 0xff);

let toy: ToyMachine;
/** Say that a TB runs which may access devices, or may not. */
function runningTb(cflags: number): void {
  const header = toy.machine.map.arena;
  const { data } = toy.machine.views();
  data.setUint32(header + TB_HEADER.offset.cflags, cflags, true);
  data.setUint32(toy.env + WASM_CONTEXT.offset.tbPtr, header, true);
}

beforeEach(() => {
  toy = toyMachine();
  runningTb(TbFlag.device);
  toy.ram.write(0, PATTERN);
  takeLog(toy);
});

const bytes = (at: number, size: number): number[] => {
  const out = new Uint8Array(size);
  toy.ram.read(at, out);
  return [...out];
};
const little = (at: number, size: number): bigint => BigInt(`0x${bytes(at, size).reverse().map((b) => b.toString(16).padStart(2, '0')).join('')}`);
const ld = (addr: number | bigint, memop: number, mmu = 0, insn = 0): bigint =>
  BigInt.asUintN(64, toy.runtime.exports.ld_slow(toy.env, BigInt(addr), makeOi(memop, mmu, insn)));
const st = (addr: number | bigint, value: bigint, memop: number, insn = 0): void =>
  toy.runtime.exports.st_slow(toy.env, BigInt(addr), value, makeOi(memop, 0, insn));
const exit = (): number => {
  const code = toy.context('exitCode');
  toy.setContext('exitCode', 0);
  return code;
};
/** Has a TB made from a byte range of one page. @returns it */
const makeCode = (from: number, to: number): number => {
  const tb = toy.store.create({ physPage: from >> 12, physPage2: NO_PAGE, pageOffset: from & 0xfff, size: to - from, flags: 0, csBase: 0, insns: 1 });
  toy.store.insert(tb);
  // As the host does for a page's first TB.
  toy.runtime.exports.tlb_protect_code(toy.env, from >> 12);
  takeLog(toy);
  return tb;
};
const tag = (linear: number, which: 'readTag' | 'writeTag' | 'fetchTag', mmu = 0): bigint => {
  const { tlbOffset, tlbBits } = TOY_LAYOUT.mmu;
  const entry = toy.env + tlbOffset + ((mmu << tlbBits) + ((linear >>> 12) & ((1 << tlbBits) - 1))) * TLB_ENTRY.size;
  return toy.machine.views().data.getBigUint64(entry + TLB_ENTRY.offset[which], true);
};

describe('loads', () => {
  it.each([
    ['byte', MO_8, 0x123, 1], ['misaligned 16', MO_16, 0x125, 2], ['32', MO_32, 0x200, 4], ['64', MO_64, 0x301, 8],
    ['16 across pages', MO_16, 0xfff, 2], ['32 across pages', MO_32, 0xffd, 4], ['64 across pages', MO_64, 0x1ff9, 8],
  ] as const)('%s', (_, memop, at, size) => {
    expect(ld(at, memop)).toBe(little(at, size));
    const reversed = BigInt(`0x${bytes(at, size).map((b) => b.toString(16).padStart(2, '0')).join('')}`);
    expect(ld(at, memop | MO_BE)).toBe(reversed);
    expect(ld(at, memop | MO_SIGN)).toBe(BigInt.asUintN(64, BigInt.asIntN(size * 8, little(at, size))));
    expect(exit()).toBe(ExitCode.none);
  });

  it('of nothing is all ones, of ROM and of devices what they hold', () => {
    expect(ld(0x5000_0000, MO_32)).toBe(0xffff_ffffn);
    expect(ld(0x5000_0001, MO_64)).toBe(0xffff_ffff_ffff_ffffn);
    toy.ram.write(ROM_AT + 16, Uint8Array.of(1, 2, 3, 4), { rom: true });
    expect(ld(ROM_AT + 16, MO_32)).toBe(0x04030201n);
    takeLog(toy);
    expect(ld(DEVICE_AT + 8, MO_16)).toBe(0xd2d3n);
    expect(ld(DEVICE_AT + 8, MO_64)).toBe(0xd0d1d2d3_d0d1d2d3n);
    expect(takeLog(toy)).toEqual(['fill 80000008 0 mmu0', 'dev read 8/2', 'dev read 8/4', 'dev read c/4']);
  });

  it('of 16 bytes go to the return buffer', () => {
    for (const at of [0x410, 0xff3]) {
      toy.runtime.exports.ld_slow128(toy.env, BigInt(at), makeOi(4, 0, 0));
      const ret = toy.env + WASM_CONTEXT.offset.ret;
      expect([...toy.machine.views().u8.subarray(ret, ret + 16)]).toEqual(bytes(at, 16));
    }
  });

  it('wrap at 4 GiB in narrow code and do not in wide code', () => {
    toy.pages = new Map([[0xfffffn, { physPage: 1, prot: RWX }], [0n, { physPage: 2, prot: RWX }], [0x100000n, { physPage: 3, prot: RWX }]]);
    const low = (at: number): bigint => little(0x1ffe, 2) | (little(at, 2) << 16n);
    expect(ld(0xffff_fffen, MO_32)).toBe(low(0x2000));
    toy.setState('pcMask', 0xffff_ffff_ffff_ffffn);
    expect(ld(0xffff_fffen, MO_32)).toBe(low(0x3000));
  });

  it('counts slow paths and fills', () => {
    ld(0x100, MO_8);
    ld(0x101, MO_8);
    expect([toy.context('slowPaths'), toy.context('tlbFills')]).toEqual([2, 1]);
  });
});

describe('faults', () => {
  it('report the page that failed and the instruction, and store nothing', () => {
    toy.pages = new Map([[0n, { physPage: 0, prot: RWX }], [1n, { physPage: 1, prot: Prot.read }]]);
    const before = bytes(0xff0, 32);
    st(0xffe, 0x11223344n, MO_32, 7);
    expect(exit()).toBe(ExitCode.fault);
    expect(toy.context('insnIndex')).toBe(7);
    expect(toy.context('faultAddress')).toBe(0x1000);
    expect(bytes(0xff0, 32)).toEqual(before);
    st(0x1ffe, 0n, MO_32);
    expect(exit()).toBe(ExitCode.fault);
    expect(toy.context('faultAddress')).toBe(0x1ffe);
    expect(ld(0x1ffc, MO_32)).toBe(little(0x1ffc, 4));
    expect(exit()).toBe(ExitCode.none);
  });

  it('can be decided by what the guest knows of the next page: its hook is told that the access goes on', () => {
    toy.pages = new Map();
    for (const [at, memop] of [[0x1ffe, MO_16], [0x1fff, MO_16], [0x2ffd, MO_32], [0x3ff8, MO_64]] as const) ld(at, memop);
    expect(toy.crossings).toEqual([0x1fffn, 0x2ffdn]);
  });

  it('of a read-modify-write are those of a write', () => {
    toy.pages = new Map([[1n, { physPage: 1, prot: Prot.read }], [2n, { physPage: 2, prot: RWX }]]);
    toy.runtime.exports.rmw_ld_slow(toy.env, 0x1010n, makeOi(MO_32, 0, 0));
    expect([exit(), toy.context('faultError')]).toEqual([ExitCode.fault, 1]);
    expect(toy.runtime.exports.rmw_ld_slow(toy.env, 0x2010n, makeOi(MO_32, 0, 0))).toBe(little(0x2010, 4));
    toy.runtime.exports.rmw_st_slow(toy.env, 0x2010n, 0x55n, makeOi(MO_32, 0, 0));
    expect([exit(), little(0x2010, 4)]).toEqual([ExitCode.none, 0x55n]);
  });

  it('of a probe touch nothing', () => {
    toy.pages = new Map([[0n, { physPage: 0, prot: RWX }], [1n, { physPage: 1, prot: Prot.read }]]);
    for (const [addr, write, code] of [[0xff0, 1, ExitCode.none], [0xffe, 0, ExitCode.none], [0xffe, 1, ExitCode.fault]] as const) {
      toy.runtime.exports.probe_slow(toy.env, BigInt(addr), makeOi(MO_32, 0, 3), write);
      expect(exit()).toBe(code);
    }
    expect(toy.runtime.exports.guest_probe(toy.env, 0x800n, 0x1000, 0, 0)).toBe(1);
    expect(toy.runtime.exports.guest_probe(toy.env, 0x800n, 0x1000, 1, 0)).toBe(0);
  });

  it('of alignment are the guest\'s to raise, before any translation', () => {
    ld(0x1002, MO_32 | MO_ALIGN_4);
    expect([exit(), takeLog(toy)]).toEqual([ExitCode.fault, ['fill 1002 0! mmu0']]);
    expect(toy.context('faultError') >> 8).toBe(MO_32 | MO_ALIGN_4);
    toy.misalignedAnswer = 1;
    expect(ld(0x1002, MO_32 | MO_ALIGN_4)).toBe(little(0x1002, 4));
    expect(exit()).toBe(ExitCode.none);
  });
});

describe('a watched page', () => {
  const announced = (): string[] => takeLog(toy).filter((line) => line.startsWith('watched'));
  beforeEach(() => {
    toy.pages = new Map([[0n, { physPage: 0, prot: RWX }], [1n, { physPage: 1, prot: RWX | Prot.watch }], [2n, { physPage: 2, prot: Prot.read }]]);
  });

  it('announces each load and store that touches it, also inline ones of helpers, and nothing else', () => {
    ld(0x1010, MO_32);
    st(0x1020, 5n, MO_8);
    ld(0xffe, MO_32);
    toy.runtime.exports.rmw_ld_slow(toy.env, 0x1030n, makeOi(MO_64, 0, 0));
    const guest = toy.runtime.wasmExports as unknown as { guest_ld16(env: number, addr: bigint, mmu: number): number };
    guest.guest_ld16(toy.env, 0x1040n, 0);
    expect(announced()).toEqual(['watched 1010 0 4', 'watched 1020 1 1', 'watched ffe 0 4', 'watched 1030 1 8', 'watched 1040 0 2']);
    ld(0x10, MO_32);
    toy.runtime.exports.probe_slow(toy.env, 0x1010n, makeOi(MO_32, 0, 3), 1);
    expect([announced(), little(0x1020, 1)]).toEqual([[], 5n]);
  });

  it('does not when the access faults', () => {
    st(0x1ffe, 0n, MO_32);
    expect([exit(), announced()]).toEqual([ExitCode.fault, []]);
  });
});

describe('stores', () => {
  it.each([[MO_8, 0x100, 1], [MO_16, 0xfff, 2], [MO_32, 0x1ffe, 4], [MO_64, 0x2ffb, 8], [MO_64, 0x808, 8]] as const)(
    'memop %i at %i', (memop, at, size) => {
      const value = 0x8877665544332211n;
      st(at, value, memop);
      expect(little(at, size)).toBe(BigInt.asUintN(size * 8, value));
      expect(little(at - 4, 4)).toBe(BigInt(`0x${[...PATTERN.subarray(at - 4, at)].reverse().map((b) => b.toString(16).padStart(2, '0')).join('')}`));
      st(at, value, memop | MO_BE);
      expect(bytes(at, size)).toEqual([0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11].slice(8 - size));
    });

  it('vanish in ROM and in nothing, reach devices in order', () => {
    st(ROM_AT, 0x1234n, MO_32);
    st(0x5000_0000, 0x1234n, MO_32);
    expect(ld(ROM_AT, MO_32)).toBe(0n);
    takeLog(toy);
    st(DEVICE_AT + 4, 0x1122334455667788n, MO_64);
    st(DEVICE_AT + 1, 0x99n, MO_8);
    expect(takeLog(toy)).toEqual(['fill 80000004 1 mmu0', 'dev write 4/4=55667788', 'dev write 8/4=11223344', 'dev write 1/1=99']);
  });

  it('of 16 bytes come from the argument buffer', () => {
    const value = PATTERN.subarray(5, 21);
    for (const at of [0x2000, 0x2ff9]) {
      toy.machine.views().u8.set(value, toy.env + WASM_CONTEXT.offset.arg);
      toy.runtime.exports.st_slow128(toy.env, BigInt(at), makeOi(4, 0, 0));
      expect(bytes(at, 16)).toEqual([...value]);
    }
    toy.machine.views().u8.set(value, toy.env + WASM_CONTEXT.offset.arg);
    toy.onFill = () => toy.machine.views().u8.fill(0, toy.env + WASM_CONTEXT.offset.arg, toy.env + WASM_CONTEXT.offset.arg + 16);
    toy.runtime.exports.st_slow128(toy.env, 0x4000n, makeOi(4, 0, 0));
    expect(bytes(0x4000, 16)).toEqual([...value]);
    toy.onFill = () => undefined;
    toy.machine.views().u8.set([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0], toy.env + WASM_CONTEXT.offset.arg);
    takeLog(toy);
    toy.runtime.exports.st_slow128(toy.env, BigInt(DEVICE_AT), makeOi(4, 0, 0));
    expect(takeLog(toy).slice(1)).toEqual(['dev write 0/4=1', 'dev write 4/4=2', 'dev write 8/4=3', 'dev write c/4=4']);
  });
});

describe('device accesses in a TB that is not made for them', () => {
  const rows: readonly (readonly [string, () => void])[] = [
    ['load', () => ld(DEVICE_AT, MO_32)],
    ['load that ends on the device', () => ld(DEVICE_AT - 2, MO_32)],
    ['store', () => st(DEVICE_AT, 1n, MO_32)],
    ['16-byte load', () => toy.runtime.exports.ld_slow128(toy.env, BigInt(DEVICE_AT), makeOi(4, 0, 7))],
    ['16-byte store', () => toy.runtime.exports.st_slow128(toy.env, BigInt(DEVICE_AT), makeOi(4, 0, 7))],
    ['read-modify-write', () => toy.runtime.exports.rmw_ld_slow(toy.env, BigInt(DEVICE_AT), makeOi(MO_32, 0, 7))],
  ];
  it.each(rows)('%s: leaves and touches nothing', (_name, access) => {
    runningTb(0);
    access();
    expect(toy.machine.views().data.getUint32(toy.env + WASM_CONTEXT.offset.exitCode, true)).toBe(ExitCode.device);
    expect(takeLog(toy).filter((line) => line.startsWith('dev'))).toEqual([]);
  });
});

describe('code pages', () => {
  it('ask for every store that touches a byte of a TB, and only for those', () => {
    makeCode(0x1110, 0x1171);
    const asked = (at: number, memop: number): string[] => {
      st(at, 0n, memop);
      return takeLog(toy).filter((line) => line.startsWith('code'));
    };
    expect(asked(0x110c, MO_32)).toEqual([]);
    expect(asked(0x110d, MO_32)).toEqual(['code 110d+4']);
    expect(asked(0x1140, MO_8)).toEqual(['code 1140+1']);
    expect(asked(0x1170, MO_16)).toEqual(['code 1170+2']);
    expect(asked(0x1171, MO_64)).toEqual([]);
  });

  it('ask for no store that changes nothing', () => {
    makeCode(0x1100, 0x1120);
    const asked = (store: () => void): string[] => {
      store();
      return takeLog(toy).filter((line) => line.startsWith('code'));
    };
    const value = BigInt.asUintN(64, little(0x1104, 8));
    expect(asked(() => st(0x1104, value, MO_64))).toEqual([]);
    expect(asked(() => st(0x1106, value >> 16n, MO_8))).toEqual([]);
    expect(asked(() => st(0x1104, BigInt.asUintN(32, value) >> 16n | (value & 0xffffn) << 16n, MO_32))).toEqual(['code 1104+4']);
    toy.machine.views().u8.set(bytes(0x1108, 16), toy.env + WASM_CONTEXT.offset.arg);
    expect(asked(() => toy.runtime.exports.st_slow128(toy.env, 0x1108n, makeOi(4, 0, 0)))).toEqual([]);
    toy.machine.views().u8[toy.env + WASM_CONTEXT.offset.arg + 12]! ^= 1;
    expect(asked(() => toy.runtime.exports.st_slow128(toy.env, 0x1108n, makeOi(4, 0, 0)))).toEqual(['code 1110+8']);
    // Across pages, the second of them with code.
    makeCode(0x2000, 0x2004);
    expect(asked(() => st(0x1ffe, BigInt.asUintN(32, little(0x1ffe, 4)), MO_32))).toEqual([]);
    toy.machine.views().u8.set(bytes(0x1ffa, 16), toy.env + WASM_CONTEXT.offset.arg);
    expect(asked(() => toy.runtime.exports.st_slow128(toy.env, 0x1ffan, makeOi(4, 0, 0)))).toEqual([]);
    expect(asked(() => st(0x1ffe, BigInt.asUintN(32, ~little(0x1ffe, 4)), MO_32))).toEqual(['code 2000+2']);
  });

  it('ask for no store into bytes that TBs read when they run', () => {
    const { u32 } = toy.machine.views();
    const tb = makeCode(0x1100, 0x1120);
    const list = toy.arena.alloc(12, 4);
    u32.set([2, liveRange(0x104, 0x108), liveRange(0x108, 0x10a)], list >>> 2);
    u32[(tb + TB_HEADER.offset.liveRanges) >>> 2] = list;
    const hits = (at: number, memop: number): [string[], number[]] => {
      st(at, BigInt.asUintN(8 << memop, ~little(at, 1 << memop)), memop);
      const out: number[] = [];
      toy.store.collectHits(at >> 12, at & 0xfff, (at & 0xfff) + (1 << memop), out);
      return [takeLog(toy).filter((line) => line.startsWith('code')), out];
    };
    expect(hits(0x1104, MO_32)).toEqual([[], []]);
    expect(hits(0x1106, MO_32)).toEqual([[], []]);
    expect(hits(0x1108, MO_16)).toEqual([[], []]);
    expect(hits(0x1103, MO_32)).toEqual([['code 1103+4'], [tb]]);
    expect(hits(0x1108, MO_32)).toEqual([['code 1108+4'], [tb]]);
    expect(hits(0x1109, MO_16)).toEqual([['code 1109+2'], [tb]]);
    expect(hits(0x1110, MO_8)).toEqual([['code 1110+1'], [tb]]);
    const other = makeCode(0x1106, 0x1107);
    expect(hits(0x1104, MO_32)).toEqual([['code 1104+4'], [other]]);
  });

  it('retry when the host says so: nothing is stored, on either page', () => {
    makeCode(0x1000, 0x1010);
    toy.codeAnswer = 1;
    const before = bytes(0xff0, 32);
    st(0xffe, 0xffff_ffffn, MO_32, 9);
    expect([exit(), toy.context('insnIndex'), bytes(0xff0, 32)]).toEqual([ExitCode.retry, 9, before]);
    expect(takeLog(toy).at(-1)).toBe('code 1000+2');
    toy.codeAnswer = 0;
    st(0xffe, 0xffff_ffffn, MO_32);
    expect([exit(), little(0xffe, 4)]).toEqual([ExitCode.none, 0xffff_ffffn]);
  });

  it('flag write tags when the code comes, when the page is filled later, and no longer when it is gone', () => {
    st(0x1000, 0n, MO_8);
    expect(tag(0x1000, 'writeTag')).toBe(0x1000n);
    makeCode(0x1800, 0x1810);
    expect(tag(0x1000, 'writeTag')).toBe(0x1000n | BigInt(TlbFlag.code));
    expect(tag(0x1000, 'readTag')).toBe(0x1000n);
    toy.runtime.exports.tlb_flush(toy.env);
    st(0x1000, 0n, MO_8);
    expect(tag(0x1000, 'writeTag')).toBe(0x1000n | BigInt(TlbFlag.code));
    toy.machine.views().u32.fill(0, codeWord(toy.machine.map, toy.machine.map.ramBase + 4096) >>> 2, (codeWord(toy.machine.map, toy.machine.map.ramBase + 4096) >>> 2) + 2);
    st(0x1000, 0n, MO_8);
    expect(tag(0x1000, 'writeTag')).toBe(0x1000n);
  });

  it('are seen by the page walker, which stores all the same', () => {
    makeCode(0x1000, 0x1010);
    toy.codeAnswer = 1;
    const old = Number(little(0x1008, 4)) | 0;
    expect(toy.runtime.exports.phys_cas32(toy.env, 0x1008n, old ^ 1, 5)).toBe(0);
    expect(takeLog(toy)).toEqual([]);
    expect(toy.runtime.exports.phys_cas32(toy.env, 0x1008n, old, 5)).toBe(1);
    expect([takeLog(toy), little(0x1008, 4), exit()]).toEqual([['code 1008+4'], 5n, ExitCode.none]);
    expect(toy.runtime.exports.phys_cas64(toy.env, 0x2008n, BigInt.asIntN(64, little(0x2008, 8)), -2n)).toBe(1);
    expect(little(0x2008, 8)).toBe(0xffff_ffff_ffff_fffen);
  });
});

describe('TLB', () => {
  it('keeps indices apart', () => {
    toy.pages = new Map([[4n, { physPage: 1, prot: RWX }]]);
    expect(ld(0x4000, MO_32, 0)).toBe(little(0x1000, 4));
    toy.pages = new Map([[4n, { physPage: 2, prot: RWX }]]);
    expect(ld(0x4000, MO_32, 1)).toBe(little(0x2000, 4));
    expect(ld(0x4000, MO_32, 0)).toBe(little(0x1000, 4));
  });

  it('tells apart addresses that share an entry, also above 4 GiB', () => {
    toy.setState('pcMask', 0xffff_ffff_ffff_ffffn);
    toy.pages = new Map([[4n, { physPage: 1, prot: RWX }], [0x100n + 4n, { physPage: 2, prot: RWX }], [0x100004n, { physPage: 3, prot: RWX }], [0xfffffffffff04n, { physPage: 4, prot: RWX }]]);
    for (let round = 0; round < 2; round++) {
      expect(ld(0x4000n, MO_32)).toBe(little(0x1000, 4));
      expect(ld(0x104000n, MO_32)).toBe(little(0x2000, 4));
      expect(ld(0x1_0000_4000n, MO_32)).toBe(little(0x3000, 4));
      expect(ld(0xffff_ffff_fff0_4000n, MO_32)).toBe(little(0x4000, 4));
    }
  });

  it('flushes all, lists each used entry once, and bumps the generation', () => {
    for (let i = 0; i < 300; i++) ld(i * 4096, MO_8);
    for (let i = 0; i < 10; i++) {
      toy.runtime.exports.tlb_flush_page_host(toy.env, 0x5000, 0);
      ld(0x5000, MO_8);
    }
    expect(toy.context('tlbUsed')).toBe(256);
    const generation = toy.context('mappingGeneration');
    toy.runtime.exports.tlb_flush(toy.env);
    expect([toy.context('tlbUsed'), toy.context('mappingGeneration')]).toEqual([0, generation + 1]);
    for (let i = 0; i < 256; i++) expect(tag(i * 4096, 'readTag') & BigInt(TlbFlag.invalid)).not.toBe(0n);
  });

  it('keeps global pages when the address space changes, of all MMU indices, and drops them with everything', () => {
    const global = RWX | Prot.global;
    toy.pages = new Map([[1n, { physPage: 1, prot: global }], [2n, { physPage: 2, prot: RWX }], [3n, { physPage: 3, prot: global }]]);
    for (const [at, mmu] of [[0x1000, 0], [0x2000, 0], [0x3000, 0], [0x3000, 1]] as const) ld(at, MO_8, mmu);
    const refilled = (): string[] => {
      takeLog(toy);
      for (const [at, mmu] of [[0x1000, 0], [0x2000, 0], [0x3000, 0], [0x3000, 1]] as const) ld(at, MO_8, mmu);
      return takeLog(toy);
    };
    for (let round = 0; round < 3; round++) {
      toy.runtime.exports.tlb_flush_local(toy.env);
      expect(toy.context('tlbUsed')).toBe(2);
      expect(refilled()).toEqual(['fill 2000 0 mmu0']);
    }
    toy.runtime.exports.tlb_flush(toy.env);
    expect([toy.context('tlbUsed'), refilled().length]).toEqual([0, 4]);
    // What an entry held before says nothing about what it holds now.
    toy.pages.set(0x101n, { physPage: 4, prot: RWX }).set(0x102n, { physPage: 5, prot: global });
    for (const at of [0x10_1000, 0x10_2000]) ld(at, MO_8);
    toy.runtime.exports.tlb_flush_local(toy.env);
    takeLog(toy);
    for (const at of [0x10_1000, 0x10_2000]) ld(at, MO_8);
    expect(takeLog(toy)).toEqual(['fill 101000 0 mmu0']);
  });

  it('flushes one page', () => {
    toy.pages = new Map([[1n, { physPage: 1, prot: RWX }], [2n, { physPage: 2, prot: RWX }]]);
    ld(0x1000, MO_8, 0);
    ld(0x1000, MO_8, 1);
    ld(0x2000, MO_8, 0);
    toy.pages.set(1n, { physPage: 3, prot: RWX });
    toy.runtime.exports.tlb_flush_page(toy.env, 0x1abcn);
    takeLog(toy);
    expect(ld(0x1000, MO_32, 0)).toBe(little(0x3000, 4));
    expect(ld(0x1000, MO_32, 1)).toBe(little(0x3000, 4));
    ld(0x2000, MO_8, 0);
    expect(takeLog(toy)).toEqual(['fill 1000 0 mmu0', 'fill 1000 0 mmu1']);
  });

  it('flushes all 4 KiB parts of a large page with one of them', () => {
    const large = RWX | (21 << Prot.sizeShift);
    toy.pages = new Map([[0x200n, { physPage: 1, prot: large }], [0x201n, { physPage: 2, prot: large }], [1n, { physPage: 3, prot: RWX }]]);
    for (const at of [0x200000, 0x201000, 0x1000]) ld(at, MO_8);
    toy.runtime.exports.tlb_flush_page(toy.env, 0x1000n);
    takeLog(toy);
    ld(0x200000, MO_8);
    expect(takeLog(toy)).toEqual([]);
    toy.runtime.exports.tlb_flush_page(toy.env, 0x3f_f000n);
    ld(0x201000, MO_8);
    expect(takeLog(toy)).toEqual(['fill 201000 0 mmu0']);
  });

  it('flushes all with a part of any of several large pages', () => {
    const large = RWX | (21 << Prot.sizeShift);
    toy.pages = new Map([[0x200n, { physPage: 1, prot: large }], [0x4001n, { physPage: 2, prot: large }], [2n, { physPage: 3, prot: RWX }]]);
    for (const part of [0x20_5000n, 0x400_7000n]) {
      for (const at of [0x20_0000, 0x400_1000, 0x2000]) ld(at, MO_8);
      toy.runtime.exports.tlb_flush_page(toy.env, part);
      takeLog(toy);
      for (const at of [0x20_0000, 0x400_1000]) ld(at, MO_8);
      expect(takeLog(toy)).toEqual(['fill 200000 0 mmu0', 'fill 4001000 0 mmu0']);
    }
  });

  it('does not take an empty entry for the last page of the address space', () => {
    toy.setState('pcMask', 0xffff_ffff_ffff_ffffn);
    toy.pages = new Map([[0xf_ffff_ffff_ffffn, { physPage: 1, prot: Prot.read }]]);
    const top = 0xffff_ffff_ffff_f010n;
    expect(ld(top, MO_32)).toBe(little(0x1010, 4));
    st(top, 0n, MO_32);
    expect(exit()).toBe(ExitCode.fault);
    toy.runtime.exports.tlb_flush(toy.env);
    takeLog(toy);
    expect(ld(top, MO_32)).toBe(little(0x1010, 4));
    expect(takeLog(toy)).toEqual(['fill fffffffffffff010 0 mmu0']);
  });

  it('translates for a debugger without a fault', () => {
    toy.pages = new Map([[4n, { physPage: 0xc0001, prot: Prot.read }]]);
    expect(toy.runtime.exports.guest_translate(toy.env, 0x4123n, 0, 0)).toBe(0xc000_1123n);
    expect(toy.runtime.exports.guest_translate(toy.env, 0x4123n, 1, 0)).toBe(-1n);
    expect(toy.runtime.exports.guest_translate_host(toy.env, 0x4123, 0, 0, 0)).toBe(1);
    expect(toy.context('ret')).toBe(0xc000_1123);
    expect(toy.runtime.exports.guest_translate_host(toy.env, 0x5123, 0, 0, 0)).toBe(0);
    expect(exit()).toBe(ExitCode.none);
  });

  it('traps on a guest that claims to have mapped a page and has not', () => {
    toy.lies = true;
    expect(() => ld(0x4000, MO_8)).toThrow(WebAssembly.RuntimeError);
  });
});

describe('memory for a guest\'s helpers', () => {
  it('hits inline and falls back to the slow path', () => {
    const { exports } = toy.runtime;
    for (const at of [0x1000, 0x1000, 0x1fff, 0x1ffd, 0x1ff9]) {
      expect(exports.guest_ld8(toy.env, BigInt(at), 0)).toBe(Number(little(at, 1)));
      expect(exports.guest_ld16(toy.env, BigInt(at), 0)).toBe(Number(little(at, 2)));
      expect(exports.guest_ld32(toy.env, BigInt(at), 0) >>> 0).toBe(Number(little(at, 4)));
      expect(BigInt.asUintN(64, exports.guest_ld64(toy.env, BigInt(at), 0))).toBe(little(at, 8));
      exports.guest_st8(toy.env, BigInt(at), 0x1ff, 0);
      expect(little(at, 1)).toBe(0xffn);
      exports.guest_st16(toy.env, BigInt(at), 0x1fffe, 0);
      expect(little(at, 2)).toBe(0xfffen);
      exports.guest_st32(toy.env, BigInt(at), -3, 0);
      expect(little(at, 4)).toBe(0xffff_fffdn);
      exports.guest_st64(toy.env, BigInt(at), -4n, 0);
      expect(little(at, 8)).toBe(0xffff_ffff_ffff_fffcn);
    }
  });

  it('keeps the instruction index the helper was called with', () => {
    toy.pages = new Map();
    toy.setContext('insnIndex', 41);
    toy.runtime.exports.guest_ld32(toy.env, 0x1000n, 0);
    expect([exit(), toy.context('insnIndex')]).toEqual([ExitCode.fault, 41]);
  });

  it('reads physical memory, and all ones where nothing is', () => {
    const { exports } = toy.runtime;
    expect(BigInt(exports.phys_ld32(toy.env, 0x1004n) >>> 0)).toBe(little(0x1004, 4));
    expect(BigInt.asUintN(64, exports.phys_ld64(toy.env, 0x1008n))).toBe(little(0x1008, 8));
    expect(exports.phys_ld64(toy.env, 0xf_0000_0000_0008n)).toBe(-1n);
    expect(exports.phys_cas64(toy.env, 0xf_0000_0000_0008n, -1n, 0n)).toBe(1);
  });
});
