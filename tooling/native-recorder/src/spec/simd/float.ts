/** SSE … SSE4.1 floating point: arithmetic, compares, conversions, moves, shuffles. */
import type { Draft } from '../../draft.ts';
import { WORD } from '@wasm-tcg/conformance';
import { RESULT_UNDEFINED, row } from '../row.ts';
import type { Group, Row } from '../row.ts';
import { sse, withLanes } from './setup.ts';

const ARITHMETIC = [['sqrt', '51'], ['add', '58'], ['mul', '59'], ['sub', '5C'], ['min', '5D'], ['div', '5E'], ['max', '5F']] as const;
const LOGIC = [['and', '54'], ['andn', '55'], ['or', '56'], ['xor', '57'], ['unpckl', '14'], ['unpckh', '15']] as const;

/** Rows for packed and scalar, single and double. */
const four = (name: string, opcode: string, tail = '', more: Omit<Row, 'name' | 'op' | 'args'> = {}): Row[] => [
  sse(`${name}ps`, `0F ${opcode} /r`, `Vdq,Wdq${tail}`, 'f32', more),
  sse(`${name}pd`, `66 0F ${opcode} /r`, `Vdq,Wdq${tail}`, 'f64', more),
  sse(`${name}ss`, `F3 0F ${opcode} /r`, `Vdq,Wd${tail}`, 'f32', more),
  sse(`${name}sd`, `F2 0F ${opcode} /r`, `Vdq,Wq${tail}`, 'f64', more),
];

/** All eight predicates, and what lies above bit 2. */
const predicate = { imm: ({ rng }: { rng: Draft['rng'] }): number => (rng.chance(0.8) ? rng.below(8) : rng.below(256)) };
/** Rounding mode, and whether inexact is reported. */
const rounding = { imm: ({ rng }: { rng: Draft['rng'] }): number => (rng.chance(0.9) ? rng.below(16) : rng.below(256)) };
/** An approximation whose low bits are the implementation's. */
const approximate = { undef: RESULT_UNDEFINED };
const unaligned = { align: 1 };

export const sseArithmetic: Group = {
  name: 'sse-arithmetic',
  rows: [
    ...ARITHMETIC.flatMap(([name, opcode]) => four(name, opcode)),
    ...four('cmp', 'C2', ',Ib', predicate),
    ...LOGIC.flatMap(([name, opcode]) => four(name, opcode).slice(0, 2)),
    sse('rsqrtps', '0F 52 /r', 'Vdq,Wdq', 'f32', approximate),
    sse('rsqrtss', 'F3 0F 52 /r', 'Vdq,Wd', 'f32', approximate),
    sse('rcpps', '0F 53 /r', 'Vdq,Wdq', 'f32', approximate),
    sse('rcpss', 'F3 0F 53 /r', 'Vdq,Wd', 'f32', approximate),
    sse('ucomiss', '0F 2E /r', 'Vdq,Wd', 'f32'),
    sse('ucomisd', '66 0F 2E /r', 'Vdq,Wq', 'f64'),
    sse('comiss', '0F 2F /r', 'Vdq,Wd', 'f32'),
    sse('comisd', '66 0F 2F /r', 'Vdq,Wq', 'f64'),
    sse('haddpd', '66 0F 7C /r', 'Vdq,Wdq', 'f64'),
    sse('haddps', 'F2 0F 7C /r', 'Vdq,Wdq', 'f32'),
    sse('hsubpd', '66 0F 7D /r', 'Vdq,Wdq', 'f64'),
    sse('hsubps', 'F2 0F 7D /r', 'Vdq,Wdq', 'f32'),
    sse('addsubpd', '66 0F D0 /r', 'Vdq,Wdq', 'f64'),
    sse('addsubps', 'F2 0F D0 /r', 'Vdq,Wdq', 'f32'),
    sse('roundps', '66 0F 3A 08 /r', 'Vdq,Wdq,Ib', 'f32', rounding),
    sse('roundpd', '66 0F 3A 09 /r', 'Vdq,Wdq,Ib', 'f64', rounding),
    sse('roundss', '66 0F 3A 0A /r', 'Vdq,Wd,Ib', 'f32', rounding),
    sse('roundsd', '66 0F 3A 0B /r', 'Vdq,Wq,Ib', 'f64', rounding),
    sse('dpps', '66 0F 3A 40 /r', 'Vdq,Wdq,Ib', 'f32'),
    sse('dppd', '66 0F 3A 41 /r', 'Vdq,Wdq,Ib', 'f64'),
  ],
};

