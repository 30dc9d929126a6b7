/** What user code may not execute (#GP), and what no mode or not this mode has (#UD). */
import { row } from '../row.ts';
import type { Group } from '../row.ts';

const PRIVILEGED: readonly (readonly [name: string, op: string, args: string])[] = [
  ['cli', 'FA', ''], ['sti', 'FB', ''], ['hlt', 'F4', ''], ['in', 'E4', 'AL,Ib'], ['in', 'E5', 'rAX,Ib'], ['in', 'EC', 'AL'], ['in', 'ED', 'rAX'],
  ['out', 'E6', 'Ib,AL'], ['out', 'E7', 'Ib,rAX'], ['out', 'EE', 'AL'], ['out', 'EF', 'rAX'], ['insb', '6C', ''], ['insd', '6D', ''], ['outsb', '6E', ''], ['outsd', '6F', ''],
  ['clts', '0F 06', ''], ['invd', '0F 08', ''], ['wbinvd', '0F 09', ''], ['wrmsr', '0F 30', ''], ['rdmsr', '0F 32', ''],
  ['lgdt', '0F 01 /2', 'Mq'], ['lidt', '0F 01 /3', 'Mq'], ['lmsw', '0F 01 /6', 'Ew'], ['invlpg', '0F 01 /7', 'Mb'], ['lldt', '0F 00 /2', 'Ew'], ['ltr', '0F 00 /3', 'Ew'],
];

const GONE_IN_64 = ['06', '07', '0E', '16', '17', '1E', '1F', '27', '2F', '37', '3F', '60', '61', '82', '9A', 'CE', 'D4', 'D5', 'D6', 'EA'];

export const refused: Group = {
  name: 'refused',
  rows: [
    ...PRIVILEGED.map(([name, op, args]) => row(name, op, args)),
    ...GONE_IN_64.map((op) => row(`no ${op} in 64-bit code`, op, 'Ib', { modes: [64] })),
    row('ud2', '0F 0B'),
    row('ud1', '0F B9 /r', 'Gv,Ev'),
    row('no such opcode', '0F 04'),
    row('no such opcode', '0F 0A'),
    row('no such opcode', '0F 36'),
    row('FE /7', 'FE /7', 'Eb'),
    row('FF /7', 'FF /7', 'Ev'),
    row('C6 /3', 'C6 /3', 'Eb,Ib'),
    row('8F /2', '8F /2', 'Rv'),
    row('BA /2', '0F BA /2', 'Ev,Ib'),
    row('lea of a register', '8D /r', 'Gv,Rv'),
    row('cmpxchg8b of a register', '0F C7 /1', 'Rd'),
  ],
};
