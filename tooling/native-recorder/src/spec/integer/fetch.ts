/** Instructions that cannot be fetched: the page behind them is missing (#PF), or they are longer than 15 bytes (#GP). */
import { row } from '../row.ts';
import type { Group } from '../row.ts';

const cut = { cut: true } as const;

/** Fifteen prefixes and an opcode. */
const long = (prefix: number): { readonly prefix: readonly number[]; readonly tooLong: true; readonly bare: true } => ({
  prefix: Array<number>(15).fill(prefix), tooLong: true, bare: true,
});

export const fetch: Group = {
  name: 'fetch',
  rows: [
    row('cut mov', 'B8+', 'Zv,Iv', cut),
    row('cut add', '81 /0', 'Ev,Iz', cut),
    row('cut mov', '8B /r', 'Gv,Ev', cut),
    row('cut imul', '69 /r', 'Gv,Ev,Iz', cut),
    row('cut movzx', '0F B6 /r', 'Gv,Eb', cut),
    row('cut jmp', 'E9', 'Jz', { ...cut, width: 'force64' }),
    row('cut jo', '70', 'Jb', cut),
    row('cut push', '68', 'Iz', { ...cut, width: 'default64' }),
    row('cut enter', 'C8', 'Iw,Ib', cut),
    row('cut movbe', '0F 38 F0 /r', 'Gv,Mv', cut),
    row('cut shld', '0F A4 /r', 'Ev,Gv,Ib', cut),
    row('cut mov', 'A1', 'rAX,Ov', cut),
    row('too long nop', '90', '', long(0x66)),
    row('too long add', '01 /r', 'Ed,Gd', long(0x2e)),
    row('too long stos', 'AA', '', long(0xf3)),
  ],
};
