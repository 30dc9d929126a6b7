/** A short run of the comparison with iced-x86, and proof that it notices. The long run is `dist/main.js --count 1000000`. */
import { describe, expect, it } from 'vitest';
import { EXPLAINED, runCheck } from '@wasm-tcg/decoder-check';
import type { Bits } from '@wasm-tcg/decoder-check';
import { DecodeMode, DecodeStatus, FORMS, Insn, decode } from '@wasm-tcg/guest-x86';
import { STRIDE, fillBatch, randomSource } from '../src/random.ts';

const COUNT = 50_000;
const MODES: readonly Bits[] = [16, 32, 64];

describe('decoder against iced-x86', () => {
  it.each(MODES.flatMap((bits) => [[bits, false] as const, [bits, true] as const]))('%i-bit code, AMD %s', (bits, amd) => {
    const result = runCheck({ count: COUNT, seed: 20260101, bits, amd });
    expect(result.reports).toEqual([]);
    expect(result.unexplained).toBe(0);
    expect(result.compared + result.beyond).toBe(COUNT);
    // The generator must not drown in invalid strings, or in ones that are left out.
    expect(result.valid).toBeGreaterThan(COUNT * 0.4);
    expect(result.beyond).toBeLessThan(COUNT * 0.03);
  });

  it('notices differences', () => {
    const intelAgainstAmd = runCheck({ count: 20_000, seed: 1, bits: 64, mode: DecodeMode.Bits64, amd: true });
    expect(intelAgainstAmd.unexplained).toBeGreaterThan(10);
    expect(intelAgainstAmd.reports.join('\n')).toMatch(/ours: .*\n {2}iced: /);
    const realAgainstProtected = runCheck({ count: 20_000, seed: 1, bits: 16, mode: DecodeMode.Bits16 });
    expect(realAgainstProtected.reports.join('\n')).toContain('ours: invalid');
  });

  it('needs every explanation', () => {
    const needed = new Set<string>();
    for (const amd of [false, true]) for (const reason of runCheck({ count: 200_000, seed: 3, bits: 64, amd }).reasons) needed.add(reason);
    expect(EXPLAINED.map((rule) => rule.reason).filter((reason) => !needed.has(reason))).toEqual([]);
  });
});

describe('random strings', () => {
  it('reach every form of the tables', () => {
    const missing = new Set(FORMS.map((form) => form.id));
    const insn = new Insn();
    const bytes = new Uint8Array(4096 * STRIDE);
    for (const [bits, width] of [[16, DecodeMode.Bits16], [32, DecodeMode.Bits32], [64, DecodeMode.Bits64]] as const) {
      const next = randomSource(7);
      for (let batch = 0; batch < 150 && missing.size > 0; batch++) {
        fillBatch(next, bytes, bits);
        for (let at = 0; at < bytes.length; at += STRIDE) {
          if (decode(insn, bytes, at, STRIDE, width | DecodeMode.Protected) === DecodeStatus.Ok) missing.delete(insn.form);
        }
      }
    }
    expect([...missing].map((id) => FORMS[id])).toEqual([]);
  });
});
