/** The x87 instruction set, in 64-bit mode. */
import type { Draft } from '../../draft.ts';
import { RESULT_UNDEFINED } from '../row.ts';
import type { Group, Row } from '../row.ts';
import { C1, C2, stackState, x87 } from './setup.ts';

const hex = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0');
const OPS = ['fadd', 'fmul', 'fcom', 'fcomp', 'fsub', 'fsubr', 'fdiv', 'fdivr'] as const;
const compares = (name: string): { readonly statusUndefined?: number } => (name.startsWith('fcom') ? { statusUndefined: 0 } : {});

const arithmetic = OPS.flatMap((name, n): Row[] => [
  x87(name, `D8 /${n}`, 'Md', 'f32', compares(name)),
  x87(name, `DC /${n}`, 'Mq', 'f64', compares(name)),
  x87(name.replace('f', 'fi'), `DA /${n}`, 'Md', 'int', compares(name)),
  x87(name.replace('f', 'fi'), `DE /${n}`, 'Mw', 'int', compares(name)),
  x87(name, `D8 ${hex(0xc0 + n * 8)}+`, 'F', 'none', compares(name)),
  ...(name.startsWith('fcom') ? [] : [
    // In the register forms with ST(i) as destination the manual swaps SUB with SUBR and DIV with DIVR.
    x87(`${name} to`, `DC ${hex(0xc0 + n * 8)}+`, 'F'),
    x87(`${name} and pop`, `DE ${hex(0xc0 + n * 8)}+`, 'F'),
  ]),
]);

const none = { statusUndefined: 0 } as const;

export const x87Arithmetic: Group = {
  name: 'x87-arithmetic',
  rows: [
    ...arithmetic,
    x87('fcompp', 'DE D9', '', 'none', none),
    x87('fucompp', 'DA E9', '', 'none', none),
    x87('fucom', 'DD E0+', 'F', 'none', none),
    x87('fucomp', 'DD E8+', 'F', 'none', none),
    x87('fucomi', 'DB E8+', 'F'),
    x87('fcomi', 'DB F0+', 'F'),
    x87('fucomip', 'DF E8+', 'F'),
    x87('fcomip', 'DF F0+', 'F'),
    x87('ftst', 'D9 E4', '', 'none', none),
    x87('fxam', 'D9 E5', '', 'none', none),
    x87('fchs', 'D9 E0'),
    x87('fabs', 'D9 E1'),
    x87('fsqrt', 'D9 FA'),
    x87('frndint', 'D9 FC'),
    x87('fscale', 'D9 FD'),
    x87('fxtract', 'D9 F4'),
    x87('fprem', 'D9 F8', '', 'none', none),
    x87('fprem1', 'D9 F5', '', 'none', none),
  ],
};

/** The manual bounds the error of these and leaves the last bits to the processor. */
const inexact = { undef: RESULT_UNDEFINED } as const;

export const x87Transcendental: Group = {
  name: 'x87-transcendental',
  rows: [
    ...([['f2xm1', 'F0'], ['fyl2x', 'F1'], ['fpatan', 'F3'], ['fyl2xp1', 'F9']] as const).map(([name, op]) => x87(name, `D9 ${op}`, '', 'none', inexact)),
    ...([['fptan', 'F2'], ['fsincos', 'FB'], ['fsin', 'FE'], ['fcos', 'FF']] as const).map(([name, op]) =>
      x87(name, `D9 ${op}`, '', 'none', { ...inexact, statusUndefined: 0x4100 })),
  ],
};

/** An environment or state image to load: control and status random but without pending exceptions, tags random. */
function loadsImage(image: 'environment' | 'state' | 'control') {
  return (d: Draft): void => {
    stackState(d);
    const { rng, target } = d;
    const control = 0x7f | (rng.u32() & 0x0f00);
    d.pokeNumber(target, BigInt(control), 16);
    if (image === 'control') return;
    const status = rng.u32() & 0x7f3f;
    for (const [offset, value] of [[4, status], [8, rng.u32() & 0xffff], [2, 0xffff], [6, 0xffff], [10, 0xffff]] as const) d.pokeNumber(target + BigInt(offset), BigInt(value), 16);
    for (const offset of [12n, 16n, 20n, 24n]) d.pokeNumber(target + offset, 0n, 32);
  };
}

