/**
 * A loop over two pages of which one goes away or is mapped elsewhere, to and fro: a region over both runs as far as its pages are there, goes on once a fault has brought the page
 * back, and never runs what is no longer mapped.
 */
import { createMachine, type ExecutionOptions, type Machine, type RegisterName } from '@wasm-tcg/emulator';
import { expect, it } from 'vitest';

const GDT = 0x6000;
const IDT = 0x7000;
const TABLE = 0x9000;
const HANDLER = 0x1080;
const FUNCTION = 0x2000;
const ALTERNATE = 0x3000;
const ROUNDS = 200;
const PRESENT = 1;

/** What a change does to the page table entry of FUNCTION. */
const CHANGES = [['elsewhere', FUNCTION ^ ALTERNATE], ['absent', PRESENT], ['absent, then elsewhere', FUNCTION ^ ALTERNATE ^ PRESENT]] as const;
/** Where the call leads: to the page that is changed, or to the last byte of the page before it, so that the block lies on both. */
const TARGETS = [['on the page', FUNCTION], ['before the page', FUNCTION - 1]] as const;

const le = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
const entry = le(TABLE + 8);
/**
 * 1000: mov ecx, ROUNDS; l: call TARGET; test cl, MASK; jnz s; xor dword [TABLE+8], CHANGE; invlpg [2000]; s: dec ecx; jnz l; hlt
 * @param mask the page is changed in rounds with these bits of ecx clear
 */
const loop = (mask: number, change: number, target: number): Uint8Array => Uint8Array.from([
  0xb9, ...le(ROUNDS), 0xe8, ...le(target - 0x100a), 0xf6, 0xc1, mask, 0x75, 17, 0x81, 0x35, ...entry, ...le(change), 0x0f, 0x01, 0x3d, ...le(FUNCTION), 0x49, 0x75, 0xe2, 0xf4,
]);
/** #PF: or dword [TABLE+8], 1; inc edx; add esp, 4; iret */
const handler = Uint8Array.of(0x81, 0x0d, ...entry, ...le(PRESENT), 0x42, 0x83, 0xc4, 4, 0xcf);

const MODES: readonly ExecutionOptions[] = [
  { mode: 'tci' }, { mode: 'tb-per-module', moduleThreshold: 1 }, { mode: 'tiered', moduleThreshold: 1, regionThreshold: 1, batch: 1, slice: 50 },
  { mode: 'tiered', moduleThreshold: 2, regionThreshold: 3, batch: 4, slice: 23 },
  { mode: 'tiered', moduleThreshold: 2, regionThreshold: 3, batch: 1, slice: 7, recutDispatches: 0 }, { mode: 'tiered', stress: 1 }, { mode: 'tiered', stress: 2 },
];

/** The loop, about to run under its page tables. */
function mapped(image: Uint8Array, execution: ExecutionOptions): Machine {
  const vm = createMachine({ memory: '1M', boot: { image, loadAddress: 0x1000, mode: 'protected32', stack: 0x8000 }, execution });
  const write = (at: number, ...words: number[]): void => vm.memory.write(at, new Uint8Array(Uint32Array.from(words).buffer));
  // Null; code and data, flat.
  write(GDT, 0, 0, 0xffff, 0xcf9b00, 0xffff, 0xcf9300);
  write(IDT + 14 * 8, (8 << 16) | HANDLER, 0x8e00);
  write(TABLE - 4096, TABLE | 3);
  write(TABLE, ...Array.from({ length: 16 }, (_, page) => (page << 12) | 3));
  vm.memory.write(HANDLER, handler);
  // In front of the page: nop. Function and alternate: inc eax; ret and inc ebx; ret.
  vm.memory.write(FUNCTION - 1, Uint8Array.of(0x90, 0x40, 0xc3));
  vm.memory.write(ALTERNATE, Uint8Array.of(0x43, 0xc3));
  const { registers } = vm.cpu(0);
  const values: Partial<Record<RegisterName, number | bigint>> = {
    cs: 8, ss: 16, 'gdtr.base': GDT, 'gdtr.limit': 23, 'idtr.base': IDT, 'idtr.limit': 0x7ff, rax: 0, rbx: 0, rdx: 0, cr3: TABLE - 4096, cr0: BigInt(registers.get('cr0')) | 0x80000000n,
  };
  for (const [name, value] of Object.entries(values)) registers.set(name as RegisterName, BigInt(value));
  return vm;
}

const ROWS = CHANGES.flatMap(([what, change]) => TARGETS.flatMap(([where, target]) => [0, 3, 7].map((mask) => [what, where, mask, change, target] as const)));
it.each(ROWS)('%s: called %s, changed when ecx & %i is 0', (_what, _where, mask, change, target) => {
  let page = FUNCTION | PRESENT;
  const expected = { rax: 0n, rbx: 0n, rdx: 0n };
  for (let round = ROUNDS; round > 0; round--) {
    if ((page & PRESENT) === 0) {
      expected.rdx++;
      page |= PRESENT;
    }
    expected[(page & ~PRESENT) === FUNCTION ? 'rax' : 'rbx']++;
    if ((round & mask) === 0) page ^= change;
  }
  for (const execution of MODES) {
    const vm = mapped(loop(mask, change, target), execution);
    const { registers } = vm.cpu(0);
    expect(vm.runUntil({ instructions: 10_000 }), JSON.stringify(execution)).toEqual({ kind: 'halt' });
    expect({ rax: registers.get('rax'), rbx: registers.get('rbx'), rdx: registers.get('rdx') }, JSON.stringify(execution)).toEqual(expected);
    expect(vm.counters().compiledRegions).toBeLessThan(ROUNDS);
  }
});

it('a region goes on being entered while a page of it is elsewhere, and runs whole again when it is back', () => {
  const vm = mapped(loop(0, 0, FUNCTION), { mode: 'tiered', moduleThreshold: 1, regionThreshold: 4, batch: 1, slice: 50 });
  const { registers } = vm.cpu(0);
  const page = (at: number): void => {
    vm.memory.write(TABLE + 8, Uint8Array.from(le(at | 3)));
    // A new CR3 tells the CPU.
    registers.set('cr3', registers.get('cr3'));
  };
  // No round changes the page by itself: the host does, while the guest is in its loop.
  registers.set('rip', 0x1005n);
  vm.memory.write(0x100a, Uint8Array.of(0xf6, 0xc1, 0x00, 0xeb));
  registers.set('rcx', 1_000_000n);
  const rounds: { compiled: number; absent: number; tci: number }[] = [];
  let before = vm.counters();
  for (let round = 0; round < 8; round++) {
    page(round & 1 ? ALTERNATE : FUNCTION);
    vm.runUntil({ instructions: 7_000 });
    const now = vm.counters();
    rounds.push({
      compiled: now.compiledRegions, absent: now.absentPages - before.absentPages, tci: now.tciInstructions - before.tciInstructions,
    });
    before = now;
  }
  expect(rounds.at(-1)!.compiled).toBe(rounds[3]!.compiled);
  // Where it is elsewhere, each round of the loop finds that; where it is as it was, none does, and next to nothing is interpreted in either case.
  expect(rounds[7]!.absent).toBeGreaterThan(500);
  expect(rounds[6]!.absent).toBe(0);
  expect(Math.max(rounds[6]!.tci, rounds[7]!.tci)).toBeLessThan(1_000);
});
