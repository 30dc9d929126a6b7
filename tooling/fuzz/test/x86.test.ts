/** The x86 fuzzer: every form is made, programs survive their text form, and a machine that differs is found. */
import { decode, DecodeStatus, FORMS, Insn, type Form } from '@wasm-tcg/guest-x86';
import { describe, expect, it } from 'vitest';
import { Random } from '../src/random.ts';
import { compareMachines } from '../src/x86/compare.ts';
import { decodeMode, Encoder } from '../src/x86/encode.ts';
import { EXCLUDED, formsOf, isIncluded } from '../src/x86/forms.ts';
import { X86Generator } from '../src/x86/generate.ts';
import { assemble } from '../src/x86/items.ts';
import { MODES } from '../src/x86/layout.ts';
import { executions, Runner } from '../src/x86/machines.ts';
import { parseX86, printX86, type X86Program } from '../src/x86/program.ts';
import { shrinkX86 } from '../src/x86/shrink.ts';
import { x86Suite } from '../src/x86/suite.ts';

const name = (form: Form): string => `${form.mnemonic} ${form.operands} (${form.encoding})`;
const generator = new X86Generator();
const programs = Array.from({ length: 40 }, (_, seed) => generator.generate(seed));

describe('forms', () => {
  it.each(MODES)('every included form can be encoded in %s', (mode) => {
    const encoder = new Encoder(new Random(1), mode, false);
    const insn = new Insn();
    const missing = formsOf(mode).filter((form) => {
      const bytes = encoder.encode(form) ?? encoder.encode(form);
      if (!bytes) return true;
      return decode(insn, Uint8Array.from(bytes), 0, bytes.length, decodeMode(mode)) !== DecodeStatus.Ok || insn.form !== form.id || insn.length !== bytes.length;
    });
    expect(missing.map(name)).toEqual([]);
  });

  it('what is excluded exists, and nothing else on general registers is left out', () => {
    const names = new Set(FORMS.map((form) => form.mnemonic));
    expect([...EXCLUDED.keys()].filter((mnemonic) => !names.has(mnemonic))).toEqual([]);
    const leftOut = FORMS.filter((form) => !isIncluded(form) && !EXCLUDED.has(form.mnemonic) && /^(I\d86|X64|BMI\d|ADX|MOVBE|CX8|CX16|CMOV)$/.test(form.feature));
    expect(leftOut.map(name).filter((text) => !/^mov [CD]n,/.test(text))).toEqual([]);
  });
});

describe('programs', () => {
  it('assemble, and survive their text form', () => {
    for (const program of programs) {
      expect(assemble(program.items, program.address)).toBeDefined();
      const text = printX86(program, ['why it is here']);
      expect(printX86(parseX86(text), ['why it is here'])).toBe(text);
    }
  });

  it.each(['', 'mode=real16', 'mode=real8 paging=none address=0x4800 stress=1 limit=1'])('text that is none is refused: %j', (text) => {
    expect(() => parseX86(text)).toThrow(expect.objectContaining({ code: 'FUZZ_PROGRAM' }));
  });
});

/** nop; in al, 31h; nop; hlt */
const PORT_PROGRAM: X86Program = {
  mode: 'protected32', paging: 'none', address: 0x4800, stress: 1, limit: 10, starts: [{ seed: 1, steps: 0 }, { seed: 2, steps: 9 }],
  items: [[0x90], [0xe4, 0x31], [0x90], [0xf4]].map((bytes, id) => ({ id, bytes, starts: [0], references: [] })),
};

it('a machine that differs is found, and the program made small', () => {
  const runners = executions(1).slice(0, 2).map(([title, options]) => new Runner(title, options));
  expect(compareMachines(PORT_PROGRAM, runners)).toBeUndefined();
  runners[1].machine.onPort(0x31, 0x31, { read: () => 7 });
  const found = compareMachines(PORT_PROGRAM, runners);
  expect(found).toContain('rax: 0x');
  expect(found).toContain(`against ${runners[0].name}, start seed=1`);
  const small = shrinkX86(PORT_PROGRAM, (program) => compareMachines(program, runners) !== undefined, () => false);
  expect(small.items.map((item) => item.id)).toEqual([1]);
});

it('all modes agree on a few programs', () => {
  const suite = x86Suite();
  for (const program of programs.slice(0, 8)) expect(suite.check(program)).toBeUndefined();
});
