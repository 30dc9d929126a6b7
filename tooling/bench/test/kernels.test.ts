/** Kernels are what the report says of them: on enough pages, the same in every mode. */
import { describe, expect, it } from 'vitest';
import { ALTERNATIVES, assemble, assemblePages, AssemblyError, buildKernels, CODE, DATA, GuestRunner, hashWords, physicalOf, STACK, STUB, TABLES, writePageTables } from '@wasm-tcg/bench';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('assemble', () => {
  it.each([
    ['absolute and relative references', 32, 'mov eax, offset label\njmp label\nlabel: ret', 'b807100000eb00c3'],
    ['64-bit addresses', 64, 'label: nop\ndq label', '900010000000000000'],
    ['words', 32, 'label: dw label', '0010'],
    ['constants', 32, 'FIVE = 5\nmov eax, offset FIVE', 'b805000000'],
    ['comments', 32, 'nop ; why\n; nothing\nnop', '9090'],
  ] as const)('%s', (_, bits, source, bytes) => {
    expect(hex(assemble(source, bits, 0x1000).bytes)).toBe(bytes);
  });

  it('names the line that is wrong', () => {
    expect(() => assemble('nop\nmvo eax, 5\nnop', 32, 0)).toThrow(AssemblyError);
    expect(() => assemble('nop\nmvo eax, 5\nnop', 32, 0)).toThrow(/line 2: .*mvo eax, 5/);
  });
});

describe('assemblePages', () => {
  it('starts every part on a page, and branches reach across', () => {
    const { bytes, symbols } = assemblePages('call next\nret\n@page\nnext: jmp last\n@page\nlast: ret', 32, CODE);
    expect(symbols.get('next')).toBe(CODE + 4096);
    expect(symbols.get('last')).toBe(CODE + 8192);
    expect(hex(bytes.subarray(0, 6))).toBe('e8fb0f0000c3');
    expect(bytes.length).toBe(8193);
  });

  it('refuses a part that is longer than a page', () => {
    expect(() => assemblePages(`${'db 1, 2, 3, 4\n'.repeat(1100)}@page\nret`, 32, CODE)).toThrow(/part 0 has 4400 bytes/);
  });
});

describe.each([[32], [64]] as const)('page tables of %i bits', (bits) => {
  const memory = new Map<number, Uint8Array>();
  const root = writePageTables(bits, (physical, bytes) => memory.set(physical, bytes.slice()));

  /** By the manual: SDM vol. 3, 4.3 and 4.5. */
  const walk = (linear: number): number => {
    const [levels, width] = bits === 32 ? [2, 10] : [4, 9];
    let table = root;
    for (let level = levels - 1; ; level--) {
      const index = Number((BigInt(linear) >> BigInt(12 + width * level)) & ((1n << BigInt(width)) - 1n));
      const page = memory.get(table);
      const entry = page === undefined ? 0 : new DataView(page.buffer).getUint32(index * (bits / 8), true);
      if ((entry & 1) === 0) return -1;
      table = entry & ~0xfff;
      if (level === 0) return table + (linear & 0xfff);
    }
  };

  it.each([[STUB], [CODE], [CODE + 0x1234], [DATA], [DATA + 0xff_fff], [STACK + 0xffff]])('maps 0x%s', (linear) => {
    expect(walk(linear)).toBe(physicalOf(linear));
  });

  it.each([[0], [TABLES], [STUB - 1], [DATA - 1], [STACK + 0x10000]])('does not map 0x%s', (linear) => {
    expect(walk(linear)).toBe(-1);
  });

  it('no page twice, no neighbours', () => {
    const pages = Array.from({ length: 256 }, (_, i) => physicalOf(CODE + i * 4096));
    expect(new Set(pages).size).toBe(256);
    expect(pages.some((page, i) => pages[i + 1] === page + 4096)).toBe(false);
  });
});

describe('kernels', () => {
  const kernels = buildKernels();

  it('about a dozen, in both widths', () => {
    const names = (bits: number): string[] => kernels.filter((kernel) => kernel.bits === bits).map(({ name }) => name);
    expect(names(32)).toEqual(names(64));
    expect(names(32).length).toBeGreaterThanOrEqual(12);
  });

  it.each(kernels.map((kernel) => [kernel.name, kernel.bits, kernel] as const))('%s (%i) has code on three pages and hot blocks', (_, _bits, kernel) => {
    expect(kernel.code.length).toBeGreaterThan(2 * 4096);
    expect(kernel.hot.length).toBeGreaterThan(0);
    for (const pc of kernel.hot) expect(pc).toBeLessThan(CODE + kernel.code.length);
  });

  it.each(kernels.filter(({ name }) => ['call/ret', 'flags', 'sort'].includes(name)).map((kernel) => [kernel.name, kernel.bits, kernel] as const))(
    '%s (%i) gives the same in every mode',
    (_, _bits, kernel) => {
      const results = Object.values(ALTERNATIVES).map((execution) => {
        const runner = new GuestRunner(kernel, execution);
        const { instructions, interpreter, modules, regions } = runner.run(200);
        expect(interpreter + modules + regions).toBeCloseTo(1);
        return `${instructions} ${runner.result()}`;
      });
      expect(new Set(results).size).toBe(1);
      expect(results[0]).toContain('rax=');
    },
    60_000,
  );
});

it('the hash is FNV-1a over words', () => {
  expect(hashWords(Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0))).toBe(Number((((((0x811c9dc5n ^ 1n) * 0x01000193n) & 0xffffffffn) ^ 2n) * 0x01000193n) & 0xffffffffn));
});
