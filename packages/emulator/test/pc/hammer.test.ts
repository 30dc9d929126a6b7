/**
 * A guest that writes and reads random values of random sizes at every port and at the registers in memory. It may switch itself off or reset itself;
 * it must not get at the host, at its own code, or at the machine's ability to go on.
 *
 * WASM_TCG_HAMMER_SECONDS: how long for each seed (default 2).
 */
import { describe, expect, it } from 'vitest';
import { compileModules, createPc, type Pc, type PcFlatBoot } from '../../src/index.ts';
import { HLT } from './programs.ts';

const modules = compileModules();
const SECONDS = Number(process.env.WASM_TCG_HAMMER_SECONDS ?? 2);
const CODE = 0x10_0000;
/** Bytes behind the code that nothing writes to. */
const PATTERN = 0x8000;
const TURN = 50_000;
/** Interrupt controllers, HPET, display, ROM, PCI window, the top of memory, a hole. */
const PAGES = [0xfee0_0000, 0xfec0_0000, 0xfed0_0000, 0xa_0000, 0xb_8000, 0xf_0000, 0xff00_0000, 0xffff_f000, 0xe000_0000, 0xfebf_0000, 0xfeb0_0000, 0x8000_0000, 0xfd00_0000, 0xfe00_0000, 0x200_0000, 0xfebd_0000];

const dword = (value: number): readonly number[] => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];

/** The guest: EBP is the state of a xorshift, ESI the table of pages; interrupts are off. */
function hammer(seed: number): PcFlatBoot {
  const table = CODE + 0x800;
  const random = [
    0x89, 0xe8, 0xc1, 0xe0, 13, 0x31, 0xc5, // MOV EAX, EBP; SHL EAX, 13; XOR EBP, EAX
    0x89, 0xe8, 0xc1, 0xe8, 17, 0x31, 0xc5, // MOV EAX, EBP; SHR EAX, 17; XOR EBP, EAX
    0x89, 0xe8, 0xc1, 0xe0, 5, 0x31, 0xc5, // MOV EAX, EBP; SHL EAX, 5; XOR EBP, EAX
    0x89, 0xe8, // MOV EAX, EBP
  ];
  const small = [0x81, 0xe2, ...dword(0x3ff)]; // AND EDX, 0x3ff: where most devices are
  const accesses: readonly (readonly number[])[] = [
    [0xee], [0x66, 0xef], [0xef], [0xec], [0x66, 0xed], [0xed], // OUT, IN
    [0x88, 0x07], [0x66, 0x89, 0x07], [0x89, 0x07], [0x8a, 0x07], [0x66, 0x8b, 0x07], [0x8b, 0x07], // MOV to and from [EDI]
    [0xf0, 0x01, 0x07], [0x0f, 0xc1, 0x07], [0x0f, 0xba, 0x2f, 0x03], [0x8b, 0x47, 0x01], // LOCK ADD, XADD, BTS, crooked
  ];
  const body = accesses.flatMap((access, i) => [
    ...random, 0x89, 0xc2, 0xc1, 0xea, 8, // MOV EDX, EAX; SHR EDX, 8
    ...(i % 3 === 0 ? [] : small),
    ...random, 0x89, 0xc1, 0xc1, 0xe9, 28, // MOV ECX, EAX; SHR ECX, 28
    0x8b, 0x3c, 0x8e, // MOV EDI, [ESI + ECX × 4]
    0x89, 0xc1, 0x81, 0xe1, ...dword(0xffc), 0x01, 0xcf, // MOV ECX, EAX; AND ECX, 0xffc; ADD EDI, ECX
    ...random, ...access,
  ]);
  // A guest that starts again goes another way: XOR EBP, time; OR EBP, 1.
  const start = [0xfa, 0xbd, ...dword(seed), 0x0f, 0x31, 0x31, 0xc5, 0x83, 0xcd, 0x01, 0xbe, ...dword(table)];
  const code = [...start, ...body];
  const back = start.length - (code.length + 5);
  const image = new Uint8Array(0x1000 + PATTERN);
  image.set([...code, 0xe9, ...dword(back >>> 0)]);
  PAGES.forEach((page, i) => image.set(dword(page), 0x800 + 4 * i));
  for (let i = 0; i < PATTERN; i++) image[0x1000 + i] = (i * 167 + (i >> 8)) & 255;
  if (code.length + 5 > 0x800) throw new Error('the program reaches into its table');
  return { image, loadAddress: CODE, mode: 'protected32' };
}

describe.each([1, 20261122, 0xdeadbeef])('seed %i', (seed) => {
  it('the host keeps its machine', async () => {
    const boot = hammer(seed);
    const vm: Pc = await createPc({ modules, memory: '8M', boot, clock: { icount: 0 }, devices: { serial: 4, testdev: true, console: true }, drives: [{ image: new Uint8Array(1 << 20) }] });
    const kinds = new Map<string, number>();
    const until = performance.now() + SECONDS * 1000;
    do {
      const { kind } = vm.runUntil({ instructions: TURN, halt: true });
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      // Whatever it was, the guest is there, and the image with it.
      expect(vm.memory.read(CODE, boot.image.length)).toEqual(boot.image);
      if (kind !== 'instructions') vm.reset();
    } while (performance.now() < until);
    expect([...kinds.keys()].filter((kind) => !['instructions', 'poweroff', 'halt', 'shutdown'].includes(kind))).toEqual([]);
    expect(vm.instructions).toBeGreaterThan(TURN / 10);
    if (process.env.WASM_TCG_REPORT !== undefined) process.stderr.write(`seed ${seed}: ${vm.instructions} instructions, ${JSON.stringify([...kinds])}\n`);

    // What it left behind can be saved, and goes on.
    const restored = await createPc({ modules, from: await vm.snapshot(), drives: [{ image: new Uint8Array(1 << 20) }] });
    const [a, b] = [vm, restored].map((machine) => {
      const { kind } = machine.runUntil({ instructions: 1_000 });
      return `${kind} ${machine.cpu(0).registers.get('rbp')} ${machine.cpu(0).registers.get('rip')}`;
    });
    expect(b).toBe(a);
    vm.reset();
    expect(vm.cpu(0).registers.get('rip')).toBe(BigInt(CODE));
    vm.memory.write(CODE, Uint8Array.of(0xfa, HLT));
    vm.flush();
    expect(vm.runUntil({ halt: true }).kind).toBe('halt');
  }, 60_000 + SECONDS * 10_000);
});
