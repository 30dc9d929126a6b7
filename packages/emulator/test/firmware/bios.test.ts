/** BIOS services run on the machine itself: each test is a program of a few bytes that calls one and halts. */
import { describe, expect, it } from 'vitest';
import { compileModules, createMachine } from '../../src/index.ts';
import { CodeBuffer, imm16, imm32 } from '../../src/firmware/bios/assembler.ts';
import { planFirmware } from '../../src/firmware/firmware.ts';
import { startRegisters, type CpuStart } from '../../src/loaders/cpu-start.ts';
import { planFlatImage } from '../../src/loaders/flat.ts';
import type { PlacedBytes } from '../../src/loaders/plan.ts';
import { thrown } from '../loaders/images.ts';

const MIB = 2 ** 20;
const RAM = 20 * MIB;
const firmware = planFirmware({ ramBytes: RAM, serialPorts: [0] });
const modules = compileModules();
const HLT = 0xf4;

function run(segments: readonly PlacedBytes[], start: CpuStart) {
  const machine = createMachine({ memory: RAM, cpu: { model: 'x86-64' }, modules, execution: { mode: 'tci' } });
  for (const { physical, bytes } of segments) machine.memory.write(physical, bytes);
  const { registers } = machine.cpu(0);
  for (const [name, value] of startRegisters(start)) registers.set(name, value);
  const outs: number[][] = [];
  machine.onPort(0x20, 0x20, { write: (port, _size, value) => outs.push([port, value]) });
  machine.onPort(0x64, 0x64, { write: (port, _size, value) => outs.push([port, value]) });
  machine.onPort(0xa0, 0xa0, { write: (port, _size, value) => outs.push([port, value]) });
  const stop = machine.runUntil({ instructions: 10_000 });
  const get = (name: 'rax' | 'rbx' | 'rcx' | 'rdx' | 'rsi' | 'rdi' | 'rsp' | 'rip'): number => Number(registers.get(name));
  return { machine, stop, outs, get, flags: Number(registers.get('rflags')), u32: (at: number) => new DataView(machine.memory.read(at, 4).buffer).getUint32(0, true) };
}

const call = (...code: readonly number[]) => {
  const { segments, start } = planFlatImage(Uint8Array.of(...code, HLT), { firmware, loadAddress: 0x7c00, mode: 'real16' });
  const result = run([...firmware.segments, ...segments], start);
  expect(result.stop.kind).toBe('halt');
  expect(result.get('rsp')).toBe(0x7c00);
  return { ...result, carry: (result.flags & 1) !== 0, zero: (result.flags & 0x40) !== 0, ax: result.get('rax') & 0xffff, bx: result.get('rbx') & 0xffff, cx: result.get('rcx') & 0xffff, dx: result.get('rdx') & 0xffff };
};
const int = (vector: number, ax: number): readonly number[] => [0xb8, ...imm16(ax), 0xcd, vector];

describe('memory', () => {
  /** mov eax, 0xe820; mov edx, signature; mov ecx, size; mov ebx, index; mov di, 0x600; int 0x15 */
  const e820 = (index: number, { signature = 0x534d4150, size = 20 } = {}): readonly number[] =>
    [0x66, 0xb8, ...imm32(0xe820), 0x66, 0xba, ...imm32(signature), 0x66, 0xb9, ...imm32(size), 0x66, 0xbb, ...imm32(index), 0xbf, ...imm16(0x600), 0xcd, 0x15];

  it('E820 gives every range once, and says when it was the last', () => {
    firmware.e820.forEach(({ base, size, type }, i) => {
      const result = call(...e820(i));
      expect(result.carry).toBe(false);
      expect([result.get('rax'), result.get('rcx')]).toEqual([0x534d4150, 20]);
      expect(result.get('rbx')).toBe(i + 1 < firmware.e820.length ? i + 1 : 0);
      expect([result.u32(0x600), result.u32(0x604), result.u32(0x608), result.u32(0x60c), result.u32(0x610)]).toEqual([base, 0, size, 0, type]);
    });
  });

  it.each([
    ['past the last range', e820(firmware.e820.length)],
    ['without the signature', e820(0, { signature: 1 })],
    ['with a buffer too small', e820(0, { size: 19 })],
  ])('E820 %s fails', (_what, code) => {
    expect(call(...code).carry).toBe(true);
  });

  it('older calls give what they can', () => {
    const usable = (RAM - MIB) / 1024 - 8;
    const e801 = call(...int(0x15, 0xe801));
    expect([e801.carry, e801.ax, e801.cx, e801.bx, e801.dx]).toEqual([false, 15360, 15360, Math.floor((usable - 15360) / 64), Math.floor((usable - 15360) / 64)]);
    expect([call(...int(0x15, 0x8800)).ax, call(...int(0x12, 0)).ax]).toEqual([usable, 639]);
  });
});

