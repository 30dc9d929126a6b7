/** Bit tests, scans, counts, BMI1 and BMI2. */
import type { Draft } from '../../draft.ts';
import { row } from '../row.ts';
import type { Group, Row } from '../row.ts';
import { UNDEF, bitScanUndefined } from '../undefined.ts';

const imm = ({ rng }: { rng: Draft['rng'] }): number => rng.count(32);

/** With a memory operand the register is a signed bit offset; keep it within 256 bytes, both ways. */
function bitOffset(d: Draft): void {
  const offset = d.operand(1);
  if (d.encoded.memory === undefined) {
    d.write(offset, BigInt(d.rng.count(d.bits)) | (d.rng.chance(0.5) ? d.rng.u64() << 8n : 0n));
    return;
  }
  const bits = BigInt(d.rng.between(-2048, 2047));
  d.write(offset, bits);
}

/** Where the recording process may have memory of its own: program, heap, libraries, stack. */
const OWN_32 = [[0x5000_0000n, 0x6000_0000n], [0xd000_0000n, 0x1_0000_0000n]] as const;
const OWN = {
  16: OWN_32,
  32: OWN_32,
  64: [[0x5000_0000_0000n, 0x6000_0000_0000n], [0x7000_0000_0000n, 0x7fff_ffff_f000n]],
} as const;

/** An offset that leads to the address as well may be large. It may not lead to memory that the environment does not have. */
function staysOutside(d: Draft): boolean {
  if (d.encoded.memory === undefined) return true;
  const { addressBits, segmentBase } = d.encoded;
  const element = BigInt(d.bits);
  const offset = BigInt.asIntN(d.bits, d.read(d.operand(1)));
  const first = BigInt.asUintN(addressBits, d.target - segmentBase + ((offset - BigInt.asUintN(6, offset) % element) / element) * (element / 8n));
  const linear = BigInt.asUintN(d.registerBits, first + segmentBase);
  return OWN[d.mode].every(([start, end]) => linear + 8n <= start || linear >= end);
}

const TESTS = [['bt', 4, 'A3'], ['bts', 5, 'AB'], ['btr', 6, 'B3'], ['btc', 7, 'BB']] as const;

const tests = TESTS.flatMap(([name, digit, opcode]): Row[] => {
  const common = { undef: UNDEF.bitTest, ...(name === 'bt' ? {} : { lock: true as const }) };
  return [
    row(name, `0F BA /${digit}`, 'Ev,Ib', { ...common, imm }),
    row(name, `0F ${opcode} /r`, 'Ev,Gv', { ...common, setup: bitOffset, accept: staysOutside }),
  ];
});

/** Start and length of BEXTR, index of BZHI. */
function control(d: Draft): void {
  const n = d.operand(2);
  d.write(n, BigInt(d.rng.count(d.bits)) | (BigInt(d.rng.count(d.bits)) << 8n) | (d.rng.chance(0.5) ? d.rng.u64() << 16n : 0n));
}

/** A source that is often 0. */
function sometimesZero(d: Draft): void {
  if (d.rng.chance(0.2)) d.write(d.operand(1), 0n);
}

export const bits: Group = {
  name: 'bits',
  rows: [
    ...tests,
    row('bsf', '0F BC /r', 'Gv,Ev', { undef: bitScanUndefined, setup: sometimesZero }),
    row('bsr', '0F BD /r', 'Gv,Ev', { undef: bitScanUndefined, setup: sometimesZero }),
    row('tzcnt', 'F3 0F BC /r', 'Gv,Ev', { undef: UNDEF.bitCount, setup: sometimesZero }),
    row('lzcnt', 'F3 0F BD /r', 'Gv,Ev', { undef: UNDEF.bitCount, setup: sometimesZero }),
    row('popcnt', 'F3 0F B8 /r', 'Gv,Ev', { setup: sometimesZero }),
    row('andn', 'VEX.NP.0F38 F2 /r', 'Gy,By,Ey', { bare: true, undef: UNDEF.bmi }),
    row('blsr', 'VEX.NP.0F38 F3 /1', 'By,Ey', { bare: true, undef: UNDEF.bmi }),
    row('blsmsk', 'VEX.NP.0F38 F3 /2', 'By,Ey', { bare: true, undef: UNDEF.bmi }),
    row('blsi', 'VEX.NP.0F38 F3 /3', 'By,Ey', { bare: true, undef: UNDEF.bmi }),
    row('bextr', 'VEX.NP.0F38 F7 /r', 'Gy,Ey,By', { bare: true, undef: UNDEF.bextr, setup: control }),
    row('bzhi', 'VEX.NP.0F38 F5 /r', 'Gy,Ey,By', { bare: true, undef: UNDEF.bmi, setup: control }),
    row('pdep', 'VEX.F2.0F38 F5 /r', 'Gy,By,Ey', { bare: true }),
    row('pext', 'VEX.F3.0F38 F5 /r', 'Gy,By,Ey', { bare: true }),
  ],
};
