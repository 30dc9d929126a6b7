/** MMX and SSE2 … SSE4.2 integer vectors, AES, carry-less multiplication, SHA, CRC32. */
import { WORD } from '@wasm-tcg/conformance';
import type { Draft } from '../../draft.ts';
import { row } from '../row.ts';
import type { Group, Row } from '../row.ts';
import { both, sse, withLanes } from './setup.ts';
import type { Lanes } from './setup.ts';

/** Second opcode byte of those with an MMX and an SSE2 form, by lane width. */
const COMMON: readonly (readonly [Lanes, string])[] = [
  [8, '60 63 64 67 68 74 D8 DA DC DE E0 EC F8 FC F6'],
  [16, '61 65 69 6B 75 D1 D5 D9 DD DF E1 E3 E4 E5 E8 E9 EA ED EE F1 F5 F9 FD'],
  [32, '62 66 6A 76 D2 E2 F2 FA FE'],
  [64, 'D3 D4 DB EB EF F3 F4 FB'],
];

const NAMES: Record<string, string> = {
  '60': 'punpcklbw', '61': 'punpcklwd', '62': 'punpckldq', '63': 'packsswb', '64': 'pcmpgtb', '65': 'pcmpgtw', '66': 'pcmpgtd', '67': 'packuswb',
  '68': 'punpckhbw', '69': 'punpckhwd', '6A': 'punpckhdq', '6B': 'packssdw', '74': 'pcmpeqb', '75': 'pcmpeqw', '76': 'pcmpeqd',
  D1: 'psrlw', D2: 'psrld', D3: 'psrlq', D4: 'paddq', D5: 'pmullw', D8: 'psubusb', D9: 'psubusw', DA: 'pminub', DB: 'pand', DC: 'paddusb', DD: 'paddusw', DE: 'pmaxub', DF: 'pandn',
  E0: 'pavgb', E1: 'psraw', E2: 'psrad', E3: 'pavgw', E4: 'pmulhuw', E5: 'pmulhw', E8: 'psubsb', E9: 'psubsw', EA: 'pminsw', EB: 'por', EC: 'paddsb', ED: 'paddsw', EE: 'pmaxsw', EF: 'pxor',
  F1: 'psllw', F2: 'pslld', F3: 'psllq', F4: 'pmuludq', F5: 'pmaddwd', F6: 'psadbw', F8: 'psubb', F9: 'psubw', FA: 'psubd', FB: 'psubq', FC: 'paddb', FD: 'paddw', FE: 'paddd',
};
const SHIFTS = ['D1', 'D2', 'D3', 'E1', 'E2', 'F1', 'F2', 'F3'];

/** Lanes as usual, but a count in the low quadword of the source. */
const shiftCount = (lanes: Lanes) => (d: Draft): void => {
  withLanes(lanes)(d);
  if (d.rng.chance(0.2)) return;
  const count = BigInt(d.rng.count(d.rng.pick([16, 32, 64])));
  const source = d.operand(1);
  if (source.register < 0) d.pokeNumber(d.target, count, 64);
  else if (source.kind === 'Q') d.words[WORD.st + source.register * 2] = count;
  else d.words[WORD.xmm + source.register * 2] = count;
};

const common = COMMON.flatMap(([lanes, opcodes]) => opcodes.split(' ').flatMap((opcode) =>
  both(NAMES[opcode] as string, `0F ${opcode} /r`, lanes).map((r): Row => (SHIFTS.includes(opcode) ? { ...r, setup: shiftCount(lanes) } : r))));

const count = ({ rng }: { rng: Draft['rng'] }): number => rng.count(rng.pick([16, 32, 64]));

const shiftsByImmediate = ([['71', 16, [['psrlw', 2], ['psraw', 4], ['psllw', 6]]], ['72', 32, [['psrld', 2], ['psrad', 4], ['pslld', 6]]], ['73', 64, [['psrlq', 2], ['psllq', 6]]]] as const)
  .flatMap(([opcode, lanes, list]) => list.flatMap(([name, digit]) => [
    sse(name, `0F ${opcode} /${digit}`, 'Nq,Ib', lanes, { imm: count }),
    sse(name, `66 0F ${opcode} /${digit}`, 'Udq,Ib', lanes, { imm: count }),
  ]));

/** rDI leads to the bytes that are selected by the high bits of the mask. */
function maskedStore(d: Draft): void {
  withLanes(8)(d);
  const at = d.place(16);
  d.setLow(7, at - d.encoded.segmentBase, d.encoded.addressBits);
}

