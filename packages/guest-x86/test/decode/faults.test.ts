/**
 * What is no instruction, and which fault wins: `mode | bytes available | result`. The 64- and 32-bit rows were measured on an
 * Intel core with the bytes at the end of a page and nothing behind it (`more` = page fault), except those of 62h: that core has EVEX.
 */
import { describe, expect, it } from 'vitest';
import { DecodeStatus, Insn, decode, format } from '../../src/decode/index.ts';
import { MODES, disassemble, random } from './support.ts';
import type { ModeName } from './support.ts';

const GROUPS: Readonly<Record<string, string>> = {
  'LOCK': `
    64 | f0 90                | #UD
    64 | f0 01 c0             | #UD
    64 | f0 8b 00             | #UD
    64 | f0 39 00             | #UD
    64 | f0 01 00             | lock add dword ptr [rax], eax
    64 | f0 86 00             | lock xchg byte ptr [rax], al
    64 | f0 0f ba 20 01       | #UD
    64 | f0 0f ba 28 01       | lock bts dword ptr [rax], 0x1
    64 | f0 0f c7 08          | lock cmpxchg8b qword ptr [rax]
    64 | f0 f6 10             | lock not byte ptr [rax]
    64 | f0 0f 31             | #UD
    amd64 | f0 0f 20 c0       | #UD`,
  'registers and ModRM': `
    64 | 8d c0                | #UD
    32 | c4 c0 00 00          | #UD
    32 | 62 c0                | #UD
    64 | 8e c8                | #UD
    64 | 8e f0                | #UD
    64 | 8c f8                | #UD
    64 | 0f 20 c8             | #UD
    64 | 44 0f 20 c8          | #UD
    64 | 44 0f 21 c0          | #UD
    64 | 0f ba 00 01          | #UD
    64 | fe d0                | #UD
    64 | 8f c8                | #UD
    64 | c6 c8 00             | #UD`,
  'modes': `
    64 | 06                   | #UD
    64 | d4 0a                | #UD
    64 | 82 c0 01             | #UD
    64 | ce                   | #UD
    64 | 60                   | #UD
    64 | 62 f1                | #UD
    32 | 0f 01 f8             | #UD
    32 | f3 0f ae c0          | #UD
    real | 0f 00 c8           | #UD
    real | 0f 02 c1           | #UD
    real | 63 c8              | #UD
    real | c4 e2 60 f2 c1     | #UD
    real | c5 f8 77           | #UD
    real32 | 66 0f 38 82 08   | #UD
    real | 0f 01 10           | lgdt fword ptr [bx+si]
    real | 0f 20 c0           | mov eax, cr0`,
  'mandatory prefixes': `
    64 | 66 0f c3 00          | #UD
    64 | f3 0f 38 f0 00       | #UD
    64 | f3 0f c7 f0          | #UD
    64 | f2 0f c7 f0          | #UD
    64 | 66 0f 01 d0          | #UD
    64 | 66 0f ae e8          | #UD
    64 | f2 f3 0f b8 c0       | popcnt eax, eax
    64 | f3 f2 0f b8 c0       | #UD`,
  'VEX': `
    64 | 66 c4 e2 60 f2 c1    | #UD
    64 | f3 c4 e2 60 f2 c1    | #UD
    64 | 48 c4 e2 60 f2 c1    | #UD
    64 | f0 c4 e2 60 f2 00    | #UD
    64 | 67 c4 e2 60 f2 c1    | andn eax, ebx, ecx
    64 | c4 e2 64 f2 c1       | #UD
    64 | c4 e3 73 f0 c1 05    | #UD
    32 | c4 e3 3b f0 c1 04    | #UD
    32 | c4 e2 28 f2 c1       | andn eax, edx, ecx
    64 | c4 e0                | #UD
    64 | c4 e4                | #UD`,
  'length limit': `
    64 | 14x66 90             | nop
    64 | 15x66                | #GP
    64 | 14x66 06             | #UD
    64 | 14x66 01             | #GP
    64 | 13x66 81 05          | #GP
    64 | 11x66 81 05 00       | more
    64 | f0 12x66 8b 05       | #GP
    32 | 14x66                | more`,
  'page end': `
    64 | 0f                   | more
    64 | 0f ff                | more
    amd64 | 0f ff             | #UD
    64 | 0f b9                | more
    64 | 0f 0b                | ud2
    64 | 0f 04                | #UD
    64 | 0f 24                | #UD
    64 | 0f 36                | #UD
    64 | 0f 78                | more
    64 | 9a                   | more
    64 | 66 9a 00 00 00 00    | #UD
    64 | 9a 00 00 00 00 00    | more
    64 | 82                   | more
    64 | d5                   | more
    64 | f0 8b                | more
    64 | f0 8b 05             | more
    64 | f0 81 c0             | more
    64 | f0 b8                | more
    64 | 8e 35                | more
    64 | c6 08                | more
    64 | c7 c8 00 00 00       | more
    64 | fe 90                | more
    64 | ff b8                | more
    64 | 0f 38 ff             | more
    64 | 0f 38 ff c0          | #UD
    64 | 66 0f 3a ff          | more
    64 | 0f 3a 00 c0          | more
    64 | c4                   | more
    64 | 66 c4                | more
    64 | c4 e2 78             | more
    64 | 66 c4 e2 78 f2       | more
    64 | c4 e2 78 04          | more
    64 | c4 e3 78 ff c0       | more
    64 | c5 f8 04             | #UD
    64 | d9 d1                | #UD
    64 | 0f 01 c5             | #UD
    64 | 0f 71 c0             | more`,
};

