/** Registers as the page shows and edits them. */
import type { Cpu, RegisterName } from '@wasm-tcg/emulator';
import type { Bits, RegisterView } from '../../protocol.ts';
import { isProtected, widthOf } from './cpu-mode.ts';

type Registers = Cpu['registers'];
type Group = RegisterView['group'];

/** One row: what it is called, and what of which register it is. */
interface Row {
  readonly name: string;
  readonly group: Group;
  readonly bits: number;
  readonly register: RegisterName;
  /** Its lowest bit there. */
  readonly shift: number;
}

const GENERAL = ['ax', 'bx', 'cx', 'dx', 'si', 'di', 'bp', 'sp'] as const;
/** EFLAGS that programs look at (SDM vol. 1, figure 3-8). */
const FLAGS: readonly (readonly [name: string, bit: number])[] = [['cf', 0], ['pf', 2], ['af', 4], ['zf', 6], ['sf', 7], ['tf', 8], ['if', 9], ['df', 10], ['of', 11]];

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const row = (group: Group, bits: number, name: string, register: string = name, shift = 0): Row => ({ name, group, bits, register: register as RegisterName, shift });

function general(bits: Bits): Row[] {
  const prefix = bits === 64 ? 'r' : 'e';
  const width = bits === 64 ? 64 : 32;
  const numbered = bits === 64 ? numbers(8).map((i) => `r${i + 8}`) : [];
  return [
    ...GENERAL.map((name) => row('general', width, `${prefix}${name}`, `r${name}`)),
    ...numbered.map((name) => row('general', width, name)),
    row('general', width, `${prefix}ip`, 'rip'),
  ];
}

function rowsOf(bits: Bits): readonly Row[] {
  const wide = bits === 64 ? 64 : 32;
  return [
    ...general(bits),
    row('flags', 32, 'rflags'),
    ...FLAGS.map(([name, bit]) => row('flags', 1, name, 'rflags', bit)),
    ...['cs', 'ss', 'ds', 'es', 'fs', 'gs'].map((name) => row('segments', 16, name)),
    ...['fs.base', 'gs.base'].map((name) => row('segments', wide, name)),
    ...['cr0', 'cr2', 'cr3', 'cr4'].map((name) => row('control', wide, name)),
    row('control', 64, 'efer'),
    ...['gdtr.base', 'idtr.base'].map((name) => row('control', wide, name)),
    ...numbers(8).map((i) => row('x87', 80, `st${i}`)),
    ...['fcw', 'fsw'].map((name) => row('x87', 16, name)),
    row('x87', 8, 'ftw'),
    ...numbers(bits === 64 ? 16 : 8).map((i) => row('sse', 128, `xmm${i}`)),
    row('sse', 32, 'mxcsr'),
  ];
}

/** Values by name, to see later what has changed. */
export type RegisterValues = ReadonlyMap<string, bigint>;

export function readRegisters(registers: Registers): RegisterValues {
  return new Map(rowsOf(widthOf(registers)).map((of) => [of.name, read(registers, of)]));
}

/** @param before what `changed` compares with; a register that was not shown then has not changed */
export function viewRegisters(registers: Registers, before: RegisterValues): readonly RegisterView[] {
  return rowsOf(widthOf(registers)).map((of) => {
    const value = read(registers, of);
    return { name: of.name, group: of.group, bits: of.bits, value, changed: (before.get(of.name) ?? value) !== value };
  });
}

/** What the page is told when it names a register that there is not. */
export class RegisterError extends Error {
  readonly code = 'register';
  readonly hint: string;

  constructor(name: string, hint: string) {
    super(`There is no register ${name} here`);
    this.name = 'RegisterError';
    this.hint = hint;
  }
}

/**
 * Bits above the register's width are ignored. A segment register of real mode takes its base along; in protected mode only the selector is set.
 * @throws RegisterError
 */
export function writeRegister(registers: Registers, name: string, value: bigint): void {
  const rows = rowsOf(widthOf(registers));
  const of = rows.find((candidate) => candidate.name === name.toLowerCase());
  if (of === undefined) throw new RegisterError(name, `These are shown: ${rows.map((shown) => shown.name).join(' ')}`);
  const mask = (1n << BigInt(of.bits)) - 1n;
  if (of.bits === 1) {
    const bit = 1n << BigInt(of.shift);
    const others = registers.get(of.register) & ~bit;
    registers.set(of.register, (value & 1n) === 0n ? others : others | bit);
    return;
  }
  registers.set(of.register, value & mask);
  if (of.group === 'segments' && of.bits === 16 && !isProtected(registers)) registers.set(`${of.register}.base` as RegisterName, (value & mask) << 4n);
}

function read(registers: Registers, { register, shift, bits }: Row): bigint {
  return (registers.get(register) >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n);
}
