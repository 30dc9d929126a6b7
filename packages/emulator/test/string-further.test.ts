/**
 * Repeated string instructions, which make many iterations at once, against the manual's one at a time: registers, memory, flags and the count of
 * instructions after any number of iterations.
 */
import { createMachine, type ExecutionOptions, type Machine } from '@wasm-tcg/emulator';
import { expect, it } from 'vitest';

const MEMORY = 1 << 20;
const CODE = 0x1000;
/** Lies on the page of the code, in other granules. */
const BESIDE_CODE = 0x1800;
const FROM = 0x20000;
const TO = 0x40000;
const CASES = 40;
const [LOW, HIGH] = [FROM - 0x8000, 0x60000];

type Name = 'movs' | 'stos' | 'scas' | 'cmps';
const OPCODE: Readonly<Record<Name, number>> = { movs: 0xa4, cmps: 0xa6, stos: 0xaa, scas: 0xae };

interface Case {
  readonly name: Name;
  readonly size: 1 | 2 | 4 | 8;
  /** REPNE instead of REP or REPE. */
  readonly repne: boolean;
  readonly down: boolean;
  readonly count: number;
  readonly rsi: number;
  readonly rdi: number;
  readonly rax: number;
}

interface State {
  readonly memory: Uint8Array;
  rsi: number;
  rdi: number;
  rcx: number;
  /** Of the last comparison, once the instruction is done. */
  zf: boolean;
  /** rip is behind the instruction. */
  done: boolean;
}

/** xorshift32. */
function generator(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

/** One iteration as SDM vol. 2 has it. */
function iterate({ name, size, repne, down, rax }: Case, s: State): void {
  const { memory } = s;
  const step = down ? -size : size;
  let equal = true;
  // An element is read as a whole before it is written.
  const source = memory.slice(s.rsi, s.rsi + size);
  for (let i = 0; i < size; i++) {
    const accumulator = i < 4 ? (rax >>> (8 * i)) & 255 : 0;
    if (name === 'movs') memory[s.rdi + i] = source[i]!;
    else if (name === 'stos') memory[s.rdi + i] = accumulator;
    else equal &&= memory[s.rdi + i] === (name === 'scas' ? accumulator : source[i]);
  }
  if (name === 'movs' || name === 'cmps') s.rsi += step;
  s.rdi += step;
  s.rcx--;
  s.done = s.rcx === 0 || ((name === 'scas' || name === 'cmps') && equal === repne);
  if (s.done) s.zf = equal;
}

function code({ name, size, repne }: Case): number[] {
  const width = size === 2 ? [0x66] : size === 8 ? [0x48] : [];
  // hlt behind it
  return [repne ? 0xf2 : 0xf3, ...width, OPCODE[name] + (size === 1 ? 0 : 1), 0xf4];
}

function makeCase(random: (below: number) => number, wide: boolean): Case {
  const name = (['movs', 'movs', 'stos', 'scas', 'cmps'] as const)[random(5)]!;
  const size = ([1, 2, 4, 8] as const)[random(wide ? 4 : 3)]!;
  const count = random(3) === 0 ? 1 + random(20) : 1 + random(12_000 / size);
  const down = random(4) === 0;
  const start = down ? count * size : 0;
  const rsi = FROM + start + random(4200);
  const target = random(4);
  // Overlapping by little, anywhere, elsewhere; and beside the running code.
  const rdi = target === 0 ? rsi + random(41) - 20 : target === 1 ? rsi + random(9000) - 4500 : target === 2 && count * size < 0x700 ? BESIDE_CODE + start : TO + start + random(4200);
  return { name, size, repne: (name === 'scas' || name === 'cmps') && random(2) === 0, down, count, rsi, rdi, rax: random(2) === 0 ? 0x41414141 : 0x41424142 + random(3) };
}

/** Mostly equal bytes, so that comparisons go on for a while. */
function fillMemory(memory: Uint8Array, random: (below: number) => number): void {
  memory.fill(0x41);
  for (let at = LOW; at < HIGH; at += 1 + random(4000)) memory[at] = random(256);
}

function check(vm: Machine, what: Case, s: State, made: number): void {
  const { registers } = vm.cpu(0);
  const got = {
    made, rsi: Number(registers.get('rsi')), rdi: Number(registers.get('rdi')), rcx: Number(registers.get('rcx')), done: Number(registers.get('rip')) !== CODE,
    zf: s.done && what.name !== 'movs' && what.name !== 'stos' ? (registers.get('rflags') & 0x40n) !== 0n : s.zf,
  };
  expect(got, JSON.stringify(what)).toEqual({ made, rsi: s.rsi, rdi: s.rdi, rcx: s.rcx, done: s.done, zf: s.zf });
}

const MODES: readonly ExecutionOptions[] = [
  { mode: 'tci' }, { mode: 'tb-per-module', moduleThreshold: 1 }, { mode: 'tiered', moduleThreshold: 1, regionThreshold: 1, batch: 1 }, { mode: 'tiered', stress: 1 },
];

it.each(MODES.flatMap((execution) => [{ execution, wide: false }, { execution, wide: true }]))('$execution, 64-bit code: $wide', ({ execution, wide }) => {
  const random = generator(wide ? 77 : 7);
  const vm = createMachine({ memory: '1M', boot: { image: Uint8Array.of(0xf4), loadAddress: CODE, mode: wide ? 'long64' : 'protected32', stack: 0x90000 }, execution });
  const { registers } = vm.cpu(0);
  const memory = new Uint8Array(MEMORY);
  for (let i = 0; i < CASES; i++) {
    const what = makeCase(random, wide);
    fillMemory(memory, random);
    memory.set(code(what), CODE);
    vm.memory.write(LOW, memory.subarray(LOW, HIGH));
    vm.memory.write(CODE, memory.subarray(CODE, CODE + 0x1000));
    const s: State = { memory, rsi: what.rsi, rdi: what.rdi, rcx: what.count, zf: false, done: false };
    for (const name of ['rsi', 'rdi'] as const) registers.set(name, BigInt(what[name]));
    registers.set('rip', BigInt(CODE));
    registers.set('rcx', BigInt(what.count));
    registers.set('rax', BigInt(what.rax >>> 0));
    registers.set('rflags', what.down ? 0x402n : 2n);
    let made = 0;
    while (!s.done) {
      const n = random(4) === 0 ? 1 + random(3) : random(3) === 0 ? 1 + random(700) : 20_000;
      vm.runUntil({ instructions: n });
      for (let k = 0; k < n && !s.done; k++, made++) iterate(what, s);
      check(vm, what, s, made);
    }
    expect(Buffer.compare(vm.memory.read(LOW, HIGH - LOW), memory.subarray(LOW, HIGH)), JSON.stringify(what)).toBe(0);
    expect(Buffer.compare(vm.memory.read(CODE, 0x1000), memory.subarray(CODE, CODE + 0x1000)), JSON.stringify(what)).toBe(0);
  }
});