for (const [title, text] of Object.entries(GROUPS)) {
  describe(title, () => {
    for (const line of text.trim().split('\n')) {
      const [mode, hex, expected] = line.split('|').map((cell) => cell.trim());
      it(`${mode}: ${hex}`, () => expect(disassemble(mode as ModeName, hex)).toBe(expected));
    }
  });
}

describe('random bytes', () => {
  const next = random(1);
  const bytes = new Uint8Array(20_000).map(() => next() >>> 7);
  const modes = Object.values(MODES);

  it('with fewer bytes than the verdict needs, the answer is always NeedMore', () => {
    const insn = new Insn();
    const seen = new Set<number>();
    for (let at = 0; at + 16 <= bytes.length; at += 5) {
      const mode = modes[at % modes.length];
      const verdict = decode(insn, bytes, at, 16, mode);
      seen.add(verdict);
      const needed = verdict === DecodeStatus.TooLong ? 15 : insn.length;
      for (let available = 0; available < needed; available++) {
        const status = decode(insn, bytes, at, available, mode);
        if (status !== DecodeStatus.NeedMore && !(verdict === DecodeStatus.Invalid && status === verdict)) {
          expect.fail(`offset ${at}, mode ${mode}: ${status} with ${available} of ${needed} bytes`);
        }
      }
      for (let available = needed; available < 16; available++) expect(decode(insn, bytes, at, available, mode)).toBe(verdict);
    }
    expect(seen).toContain(DecodeStatus.Ok);
    expect(seen).toContain(DecodeStatus.Invalid);
  });

  it('bytes behind the available ones do not matter', () => {
    const insn = new Insn();
    const other = new Insn();
    const copy = new Uint8Array(16);
    for (let at = 0; at + 16 <= bytes.length; at += 7) {
      const mode = modes[at % modes.length];
      if (decode(insn, bytes, at, 16, mode) !== DecodeStatus.Ok) continue;
      copy.fill(0xff).set(bytes.subarray(at, at + insn.length));
      expect(decode(other, copy, 0, insn.length, mode)).toBe(DecodeStatus.Ok);
      expect(other).toEqual(insn);
    }
  });

  it('every instruction has a text', () => {
    const insn = new Insn();
    for (let at = 0; at + 16 <= bytes.length; at++) {
      if (decode(insn, bytes, at, 16, modes[at % modes.length]) !== DecodeStatus.Ok) continue;
      expect(format(insn, 0x1000n)).toMatch(/^[a-z][a-z0-9 ]*( [^ ,]+( ptr [^ ,]+)?(, [^,]+)*)?$/);
      expect(format(insn)).not.toMatch(/undefined|NaN|\?/);
    }
  });

  it('a reused object shows nothing of earlier instructions', () => {
    const reused = new Insn();
    for (let at = 0; at + 16 <= bytes.length; at += 3) {
      const mode = modes[at % modes.length];
      if (decode(reused, bytes, at, 16, mode) !== DecodeStatus.Ok) continue;
      const fresh = new Insn();
      decode(fresh, bytes, at, 16, mode);
      expect(reused).toEqual(fresh);
    }
  });
});
