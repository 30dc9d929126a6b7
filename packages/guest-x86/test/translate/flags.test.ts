/**
 * Lazy flags: what is computed inline for a known cc_op, what the helper computes, and what the TypeScript for debuggers computes are the same, for
 * every kind of operation, operand size and condition.
 */
import { describe, expect, test } from 'vitest';
import { Rng } from '@wasm-tcg/ir';
import { CC_OVERRIDE, CcKind, ccOp, computeFlags, type FlatMode } from '@wasm-tcg/guest-x86';
import { EvalCpu } from './eval-cpu.ts';

const CF = 0x1, PF = 0x4, ZF = 0x40, SF = 0x80, OF = 0x800;

/** Whether condition 0–15 holds (SDM vol. 1, appendix B.1). */
function holds(cc: number, flags: number): boolean {
  const is = (mask: number): boolean => (flags & mask) !== 0;
  const plain = [is(OF), is(CF), is(ZF), is(CF) || is(ZF), is(SF), is(PF), is(SF) !== is(OF), is(ZF) || is(SF) !== is(OF)][cc >> 1]!;
  return plain !== ((cc & 1) === 1);
}

const CORNERS = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 63n, (1n << 64n) - 1n, (1n << 63n) - 1n];

function value(rng: Rng): bigint {
  return rng.below(3) === 0 ? (BigInt(rng.u32()) << 32n) | BigInt(rng.u32()) : CORNERS[rng.below(CORNERS.length)]!;
}

test('the helper and the debugger agree', () => {
  const cpu = new EvalCpu();
  const compute = cpu.x86.wasmExports['compute_flags'] as (op: number, dst: bigint, src: bigint, src2: bigint) => number;
  const rng = new Rng(1);
  for (const kind of Object.values(CcKind)) {
    for (const size of kind === CcKind.flags ? [1] : [1, 2, 4, 8]) {
      const overridable = kind !== CcKind.flags && kind !== CcKind.adc && kind !== CcKind.sbb;
      for (const override of overridable ? [0, CC_OVERRIDE] : [0]) {
        for (let i = 0; i < 200; i++) {
          const op = ccOp(kind, size) | override;
          const carryKind = kind === CcKind.inc || kind === CcKind.dec || kind === CcKind.bits;
          const [dst, src, src2] = [value(rng), carryKind ? BigInt(rng.below(2)) : value(rng), override || kind === CcKind.shl || kind === CcKind.shr ? value(rng) : BigInt(rng.below(2))];
          expect([op, dst, src, src2, compute(op, dst, src, src2)]).toEqual([op, dst, src, src2, computeFlags(op, dst, src, src2)]);
        }
      }
    }
  }
});

/** Instructions that leave each kind of flags, with rAX and rCX as operands; 66h and REX.W select the size. */
const OPERATIONS: readonly (readonly [name: string, code: readonly number[], byte?: readonly number[]])[] = [
  ['add', [0x01, 0xc8], [0x00, 0xc8]],
  ['adc', [0x11, 0xc8], [0x10, 0xc8]],
  ['sub', [0x29, 0xc8], [0x28, 0xc8]],
  ['sbb', [0x19, 0xc8], [0x18, 0xc8]],
  ['cmp', [0x39, 0xc8], [0x38, 0xc8]],
  ['and', [0x21, 0xc8], [0x20, 0xc8]],
  ['test', [0x85, 0xc8], [0x84, 0xc8]],
  ['inc', [0xff, 0xc0], [0xfe, 0xc0]],
  ['dec', [0xff, 0xc8], [0xfe, 0xc8]],
  ['neg', [0xf7, 0xd8], [0xf6, 0xd8]],
  ['shl 3', [0xc1, 0xe0, 3], [0xc0, 0xe0, 3]],
  ['shr 1', [0xd1, 0xe8], [0xd0, 0xe8]],
  ['sar cl', [0xd3, 0xf8], [0xd2, 0xf8]],
  ['rol 5', [0xc1, 0xc0, 5], [0xc0, 0xc0, 5]],
  ['ror cl', [0xd3, 0xc8], [0xd2, 0xc8]],
  ['rcl 1', [0xd1, 0xd0], [0xd0, 0xd0]],
  ['mul', [0xf7, 0xe1], [0xf6, 0xe1]],
  ['imul', [0x0f, 0xaf, 0xc1]],
  ['blsi', [0xc4, 0xe2, 0x78, 0xf3, 0xd9]],
  ['bt', [0x0f, 0xa3, 0xc8]],
  ['stc', [0xf9]],
  ['cmc', [0xf5]],
  ['popcnt', [0xf3, 0x0f, 0xb8, 0xc1]],
];

const SETCC_BASE = 0x4000;

/** SETcc of all sixteen conditions into memory. */
function setAll(): number[] {
  return Array.from({ length: 16 }, (_, cc) => [0x0f, 0x90 + cc, 0x04, 0x25, ...[SETCC_BASE + cc, 0, 0, 0].map((_b, i) => ((SETCC_BASE + cc) >> (8 * i)) & 0xff)]).flat();
}

/** In 32-bit code: disp32 without a SIB byte. */
function setAll32(): number[] {
  return Array.from({ length: 16 }, (_, cc) => [0x0f, 0x90 + cc, 0x05, ...[0, 1, 2, 3].map((i) => ((SETCC_BASE + cc) >> (8 * i)) & 0xff)]).flat();
}

function withPrefix(size: number, code: readonly number[]): number[] {
  // The mandatory prefix of POPCNT comes before REX.
  const mandatory = code[0] === 0xf3 ? 1 : 0;
  const prefix = size === 2 ? [0x66] : size === 8 ? [0x48] : [];
  return [...code.slice(0, mandatory), ...prefix, ...code.slice(mandatory)];
}

describe.each<[FlatMode, boolean]>([['long64', false], ['long64', true], ['protected32', false], ['protected32', true]])('%s, optimised: %s', (mode, optimize) => {
  const sizes = mode === 'long64' ? [1, 2, 4, 8] : [1, 2, 4];
  for (const [name, code, byte] of OPERATIONS) {
    test(name, () => {
      const cpu = new EvalCpu().flat(mode);
      cpu.optimize = optimize;
      const rng = new Rng(7);
      for (const size of sizes) {
        if (size === 1 && byte === undefined) continue;
        if (code[0] === 0xc4 && size !== 4) continue;
        const operation = size === 1 ? [...byte!] : withPrefix(size, code);
        const whole = [...operation, ...(mode === 'long64' ? setAll() : setAll32()), 0xeb, 0xfe];
        for (let i = 0; i < 5; i++) {
          cpu.verify = i === 0;
          const start = { rax: value(rng), rcx: value(rng), rdx: 0n, rflags: BigInt([0x2, 0x8d7, 0x3, 0x802][rng.below(4)]!) };
          cpu.set(start);
          cpu.run(whole, 0x1000);
          const flags = Number(cpu.get('rflags'));
          const set = Array.from({ length: 16 }, (_, cc) => cpu.read(SETCC_BASE + cc, 1));
          expect([name, size, start, flags.toString(16), set]).toEqual([
            name, size, start, flags.toString(16), Array.from({ length: 16 }, (_, cc) => (holds(cc, flags) ? 1n : 0n)),
          ]);
        }
      }
    });
  }
});