export const mmx: Group = {
  name: 'simd-integer',
  rows: [
    ...common,
    ...shiftsByImmediate,
    sse('psrldq', '66 0F 73 /3', 'Udq,Ib', 64, { imm: ({ rng }) => rng.below(20) }),
    sse('pslldq', '66 0F 73 /7', 'Udq,Ib', 64, { imm: ({ rng }) => rng.below(20) }),
    sse('punpcklqdq', '66 0F 6C /r', 'Vdq,Wdq', 64),
    sse('punpckhqdq', '66 0F 6D /r', 'Vdq,Wdq', 64),
    sse('pshufw', '0F 70 /r', 'Pq,Qq,Ib', 16),
    sse('pshufd', '66 0F 70 /r', 'Vdq,Wdq,Ib', 32),
    sse('pshufhw', 'F3 0F 70 /r', 'Vdq,Wdq,Ib', 16),
    sse('pshuflw', 'F2 0F 70 /r', 'Vdq,Wdq,Ib', 16),
    sse('movd', '0F 6E /r', 'Pq,Ey', 32),
    sse('movd', '66 0F 6E /r', 'Vdq,Ey', 32),
    sse('movd', '0F 7E /r', 'Ey,Pq', 32),
    sse('movd', '66 0F 7E /r', 'Ey,Vdq', 32),
    sse('movq', 'F3 0F 7E /r', 'Vdq,Wq', 64),
    sse('movq', '66 0F D6 /r', 'Wq,Vdq', 64),
    sse('movq', '0F 6F /r', 'Pq,Qq', 64),
    sse('movq', '0F 7F /r', 'Qq,Pq', 64),
    sse('movdqa', '66 0F 6F /r', 'Vdq,Wdq', 64),
    sse('movdqa', '66 0F 7F /r', 'Wdq,Vdq', 64),
    sse('movdqu', 'F3 0F 6F /r', 'Vdq,Wdq', 64, { align: 1 }),
    sse('movdqu', 'F3 0F 7F /r', 'Wdq,Vdq', 64, { align: 1 }),
    sse('movq2dq', 'F3 0F D6 /r', 'Vdq,Nq', 64),
    sse('movdq2q', 'F2 0F D6 /r', 'Pq,Udq', 64),
    sse('movntq', '0F E7 /r', 'Mq,Pq', 64),
    sse('movntdq', '66 0F E7 /r', 'Mdq,Vdq', 64),
    sse('lddqu', 'F2 0F F0 /r', 'Vdq,Mdq', 64, { align: 1 }),
    sse('pmovmskb', '0F D7 /r', 'Gy,Nq', 8),
    sse('pmovmskb', '66 0F D7 /r', 'Gy,Udq', 8),
    sse('pinsrw', '0F C4 /r', 'Pq,Ed,Ib', 16, { memory: 2 }),
    sse('pinsrw', '66 0F C4 /r', 'Vdq,Ed,Ib', 16, { memory: 2 }),
    sse('pextrw', '0F C5 /r', 'Gy,Nq,Ib', 16),
    sse('pextrw', '66 0F C5 /r', 'Gy,Udq,Ib', 16),
    sse('maskmovq', '0F F7 /r', 'Pq,Nq', 8, { setup: maskedStore }),
    sse('maskmovdqu', '66 0F F7 /r', 'Vdq,Udq', 8, { setup: maskedStore }),
    sse('emms', '0F 77', '', 16, { setup: (d) => emptiesMmx(d) }),
  ],
};

function emptiesMmx(d: Draft): void {
  d.words[WORD.x87Control] = 0x037fn | (BigInt(d.rng.below(8)) << 27n) | (BigInt(d.rng.below(256)) << 32n);
}

const SSSE3: readonly (readonly [string, string, Lanes])[] = [
  ['pshufb', '00', 8], ['phaddw', '01', 16], ['phaddd', '02', 32], ['phaddsw', '03', 16], ['pmaddubsw', '04', 8], ['phsubw', '05', 16], ['phsubd', '06', 32], ['phsubsw', '07', 16],
  ['psignb', '08', 8], ['psignw', '09', 16], ['psignd', '0A', 32], ['pmulhrsw', '0B', 16], ['pabsb', '1C', 8], ['pabsw', '1D', 16], ['pabsd', '1E', 32],
];

const SSE4: readonly (readonly [string, string, Lanes])[] = [
  ['pmuldq', '28', 32], ['pcmpeqq', '29', 64], ['packusdw', '2B', 32], ['pcmpgtq', '37', 64], ['pminsb', '38', 8], ['pminsd', '39', 32], ['pminuw', '3A', 16], ['pminud', '3B', 32],
  ['pmaxsb', '3C', 8], ['pmaxsd', '3D', 32], ['pmaxuw', '3E', 16], ['pmaxud', '3F', 32], ['pmulld', '40', 32], ['phminposuw', '41', 16], ['ptest', '17', 64],
];

const WIDEN: readonly (readonly [string, string, string, Lanes])[] = [
  ['bw', '0', 'Wq', 8], ['bd', '1', 'Wd', 8], ['bq', '2', 'Ww', 8], ['wd', '3', 'Wq', 16], ['wq', '4', 'Wd', 16], ['dq', '5', 'Wq', 32],
];

