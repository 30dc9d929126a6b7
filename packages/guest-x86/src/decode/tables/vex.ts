/**
 * VEX-encoded instructions on general registers (SDM vol. 2, section 2.3 and table ): BMI1 and BMI2. The prefix word
 * is VEX.pp. Rows without a B operand require vvvv = 1111b. Outside 64-bit mode VEX.W does not select a width here.
 */
import type { Row } from './row.ts';

export const VEX_0F38 = [
  ['L0 NP F2', 'andn', 'Gy,By,Ey', 'BMI1'],
  ['L0 NP F3 /1', 'blsr', 'By,Ey', 'BMI1'],
  ['L0 NP F3 /2', 'blsmsk', 'By,Ey', 'BMI1'],
  ['L0 NP F3 /3', 'blsi', 'By,Ey', 'BMI1'],
  ['L0 NP F5', 'bzhi', 'Gy,Ey,By', 'BMI2'],
  ['L0 F3 F5', 'pext', 'Gy,By,Ey', 'BMI2'],
  ['L0 F2 F5', 'pdep', 'Gy,By,Ey', 'BMI2'],
  ['L0 F2 F6', 'mulx', 'Gy,By,Ey', 'BMI2'],
  ['L0 NP F7', 'bextr', 'Gy,Ey,By', 'BMI1'],
  ['L0 66 F7', 'shlx', 'Gy,Ey,By', 'BMI2'],
  ['L0 F3 F7', 'sarx', 'Gy,Ey,By', 'BMI2'],
  ['L0 F2 F7', 'shrx', 'Gy,Ey,By', 'BMI2'],
] as const satisfies readonly Row[];

export const VEX_0F3A = [
  ['L0 F2 F0', 'rorx', 'Gy,Ey,Ib', 'BMI2'],
] as const satisfies readonly Row[];
