/** Layouts, and the AssemblyScript text made from them. */
import { assemblyConstants, assemblyFrame, assemblyNumbers, constantName, defFrame, defStruct, layoutEnv, TB_CPU, TB_HEADER, tbHash } from '@wasm-tcg/runtime';
import { describe, expect, it } from 'vitest';

const POINT = defStruct('pointXY', { flag: 'u8', x: 'u32', y2: 'u64', tail: ['u16', 3] });

describe('defStruct', () => {
  it('lays out as C does', () => {
    expect([POINT.offset, POINT.size, POINT.align]).toEqual([{ flag: 0, x: 4, y2: 8, tail: 16 }, 24, 8]);
  });
});

describe('AssemblyScript constants', () => {
  it.each([['tbPtr', 'TB_PTR'], ['wasmTBHeader', 'WASM_TB_HEADER'], ['physPage2', 'PHYS_PAGE2'], ['cc_op', 'CC_OP'], ['CS_FLAT', 'CS_FLAT']])('%s → %s', (name, constant) => {
    expect(constantName(name)).toBe(constant);
  });

  it('are offsets with a prefix and a base', () => {
    expect(assemblyConstants(POINT, { base: 100 }).split('\n')).toEqual([
      'export const POINT_XY_FLAG: usize = 100;', 'export const POINT_XY_X: usize = 104;', 'export const POINT_XY_Y2: usize = 108;',
      'export const POINT_XY_TAIL: usize = 116;', 'export const POINT_XY_SIZEOF: usize = 24;', '',
    ]);
    expect(assemblyNumbers('', { big: 0xffffffff })).toBe('export const BIG: u32 = 4294967295;\n');
  });

  it('name globals by their offset from env', () => {
    const frame = defFrame({ pc: { type: 'word' }, base: { type: 'word' }, v: { type: 'v128' } });
    const state = defStruct('s', { flags: 'u32', fetch: 'u32', mask: 'u64' });
    const layout = layoutEnv({ name: 't', frame, state, pc: 'pc', pageBase: 'base', csBase: 'base', flags: 'flags', fetchMmu: 'fetch', pcMask: 'mask', mmuIndices: 1 });
    expect(assemblyFrame(frame, layout, 'R')).toBe(
      [['PC', 0], ['BASE', 8], ['V', 16]].map(([name, at]) => `export const R_${name}: usize = ${layout.frameOffset + Number(at)};\n`).join(''),
    );
  });
});

it('tbHash spreads neighbouring TBs over the buckets', () => {
  const buckets = new Set<number>();
  for (let page = 0; page < 16; page++) for (let offset = 0; offset < 4096; offset += 16) buckets.add(tbHash(page, offset, 7, 0) & 4095);
  expect(buckets.size).toBeGreaterThan(2200);
});

it('runs a TB from one cache line of its header', () => {
  const { offset, align } = TB_HEADER;
  const line = offset.state;
  expect([align, line % 64]).toEqual([64, 0]);
  for (const field of ['insns', 'indirect', 'jmpTarget', 'jmpCount'] as const) expect(offset[field], field).toBeGreaterThan(line);
  expect(offset.perCpu + TB_CPU.size).toBe(line + 64);
});