/** FXRSTOR's image: x87 and SSE parts that cannot fault, sometimes a reserved MXCSR bit, which does. */
function loadsFx(d: Draft): void {
  stackState(d);
  const { rng, target } = d;
  d.pokeNumber(target, BigInt(0x37f | (rng.u32() & 0x0f00)) | (BigInt(rng.u32() & 0x7f3f) << 16n) | (BigInt(rng.below(256)) << 32n), 64);
  d.pokeNumber(target + 8n, 0n, 64);
  d.pokeNumber(target + 16n, 0n, 64);
  d.pokeNumber(target + 24n, BigInt(0x1f80 | (rng.u32() & (rng.chance(0.1) ? 0xffff_ffff : 0xffff))), 32);
}

const fcmov = ['b', 'e', 'be', 'u'].flatMap((cc, n): Row[] => [
  x87(`fcmov${cc}`, `DA ${hex(0xc0 + n * 8)}+`, 'F'),
  x87(`fcmovn${cc}`, `DB ${hex(0xc0 + n * 8)}+`, 'F'),
]);

const constants = ['fld1', 'fldl2t', 'fldl2e', 'fldpi', 'fldlg2', 'fldln2', 'fldz'].map((name, n) => x87(name, `D9 ${hex(0xe8 + n)}`));

export const x87Move: Group = {
  name: 'x87-move',
  rows: [
    x87('fld', 'D9 /0', 'Md', 'f32'),
    x87('fld', 'DD /0', 'Mq', 'f64'),
    x87('fld', 'DB /5', 'Mt', 'f80', { memory: 10 }),
    x87('fld', 'D9 C0+', 'F'),
    x87('fst', 'D9 /2', 'Md', 'f32'),
    x87('fst', 'DD /2', 'Mq', 'f64'),
    x87('fst', 'DD D0+', 'F'),
    x87('fstp', 'D9 /3', 'Md', 'f32'),
    x87('fstp', 'DD /3', 'Mq', 'f64'),
    x87('fstp', 'DB /7', 'Mt', 'f80', { memory: 10 }),
    x87('fstp', 'DD D8+', 'F'),
    x87('fild', 'DF /0', 'Mw', 'int'),
    x87('fild', 'DB /0', 'Md', 'int'),
    x87('fild', 'DF /5', 'Mq', 'int'),
    x87('fisttp', 'DF /1', 'Mw', 'int'),
    x87('fisttp', 'DB /1', 'Md', 'int'),
    x87('fisttp', 'DD /1', 'Mq', 'int'),
    x87('fist', 'DF /2', 'Mw', 'int'),
    x87('fist', 'DB /2', 'Md', 'int'),
    x87('fistp', 'DF /3', 'Mw', 'int'),
    x87('fistp', 'DB /3', 'Md', 'int'),
    x87('fistp', 'DF /7', 'Mq', 'int'),
    x87('fbld', 'DF /4', 'Mt', 'bcd', { memory: 10 }),
    x87('fbstp', 'DF /6', 'Mt', 'bcd', { memory: 10 }),
    x87('fxch', 'D9 C8+', 'F'),
    ...fcmov,
    ...constants,
    x87('ffree', 'DD C0+', 'F'),
    x87('fincstp', 'D9 F7'),
    x87('fdecstp', 'D9 F6'),
    x87('fnop', 'D9 D0'),
    x87('fwait', '9B', '', 'none', { statusUndefined: 0 }),
    x87('fnclex', 'DB E2', '', 'none', { statusUndefined: 0x4700 }),
    x87('fninit', 'DB E3', '', 'none', { statusUndefined: 0 }),
    x87('fldcw', 'D9 /5', 'Mw', 'none', { setup: loadsImage('control'), statusUndefined: C1 | C2 | 0x4100 }),
    x87('fnstcw', 'D9 /7', 'Mw', 'none', { statusUndefined: C1 | C2 | 0x4100 }),
    x87('fnstsw', 'DD /7', 'Mw', 'none', { statusUndefined: C1 | C2 | 0x4100 }),
    x87('fnstsw', 'DF E0', 'AX', 'none', { statusUndefined: C1 | C2 | 0x4100 }),
    x87('fldenv', 'D9 /4', 'Mt', 'none', { memory: 28, setup: loadsImage('environment'), statusUndefined: 0 }),
    x87('fnstenv', 'D9 /6', 'Mt', 'none', { memory: 28 }),
    x87('frstor', 'DD /4', 'Mt', 'none', { memory: 108, setup: loadsImage('state'), statusUndefined: 0 }),
    x87('fnsave', 'DD /6', 'Mt', 'none', { memory: 108, statusUndefined: 0 }),
    x87('fxsave', '0F AE /0', 'Mt', 'none', { memory: 512, align: 16, statusUndefined: 0 }),
    x87('fxrstor', '0F AE /1', 'Mt', 'none', { memory: 512, align: 16, setup: loadsFx, statusUndefined: 0 }),
  ],
};
