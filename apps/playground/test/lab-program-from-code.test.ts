/** Code of a machine opens in the Lab as the same bytes. */
import { describe, expect, it } from 'vitest';
import type { CodeAt } from '../src/machine/protocol.ts';
import { programFromCode } from '../src/lab/program-from-code.ts';
import { assemble } from '../src/lab/worker/assemble/assemble.ts';

const code = (pc: bigint, bits: CodeAt['bits'], bytes: ArrayLike<number>): CodeAt => ({ pc, bits, bytes: Uint8Array.from(bytes), model: 'x86-64' });

describe('code of a machine', () => {
  // mov rax, gs:[0x28]; jne +5; ud2; (cut off)
  const KERNEL = [0x65, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0, 0x75, 0x05, 0x0f, 0x0b, 0x48];

  it('is readable', () => {
    expect(programFromCode(code(0xffffffff81000ff0n, 64, KERNEL))).toMatchInlineSnapshot(`
      {
        "bits": 64,
        "model": "x86-64",
        "origin": 1052656,
        "syntax": "hex",
        "text": "; 64-bit code of the machine, from 0xffffffff81000ff0, as it was there.
      ; Here it is at 0x100ff0: what it refers to outside its page is not here.

      65 48 8b 04 25 28 00 00 00      ; mov rax, qword ptr gs:[0x28]
      75 05                           ; jne 0xffffffff81001000
      0f 0b                           ; ud2
      48                              ; (cut off)
      ",
      }
    `);
  });

  it.each<[bits: CodeAt['bits'], pc: bigint, origin: number]>([
    [64, 0xffffffff81000123n, 0x100123], [64, 0x1000n, 0x1000], [64, 0x200001n, 0x100001], [32, 0xc0100fffn, 0x100fff], [16, 0x7c00n, 0x7c00], [16, 0xf1234n, 0x8234], [16, 0n, 0x8000],
  ])('%i-bit from %s is at %s', (bits, pc, origin) => {
    const program = programFromCode(code(pc, bits, KERNEL));
    expect(program.origin).toBe(origin);
    const { image, problems } = assemble(program);
    expect(problems).toEqual([]);
    expect([...image]).toEqual(KERNEL);
  });

  it('may be any bytes, and a page of them', () => {
    const bytes = Array.from({ length: 4096 }, (_, i) => (i * 167) & 0xff);
    for (const bits of [16, 32, 64] as const) {
      const { image, problems } = assemble(programFromCode(code(0x400000n, bits, bytes)));
      expect(problems).toEqual([]);
      expect(image.length).toBeGreaterThanOrEqual(512);
      expect([...image]).toEqual(bytes.slice(0, image.length));
    }
  });
});
