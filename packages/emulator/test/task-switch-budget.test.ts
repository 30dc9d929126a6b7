/** A task whose state is no good faults in the new task, even when the switch is the last instruction of a run. */
import { expect, it } from 'vitest';
import { compileModules, createMachine, type Machine } from '../src/index.ts';

const GDT = 0x2000;
const IDT = 0x3000;
const TASK = 0x4000;
const TRAP_TASK = 0x5000;
const OLD_TASK = 0x6000;
const CODE = 0x1000;
/** The handler of #TS: HLT. */
const HANDLER = 0x1100;
const GDTR = 0x1f00;
const [CODE_SEL, DATA_SEL, TASK_SEL, TRAP_SEL, OLD_SEL] = [0x08, 0x10, 0x18, 0x20, 0x28];
const INVALID_TSS = 10;
/** LGDT, LIDT, MOV, LTR, JMP to the task. */
const INSTRUCTIONS = 5;

function machine(): Machine {
  const vm = createMachine({ modules, memory: 1 << 20, boot: { image: new Uint8Array(1), loadAddress: CODE, mode: 'protected32' }, execution: { mode: 'tci' } });
  const words = (at: number, ...values: number[]): void => vm.memory.write(at, new Uint8Array(Uint32Array.from(values).buffer));
  const tss = (at: number, cs: number, eip: number): void => {
    words(at + 0x20, eip, 2);
    words(at + 0x38, 0x9000);
    words(at + 0x48, DATA_SEL, cs, DATA_SEL, DATA_SEL, DATA_SEL, DATA_SEL);
  };
  const descriptor = (base: number): [number, number] => [(base << 16) | 0x67, 0x8900];
  words(GDT, 0, 0, 0xffff, 0x00cf9b00, 0xffff, 0x00cf9300, ...descriptor(TASK), ...descriptor(TRAP_TASK), ...descriptor(OLD_TASK));
  words(IDT + 8 * INVALID_TSS, TRAP_SEL << 16, 0x8500);
  tss(TASK, 0, 0x1234);
  tss(TRAP_TASK, CODE_SEL, HANDLER);
  vm.memory.write(GDTR, Uint8Array.of(0xff, 0, ...new Uint8Array(Uint32Array.of(GDT).buffer), 0, 0, 0xff, 0, ...new Uint8Array(Uint32Array.of(IDT).buffer)));
  vm.memory.write(HANDLER, Uint8Array.of(0xf4));
  vm.memory.write(CODE, Uint8Array.of(
    0x0f, 0x01, 0x15, GDTR & 255, GDTR >> 8, 0, 0, 0x0f, 0x01, 0x1d, (GDTR & 255) + 8, GDTR >> 8, 0, 0,
    0x66, 0xb8, OLD_SEL, 0, 0x0f, 0x00, 0xd8, 0xea, 0, 0, 0, 0, TASK_SEL, 0,
  ));
  return vm;
}

const modules = compileModules();

it.each([INSTRUCTIONS - 1, INSTRUCTIONS, undefined])('in a run of %s instructions', (first) => {
  const vm = machine();
  if (first !== undefined) vm.runUntil({ instructions: first });
  expect(vm.runUntil({}).kind).toBe('halt');
  const { registers } = vm.cpu(0);
  expect(registers.get('tr')).toBe(BigInt(TRAP_SEL));
  expect(registers.get('rip')).toBe(BigInt(HANDLER + 1));
  // The handler's HLT is the only instruction behind the switch.
  expect(vm.instructions).toBe(INSTRUCTIONS + 1);
});
