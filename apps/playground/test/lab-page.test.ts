/** What the Lab's page derives from what its worker says: rows, links between panes, numbers, the drawing of the graph, memory. */
import { signal } from '@preact/signals';
import { describe, expect, it } from 'vitest';
import { agreement, mips, percent, shares } from '../src/lab/compare/results.ts';
import { layoutGraph, nodeLines, smooth, strokeWidth } from '../src/lab/graph/layout.ts';
import { faultText } from '../src/lab/machine/faults.ts';
import { MemoryWindow, WINDOW } from '../src/lab/machine/memory-window.ts';
import { parseAddress, parseNumber, readings } from '../src/lab/machine/numbers.ts';
import { statusText } from '../src/lab/machine/status.ts';
import type { BlockView, ListingView, MachineView, ModeRun } from '../src/lab/protocol.ts';
import { lineOfPlace, Linking, placeOfLine, placeOfPc } from '../src/lab/stages/linking.ts';
import { moveByInsn, rowNear, stageRows, stageSize } from '../src/lab/stages/rows.ts';
import { tokenize } from '../src/lab/stages/tokens.ts';
import { Viewport } from '../src/lab/stages/viewport.ts';

const insn = (pc: number, text: string, line?: number): BlockView['insns'][number] => ({ pc: BigInt(pc), bytes: Uint8Array.of(0x90, 0x90), text, ...(line === undefined ? {} : { line }) });
const block = (pc: number, insns: BlockView['insns']): BlockView => ({ pc: BigInt(pc), tier: 'tci', executions: 3, size: insns.length * 2, tciBytes: 8, insns });

const LISTING: ListingView = {
  unit: 'batch',
  blocks: [block(0x1000, [insn(0x1000, 'mov eax, 1', 2), insn(0x1002, 'dec eax', 3)]), block(0x1004, [insn(0x1004, 'hlt', 5)])],
  edges: [
    { from: 0, to: 0, kind: 'slot1', count: 1000 },
    { from: 0, to: 1, kind: 'slot0', count: 1 },
  ],
  ir: [
    { text: 'tb x86', block: 0, insn: -1 },
    { text: '  mov.i32 rax, $1', block: 0, insn: 0 },
    { text: '  sub.i32 rax, rax, $1', block: 0, insn: 1 },
    { text: '  mov.i32 cc_dst, rax', block: 0, insn: 1 },
    { text: '  call halt()', block: 1, insn: 0 },
  ],
  opt: [
    { text: '  mov.i32 rax, $1', block: 0, insn: 0, change: 'removed' },
    { text: '  mov.i32 rax, $0', block: 0, insn: 1, change: 'added' },
  ],
  tci: [],
  sizes: { x86: 6, irOps: 4, optOps: 3, tci: 16, wasm: 200 },
};

describe('numbers', () => {
  it.each([
    ['0x10', 32, 16n], ['10', 32, 10n], ['10h', 32, 16n], ['0b101', 8, 5n], ['-1', 8, 255n], ['-1', 64, 0xffff_ffff_ffff_ffffn], [' 0xffff_ffff ', 32, 0xffff_ffffn], ['-0x80', 8, 128n],
  ])('%s in %i bits', (text, bits, value) => expect(parseNumber(text, bits)).toEqual({ value }));

  it.each([
    ['', 'a number is needed'], ['ff', 'hex numbers start with 0x'], ['0x1ff', 'more than 8 bits'], ['-129', 'more than 8 bits'], ['rax', 'not a number: write 0x1f, 31 or -1'],
  ])('%s is none', (text, problem) => expect(parseNumber(text, 8)).toEqual({ problem }));

  it('reads addresses relative to registers', () => {
    const register = (name: string): bigint | undefined => ({ rsp: 0x8000n, eax: 1n })[name];
    expect(parseAddress('rsp', register)).toEqual({ value: 0x8000n });
    expect(parseAddress('RSP + 0x10', register)).toEqual({ value: 0x8010n });
    expect(parseAddress('eax-2', register)).toEqual({ value: 0xffff_ffff_ffff_ffffn });
    expect(parseAddress('0x1000', register)).toEqual({ value: 0x1000n });
    expect(parseAddress('0b1', register)).toEqual({ value: 1n });
    expect(parseAddress('r99', register)).toEqual({ problem: 'no register is called "r99"' });
    expect(parseAddress('rsp+x', register).problem).toBeDefined();
  });

  it('reads a value as signed and as a character', () => {
    expect(readings(0xffn, 8)).toBe('255 = -1');
    expect(readings(65n, 32)).toBe("65 = 'A'");
  });
});

