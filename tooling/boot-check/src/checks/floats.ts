/** Floating point arithmetic in awk, against the host's. */
import { differences, is64Bit, type Check } from './check.ts';
import { sequence, sha256 } from './data.ts';

interface FloatCase {
  readonly name: string;
  /** Statements that leave their result in `v`: busybox's awk has the basic operations alone. */
  readonly awk: string;
  readonly host: () => number;
  /**
   * The result of a 32-bit program on an Intel processor where it is another one: x87 rounds to 64 bits first and to 53
   * when it stores.
   */
  readonly x87?: number;
}

export const FLOAT_CASES: readonly FloatCase[] = [
  { name: 'third', awk: 'v = 1 / 3', host: () => 1 / 3 },
  { name: 'root', awk: 'v = 1; for (i = 0; i < 8; i++) v = (v + 2 / v) / 2', host: () => iterate(1, 8, (v) => (v + 2 / v) / 2) },
  { name: 'squares', awk: 'v = 0; for (i = 1; i <= 1000; i++) v += 1 / (i * i)', host: () => iterate(0, 1000, (v, i) => v + 1 / ((i + 1) * (i + 1))), x87: 1.6439345666815612 },
  { name: 'chaos', awk: 'v = 0.3; for (i = 0; i < 60; i++) v = 3.9 * v * (1 - v)', host: () => iterate(0.3, 60, (v) => 3.9 * v * (1 - v)) },
  { name: 'cancel', awk: 'v = 0.1; v = (v + 0.2) - 0.3', host: () => 0.1 + 0.2 - 0.3 },
  { name: 'denormal', awk: 'v = 1; for (i = 0; i < 1074; i++) v /= 2', host: () => Number.MIN_VALUE },
  { name: 'overflow', awk: 'v = 1e308; v = v * 10', host: () => Infinity },
  { name: 'truncate', awk: 'v = int(-7.9) + int(4294967296.5)', host: () => 4294967289 },
  { name: 'remainder', awk: 'v = 1e15 % 7.25', host: () => 1e15 % 7.25 },
  { name: 'pi', awk: 'v = 0; for (i = 0; i < 5000; i++) v += (i % 2 ? -4 : 4) / (2 * i + 1)', host: () => iterate(0, 5000, (v, i) => v + (i % 2 === 0 ? 4 : -4) / (2 * i + 1)) },
  { name: 'filter', awk: 'v = 0; for (i = 0; i < 2000; i++) v = v * 0.999 + 0.1 * i', host: () => iterate(0, 2000, (v, i) => v * 0.999 + 0.1 * i) },
  { name: 'text', awk: 'v = "123456789.987654321e-20" + 0', host: () => Number('123456789.987654321e-20') },
];

function iterate(start: number, count: number, step: (value: number, index: number) => number): number {
  let value = start;
  for (let index = 0; index < count; index++) value = step(value, index);
  return value;
}

/** 17 significant digits tell all doubles apart. */
const script = (program: string): string => FLOAT_CASES.map(({ name, awk }) => `${program} 'BEGIN { ${awk}; printf "${name}=%.17g\\n", v }'`).join('\n');

export const awkFloats: Check = {
  name: 'awk',
  about: 'floating point, to the last bit: SSE2 in 64-bit programs, x87 in 32-bit ones; denormals, overflow, remainder, conversions from and to text',
  script: script('awk'),
  judge: (output, { guest }) => judgeFloats(output.values, !is64Bit(guest)),
};

/** Numbers that the 32-bit program hashes. */
const NUMBERS = 20_000;

/** The same by a 32-bit program under a 64-bit kernel. */
export const program32: Check = {
  name: 'program32',
  about: 'IA32 emulation: a 32-bit program computes, forks, runs others and has them talk through pipes, under the 64-bit kernel',
  guests: ['linux-cloud-amd64'],
  script: `
echo class=$(head -c 5 /bin32/busybox | tail -c 1 | xxd -p)
echo numbers=$(seq 1 ${NUMBERS} | /bin32/busybox sha256sum | cut -c 1-64)
/bin32/busybox sh -c 'i=0; while [ $i -lt 20 ]; do i=$((i + $(/bin32/busybox echo 1 | /bin32/busybox cat))); done; echo count=$i'
${script('/bin32/busybox awk')}
`,
  judge: (output) => [
    ...differences(output, { class: '01', numbers: sha256(sequence(NUMBERS)), count: '20' }),
    ...judgeFloats(output.values, true),
  ],
};

/** @param x87 the program computes with the x87 */
export function judgeFloats(values: ReadonlyMap<string, string>, x87: boolean): readonly string[] {
  return FLOAT_CASES.flatMap((row) => {
    const expected = (x87 ? row.x87 : undefined) ?? row.host();
    const text = values.get(row.name) ?? 'missing';
    // C prints infinity so.
    const got = text === 'inf' ? Infinity : Number(text);
    return Object.is(got, expected) ? [] : [`${row.name} is ${text} instead of ${expected}`];
  });
}
