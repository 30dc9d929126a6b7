import { describe, expect, it } from 'vitest';
import {
  CPU_MODELS, CPU_MODEL_NAMES, CPUID_BITS, IMPLEMENTED, MACHINE_FEATURES, TSC_HZ, cpuidLeaves, type CpuModel,
} from '@wasm-tcg/guest-x86';
import { TestCpu } from './machine.ts';

describe('CPUID', () => {
  const ask = (cpu: TestCpu, leaf: number, subleaf = 0): number[] => {
    cpu.set({ rax: leaf, rcx: subleaf }).call('cpuid');
    return (['rax', 'rbx', 'rcx', 'rdx'] as const).map((name) => Number(cpu.get(name)));
  };

  it.each(CPU_MODEL_NAMES)('%s answers what its table says', (name) => {
    const cpu = new TestCpu(name);
    const model: CpuModel = CPU_MODELS[name];
    for (const row of cpuidLeaves(model)) expect(ask(cpu, row.leaf, Math.max(row.subleaf, 0))).toEqual([row.eax, row.ebx, row.ecx, row.edx]);
    const last = ask(cpu, model.level);
    expect(ask(cpu, 0x40000000)).toEqual(last);
    expect(ask(cpu, 0x90000000)).toEqual(last);
  });

  it.each<[name: keyof typeof CPU_MODELS, told: boolean]>([['x86-64', true], ['max', true], ['x86-64-v2', false], ['pentium3', false]])(
    '%s: frequency told: %s, or measured by guests, of which there must be both',
    (name, told) => expect(cpuidLeaves(CPU_MODELS[name]).some(({ leaf }) => leaf === 0x15)).toBe(told),
  );

  it('names its vendor', () => {
    const [, ebx, ecx, edx] = ask(new TestCpu(), 0) as [number, number, number, number];
    const bytes = new Uint8Array(Uint32Array.of(ebx, edx, ecx).buffer);
    expect(String.fromCharCode(...bytes)).toBe('GenuineIntel');
  });

  it('shows no bit that does not work', () => {
    const shown = ask(new TestCpu('max', { provides: MACHINE_FEATURES }), 1);
    for (const [name, [word, bit]] of Object.entries(CPUID_BITS)) {
      if (word !== '1.edx') continue;
      expect([name, (shown[3]! >>> bit) & 1]).toEqual([name, IMPLEMENTED.has(name as keyof typeof CPUID_BITS) ? 1 : 0]);
    }
  });

  const APIC = 1 << 9;
  it('shows the APIC of a machine that has one, while it is switched on', () => {
    expect(ask(new TestCpu(), 1)[3]! & APIC).toBe(0);
    const cpu = new TestCpu('max', { provides: ['apic'] }).flat('protected32');
    expect(ask(cpu, 1)[3]! & APIC).toBe(APIC);
    expect(cpu.set({ rcx: 0x1b, rax: 0xfee00000, rdx: 0 }).call('wrmsr')).toBe('ok');
    expect(ask(cpu, 1)[3]! & APIC).toBe(0);
    expect(cpu.set({ rcx: 0x1b, rax: 0xfee00800 }).call('wrmsr')).toBe('ok');
    expect(ask(cpu, 1)[3]! & APIC).toBe(APIC);
  });

  it('announces neither a hypervisor nor what only a machine could provide', () => {
    for (const name of CPU_MODEL_NAMES) expect([name, (ask(new TestCpu(name), 1)[2]! >>> 31) & 1]).toEqual([name, 0]);
    const HYPERVISORS = /KVM|VMware|Microsoft|Xen|TCG|bhyve|ACRN|VBox/;
    for (const leaf of [0x40000000, 0x40000100, 0x4000ff00]) {
      expect(String.fromCharCode(...new Uint8Array(Uint32Array.from(ask(new TestCpu(), leaf)).buffer))).not.toMatch(HYPERVISORS);
    }
  });

  it('tells the clock, caches and topology of one processor', () => {
    const cpu = new TestCpu('x86-64');
    expect(ask(cpu, 0x15)).toEqual([1, 1, TSC_HZ, 0]);
    expect(ask(cpu, 0x16)).toEqual([1000, 1000, 100, 0]);
    expect(ask(cpu, 0xb, 1)).toEqual([0, 1, 0x201, 0]);
    expect(ask(cpu, 0xb, 2)).toEqual([0, 0, 0, 0]);
    const [eax, ebx, ecx] = ask(cpu, 4, 2);
    expect({ kind: eax! & 31, level: (eax! >> 5) & 7, bytes: ((ebx! >>> 22) + 1) * ((ebx! & 0xfff) + 1) * (ecx! + 1) }).toEqual({ kind: 3, level: 2, bytes: 2 << 20 });
    expect(ask(cpu, 4, 3)).toEqual([0, 0, 0, 0]);
  });
});
