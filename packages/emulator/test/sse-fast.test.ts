/**
 * SSE floating point in three states of MXCSR, on the same operands: fast (direct code), all masked without PE (as a program begins; helpers that tell
 * what is exact), and one in which the exact helpers do all that rounds. Values, registers, EFLAGS and the flags of MXCSR must agree, all but PE in the
 * fast state, where it was set before.
 *
 * What takes the direct way in any state (minimum, comparisons, widening) has the manual's words as its reference.
 */
import { compileModules, createMachine } from '@wasm-tcg/emulator';
import { describe, expect, it } from 'vitest';

const VECTORS = 52_000;
const CODE = 0x1000;
const STATE = 0x3000;
const INPUT = 0x10_0000;
const OUTPUT = 0x30_0000;
/** Of a record of input: two vectors. Of output: vector, RAX, EFLAGS, MXCSR. */
const RECORD = 32;
const [FLAGS_AT, MXCSR_AT] = [24, 28];

const MASKED = 0x1f80;
const PE = 0x20;
/** Mask of ZE. Where that does not occur, nothing but the way differs without it. */
const ZM = 0x200;
const DAZ_FTZ = 0x8040;
const OSFXSR_OSXMMEXCPT = 0x600n;

// ---- operands -------------------------------------------------------------------------------------------------------------------------

