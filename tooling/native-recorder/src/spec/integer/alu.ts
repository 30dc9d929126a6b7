/** Two-operand arithmetic and logic, INC/DEC/NEG/NOT, TEST, exchange-and-add, compare-and-exchange. */
import type { Draft } from '../../draft.ts';
import { row } from '../row.ts';
import type { Group, Row } from '../row.ts';
import { UNDEF } from '../undefined.ts';

const NAMES = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp'] as const;
const LOGIC = ['or', 'and', 'xor'];
const hex = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0');

const aluRows = NAMES.flatMap((name, n): Row[] => {
  const undef = LOGIC.includes(name) ? { undef: UNDEF.af } : {};
  const store = name === 'cmp' ? undef : { ...undef, lock: true as const };
  return [
    row(name, `${hex(n * 8)} /r`, 'Eb,Gb', store),
    row(name, `${hex(n * 8 + 1)} /r`, 'Ev,Gv', store),
    row(name, `${hex(n * 8 + 2)} /r`, 'Gb,Eb', undef),
    row(name, `${hex(n * 8 + 3)} /r`, 'Gv,Ev', undef),
    row(name, hex(n * 8 + 4), 'AL,Ib', undef),
    row(name, hex(n * 8 + 5), 'rAX,Iz', undef),
    row(name, `80 /${n}`, 'Eb,Ib', store),
    row(name, `81 /${n}`, 'Ev,Iz', store),
    row(name, `82 /${n}`, 'Eb,Ib', { ...store, modes: [16, 32] }),
    row(name, `83 /${n}`, 'Ev,Ib', store),
  ];
});

/** Half the time the accumulator equals the destination. */
function compareHit(d: Draft): void {
  const destination = d.operand(0);
  if (!d.rng.chance(0.5)) {
    d.setLow(0, d.rng.operand(destination.bits), destination.bits);
    return;
  }
  if (destination.register >= 0) {
    d.setLow(0, d.read(destination), destination.bits);
    return;
  }
  const value = d.rng.operand(destination.bits);
  if (d.setLow(0, value, destination.bits)) d.pokeNumber(d.target, value, destination.bits);
}

/** CMPXCHG8B and 16B: compares with rDX:rAX, so half the time make them equal. */
function compareWide(half: number) {
  return (d: Draft): void => {
    const low = d.rng.operand(half);
    const high = d.rng.operand(half);
    d.setLow(0, low, half);
    d.setLow(2, high, half);
    d.setLow(3, d.rng.operand(half), half);
    d.setLow(1, d.rng.operand(half), half);
    const equal = d.rng.chance(0.5);
    d.pokeNumber(d.target, equal ? low : d.rng.operand(half), half);
    d.pokeNumber(d.target + BigInt(half / 8), equal ? high : d.rng.chance(0.5) ? high : d.rng.operand(half), half);
  };
}

export const alu: Group = { name: 'alu', rows: aluRows };

export const alu2: Group = {
  name: 'alu2',
  rows: [
    row('test', '84 /r', 'Eb,Gb', { undef: UNDEF.af }),
    row('test', '85 /r', 'Ev,Gv', { undef: UNDEF.af }),
    row('test', 'A8', 'AL,Ib', { undef: UNDEF.af }),
    row('test', 'A9', 'rAX,Iz', { undef: UNDEF.af }),
    row('test', 'F6 /0', 'Eb,Ib', { undef: UNDEF.af }),
    row('test', 'F7 /0', 'Ev,Iz', { undef: UNDEF.af }),
    row('test', 'F6 /1', 'Eb,Ib', { undef: UNDEF.af }),
    row('test', 'F7 /1', 'Ev,Iz', { undef: UNDEF.af }),
    row('inc', 'FE /0', 'Eb', { lock: true }),
    row('inc', 'FF /0', 'Ev', { lock: true }),
    row('inc', '40+', 'Zv', { modes: [16, 32] }),
    row('dec', 'FE /1', 'Eb', { lock: true }),
    row('dec', 'FF /1', 'Ev', { lock: true }),
    row('dec', '48+', 'Zv', { modes: [16, 32] }),
    row('not', 'F6 /2', 'Eb', { lock: true }),
    row('not', 'F7 /2', 'Ev', { lock: true }),
    row('neg', 'F6 /3', 'Eb', { lock: true }),
    row('neg', 'F7 /3', 'Ev', { lock: true }),
    row('xadd', '0F C0 /r', 'Eb,Gb', { lock: true }),
    row('xadd', '0F C1 /r', 'Ev,Gv', { lock: true }),
    row('cmpxchg', '0F B0 /r', 'Eb,Gb', { lock: true, setup: compareHit }),
    row('cmpxchg', '0F B1 /r', 'Ev,Gv', { lock: true, setup: compareHit }),
    row('cmpxchg8b', '0F C7 /1', 'Mq', { lock: true, setup: compareWide(32) }),
    row('cmpxchg16b', '0F C7 /1', 'Mdq', { modes: [64], setup: compareWide(64), rexW: true, lock: true }),
    row('cmpxchg16b, also misaligned', '0F C7 /1', 'Mdq', { modes: [64], setup: compareWide(64), rexW: true, align: 16, bare: true }),
    row('adcx', '66 0F 38 F6 /r', 'Gy,Ey'),
    row('adox', 'F3 0F 38 F6 /r', 'Gy,Ey'),
    row('arpl', '63 /r', 'Ew,Gw', { modes: [16, 32] }),
  ],
};
