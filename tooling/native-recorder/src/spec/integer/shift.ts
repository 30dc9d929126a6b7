/** Shifts and rotates of all widths, double shifts, the flagless ones of BMI2. */
import type { Draft } from '../../draft.ts';
import { row } from '../row.ts';
import type { Group, Row } from '../row.ts';
import { doubleShiftUndefined, rotateUndefined, shiftUndefined } from '../undefined.ts';

const NAMES = ['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'sal', 'sar'] as const;

const imm = ({ rng, bits }: { rng: Draft['rng']; bits: number }): number => rng.count(bits);

/** CL with counts around the width. */
function countInCl(d: Draft): void {
  d.setLow(1, BigInt(d.rng.count(d.operand(0).bits)), 8);
}

/** The count operand of SHLX and its kin. */
function countInVvvv(d: Draft): void {
  d.setLow(d.operand(2).register, BigInt(d.rng.count(d.bits)), 8);
}

const basic = NAMES.flatMap((name, n): Row[] => {
  const undef = n < 4 ? rotateUndefined : shiftUndefined;
  return [
    row(name, `C0 /${n}`, 'Eb,Ib', { undef, imm: ({ rng }) => rng.count(8) }),
    row(name, `C1 /${n}`, 'Ev,Ib', { undef, imm }),
    row(name, `D0 /${n}`, 'Eb,1', { undef }),
    row(name, `D1 /${n}`, 'Ev,1', { undef }),
    row(name, `D2 /${n}`, 'Eb,CL', { undef, setup: countInCl }),
    row(name, `D3 /${n}`, 'Ev,CL', { undef, setup: countInCl }),
  ];
});

export const shift: Group = {
  name: 'shift',
  rows: [
    ...basic,
    row('shld', '0F A4 /r', 'Ev,Gv,Ib', { undef: doubleShiftUndefined, imm }),
    row('shld', '0F A5 /r', 'Ev,Gv,CL', { undef: doubleShiftUndefined, setup: countInCl }),
    row('shrd', '0F AC /r', 'Ev,Gv,Ib', { undef: doubleShiftUndefined, imm }),
    row('shrd', '0F AD /r', 'Ev,Gv,CL', { undef: doubleShiftUndefined, setup: countInCl }),
    row('shlx', 'VEX.66.0F38 F7 /r', 'Gy,Ey,By', { bare: true, setup: countInVvvv }),
    row('sarx', 'VEX.F3.0F38 F7 /r', 'Gy,Ey,By', { bare: true, setup: countInVvvv }),
    row('shrx', 'VEX.F2.0F38 F7 /r', 'Gy,Ey,By', { bare: true, setup: countInVvvv }),
    row('rorx', 'VEX.F2.0F3A F0 /r', 'Gy,Ey,Ib', { bare: true, imm }),
  ],
};
