/** Moves, conversions of width, conditional moves and sets, exchanges, flag transfers. */
import type { Draft } from '../../draft.ts';
import { CONDITIONS, row } from '../row.ts';
import type { Group } from '../row.ts';

const hex = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0');

/** AL indexes a table at rBX, of any address size. */
function table(d: Draft): void {
  const { addressBits, segmentBase } = d.encoded;
  const entry = d.place(1);
  const al = BigInt(d.rng.below(256));
  d.setLow(0, al, 8);
  const width = addressBits;
  d.setLow(3, BigInt.asUintN(width, entry - segmentBase - al), width);
  d.pokeNumber(entry, d.rng.operand(8), 8);
}

export const move: Group = {
  name: 'move',
  rows: [
    row('mov', '88 /r', 'Eb,Gb'),
    row('mov', '89 /r', 'Ev,Gv'),
    row('mov', '8A /r', 'Gb,Eb'),
    row('mov', '8B /r', 'Gv,Ev'),
    row('mov', '8C /r', 'Ev,Sw', { memory: 2 }),
    row('mov', 'A0', 'AL,Ob'),
    row('mov', 'A1', 'rAX,Ov'),
    row('mov', 'A2', 'Ob,AL'),
    row('mov', 'A3', 'Ov,rAX'),
    row('mov', 'B0+', 'Zb,Ib'),
    row('mov', 'B8+', 'Zv,Iv'),
    row('mov', 'C6 /0', 'Eb,Ib'),
    row('mov', 'C7 /0', 'Ev,Iz'),
    row('lea', '8D /r', 'Gv,Mv'),
    row('movzx', '0F B6 /r', 'Gv,Eb'),
    row('movzx', '0F B7 /r', 'Gv,Ew'),
    row('movsx', '0F BE /r', 'Gv,Eb'),
    row('movsx', '0F BF /r', 'Gv,Ew'),
    row('movsxd', '63 /r', 'Gv,Ed', { modes: [64] }),
    row('movbe', '0F 38 F0 /r', 'Gv,Mv'),
    row('movbe', '0F 38 F1 /r', 'Mv,Gv'),
    row('movnti', '0F C3 /r', 'My,Gy'),
    row('bswap', '0F C8+', 'Zy', { modes: [32, 64] }), // of a 16-bit register it is undefined
    row('xchg', '86 /r', 'Eb,Gb', { lock: true }),
    row('xchg', '87 /r', 'Ev,Gv', { lock: true }),
    row('xchg', '90+', 'Zv'),
    row('xlat', 'D7', '', { setup: table, run: 'one' }),
    row('lahf', '9F'),
    row('sahf', '9E'),
    row('cmc', 'F5'),
    row('clc', 'F8'),
    row('stc', 'F9'),
    row('cld', 'FC'),
    row('std', 'FD'),
    row('nop', '0F 1F /0', 'Ev'),
    row('pause', 'F3 90', '', { bare: true }),
  ],
};

export const condition: Group = {
  name: 'condition',
  rows: CONDITIONS.flatMap((cc, n) => [
    row(`cmov${cc}`, `0F ${hex(0x40 + n)} /r`, 'Gv,Ev'),
    row(`set${cc}`, `0F ${hex(0x90 + n)} /0`, 'Eb'),
  ]),
};
