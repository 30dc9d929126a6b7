/** The Lab's worker without its page: steps, runs, edits, faults, and whatever people do to it. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Bits, MachineView, ModeRun, Program } from '../src/lab/protocol.ts';
import { LabEngine } from '../src/lab/worker/engine.ts';

const ORIGIN = 0x1000n;
const nothing = (): void => undefined;
const LOOP = 'mov ecx, 1000\nxor eax, eax\nagain: add eax, ecx\ndec ecx\njnz again\nhlt';
const ENDLESS = 'again: inc eax\njmp again';

let lab: LabEngine;
beforeEach(() => {
  lab = new LabEngine();
});

function program(text: string, bits: Bits = 32, syntax: Program['syntax'] = bits === 16 ? 'hex' : 'asm'): Program {
  return { bits, syntax, text, origin: Number(ORIGIN), model: 'max' };
}

const register = ({ registers }: MachineView, name: string): bigint | undefined => registers.find((each) => each.name === name)?.value;
const changed = ({ registers }: MachineView): string[] => registers.filter((each) => each.changed).map(({ name }) => name);

describe('stepping', () => {
  it('shows where it is and what changed', async () => {
    const { view } = await lab.load(program(LOOP));
    expect(view).toMatchObject({ pc: ORIGIN, line: 1, text: 'mov ecx, 0x3e8', status: 'ready', instructions: 0, bits: 32, output: '', mode: 'tiered' });
    expect(changed(view)).toEqual([]);
    const first = await lab.step(1);
    expect(first).toMatchObject({ line: 2, status: 'stopped', instructions: 1 });
    expect(changed(first)).toEqual(['ecx', 'eip']);
    const third = await lab.step(2);
    expect(third).toMatchObject({ line: 4, instructions: 3 });
    expect(changed(third)).toContain('eax');
    expect(changed(third)).not.toContain('ecx');
  });

  it('comes to the end and stays there', async () => {
    await lab.load(program('nop\nhlt'));
    const end = await lab.step(100);
    expect(end).toMatchObject({ status: 'halted', instructions: 2, pc: ORIGIN + 2n });
    expect(await lab.step(1)).toMatchObject({ status: 'halted', instructions: 2 });
    expect(await lab.reset()).toMatchObject({ status: 'ready', instructions: 0, pc: ORIGIN });
  });

  it('ends behind the last byte', async () => {
    await lab.load(program(''));
    expect(await lab.run('tci', 100, nothing)).toMatchObject({ status: 'halted', instructions: 1 });
  });

  it('goes op by op through a block', async () => {
    await lab.load(program(LOOP));
    await lab.step(2);
    const entered = await lab.stepOp();
    expect(entered.ops?.at).toBe(1);
    expect(entered.instructions).toBe(2);
    let view = entered;
    let steps = 0;
    for (; view.ops !== undefined; steps++) view = await lab.stepOp();
    expect(steps).toBeGreaterThan(3);
    const byOps = view;
    await lab.load(program(LOOP));
    await lab.step(2);
    const byInsns = await lab.step(3);
    expect(byOps.pc).toBe(byInsns.pc);
    expect(byOps.instructions).toBe(5);
    expect(byOps.registers.map(({ value }) => value)).toEqual(byInsns.registers.map(({ value }) => value));
  });

  it('shows what the last op wrote, and finishes a block', async () => {
    await lab.load(program('mov eax, 5\nhlt'));
    await lab.stepOp();
    const { ops } = await lab.stepOp();
    expect(ops?.locals).toContainEqual({ name: 'rax', value: 5n, changed: true });
    expect(await lab.finishOps()).toMatchObject({ status: 'halted', instructions: 2 });
    expect((await lab.view()).ops).toBeUndefined();
  });

  it('meets a fault op by op', async () => {
    await lab.load(program('mov rsi, 0x1234567890\nmov rax, [rsi]', 64));
    await lab.stepOp();
    expect(await lab.finishOps()).toMatchObject({ status: 'faulted', pc: ORIGIN + 10n, instructions: 1, fault: { name: '#PF', cr2: 0x1234567890n } });
  });
});

describe('a run', () => {
  it.each(['tci', 'tb-per-module', 'tiered'] as const)('goes on in another mode: %s', async (mode) => {
    await lab.load(program(`mov al, 65\nout 0xe9, al\nfld1\nmov edi, 0x2000\nstosd\n${LOOP}`));
    await lab.step(50);
    const view = await lab.run(mode, 1_000_000, nothing);
    expect(view).toMatchObject({ status: 'halted', output: 'A', instructions: 3008, mode });
    expect(register(view, 'eax')).toBe(500500n);
    expect(register(view, 'st0')).toBe(0x3fff8000000000000000n);
    expect(await lab.readMemory(0x2000n, 1)).toEqual(Uint8Array.of(65));
  });

  it('ends at its limit, exactly, and goes on', async () => {
    await lab.load(program(ENDLESS));
    expect(await lab.run('tiered', 1_000_001, nothing)).toMatchObject({ status: 'stopped', instructions: 1_000_001 });
    expect(await lab.run('tiered', 1_000_000, nothing)).toMatchObject({ instructions: 2_000_001 });
  });

  it('is stopped, and may be looked at meanwhile', async () => {
    await lab.load(program(ENDLESS));
    let seen = 0;
    const run = lab.run('tiered', Number.MAX_SAFE_INTEGER, (instructions) => {
      seen = instructions;
    });
    while (seen === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await lab.view()).instructions).toBeGreaterThanOrEqual(seen);
    expect((await lab.listing('tb')).blocks[0].insns.length).toBeGreaterThan(0);
    await lab.stop();
    expect((await run).status).toBe('stopped');
  });

  it('ends when something else is wanted, and what waits does not run on', async () => {
    await lab.load(program(ENDLESS));
    const all = [
      lab.run('tiered', Number.MAX_SAFE_INTEGER, nothing), lab.run('tci', Number.MAX_SAFE_INTEGER, nothing), lab.compare(Number.MAX_SAFE_INTEGER, nothing),
      lab.setRegister('ecx', 7n), lab.load(program('nop')),
    ] as const;
    const [, , runs, set, loaded] = await Promise.all(all);
    expect(runs.every(({ state }) => state !== 'done')).toBe(true);
    expect(register(set, 'ecx')).toBe(7n);
    expect(loaded.view).toMatchObject({ instructions: 0, text: 'nop' });
  });

  it('that waits is stopped, too', async () => {
    await lab.load(program(ENDLESS));
    const runs = [lab.run('tiered', Number.MAX_SAFE_INTEGER, nothing), lab.run('tci', Number.MAX_SAFE_INTEGER, nothing)];
    await lab.stop();
    for (const view of await Promise.all(runs)) expect(view.status).not.toBe('halted');
  });
});

describe('a comparison', () => {
  it('is of the same program in three modes', async () => {
    await lab.load(program(LOOP.replace('1000', '1000000')));
    const reports: (readonly ModeRun[])[] = [];
    const runs = await lab.compare(10_000_000, (now) => reports.push(now));
    expect(runs.map(({ mode, instructions, ended, state }) => [mode, instructions, ended, state])).toEqual(['tci', 'tb-per-module', 'tiered'].map((mode) => [mode, 3_000_003, 'HLT', 'done']));
    expect(new Set(runs.map(({ digest }) => digest)).size).toBe(1);
    expect(runs[0].tciShare).toBe(1);
    expect(runs[2].regionShare).toBeGreaterThan(0.5);
    expect(reports[0].map(({ state }) => state)).toEqual(['running', 'waiting', 'waiting']);
  });

  it('says how it ended', async () => {
    await lab.load(program('ud2'));
    expect((await lab.compare(100, nothing)).map(({ ended }) => ended)).toEqual(Array.from({ length: 3 }, () => '#UD at 0x1000'));
    await lab.load(program(ENDLESS));
    expect((await lab.compare(1000, nothing)).map(({ ended, instructions }) => [ended, instructions])).toEqual(Array.from({ length: 3 }, () => ['limit of 1000 instructions', 1000]));
  });

  it('tells different ends apart', async () => {
    const digests = new Set<string>();
    for (const text of ['hlt', 'mov al, 1\nhlt', 'mov byte ptr [0x2000], 1\nhlt', 'out 0xe9, al\nhlt', 'stc\nhlt', 'fld1\nhlt']) {
      await lab.load(program(text));
      digests.add((await lab.compare(1000, nothing))[0].digest);
    }
    expect(digests.size).toBe(6);
  });
});

describe('a fault', () => {
  it.each<[bits: Bits, text: string, fault: Record<string, unknown>, instructions: number]>([
    [32, 'nop\nud2', { vector: 6, name: '#UD', errorCode: 0, pc: ORIGIN + 1n }, 1],
    [32, 'xor ecx, ecx\ndiv ecx', { vector: 0, name: '#DE', pc: ORIGIN + 2n }, 1],
    [32, 'mov ax, 0x33\nmov ds, ax', { vector: 13, name: '#GP', errorCode: 0x30, pc: ORIGIN + 4n }, 1],
    [32, 'int 0x80', { vector: 0x80, name: 'int 0x80', pc: ORIGIN }, 1],
    [32, 'int 13', { vector: 13, name: 'int 0xd', errorCode: 0, pc: ORIGIN }, 1],
    [32, 'nop\nint3', { vector: 3, name: '#BP', pc: ORIGIN + 1n }, 2],
    [32, 'mov esp, 0x90000000\nud2', { vector: 6, name: '#UD' }, 1],
    [64, 'mov rax, 0x123456789\nmov [rax], bl', { vector: 14, name: '#PF', errorCode: 2, cr2: 0x123456789n, pc: ORIGIN + 10n }, 1],
    [64, 'mov rax, 0x8000000000000000\nmov bl, [rax]', { vector: 13, name: '#GP', pc: ORIGIN + 10n }, 1],
    [64, 'mov rsp, 5\nud2', { vector: 6, name: '#UD', pc: ORIGIN + 7n }, 1],
    [64, 'int 13', { vector: 13, name: 'int 0xd', errorCode: 0, pc: ORIGIN }, 1],
    [64, 'mov rax, 0x1234567890\njmp rax', { vector: 14, name: '#PF', cr2: 0x1234567890n, pc: 0x1234567890n }, 2],
    [16, '90 0f 0b', { vector: 6, name: '#UD', pc: ORIGIN + 1n }, 1],
    [16, 'cd 10', { vector: 0x10, name: 'int 0x10', pc: ORIGIN }, 1],
  ])('%i-bit %j', async (bits, text, fault, instructions) => {
    for (const mode of ['tci', 'tiered'] as const) {
      const { view: before } = await lab.load(program(text, bits));
      const view = await lab.run(mode, 1000, nothing);
      expect(view).toMatchObject({ status: 'faulted', fault, instructions });
      const sp = { 16: 'esp', 32: 'esp', 64: 'rsp' }[bits];
      if (!text.includes('sp')) expect(register(view, sp)).toBe(register(before, sp));
    }
  });

  it('that nobody handles ends the machine', async () => {
    // lidt with a limit of 0, then #UD.
    await lab.load(program('db 0x0f, 0x01, 0x1d\ndd none\nud2\nnone: dw 0, 0, 0'));
    expect(await lab.run('tiered', 1000, nothing)).toMatchObject({ status: 'shutdown', fault: { vector: 6, name: '#UD', pc: ORIGIN + 7n } });
    expect((await lab.compare(100, nothing))[0].ended).toBe('triple fault after #UD at 0x1007');
  });

  it('is over when what was wrong is put right', async () => {
    await lab.load(program('mov rsi, 0x1234567890\nmov rax, [rsi]\nhlt', 64));
    await lab.run('tiered', 1000, nothing);
    await lab.setRegister('rsi', ORIGIN);
    const view = await lab.run('tiered', 1000, nothing);
    expect(view).toMatchObject({ status: 'halted', instructions: 3 });
    // The first bytes of the program: 48 be 90 78 56 34 12 00.
    expect(register(view, 'rax')).toBe(0x0012345678_90be48n);
  });
});

describe('registers and memory', () => {
  it('are changed', async () => {
    await lab.load(program('add eax, 1\njc carry\nhlt\ncarry: mov ebx, [0x3000]\nhlt'));
    await lab.setRegister('eax', 0x1_ffff_ffffn);
    expect(register(await lab.view(), 'eax')).toBe(0xffffffffn);
    await lab.writeMemory(0x3000n, Uint8Array.of(1, 2, 3, 4));
    expect(register(await lab.run('tiered', 100, nothing), 'ebx')).toBe(0x04030201n);
  });

  it('have flags one by one', async () => {
    await lab.load(program('nop'));
    const view = await lab.setRegister('zf', 1n);
    expect([register(view, 'zf'), register(view, 'rflags')]).toEqual([1n, 0x42n]);
    expect(register(await lab.setRegister('zf', 0n), 'rflags')).toBe(2n);
  });

  it('of real mode have segments with bases', async () => {
    // mov al, [0] through DS
    await lab.load(program('a0 00 00 f4', 16));
    await lab.setRegister('ds', 0x100n);
    expect(register(await lab.run('tci', 10, nothing), 'eax')).toBe(0xa0n);
  });

  it('code that is written over runs as it is now', async () => {
    await lab.load(program('nop\nnop\nhlt'));
    await lab.step(1);
    await lab.writeMemory(ORIGIN + 1n, Uint8Array.of(0x40));
    expect(register(await lab.run('tiered', 10, nothing), 'eax')).toBe(1n);
  });

  it('are refused in words where there are none', async () => {
    await lab.load(program('nop', 64));
    await expect(lab.setRegister('eaz', 1n)).rejects.toMatchObject({ code: 'register', message: 'There is no register eaz here' });
    expect(await lab.readMemory(0x3ffffcn, 8)).toBeUndefined();
    expect(await lab.readMemory(0xffff_ffff_ffff_fff8n, 16)).toBeUndefined();
    expect(await lab.readMemory(0n, 0)).toEqual(new Uint8Array(0));
    await expect(lab.readMemory(0n, 1e9)).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(lab.writeMemory(0x400000n, Uint8Array.of(1))).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(lab.step(0)).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(lab.run('tci', Number.NaN, nothing)).rejects.toMatchObject({ code: 'bad-argument' });
  });
});

describe('listings', () => {
  it('of the three units are linked to the source', async () => {
    await lab.load(program(LOOP.replace('1000', '100000')));
    const tb = await lab.listing('tb');
    expect(tb.blocks.map(({ pc }) => pc)).toEqual([ORIGIN]);
    expect(tb.blocks[0].insns.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
    const batch = await lab.listing('batch');
    expect(batch.blocks.length).toBeGreaterThan(1);
    const region = await lab.listing('region');
    expect(region.blocks[0]).toMatchObject({ pc: ORIGIN + 7n, tier: 'region' });
    expect(region.edges[0].count).toBeGreaterThan(1000);
    expect(new Set(region.tci.map(({ block, insn }) => `${block}.${insn}`)).size).toBeGreaterThanOrEqual(3);
    // Nothing of it has touched the machine.
    expect(await lab.view()).toMatchObject({ status: 'ready', instructions: 0 });
  });

  it('have the optimised IR as what stays, goes and comes', async () => {
    await lab.load(program(LOOP));
    for (const unit of ['tb', 'batch', 'region'] as const) {
      const { ir, opt } = await lab.listing(unit);
      const kept = opt.filter(({ change, insn }) => change !== 'added' && insn >= 0).map(({ text }) => text.replace(/\b[Lt]\d+\b/g, 'n').replace(/,.*/, ''));
      expect(kept).toEqual(ir.filter(({ insn }) => insn >= 0).map(({ text }) => text.replace(/\b[Lt]\d+\b/g, 'n').replace(/,.*/, '')));
      expect(new Set(opt.map(({ change }) => change))).toEqual(new Set(['same', 'added', 'removed']));
    }
  });

  it('have the WebAssembly line by line', async () => {
    await lab.load(program(LOOP));
    for (const unit of ['tb', 'batch', 'region'] as const) {
      const { lines, bytes } = await lab.wat(unit, ORIGIN + 7n);
      expect(bytes).toBeGreaterThan(100);
      const { blocks } = await lab.listing(unit, ORIGIN + 7n);
      const adding = blocks[0].insns.findIndex(({ text }) => text === 'add eax, ecx');
      expect(lines.filter(({ block, insn }) => block === 0 && insn === adding).map(({ text }) => text.trim())).toContain('i32.add');
      expect(lines.at(-1)).toEqual({ text: ')', block: -1, insn: -1 });
    }
  });

  it('are of any address, and refused where nothing can be fetched', async () => {
    await lab.load(program(LOOP, 64));
    expect((await lab.listing('tb', ORIGIN + 5n)).blocks[0].pc).toBe(ORIGIN + 5n);
    await expect(lab.listing('tb', 0x1234567890n)).rejects.toMatchObject({ code: 'unmapped' });
    await lab.load(program('mov rax, 0x1234567890\njmp rax', 64));
    await lab.run('tiered', 100, nothing);
    expect((await lab.view()).text).toBe('(no memory)');
    await expect(lab.listing('tb')).rejects.toMatchObject({ code: 'unmapped' });
  });

  it('of a region without an address are of where most time goes, in the mode it runs in', async () => {
    // Into protected mode, then a loop of 100,000 rounds.
    await lab.load(program('fa 0f 01 16 abs16(gdtr) 0f 20 c0 0c 01 0f 22 c0 ea abs16(p) 08 00\np: b9 a0 86 01 00\nloop: 40 49 75 rel8(loop) f4\n.align 8\ngdt: .quad 0\nff ff 00 00 00 9b cf 00\ngdtr: .word 15\n.long gdt', 16));
    const { blocks } = await lab.listing('region');
    expect(blocks[0].insns.map(({ text }) => text)).toEqual(['inc eax', 'dec ecx', 'jne 0x1018']);
    expect((await lab.view()).bits).toBe(16);
  });
});