describe('rows', () => {
  it('x86: a header for each block, then its instructions', () => {
    const rows = stageRows('x86', LISTING, undefined, undefined);
    expect(rows.map(({ kind, text }) => [kind, text])).toEqual([
      ['head', 'TB 0, 4 B, interpreted, ran 3×'], ['code', 'mov eax, 1'], ['code', 'dec eax'], ['head', 'TB 1, 2 B, interpreted, ran 3×'], ['code', 'hlt'],
    ]);
    expect(rows[1]).toMatchObject({ address: '00001000', bytes: '90 90', block: 0, insn: 0 });
  });

  it('optimised: what was removed and added; while ops are stepped, the ops', () => {
    expect(stageRows('opt', LISTING, undefined, undefined).map(({ kind }) => kind)).toEqual(['removed', 'added']);
    const ops = { lines: [{ text: '  mov.i32 rax, $0', block: 0, insn: 1 }], at: 0, locals: [] };
    expect(stageRows('opt', LISTING, undefined, { ops, block: 1 })).toEqual([{ text: '  mov.i32 rax, $0', block: 1, insn: 1, kind: 'code' }]);
  });

  it('sizes', () => {
    expect((['x86', 'ir', 'opt', 'tci', 'wat'] as const).map((stage) => stageSize(stage, LISTING, undefined))).toEqual(['3 insns, 6 B', '4 ops', '3 ops (−1)', '16 B', '200 B']);
  });

  it('moves by instruction, over headers, to first rows', () => {
    const rows = stageRows('ir', LISTING, undefined, undefined);
    expect(moveByInsn(rows, -1, 1)).toBe(1);
    expect(moveByInsn(rows, 1, 1)).toBe(2);
    expect(moveByInsn(rows, 2, 1)).toBe(4);
    expect(moveByInsn(rows, 4, 1)).toBe(4);
    expect(moveByInsn(rows, 4, -1)).toBe(2);
    expect(moveByInsn(rows, 1, -1)).toBe(1);
    expect(moveByInsn(rows, rows.length, -1)).toBe(4);
    expect(moveByInsn([], -1, 1)).toBe(-1);
  });

  it('an instruction without rows leads to the next of its block', () => {
    const rows = stageRows('opt', { ...LISTING, opt: LISTING.opt.slice(1) }, undefined, undefined);
    expect(rowNear(rows, { block: 0, insn: 0 })).toBe(0);
    expect(rowNear(rows, { block: 1, insn: 0 })).toBe(-1);
  });
});

describe('tokens', () => {
  it.each([
    ['x86', 'mov qword ptr [rsp+0x8], eax', ['keyword:mov', 'name:qword', 'name:ptr', 'register:rsp', 'number:0x8', 'register:eax']],
    ['ir', '  brcond.i32 t0, $0, ne, L0', ['keyword:brcond.i32', 'name:t0', 'number:$0', 'register:ne', 'name:L0']],
    ['tci', '   8: add.i64 t62, rax, rcx', ['number:8', 'keyword:add.i64', 'name:t62', 'register:rax', 'register:rcx']],
    ['wat', '    local.get $env ;; 4', ['keyword:local.get', 'register:$env', 'comment:;; 4']],
  ] as const)('%s', (stage, line, expected) => {
    const tokens = tokenize(stage, line);
    expect(tokens.filter(({ kind }) => kind !== 'plain').map(({ kind, text }) => `${kind}:${text}`)).toEqual(expected);
    expect(tokens.map(({ text }) => text).join('')).toBe(line);
  });
});