describe('other services', () => {
  it('unknown functions of 15h fail with AH = 86', () => {
    const { carry, ax } = call(...int(0x15, 0xc000));
    expect([carry, ax]).toEqual([true, 0x8600]);
  });

  it.each([[0x2400, true, 0x8600], [0x2401, false, 1], [0x2402, false, 1], [0x2403, false, 1]])('A20: AX = %s', (ax, carry, result) => {
    const made = call(...int(0x15, ax));
    expect([made.carry, made.ax]).toEqual([carry, result]);
    if (ax === 0x2403) expect(made.bx).toBe(2);
  });

  it('no disk, no key, a text mode', () => {
    expect(call(...int(0x13, 0x0201)).carry).toBe(true);
    expect(call(...int(0x16, 0x0100)).zero).toBe(true);
    expect(call(...int(0x16, 0x1100)).zero).toBe(true);
    expect(call(...int(0x16, 0x02ff)).ax & 0xff).toBe(0);
    expect(call(...int(0x10, 0x0f00)).ax).toBe(0x5003);
    expect(call(...int(0x10, 0x0300)).cx).toBe(0x0607);
    expect(call(...int(0x11, 0)).ax & 0x0e00).toBe(0x0200);
  });

  it('ticks count with the timer interrupt, which is acknowledged', () => {
    const { cx, dx, outs } = call(0xcd, 0x08, 0xcd, 0x08, ...int(0x1a, 0));
    expect([cx, dx]).toEqual([0, 2]);
    expect(outs).toEqual([[0x20, 0x20], [0x20, 0x20]]);
  });

  it('interrupts of the second PIC are acknowledged at both', () => {
    expect(call(0xcd, 0x74).outs).toEqual([[0xa0, 0x20], [0x20, 0x20]]);
  });

  it('ffff:0 pulses the reset line', () => {
    const { segments, start } = planFlatImage(Uint8Array.of(0xea, 0, 0, 0xff, 0xff), { firmware, loadAddress: 0x7c00, mode: 'real16' });
    expect(run([...firmware.segments, ...segments], start).outs).toEqual([[0x64, 0xfe]]);
  });
});

describe('starts of the CPU', () => {
  it('protected32: segments reload from the GDT, all of memory is in reach', () => {
    // mov eax, ss; mov ds, eax; mov [0x1200000], esp; hlt
    const image = Uint8Array.of(0x8c, 0xd0, 0x8e, 0xd8, 0x89, 0x25, ...imm32(0x1200000), HLT);
    const { segments, start } = planFlatImage(image, { firmware, loadAddress: 0x100000, mode: 'protected32', stack: 0x123450 });
    const { stop, u32 } = run(segments, start);
    expect([stop.kind, u32(0x1200000)]).toEqual(['halt', 0x123450]);
  });

  it('long64: 64-bit code under identity page tables', () => {
    // push cs; lea rax, [rip + 3]; push rax; retfq; hlt: CS reloads from the GDT
    const image = Uint8Array.of(0x48, 0x8c, 0xc8, 0x50, 0x48, 0x8d, 0x05, ...imm32(3), 0x50, 0x48, 0xcb, HLT);
    const { segments, start } = planFlatImage(image, { firmware, loadAddress: 0x200000, mode: 'long64' });
    const { stop, get } = run(segments, start);
    expect([stop.kind, get('rip')]).toEqual(['halt', 0x200000 + image.length]);
  });
});

it('the assembler refuses a short jump that is none', () => {
  const code = new CodeBuffer().short(0xeb, 'far');
  for (let i = 0; i < 128; i++) code.code(0x90);
  expect(() => code.label('far').finish()).toThrow(RangeError);
  expect(thrown(() => new CodeBuffer().at('nowhere')).message).toMatch(/nowhere/);
});
