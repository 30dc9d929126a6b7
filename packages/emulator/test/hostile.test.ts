/**
 * Guests that do everything wrong. Every run ends by itself or at its instruction limit, exactly; every mode and every stress seed sees the
 * same machine at the end; the host survives.
 */
import { describe, expect, it, vi } from 'vitest';
import { compileModules, createMachine, type ExecutionOptions, type FlatBoot, type Machine, type RegisterName } from '../src/index.ts';

vi.setConfig({ testTimeout: 180_000 });
const modules = compileModules();
const LIMIT = 1_500;
const RAM = 1 << 20;
const STATE: readonly RegisterName[] = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'rip', 'rflags', 'cs', 'ss', 'cr0', 'cr2', 'cr3'];
const EXECUTIONS: readonly ExecutionOptions[] = [
  { mode: 'tci' }, { mode: 'tb-per-module', moduleThreshold: 2 }, { mode: 'tiered', moduleThreshold: 2, batch: 1, regionThreshold: 4 },
  { mode: 'tiered', stress: 1 }, { mode: 'tiered', stress: 2 }, { mode: 'tb-per-module', stress: 3 },
];

interface Outcome {
  readonly kind: string;
  readonly instructions: number;
  readonly state: string;
  readonly memory: number;
}

function checksum(bytes: Uint8Array): number {
  let h = 0;
  for (const b of bytes) h = (Math.imul(h, 31) + b) | 0;
  return h;
}

function outcome(boot: FlatBoot, execution: ExecutionOptions, setUp?: (vm: Machine) => void): Outcome {
  const vm = createMachine({ modules, memory: RAM, boot, execution: { ...execution, verify: execution.stress === undefined } });
  setUp?.(vm);
  const { kind } = vm.runUntil({ instructions: LIMIT });
  const { registers } = vm.cpu(0);
  const state = STATE.map((name) => `${name}=${registers.get(name).toString(16)}`).join(' ');
  return { kind, instructions: vm.instructions, state, memory: checksum(vm.memory.read(0, RAM)) };
}

/** The same in every mode; returns what it was. */
function agree(boot: FlatBoot, setUp?: (vm: Machine) => void): Outcome {
  const [first, ...others] = EXECUTIONS.map((execution) => outcome(boot, execution, setUp));
  for (const other of others) expect(other).toEqual(first);
  expect(first!.instructions).toBeLessThanOrEqual(LIMIT);
  return first!;
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text.trim().split(/\s+/), (b) => parseInt(b, 16));
const at = (mode: FlatBoot['mode'], text: string, loadAddress = 0x1000): FlatBoot => ({ image: bytes(text), loadAddress, mode: mode ?? 'real16' });

/** Small deterministic generator. */
function random(seed: number): () => number {
  let s = seed | 1;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return s >>> 0;
  };
}

describe('code that is none', () => {
  it('nothing but zeros, to the end of memory and around', () => {
    expect(agree({ image: new Uint8Array(1), loadAddress: 0x1000, mode: 'protected32' }).instructions).toBe(LIMIT);
  });

  it('all ones: #UD without an IDT ends the machine', () => {
    expect(agree(at('protected32', 'ff ff ff ff')).kind).toBe('shutdown');
  });

  it('in real mode, an IVT of zeros makes the handler the IVT itself', () => {
    agree(at('real16', '0f 0b'));
  });

  it('an instruction cut off by the end of RAM', () => {
    agree({ image: bytes('90 90 b8'), loadAddress: RAM - 3, mode: 'protected32' });
    agree({ image: bytes('0f 0b'), loadAddress: RAM - 2, mode: 'long64', pageTables: 0x8000 });
  });

  it('fetching where nothing is', () => {
    const boot = at('protected32', 'b8 00 00 00 f0 ff e0');
    expect(['instructions', 'shutdown']).toContain(agree(boot).kind);
  });

  it.each([14, 15, 16, 100])('%i prefixes in front of an instruction', (count) => {
    for (const prefix of [0x66, 0x67, 0x2e, 0xf3]) {
      agree({ image: Uint8Array.from([...Array.from({ length: count }, () => prefix), 0x90, 0xf4]), loadAddress: 0x1000, mode: 'protected32' });
      agree({ image: Uint8Array.from([...Array.from({ length: count }, () => prefix), 0x90, 0xf4]), loadAddress: 0x1000, mode: 'long64' });
    }
  });

  it.each(['real16', 'protected16', 'protected32', 'long64'] as const)('random bytes in %s', (mode) => {
    for (let seed = 1; seed <= 3; seed++) {
      const next = random(seed * 7919);
      agree({ image: Uint8Array.from({ length: 4096 }, () => next()), loadAddress: 0x2000, mode, ...(mode === 'real16' ? { entry: 0x2000 } : {}) });
    }
  });
});