describe('linking', () => {
  it('finds instructions by line and address, and back', () => {
    expect(placeOfLine(LISTING, 3)).toEqual({ block: 0, insn: 1 });
    expect(placeOfLine(LISTING, 4)).toBeUndefined();
    expect(placeOfPc(LISTING, 0x1004n)).toEqual({ block: 1, insn: 0 });
    expect(lineOfPlace(LISTING, { block: 1, insn: 0 })).toBe(5);
    expect(lineOfPlace(LISTING, { block: 7, insn: 0 })).toBeUndefined();
  });

  it('what is pointed at goes before what is pinned; pinning again lets go', () => {
    const linking = new Linking();
    const [a, b] = [{ block: 0, insn: 0 }, { block: 0, insn: 1 }];
    linking.togglePin(a, 'ir');
    expect(linking.active.value).toEqual(a);
    expect(linking.reveal.value).toEqual({ place: a, by: 'ir' });
    linking.point(b);
    expect(linking.active.value).toEqual(b);
    linking.point(undefined);
    expect(linking.active.value).toEqual(a);
    linking.togglePin({ ...a }, 'tci');
    expect(linking.active.value).toBeUndefined();
  });
});

describe('viewport', () => {
  it('renders what is in sight and a little more', () => {
    const viewport = new Viewport();
    viewport.measure({ clientHeight: 200 } as HTMLElement, 20);
    expect(viewport.range(2000)).toEqual([0, 22]);
    viewport.scrolled(1005);
    expect(viewport.range(2000)).toEqual([38, 72]);
    expect(viewport.range(5)).toEqual([5, 5]);
    expect(viewport.scrollTo(52)).toBeUndefined();
    expect(viewport.scrollTo(500)).toBe(10_000 - 66);
    expect(viewport.scrollTo(0)).toBe(0);
  });
});

describe('graph', () => {
  it('lays out blocks from top to bottom, with a bow for a block that goes to itself', () => {
    const { nodes, edges, width, height } = layoutGraph(LISTING);
    expect(nodes.map(({ lines }) => lines)).toEqual([['mov eax, 1', 'dec eax'], ['hlt']]);
    expect(nodes[1]!.y).toBeGreaterThan(nodes[0]!.y + nodes[0]!.height);
    expect(edges.map(({ back, label }) => [back, label])).toEqual([[true, '1.00 k×'], [false, '1×']]);
    expect(edges[0]!.width).toBeGreaterThan(edges[1]!.width);
    for (const { x, y, width: w, height: h } of nodes) expect(x >= 0 && y >= 0 && x + w <= width && y + h <= height).toBe(true);
  });

  it('shows the beginning and the end of a long block', () => {
    const lines = nodeLines(block(0, Array.from({ length: 20 }, (_, i) => insn(i, `insn ${i}`))));
    expect(lines).toEqual(['insn 0', 'insn 1', 'insn 2', 'insn 3', '… 15 more', 'insn 19']);
  });

  it('draws paths through all points', () => {
    expect(smooth([])).toBe('');
    expect(smooth([{ x: 0, y: 0 }, { x: 0, y: 9 }])).toBe('M 0.0 0.0 L 0.0 9.0');
    expect(smooth([{ x: 0, y: 0 }, { x: 2, y: 4 }, { x: 0, y: 8 }])).toBe('M 0.0 0.0 Q 2.0 4.0 0.0 8.0');
    expect(strokeWidth(0)).toBe(1);
    expect(strokeWidth(1e12)).toBe(5);
  });
});

describe('comparison', () => {
  const run = (part: Partial<ModeRun>): ModeRun => ({
    mode: 'tci', state: 'done', milliseconds: 10, instructions: 5_000_000, tciShare: 0.004, moduleShare: 0, regionShare: 0.996, translatedTbs: 1, compiledModules: 0, compiledRegions: 0,
    wasmBytes: 0, compileMs: 0, digest: 'a', ended: 'HLT', ...part,
  });

  it('modes agree when they end with the same digest in the same way', () => {
    expect(agreement([run({})])).toBe('unknown');
    expect(agreement([run({}), run({})])).toBe('same');
    expect(agreement([run({}), run({ digest: 'b' })])).toBe('different');
    expect(agreement([run({}), run({ ended: '#PF' })])).toBe('different');
    expect(agreement([run({}), run({ digest: 'b', state: 'stopped' })])).toBe('unknown');
  });

  it('speed and shares', () => {
    expect(mips(run({}))).toBe(500);
    expect(mips(run({ milliseconds: 0 }))).toBe(0);
    expect(shares(run({})).map(({ tier, share }) => `${tier} ${percent(share)}`)).toEqual(['tci < 1 %', 'region 100 %']);
  });
});

