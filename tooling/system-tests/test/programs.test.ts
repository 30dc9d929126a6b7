/** The format of programs/*.asm, and that files, vectors and the list of differences belong together. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DIFFERENCES, parsePrograms, readVectors } from '@wasm-tcg/system-tests';

const folder = fileURLToPath(new URL('../programs/', import.meta.url));
const files = readdirSync(folder).map((name) => parsePrograms(name.slice(0, -'.asm'.length), readFileSync(`${folder}${name}`, 'utf8')));

describe('parsePrograms', () => {
  it('reads cases with their modes, flags and differences', () => {
    const text = ';; modes: real prot32\nX equ 1\n;; case: a\n;; undefined: AF OF\n nop\n;; case: b\n;; modes: long\n;; differs: qemu-limits qemu-lock@long\n hlt\n';
    const { common, cases } = parsePrograms('topic', text);
    expect(common).toBe('X equ 1\n');
    expect(cases).toMatchObject([
      { name: 'a', line: 3, modes: ['real', 'prot32'], undefinedFlags: ['AF', 'OF'], differs: [], body: ' nop\n' },
      { name: 'b', line: 6, modes: ['long'], differs: [{ key: 'qemu-limits', mode: undefined }, { key: 'qemu-lock', mode: 'long' }], body: ' hlt\n\n' },
    ]);
  });

  it.each([
    [';; case: a\n', 'topic.asm:1: no modes'],
    [';; modes: unreal\n', 'topic.asm:1: unknown mode "unreal"'],
    [';; modes: real\n;; case: a\n;; case: a\n', 'topic.asm:3: a second case "a"'],
    [';; modes: real\n;; undefined: OF\n', 'topic.asm:2: "undefined" before the first case'],
    [';; modes: real\n;; case: a\n;; undefined: XF\n', 'topic.asm:3: unknown flag "XF"'],
    [';; modes: real\n;; case: a\n;; differs: qemu-nothing\n', 'topic.asm:3: no difference is called "qemu-nothing"'],
    [';; modes: real\n;; case: a\n;; differs: qemu-lock@x\n', 'topic.asm:3: unknown mode "x"'],
    [';; modes: real\n;; case: a\n;; mode: real\n', 'topic.asm:3: unknown directive "mode"'],
  ])('%j is refused', (text, message) => {
    expect(() => parsePrograms('topic', text)).toThrowError(expect.objectContaining({ code: 'bad-program', message }));
  });
});

describe('the repository', () => {
  it('has a vector for every case and mode, and no other', () => {
    const cases = files.flatMap((file) => file.cases.flatMap((entry) => entry.modes.map((mode) => `${file.topic}/${entry.name} [${mode}]`)));
    const vectors = readVectors().flatMap((set) => set.vectors.map((vector) => `${set.topic}/${vector.name} [${vector.mode}]`));
    expect([...vectors].sort()).toEqual([...cases].sort());
  });

  it('uses every difference it explains', () => {
    const used = new Set(files.flatMap((file) => file.cases.flatMap((entry) => entry.differs.map((reason) => reason.key))));
    expect(Object.keys(DIFFERENCES).filter((key) => !used.has(key as keyof typeof DIFFERENCES))).toEqual([]);
  });

  it('expects no program to hang or to damage its harness', () => {
    const bad = readVectors().flatMap((set) => set.vectors.filter((vector) => /hang|broken/.test(vector.expect.at(-1) ?? 'broken')).map((vector) => vector.name));
    expect(bad).toEqual([]);
  });
});
