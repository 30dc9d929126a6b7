import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiletests, opsReference, OPS_REFERENCE, remake, remakeFiletest } from '@wasm-tcg/filetest';

describe('filetests (update: npm run filetest -- --update)', () => {
  it.each(listFiletests().map((file) => [basename(file), file] as const))('%s', (_, file) => {
    const text = readFileSync(file, 'utf8');
    expect(remakeFiletest(file, text)).toBe(text);
  });

  it('finds cases of both kinds', () => {
    expect(listFiletests().some((f) => f.endsWith('.ir'))).toBe(true);
    expect(listFiletests().some((f) => f.endsWith('.asm'))).toBe(true);
  });
});

describe('the op reference', () => {
  it('is current (update: npm run filetest -- --ops --update)', () => expect(readFileSync(OPS_REFERENCE, 'utf8')).toBe(opsReference()));
});

describe('the file form', () => {
  const file = '; prose\ntb one\n  op\n; opt: x\n;   old\n\n; more prose\ntb two\n; run: a\n; opt:\n';

  it('keeps inputs and prose, and makes directives anew', () => {
    const made = remake(file, (line) => line.startsWith('tb '), (c, d) => ({ argument: `${d.argument}!`, body: [c.input.split('\n')[0]!, d.name] }));
    expect(made).toBe('; prose\ntb one\n  op\n; opt: x!\n;   tb one\n;   opt\n\n; more prose\ntb two\n; run: a!\n;   tb two\n;   run\n; opt: !\n;   tb two\n;   opt\n');
  });

  it('a wrong golden is seen', () => {
    const text = 'tb toy narrow\n  insn_start 0, 0\n  add.i32 r0, r0, $1\n  goto_tb 0, 4\n; run: r0=1 -> r0=3\n';
    expect(remakeFiletest('a.ir', text)).toContain('; run: r0=1 -> r0=2');
  });

  it('an unknown directive, global or extension is an error', () => {
    const tb = 'tb toy narrow\n  insn_start 0, 0\n  goto_tb 0, 4\n';
    expect(() => remakeFiletest('a.ir', `${tb}; frob:\n`)).toThrow(/no directive frob/);
    expect(() => remakeFiletest('a.ir', `${tb}; run: rax=1 -> \n`)).toThrow(/no global rax/);
    expect(() => remakeFiletest('a.ir', `${tb}; opt: frob\n`)).toThrow(/no pass frob/);
    expect(() => remakeFiletest('a.txt', tb)).toThrow(/\.ir and \.asm/);
  });
});