const VIEW: MachineView = {
  pc: 0x1000n, text: 'hlt', bits: 32, cpuMode: 'protected mode, 32-bit code', status: 'ready', instructions: 0, mode: 'tiered', output: '',
  registers: [{ name: 'esp', group: 'general', bits: 32, value: 0x8008n, changed: false }],
};

describe('status', () => {
  it.each([
    ['idle', VIEW, 0, 'At the first instruction'],
    ['idle', { ...VIEW, status: 'halted', instructions: 1 }, 0, 'Halted after 1 instruction'],
    ['idle', { ...VIEW, status: 'stopped', ops: { lines: [{ text: '', block: 0, insn: 0 }], at: 0, locals: [] } }, 0, 'In a block, before op 1 of 1'],
    ['running', VIEW, 0, 'Running'],
    ['loading', undefined, 0, 'Starting'],
    ['idle', VIEW, 2, '2 problems in the program'],
  ] as const)('%s', (activity, view, problems, text) => expect(statusText(activity, view, problems)).toBe(text));

  it('explains a page fault by its error code', () => {
    const { title, meaning, facts } = faultText({ vector: 14, name: '#PF', errorCode: 2, cr2: 0x5000n, pc: 0x1000n }, 32);
    expect(title).toBe('#PF stopped the program');
    expect(meaning).toContain('the kernel was writing; the page is not there');
    expect(facts).toContainEqual(['address', '0x00005000']);
  });
});

describe('memory', () => {
  const make = (): { window: MemoryWindow; ram: Uint8Array; writes: string[] } => {
    const ram = new Uint8Array(0x10000);
    const writes: string[] = [];
    const window = new MemoryWindow({
      view: signal(VIEW),
      readMemory: (address, length) => Promise.resolve(address + BigInt(length) > 0x10000n ? undefined : ram.slice(Number(address), Number(address) + length)),
      writeMemory: (address, bytes) => {
        writes.push(`${address.toString(16)}: ${bytes.join(' ')}`);
        return Promise.resolve();
      },
    }, 'esp');
    return { window, ram, writes };
  };

  it('follows a register, with the cursor on the byte that was asked for', async () => {
    const { window } = make();
    await window.refresh();
    expect(window.base.value).toBe(0x8000n);
    expect(window.cursor.value).toBe(8);
    expect(window.bytes.value).toHaveLength(WINDOW);
  });

  it('marks what changed since it was last read', async () => {
    const { window, ram } = make();
    await window.refresh();
    expect([...window.changed.value]).toEqual([]);
    ram[0x8003] = 1;
    await window.refresh();
    expect([...window.changed.value]).toEqual([3]);
  });

  it('two digits write a byte; Escape forgets the first', async () => {
    const { window, writes } = make();
    await window.refresh();
    window.type(0xf);
    window.cancel();
    window.type(4);
    window.type(1);
    expect(writes).toEqual(['8008: 65']);
    expect(window.cursor.value).toBe(9);
    expect(window.bytes.value?.[8]).toBe(0x41);
  });

  it('says what is wrong with an address, and that there is no memory', async () => {
    const { window } = make();
    await window.go('nonsense');
    expect(window.problem.value).toContain('nonsense');
    await window.go('0x20000');
    expect([window.problem.value, window.bytes.value]).toEqual(['', undefined]);
  });

  it('the window moves when the cursor leaves it', async () => {
    const { window } = make();
    await window.refresh();
    await window.scroll(1);
    expect([window.address.value, window.base.value, window.cursor.value]).toEqual(['0x8010', 0x8010n, 8]);
  });
});
