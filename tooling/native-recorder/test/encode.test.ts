/** Every row's bytes, against iced-x86: its length is ours, and it takes them for an instruction. */
import { Code, Decoder, DecoderOptions } from 'iced-x86';
import { describe, expect, it } from 'vitest';
import type { Mode } from '@wasm-tcg/conformance';
import { encode } from '../src/encode/encode.ts';
import { formsOf, nameOf } from '../src/forms.ts';
import { Random } from '../src/random.ts';
import { FP_GROUPS, INTEGER_GROUPS } from '../src/spec/groups.ts';

const ENCODINGS = 20;

/** Groups whose point is that they are not instructions, or not whole. */
const NOT_INSTRUCTIONS = ['refused', 'fetch'];

describe.each([16, 32, 64] as const)('rows in %i-bit code', (mode: Mode) => {
  it.each([...INTEGER_GROUPS, ...FP_GROUPS].filter((g) => !NOT_INSTRUCTIONS.includes(g.name)).map((g) => [g.name, g] as const))('%s', (_, group) => {
    const wrong: string[] = [];
    for (const spec of group.rows.flatMap((row) => formsOf(row, mode))) {
      const rng = new Random(5, nameOf(spec));
      for (let i = 0; i < ENCODINGS; i++) {
        const { code, codeAddress, lock } = encode(rng, spec);
        const decoder = new Decoder(mode, code, DecoderOptions.None);
        decoder.ip = codeAddress;
        const instruction = decoder.decode();
        // LOCK where it may not stand is on purpose.
        const right = instruction.code === Code.INVALID ? lock : instruction.length === code.length;
        if (!right) wrong.push(`${nameOf(spec)}: ${Buffer.from(code).toString('hex')}`);
        instruction.free();
        decoder.free();
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('forms', () => {
  it.each([
    ['Ev,Gv', 64, undefined, ['16', '16 mem', '32', '32 mem', '64', '64 mem']],
    ['Ev,Gv', 32, undefined, ['16', '16 mem', '32', '32 mem']],
    ['Ev,Gv', 16, undefined, ['16', '16 mem', '32', '32 mem']],
    ['Zv', 64, 'default64', ['16', '64']],
    ['Jz', 64, 'force64', ['64']],
    ['Gy,My', 64, undefined, ['32 mem', '64 mem']],
  ] as const)('%s in %i-bit code, %s', (args, mode, width, expected) => {
    const row = { name: 'x', op: '00', args, ...(width ? { width } : {}) };
    expect(formsOf(row, mode).map((f) => nameOf(f).replace(`x [00] ${args} `, ''))).toEqual(expected);
  });
});