describe('edges of the address space', () => {
  it('real-mode code runs over offset FFFFh into the limit of CS', () => {
    agree({ image: bytes('90 90 90'), loadAddress: 0xfffd, entry: 0xfffd });
  });

  it('a jump that wraps at 64 KiB', () => {
    // jmp $+0x20 at FFF0h goes to 0012h
    const boot: FlatBoot = { image: bytes('eb 20'), loadAddress: 0xfff0, entry: 0xfff0 };
    const result = agree(boot, (vm) => vm.memory.write(0x12, bytes('b8 34 12 f4')));
    expect(result.kind).toBe('halt');
    expect(result.state).toContain('rax=1234');
  });

  it('a 32-bit jump over 4 GiB arrives at the bottom', () => {
    // jmp from 1000h backwards to FFFFFF00h: nothing is there
    agree(at('protected32', 'e9 fb ee ff ff'));
    // push and pop at esp = 2
    agree(at('protected32', 'bc 02 00 00 00 50 58 f4'));
    agree(at('protected32', 'a1 fe ff ff ff f4'));
  });

  it('word access at offset FFFFh of a real-mode segment', () => {
    agree(at('real16', 'a1 ff ff f4'));
    agree(at('real16', 'bc 01 00 50 f4'));
  });

  it('non-canonical addresses in long mode', () => {
    agree(at('long64', '48 b8 00 00 00 00 00 80 00 00 48 8b 00 f4'));
    agree(at('long64', '48 b8 00 00 00 00 00 80 00 00 ff e0'));
    agree(at('long64', '48 bc 00 00 00 00 00 80 00 00 50 f4'));
  });
});

describe('page tables', () => {
  /** mov eax, imm; mov cr3, eax; mov eax, cr0; or eax, 80000000h; mov cr0, eax; then a loop that touches memory. */
  const turnOn = (cr3: number): Uint8Array =>
    Uint8Array.of(0xb8, cr3 & 255, (cr3 >> 8) & 255, (cr3 >> 16) & 255, cr3 >>> 24, ...bytes('0f 22 d8 0f 20 c0 0d 00 00 00 80 0f 22 c0 a1 00 50 00 00 ff 05 00 60 00 00 eb f3'));

  it.each([0x4000, 0xfffff000, 0x80000000, 0x1000, 0])('a page directory at %s that is none', (cr3) => {
    agree({ image: turnOn(cr3), loadAddress: 0x1000, mode: 'protected32' });
  });

  it('a directory whose entries point at itself', () => {
    agree({ image: turnOn(0x4000), loadAddress: 0x1000, mode: 'protected32' }, (vm) => {
      const table = new Uint8Array(4096);
      const view = new DataView(table.buffer);
      for (let i = 0; i < 1024; i++) view.setUint32(i * 4, 0x4000 | 7, true);
      vm.memory.write(0x4000, table);
    });
  });

  it('code that unmaps the page it runs on', () => {
    // Identity table for 4 MiB at 5000h; then clears its own entry and reloads CR3.
    const code = bytes('b8 00 40 00 00 0f 22 d8 0f 20 c0 0d 00 00 00 80 0f 22 c0 c7 05 04 50 00 00 00 00 00 00 b8 00 40 00 00 0f 22 d8 90 90 f4');
    const result = agree({ image: code, loadAddress: 0x1000, mode: 'protected32' }, (vm) => {
      const tables = new Uint8Array(8192);
      const view = new DataView(tables.buffer);
      view.setUint32(0, 0x5007, true);
      for (let i = 0; i < 256; i++) view.setUint32(4096 + i * 4, (i << 12) | 7, true);
      vm.memory.write(0x4000, tables);
    });
    expect(result.kind).toBe('shutdown');
    expect(result.state).toContain('cr2=1025');
  });
});

describe('code that changes itself', () => {
  it('the next instruction, in a loop', () => {
    // l: inc byte [target+1]; target: mov al, 0; add edx, eax; dec ecx; jnz l; hlt
    const code = bytes('31 c0 31 d2 b9 c8 00 00 00 fe 05 10 10 00 00 b0 00 01 c2 49 75 f3 f4');
    const result = agree(at('protected32', [...code].map((b) => b.toString(16)).join(' ')));
    expect(result.kind).toBe('halt');
    expect(result.state).toContain(`rdx=${(Array.from({ length: 200 }, (_, i) => i + 1).reduce((a, b) => a + b, 0)).toString(16)} `);
  });

  it('rep stos over itself', () => {
    agree(at('protected32', 'bf 00 10 00 00 b9 00 01 00 00 b0 90 f3 aa f4'));
  });

  it('a store that crosses from data into the running block', () => {
    agree(at('protected32', 'c7 05 0a 10 00 00 90 90 90 f4 cc cc cc cc'));
  });

  it('push over the code', () => {
    agree(at('protected32', 'bc 20 10 00 00 31 c0 50 50 50 50 50 50 50 50 f4 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 f4'));
  });
});

it('exceptions without end: the limit holds', () => {
  // An IDT gate for #UD whose handler is #UD.
  const code = bytes('0f 01 1d 00 20 00 00 0f 0b');
  const result = agree({ image: code, loadAddress: 0x1000, mode: 'protected32', stack: 0xf0000 }, (vm) => {
    const gdt = bytes('00 00 00 00 00 00 00 00 ff ff 00 00 00 9b cf 00 ff ff 00 00 00 93 cf 00');
    vm.memory.write(0x3000, gdt);
    vm.cpu(0).registers.set('gdtr.base', 0x3000n);
    vm.cpu(0).registers.set('gdtr.limit', 0x17n);
    vm.memory.write(0x2000, bytes('ff 07 00 40 00 00'));
    const idt = new Uint8Array(256);
    idt.set(bytes('07 10 08 00 00 8e 00 00'), 6 * 8);
    vm.memory.write(0x4000, idt);
  });
  expect(result.instructions).toBeLessThanOrEqual(LIMIT);
});