describe('nonsense', () => {
  it('before anything is loaded', async () => {
    await expect(lab.view()).rejects.toMatchObject({ code: 'not-loaded' });
    await expect(lab.step(1)).rejects.toMatchObject({ code: 'not-loaded' });
    await expect(lab.compare(1, nothing)).rejects.toMatchObject({ code: 'not-loaded' });
    await lab.stop();
  });

  it('as a program', async () => {
    await expect(lab.load(program('x'.repeat(1_000_000)))).rejects.toMatchObject({ code: 'bad-program' });
    await expect(lab.load({ ...program('nop'), origin: 0x3f0000 })).rejects.toMatchObject({ code: 'bad-program' });
    const { assembled, view } = await lab.load(program('foo\nnop'));
    expect(assembled.problems).toHaveLength(1);
    expect(view.text).toBe('nop');
  });

  it.each<[what: string, bits: Bits, text: string]>([
    ['code that overwrites all memory', 64, 'xor edi, edi\nmov rcx, -1\nrep stosb'],
    ['code that overwrites the Lab’s handlers', 32, 'mov edi, 0x3f0000\nmov ecx, 0x4000\nrep stosd\nud2'],
    ['no page tables', 64, 'xor eax, eax\nmov cr3, rax\nnop'],
    ['a jump to zeros', 32, 'jmp 0x200000'],
    ['a jump out of memory', 32, 'jmp 0x90000000'],
    ['random bytes', 16, Array.from({ length: 2000 }, (_, i) => ((i * 7919) & 0xff).toString(16).padStart(2, '0')).join(' ')],
    ['a stack that grows for ever', 64, 'again: push rax\njmp again'],
    ['output without end', 32, 'again: out 0xe9, al\ninc eax\njmp again'],
  ])('%s', async (_, bits, text) => {
    const { assembled } = await lab.load(program(text, bits));
    expect(assembled.problems).toEqual([]);
    const view = await lab.run('tiered', 50_000, nothing);
    expect(view.output.length).toBeLessThanOrEqual(16384);
    const runs = await lab.compare(20_000, nothing);
    expect(new Set(runs.map(({ digest }) => digest)).size).toBe(1);
    expect(new Set(runs.map(({ instructions }) => instructions)).size).toBe(1);
    expect((await lab.reset()).status).toBe('ready');
    expect(await lab.listing('region').then(({ unit }) => unit, ({ code }: { code?: string }) => code)).toMatch(/^(region|bad-option)$/);
  }, 120_000);
});
