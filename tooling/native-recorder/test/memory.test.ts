/** Addressing forms lead where they are aimed, as iced-x86 computes the address. */
import { Decoder, DecoderOptions, Register } from 'iced-x86';
import { describe, expect, it } from 'vitest';
import { SEGMENTS, SEGMENT_BASE, SEGMENT_NAMES, regionsOf } from '@wasm-tcg/conformance';
import type { Mode } from '@wasm-tcg/conformance';
import { aim, chooseMemory, segmentOfForm } from '../src/encode/memory.ts';
import { WINDOWS } from '../src/encode/windows.ts';
import { Random } from '../src/random.ts';

describe.each([[64, 64, true], [64, 32, true], [64, 64, false], [32, 32, false], [32, 16, false], [16, 16, false], [16, 32, false]] as const)('%i-bit code, %i-bit addresses, REX %s', (mode: Mode, bits, rex) => {
  it('reach their target', () => {
    const rng = new Random(11, `${mode} ${bits} ${rex}`);
    for (let i = 0; i < 3000; i++) {
      const segmented = bits !== 16 && rng.chance(0.3);
      const segmentBase = segmented ? SEGMENT_BASE : 0n;
      const target = (bits === 16 ? 0x8100n : SEGMENT_BASE + 0x40n) + BigInt(rng.below(0x1000) & ~15);
      const form = chooseMemory(rng, mode, bits, segmentBase, rex, target);
      const width = mode === 64 ? 64 : 32;
      const registers = Array.from({ length: 16 }, () => BigInt.asUintN(width, rng.u64()));
      const linear = aim(rng, form, target, { get: (n) => registers[n], set: (n, v) => { registers[n] = v; } }, mode);
      if (form.ripRelative) continue;
      expect(linear).toBe(target);

      const rexByte = mode === 64 ? [0x40 | (form.rexX << 1) | form.rexB] : [];
      const code = new Uint8Array([...(bits === mode ? [] : [0x67]), ...(segmented ? [mode === 64 ? 0x65 : 0x64] : []), ...rexByte, 0x8b, ...form.bytes]);
      const decoder = new Decoder(mode, code, DecoderOptions.None);
      const instruction = decoder.decode();
      const valueOf = (register: Register): bigint => {
        const name = Register[register];
        if (register === Register.None) return 0n;
        const extended = /^R(\d+)(D?)$/.exec(name);
        const n = extended ? Number(extended[1]) : ['AX', 'CX', 'DX', 'BX', 'SP', 'BP', 'SI', 'DI'].indexOf(name.slice(-2));
        return BigInt.asUintN(bits, registers[n]);
      };
      const offset = valueOf(instruction.memoryBase) + valueOf(instruction.memoryIndex) * BigInt(instruction.memoryIndexScale) + instruction.memoryDisplacement;
      expect(BigInt.asUintN(width, BigInt.asUintN(bits, offset) + segmentBase)).toBe(linear);
      instruction.free();
      decoder.free();
    }
  });
});

describe('segments of 16-bit code', () => {
  it.each<[prefix: number, base: number, segment: string]>([
    [0, 3, 'ds'], [0, 5, 'ss'], [0, 4, 'ss'], [0, -1, 'ds'], [0x26, 5, 'es'], [0x3e, 5, 'ds'], [0x65, 3, 'gs'],
  ])('prefix %i, base %i: %s', (prefix, base, segment) => {
    expect(segmentOfForm({ base }, prefix)).toBe(segment);
  });

  it('have memory where operands are put', () => {
    for (const name of SEGMENT_NAMES) {
      const { first, last } = WINDOWS[name];
      const { base, limit, kind } = SEGMENTS[16][name];
      const mapped = (offset: number): boolean => regionsOf(16).some((r) => base + BigInt(offset) >= r.address && base + BigInt(offset) < r.address + BigInt(r.length));
      const allowed = (offset: number): boolean => (kind === 'down' ? offset > limit : offset <= limit);
      for (let offset = first; offset <= last; offset++) expect(mapped(offset) && allowed(offset), `${name}:${offset}`).toBe(true);
      expect(last - first).toBeGreaterThanOrEqual(0xfff);
    }
  });
});