export const sseConvert: Group = {
  name: 'sse-convert',
  rows: [
    sse('cvtpi2ps', '0F 2A /r', 'Vdq,Qq', 'f32'),
    sse('cvtpi2pd', '66 0F 2A /r', 'Vdq,Qq', 'f64'),
    sse('cvtsi2ss', 'F3 0F 2A /r', 'Vdq,Ey', 'f32'),
    sse('cvtsi2sd', 'F2 0F 2A /r', 'Vdq,Ey', 'f64'),
    ...['2C', '2D'].flatMap((opcode) => {
      const t = opcode === '2C' ? 't' : '';
      return [
        sse(`cvt${t}ps2pi`, `0F ${opcode} /r`, 'Pq,Wq', 'f32'),
        sse(`cvt${t}pd2pi`, `66 0F ${opcode} /r`, 'Pq,Wdq', 'f64'),
        sse(`cvt${t}ss2si`, `F3 0F ${opcode} /r`, 'Gy,Wd', 'f32'),
        sse(`cvt${t}sd2si`, `F2 0F ${opcode} /r`, 'Gy,Wq', 'f64'),
      ];
    }),
    sse('cvtps2pd', '0F 5A /r', 'Vdq,Wq', 'f32'),
    sse('cvtpd2ps', '66 0F 5A /r', 'Vdq,Wdq', 'f64'),
    sse('cvtss2sd', 'F3 0F 5A /r', 'Vdq,Wd', 'f32'),
    sse('cvtsd2ss', 'F2 0F 5A /r', 'Vdq,Wq', 'f64'),
    sse('cvtdq2ps', '0F 5B /r', 'Vdq,Wdq', 32, { setup: mixed(32) }),
    sse('cvtps2dq', '66 0F 5B /r', 'Vdq,Wdq', 'f32'),
    sse('cvttps2dq', 'F3 0F 5B /r', 'Vdq,Wdq', 'f32'),
    sse('cvttpd2dq', '66 0F E6 /r', 'Vdq,Wdq', 'f64'),
    sse('cvtdq2pd', 'F3 0F E6 /r', 'Vdq,Wq', 32),
    sse('cvtpd2dq', 'F2 0F E6 /r', 'Vdq,Wdq', 'f64'),
  ],
};

/** Integer lanes under random MXCSR. */
function mixed(lanes: 32) {
  return (d: Draft): void => {
    withLanes('f32')(d);
    withLanes(lanes)(d);
  };
}

/** A control word to load: mostly valid, some with reserved bits, which is #GP. */
function loadsControl(d: Draft): void {
  d.pokeNumber(d.target, BigInt(d.rng.chance(0.15) ? d.rng.u32() : d.rng.below(0x10000)), 32);
}

function storesControl(d: Draft): void {
  d.words[WORD.mxcsr] = BigInt(0x1f80 | (d.rng.u32() & 0xe07f));
}

export const sseMove: Group = {
  name: 'sse-move',
  rows: [
    sse('movups', '0F 10 /r', 'Vdq,Wdq', 'f32', unaligned),
    sse('movupd', '66 0F 10 /r', 'Vdq,Wdq', 'f64', unaligned),
    sse('movss', 'F3 0F 10 /r', 'Vdq,Wd', 'f32'),
    sse('movsd', 'F2 0F 10 /r', 'Vdq,Wq', 'f64'),
    sse('movups', '0F 11 /r', 'Wdq,Vdq', 'f32', unaligned),
    sse('movupd', '66 0F 11 /r', 'Wdq,Vdq', 'f64', unaligned),
    sse('movss', 'F3 0F 11 /r', 'Wd,Vdq', 'f32'),
    sse('movsd', 'F2 0F 11 /r', 'Wq,Vdq', 'f64'),
    sse('movlps, movhlps', '0F 12 /r', 'Vdq,Wq', 'f32'),
    sse('movlpd', '66 0F 12 /r', 'Vdq,Mq', 'f64'),
    sse('movsldup', 'F3 0F 12 /r', 'Vdq,Wdq', 'f32'),
    sse('movddup', 'F2 0F 12 /r', 'Vdq,Wq', 'f64'),
    sse('movlps', '0F 13 /r', 'Mq,Vdq', 'f32'),
    sse('movlpd', '66 0F 13 /r', 'Mq,Vdq', 'f64'),
    sse('movhps, movlhps', '0F 16 /r', 'Vdq,Wq', 'f32'),
    sse('movhpd', '66 0F 16 /r', 'Vdq,Mq', 'f64'),
    sse('movshdup', 'F3 0F 16 /r', 'Vdq,Wdq', 'f32'),
    sse('movhps', '0F 17 /r', 'Mq,Vdq', 'f32'),
    sse('movhpd', '66 0F 17 /r', 'Mq,Vdq', 'f64'),
    sse('movaps', '0F 28 /r', 'Vdq,Wdq', 'f32'),
    sse('movapd', '66 0F 28 /r', 'Vdq,Wdq', 'f64'),
    sse('movaps', '0F 29 /r', 'Wdq,Vdq', 'f32'),
    sse('movapd', '66 0F 29 /r', 'Wdq,Vdq', 'f64'),
    sse('movntps', '0F 2B /r', 'Mdq,Vdq', 'f32'),
    sse('movntpd', '66 0F 2B /r', 'Mdq,Vdq', 'f64'),
    sse('movmskps', '0F 50 /r', 'Gy,Udq', 'f32'),
    sse('movmskpd', '66 0F 50 /r', 'Gy,Udq', 'f64'),
    sse('shufps', '0F C6 /r', 'Vdq,Wdq,Ib', 'f32'),
    sse('shufpd', '66 0F C6 /r', 'Vdq,Wdq,Ib', 'f64'),
    sse('insertps', '66 0F 3A 21 /r', 'Vdq,Wd,Ib', 'f32'),
    sse('extractps', '66 0F 3A 17 /r', 'Ed,Vdq,Ib', 'f32'),
    sse('blendps', '66 0F 3A 0C /r', 'Vdq,Wdq,Ib', 'f32'),
    sse('blendpd', '66 0F 3A 0D /r', 'Vdq,Wdq,Ib', 'f64'),
    sse('blendvps', '66 0F 38 14 /r', 'Vdq,Wdq,XMM0', 'f32'),
    sse('blendvpd', '66 0F 38 15 /r', 'Vdq,Wdq,XMM0', 'f64'),
    row('ldmxcsr', '0F AE /2', 'Md', { fp: true, bare: true, modes: [64], setup: loadsControl }),
    row('stmxcsr', '0F AE /3', 'Md', { fp: true, bare: true, modes: [64], setup: storesControl }),
  ],
};