/** xorshift32. */
function generator(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

interface Format {
  readonly bits: 32 | 64;
  readonly fraction: bigint;
  readonly special: bigint;
  readonly bias: bigint;
}
const FORMATS: Readonly<Record<32 | 64, Format>> = {
  32: { bits: 32, fraction: 23n, special: 255n, bias: 127n },
  64: { bits: 64, fraction: 52n, special: 2047n, bias: 1023n },
};

/** Exponent fields at which something changes, and anything. */
function exponent({ special, bias, fraction }: Format, random: () => number): bigint {
  const near = BigInt(random() % 7) - 3n;
  const clamp = (e: bigint): bigint => (e < 0n ? 0n : e > special ? special : e);
  switch (random() % 12) {
    case 0: return 0n;
    case 1: return special;
    case 2: return clamp(1n + near);
    case 3: return clamp(special - 1n + near);
    case 4: return clamp(bias + 31n + near);
    case 5: return clamp(bias + 63n + near);
    case 6: return clamp(bias / 2n + near);
    case 7: return clamp(bias + bias / 2n + near);
    case 8: return clamp(bias + fraction + near);
    case 9: return BigInt(random()) % (special + 1n);
    default: return clamp(bias + near);
  }
}

function float(format: Format, random: () => number): bigint {
  const all = (1n << format.fraction) - 1n;
  const any = ((BigInt(random()) << 32n) | BigInt(random())) & all;
  // Of few bits, so that products and sums are exact, or just not.
  const short = (any >> BigInt(random() % 53)) << (format.fraction - BigInt(random() % Number(format.fraction))) & all;
  const fraction = [0n, 0n, 1n, all, all - 1n, (all + 1n) / 2n, any, any, short, short, short, short][random() % 12]!;
  return (BigInt(random() & 1) << BigInt(format.bits - 1)) | (exponent(format, random) << format.fraction) | fraction;
}

/** Two vectors of lanes; the second is sometimes the first, its negative or its neighbour. */
function fill(view: DataView, at: number, format: Format, random: () => number): void {
  const { bits } = format;
  for (let lane = 0; lane < 128 / bits; lane++) {
    const a = float(format, random);
    const b = [a, a ^ (1n << BigInt(bits - 1)), a + 1n, a ^ 3n][random() % 16] ?? float(format, random);
    for (const [value, where] of [[a, at], [b, at + 16]] as const) {
      if (bits === 32) view.setUint32(where + lane * 4, Number(BigInt.asUintN(32, value)), true);
      else view.setBigUint64(where + lane * 8, BigInt.asUintN(64, value), true);
    }
  }
}

function operands(bits: 32 | 64): Uint8Array {
  const bytes = new Uint8Array(VECTORS * RECORD);
  const view = new DataView(bytes.buffer);
  const random = generator(bits);
  for (let i = 0; i < VECTORS; i++) fill(view, i * RECORD, FORMATS[bits], random);
  return bytes;
}
const INPUTS = { 32: operands(32), 64: operands(64) } as const;

/** The second vectors without zeros and what DAZ takes for them. */
function divisors(bits: 32 | 64): Uint8Array {
  const bytes = INPUTS[bits].slice();
  const view = new DataView(bytes.buffer);
  const { fraction, special, bias } = FORMATS[bits];
  for (let i = 0; i < VECTORS; i++) {
    for (let at = i * RECORD + 16; at < (i + 1) * RECORD; at += bits / 8) {
      const value = bits === 32 ? BigInt(view.getUint32(at, true)) : view.getBigUint64(at, true);
      if (((value >> fraction) & special) !== 0n) continue;
      if (bits === 32) view.setUint32(at, Number(bias << fraction), true);
      else view.setBigUint64(at, bias << fraction, true);
    }
  }
  return bytes;
}
const DIVISORS = { 32: divisors(32), 64: divisors(64) } as const;

// ---- the guest ------------------------------------------------------------------------------------------------------------------------------

const hex = (text: string): number[] => text.split(' ').map((byte) => Number.parseInt(byte, 16));

/** ldmxcsr [rsi]; movups xmm0, [rbx]; movups xmm1, [rbx+16]; xor eax, eax */
const HEAD = hex('0f ae 16 0f 10 03 0f 10 4b 10 31 c0');
/** movups [rdi], xmm0; pushfq; pop rdx; mov [rdi+16], rax; mov [rdi+24], edx; stmxcsr [rdi+28]; add rbx, 32; add rdi, 32; dec rcx */
const TAIL = hex('0f 11 07 9c 5a 48 89 47 10 89 57 18 0f ae 5f 1c 48 83 c3 20 48 83 c7 20 48 ff c9');

const modules = compileModules();
const vm = createMachine({
  modules, memory: '8M', cpu: { model: 'max' }, boot: { image: Uint8Array.of(0xf4), loadAddress: CODE, mode: 'long64', stack: 0x8000 }, execution: { mode: 'tiered' },
});

/** Records of output of one instruction under a value of MXCSR. */
function run(code: readonly number[], input: Uint8Array, mxcsr: number): DataView<ArrayBuffer> {
  const body = [...HEAD, ...code, ...TAIL];
  const back = -(body.length + 6);
  vm.memory.write(CODE, Uint8Array.from([...body, 0x0f, 0x85, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff, 0xf4]));
  vm.memory.write(STATE, Uint8Array.of(mxcsr & 0xff, mxcsr >> 8, 0, 0));
  vm.memory.write(INPUT, input);
  const { registers } = vm.cpu(0);
  registers.set('cr4', registers.get('cr4') | OSFXSR_OSXMMEXCPT);
  registers.set('rip', BigInt(CODE));
  registers.set('rsp', 0x8000n);
  registers.set('rsi', BigInt(STATE));
  registers.set('rbx', BigInt(INPUT));
  registers.set('rdi', BigInt(OUTPUT));
  registers.set('rcx', BigInt(VECTORS));
  expect(vm.runUntil({ instructions: VECTORS * 20 })).toEqual({ kind: 'halt' });
  return new DataView(Uint8Array.from(vm.memory.read(OUTPUT, VECTORS * RECORD)).buffer);
}

/** What differs first, as text; undefined if nothing does. */
function difference(input: Uint8Array, got: DataView<ArrayBuffer>, expected: (i: number) => DataView<ArrayBuffer>, ignored = 0): string | undefined {
  for (let i = 0; i < VECTORS; i++) {
    const want = expected(i);
    for (let at = 0; at < RECORD; at += 4) {
      const [x, y] = [got.getUint32(i * RECORD + at, true), want.getUint32(at, true)];
      if ((at === MXCSR_AT ? x | ignored : x) === (at === MXCSR_AT ? y | ignored : y)) continue;
      const operand = (k: number): string => Buffer.from(input.slice(i * RECORD + k * 16, i * RECORD + k * 16 + 16)).toString('hex');
      return `vector ${i}, ${operand(0)} and ${operand(1)}: at ${at} ${x.toString(16)}, not ${y.toString(16)}`;
    }
  }
  return undefined;
}

const record = (view: DataView<ArrayBuffer>) => (i: number): DataView<ArrayBuffer> => new DataView(view.buffer, i * RECORD, RECORD);

// ---- what rounds ------------------------------------------------------------------------------------------------------------------------------

/** Instruction on xmm0 and xmm1, format of its operands. */
const ROUNDING: readonly (readonly [name: string, bits: 32 | 64, code: string])[] = [
  ...[['add', '58'], ['mul', '59'], ['sub', '5c'], ['div', '5e'], ['sqrt', '51']].flatMap(([name, opcode]) => [
    [`${name}ps`, 32, `0f ${opcode} c1`], [`${name}pd`, 64, `66 0f ${opcode} c1`], [`${name}ss`, 32, `f3 0f ${opcode} c1`], [`${name}sd`, 64, `f2 0f ${opcode} c1`],
  ] as const),
  ...[['addsub', 'd0'], ['hadd', '7c'], ['hsub', '7d']].flatMap(([name, opcode]) => [
    [`${name}ps`, 32, `f2 0f ${opcode} c1`], [`${name}pd`, 64, `66 0f ${opcode} c1`],
  ] as const),
  ...['00', '01', '02', '03', '04', '0b'].map((imm) => [`roundsd ${imm}`, 64, `66 0f 3a 0b c1 ${imm}`] as const),
  ['roundps', 32, '66 0f 3a 08 c1 02'], ['roundpd', 64, '66 0f 3a 09 c1 01'], ['roundss', 32, '66 0f 3a 0a c1 04'],
  ['cvtpd2ps', 64, '66 0f 5a c1'], ['cvtsd2ss', 64, 'f2 0f 5a c1'], ['cvtdq2ps', 32, '0f 5b c1'],
  ['cvtps2dq', 32, '66 0f 5b c1'], ['cvttps2dq', 32, 'f3 0f 5b c1'], ['cvtpd2dq', 64, 'f2 0f e6 c1'], ['cvttpd2dq', 64, '66 0f e6 c1'],
  ['cvtss2si eax', 32, 'f3 0f 2d c1'], ['cvtsd2si eax', 64, 'f2 0f 2d c1'], ['cvttss2si eax', 32, 'f3 0f 2c c1'], ['cvttsd2si eax', 64, 'f2 0f 2c c1'],
  ['cvtss2si rax', 32, 'f3 48 0f 2d c1'], ['cvtsd2si rax', 64, 'f2 48 0f 2d c1'], ['cvttss2si rax', 32, 'f3 48 0f 2c c1'],
  ['cvttsd2si rax', 64, 'f2 48 0f 2c c1'],
  ['cvtsi2ss qword [rbx]', 64, 'f3 48 0f 2a 03'], ['cvtsi2sd qword [rbx]', 64, 'f2 48 0f 2a 03'], ['cvtsi2ss dword [rbx]', 32, 'f3 0f 2a 03'],
  ['cvtps2pi', 32, '0f 2d c1 0f 7e c0 0f 77'], ['cvtpi2ps', 32, '0f 6f 03 0f 2a c0 0f 77'],
  ['addsd [rbx+8]', 64, 'f2 0f 58 43 08'], ['mulss [rbx+4]', 32, 'f3 0f 59 43 04'], ['divpd [rbx]', 64, '66 0f 5e 03'],
];

describe('direct code is as exact as the helpers', () => {
  it.each(ROUNDING)('%s', (name, bits, code) => {
    for (const state of [MASKED, MASKED | DAZ_FTZ]) {
      const results = (input: Uint8Array, mxcsr: number): DataView<ArrayBuffer> => run(hex(code), input, mxcsr);
      const quiet = results(INPUTS[bits], state);
      expect(difference(INPUTS[bits], results(INPUTS[bits], state | PE), record(quiet), PE)).toBeUndefined();
      const input = (name.startsWith('div') ? DIVISORS : INPUTS)[bits];
      expect(difference(input, name.startsWith('div') ? results(input, state) : quiet, record(results(input, state & ~ZM)), ZM)).toBeUndefined();
    }
  });
});

// ---- what does not round --------------------------------------------------------------------------------------------------------------------------

const IE = 1;
const DE = 2;
const [CF, PF, ZF] = [1, 4, 0x40];
/** EFLAGS after XOR EAX, EAX. */
const FLAGS = 2 | PF | ZF;
const UNORDERED = 2;

/** One lane of an operand. */
class Lane {
  readonly value: number;
  readonly signaling: boolean;
  readonly denormal: boolean;
  constructor(view: DataView, at: number, bits: 32 | 64, daz: boolean) {
    const high = view.getUint32(bits === 64 ? at + 4 : at, true);
    const quietBit = bits === 64 ? 0x0008_0000 : 0x0040_0000;
    const value = bits === 64 ? view.getFloat64(at, true) : view.getFloat32(at, true);
    const tiny = value !== 0 && Math.abs(value) < (bits === 64 ? 2 ** -1022 : 2 ** -126);
    this.signaling = Number.isNaN(value) && (high & quietBit) === 0;
    this.denormal = tiny && !daz;
    this.value = !tiny || !daz ? value : value < 0 ? -0 : 0;
  }
}

/** −1, 0, 1 or UNORDERED, and the flags of a comparison for which quiet NaNs are invalid or not (SDM vol. 1, 4.9.1 and 11.5.2). */
function compared(a: Lane, b: Lane, signaling: boolean): readonly [order: number, flags: number] {
  if (Number.isNaN(a.value) || Number.isNaN(b.value)) return [UNORDERED, signaling || a.signaling || b.signaling ? IE : 0];
  return [a.value < b.value ? -1 : a.value > b.value ? 1 : 0, a.denormal || b.denormal ? DE : 0];
}

/** Operands of one lane: as numbers, and where their bits are. */
interface Operands {
  readonly bits: 32 | 64;
  readonly lane: number;
  readonly a: Lane;
  readonly b: Lane;
  /** Vector a, and from byte 16 on vector b. */
  readonly input: DataView;
}

/** Writes a lane of the output record (or its EFLAGS); returns the flags that are raised. */
type Reference = (out: DataView, operands: Operands) => number;

/** The operand of a lane at `from` (0: a, 16: b) as it is; zeros, which DAZ may have made, with their sign. */
function take(out: DataView, { bits, lane, a, b, input }: Operands, from: 0 | 16): void {
  const at = (lane * bits) / 8;
  for (let i = 0; i < bits / 8; i++) out.setUint8(at + i, input.getUint8(from + at + i));
  const { value } = from === 0 ? a : b;
  if (value !== 0) return;
  if (bits === 64) out.setFloat64(at, value, true);
  else out.setFloat32(at, value, true);
}

const extreme = (wanted: number): Reference => (out, operands) => {
  const [order, flags] = compared(operands.a, operands.b, true);
  take(out, operands, order === wanted ? 0 : 16);
  return flags;
};

const predicate = (imm: number): Reference => (out, { bits, lane, a, b }) => {
  const kind = imm & 3;
  const [order, flags] = compared(a, b, kind === 1 || kind === 2);
  const holds = [order === 0, order === -1, order <= 0, order === UNORDERED][kind]!;
  for (let i = 0; i < bits / 8; i++) out.setUint8((lane * bits) / 8 + i, holds === imm < 4 ? 0xff : 0);
  return flags;
};

const orderFlags = (signaling: boolean): Reference => (out, { a, b }) => {
  const [order, flags] = compared(a, b, signaling);
  out.setUint32(FLAGS_AT, 2 | (order === UNORDERED ? CF | PF | ZF : order < 0 ? CF : order === 0 ? ZF : 0), true);
  return flags;
};

const widening: Reference = (out, { lane, b, input }) => {
  if (Number.isNaN(b.value)) {
    const bits = input.getUint32(16 + lane * 4, true);
    out.setBigUint64(lane * 8, (BigInt(bits >>> 31) << 63n) | 0x7ff8_0000_0000_0000n | (BigInt(bits & 0x7f_ffff) << 29n), true);
    return b.signaling ? IE : 0;
  }
  out.setFloat64(lane * 8, b.value, true);
  return b.denormal ? DE : 0;
};

type Exact = readonly [name: string, bits: 32 | 64, lanes: number, code: string, reference: Reference];
const shapes = (name: string, opcode: string, imm: string, reference: Reference): Exact[] => [
  [`${name}ps`, 32, 4, `0f ${opcode} c1${imm}`, reference], [`${name}pd`, 64, 2, `66 0f ${opcode} c1${imm}`, reference],
  [`${name}ss`, 32, 1, `f3 0f ${opcode} c1${imm}`, reference], [`${name}sd`, 64, 1, `f2 0f ${opcode} c1${imm}`, reference],
];

const EXACT: readonly Exact[] = [
  ...shapes('min', '5d', '', extreme(-1)), ...shapes('max', '5f', '', extreme(1)),
  ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((imm) => shapes(`cmp ${imm} `, 'c2', ` 0${imm}`, predicate(imm)).filter(([, , lanes]) => lanes === 4 - 3 * (imm & 1))),
  ['comiss', 32, 1, '0f 2f c1', orderFlags(true)], ['comisd', 64, 1, '66 0f 2f c1', orderFlags(true)],
  ['ucomiss', 32, 1, '0f 2e c1', orderFlags(false)], ['ucomisd', 64, 1, '66 0f 2e c1', orderFlags(false)],
  ['cvtps2pd', 32, 2, '0f 5a c1', widening], ['cvtss2sd', 32, 1, 'f3 0f 5a c1', widening],
];

describe('what does not round does what the manual says', () => {
  it.each(EXACT)('%s', (_name, bits, lanes, code, reference) => {
    const out = new DataView(new ArrayBuffer(RECORD));
    for (const state of [MASKED, MASKED | PE | DAZ_FTZ]) {
      const expected = (i: number): DataView<ArrayBuffer> => {
        const input = new DataView(INPUTS[bits].buffer, i * RECORD, RECORD);
        out.setBigUint64(0, input.getBigUint64(0, true), true);
        out.setBigUint64(8, input.getBigUint64(8, true), true);
        out.setUint32(FLAGS_AT, FLAGS, true);
        let flags = state;
        for (let lane = 0; lane < lanes; lane++) {
          const at = (lane * bits) / 8;
          const daz = (state & DAZ_FTZ) !== 0;
          flags |= reference(out, { bits, lane, input, a: new Lane(input, at, bits, daz), b: new Lane(input, at + 16, bits, daz) });
        }
        out.setUint32(MXCSR_AT, flags, true);
        return out;
      };
      expect(difference(INPUTS[bits], run(hex(code), INPUTS[bits], state), expected)).toBeUndefined();
    }
  });
});
