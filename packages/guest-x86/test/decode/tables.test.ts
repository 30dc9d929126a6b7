/** The tables themselves: complete, free of contradictions, and refused when they are not. */
import { describe, expect, it } from 'vitest';
import { DISPATCH } from '../../src/decode/forms.ts';
import { FORMS, MN, MNEMONICS } from '../../src/decode/index.ts';
import { compileDispatch } from '../../src/decode/tables/compile.ts';
import { OpcodeMap } from '../../src/decode/tables/index.ts';
import { DecoderTableError, parseRow } from '../../src/decode/tables/parse.ts';
import type { Row } from '../../src/decode/tables/row.ts';

describe('tables', () => {
  it('use every mnemonic', () => {
    const used = new Set<string>(FORMS.map((form) => form.mnemonic));
    expect(MNEMONICS.filter((name) => !used.has(name))).toEqual([]);
  });

  it('name every mnemonic once', () => {
    expect(new Set(MNEMONICS).size).toBe(MNEMONICS.length);
    expect(MNEMONICS[MN.imul]).toBe('imul');
  });

  it('reach every form', () => {
    const reached = new Set(DISPATCH.leaves);
    expect(FORMS.filter((form) => !reached.has(form.id + 1))).toEqual([]);
  });

  it('allow LOCK only where the first operand can be memory', () => {
    const wrong = FORMS.filter((form) => form.attributes.includes('lock') && !/^[EM]/.test(form.operands));
    expect(wrong).toEqual([]);
  });
});

describe('the table compiler', () => {
  const compile = (...rows: Row[]): unknown => compileDispatch(rows.map((row) => parseRow(row)), rows.map(() => OpcodeMap.OneByte));

  it.each<[string, Row]>([
    ['an unknown operand', ['00', 'add', 'Kb']],
    ['an unknown operand type', ['00', 'add', 'Eqq']],
    ['an unknown condition', ['XX 00', 'add', 'Eb,Gb']],
    ['a bad opcode', ['0', 'add', 'Eb,Gb']],
  ])('refuses %s', (_, row) => {
    expect(() => parseRow(row)).toThrow(DecoderTableError);
  });

  it('refuses rows that overlap', () => {
    expect(() => compile(['00', 'add', 'Eb,Gb'], ['00', 'or', 'Eb,Gb'])).toThrow(/overlap: add and or/);
    expect(() => compile(['66 00', 'add', 'Eb,Gb'], ['W1 00', 'or', 'Eb,Gb'])).toThrow(DecoderTableError);
    expect(() => compile(['66 00', 'add', 'Eb,Gb'], ['00', 'or', 'Eb,Gb'])).toThrow(DecoderTableError);
  });

  it('lets a row with one more condition take over its part', () => {
    expect(() => compile(['00', 'add', 'Eb,Gb'], ['66 00', 'or', 'Eb,Gb'], ['66 W1 00', 'xor', 'Eb,Gb'])).not.toThrow();
  });
});