export const sse4: Group = {
  name: 'ssse3-sse4',
  rows: [
    ...SSSE3.flatMap(([name, opcode, lanes]) => both(name, `0F 38 ${opcode} /r`, lanes)),
    ...both('palignr', '0F 3A 0F /r', 8, ',Ib').map((r): Row => ({ ...r, imm: ({ rng }) => (rng.chance(0.9) ? rng.below(34) : rng.below(256)) })),
    ...SSE4.map(([name, opcode, lanes]) => sse(name, `66 0F 38 ${opcode} /r`, 'Vdq,Wdq', lanes)),
    ...WIDEN.flatMap(([name, n, source, lanes]) => [
      sse(`pmovsx${name}`, `66 0F 38 2${n} /r`, `Vdq,${source}`, lanes),
      sse(`pmovzx${name}`, `66 0F 38 3${n} /r`, `Vdq,${source}`, lanes),
    ]),
    sse('movntdqa', '66 0F 38 2A /r', 'Vdq,Mdq', 64),
    sse('pblendvb', '66 0F 38 10 /r', 'Vdq,Wdq,XMM0', 8),
    sse('pblendw', '66 0F 3A 0E /r', 'Vdq,Wdq,Ib', 16),
    sse('mpsadbw', '66 0F 3A 42 /r', 'Vdq,Wdq,Ib', 8),
    sse('pextrb', '66 0F 3A 14 /r', 'Ed,Vdq,Ib', 8, { memory: 1 }),
    sse('pextrw', '66 0F 3A 15 /r', 'Ed,Vdq,Ib', 16, { memory: 2 }),
    sse('pextrd', '66 0F 3A 16 /r', 'Ey,Vdq,Ib', 32),
    sse('pinsrb', '66 0F 3A 20 /r', 'Vdq,Ed,Ib', 8, { memory: 1 }),
    sse('pinsrd', '66 0F 3A 22 /r', 'Vdq,Ey,Ib', 32),
  ],
};

/** Short alphabets, so that strings match; lengths around the ends. */
function text(d: Draft): void {
  withLanes(8)(d);
  const letters = d.rng.pick([[0x61, 0x62], [0x61, 0x62, 0x63, 0], [0x80, 0x7f, 0xff, 0]]);
  const half = (): bigint => {
    let value = 0n;
    for (let i = 0; i < 64; i += 8) value |= BigInt(d.rng.pick(letters)) << BigInt(i);
    return value;
  };
  if (d.rng.chance(0.8)) {
    for (const operand of d.encoded.operands.slice(0, 2)) {
      if (operand.register < 0) {
        d.pokeNumber(d.target, half(), 64);
        d.pokeNumber(d.target + 8n, half(), 64);
      } else {
        d.words[WORD.xmm + operand.register * 2] = half();
        d.words[WORD.xmm + operand.register * 2 + 1] = half();
      }
    }
  }
  for (const n of [0, 2]) d.set(n, BigInt.asUintN(64, d.rng.chance(0.8) ? BigInt(d.rng.between(-18, 18)) : d.rng.u64()));
}

const textual = { setup: text, align: 1 };

export const sse42: Group = {
  name: 'sse42-aes',
  rows: [
    sse('pcmpestrm', '66 0F 3A 60 /r', 'Vdq,Wdq,Ib', 8, textual),
    sse('pcmpestri', '66 0F 3A 61 /r', 'Vdq,Wdq,Ib', 8, textual),
    sse('pcmpistrm', '66 0F 3A 62 /r', 'Vdq,Wdq,Ib', 8, textual),
    sse('pcmpistri', '66 0F 3A 63 /r', 'Vdq,Wdq,Ib', 8, textual),
    sse('pclmulqdq', '66 0F 3A 44 /r', 'Vdq,Wdq,Ib', 64),
    sse('aesimc', '66 0F 38 DB /r', 'Vdq,Wdq', 8),
    sse('aesenc', '66 0F 38 DC /r', 'Vdq,Wdq', 8),
    sse('aesenclast', '66 0F 38 DD /r', 'Vdq,Wdq', 8),
    sse('aesdec', '66 0F 38 DE /r', 'Vdq,Wdq', 8),
    sse('aesdeclast', '66 0F 38 DF /r', 'Vdq,Wdq', 8),
    sse('aeskeygenassist', '66 0F 3A DF /r', 'Vdq,Wdq,Ib', 8),
    sse('sha1nexte', '0F 38 C8 /r', 'Vdq,Wdq', 32),
    sse('sha1msg1', '0F 38 C9 /r', 'Vdq,Wdq', 32),
    sse('sha1msg2', '0F 38 CA /r', 'Vdq,Wdq', 32),
    sse('sha256rnds2', '0F 38 CB /r', 'Vdq,Wdq,XMM0', 32),
    sse('sha256msg1', '0F 38 CC /r', 'Vdq,Wdq', 32),
    sse('sha256msg2', '0F 38 CD /r', 'Vdq,Wdq', 32),
    sse('sha1rnds4', '0F 3A CC /r', 'Vdq,Wdq,Ib', 32),
  ],
};

/** CRC32 has a destination of 32 or 64 bits and a source of its own width. */
export const crc: Group = {
  name: 'crc32',
  rows: [
    row('crc32', 'F2 0F 38 F0 /r', 'Gy,Eb'),
    row('crc32', 'F2 0F 38 F1 /r', 'Gv,Ev'),
  ],
};
