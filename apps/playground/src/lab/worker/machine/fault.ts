/** What the Lab's handlers met: read from what the CPU pushed, and undone, so that the registers are those before the instruction that faulted. */
import type { Machine, RegisterName } from '@wasm-tcg/emulator';
import type { FaultView } from '../../protocol.ts';
import { linearPc, widthOf } from './cpu-mode.ts';

/** SDM vol. 3, table 6-1. */
const NAMES: Readonly<Record<number, string>> = {
  0: '#DE', 1: '#DB', 2: 'NMI', 3: '#BP', 4: '#OF', 5: '#BR', 6: '#UD', 7: '#NM', 8: '#DF', 9: 'coprocessor segment overrun', 10: '#TS', 11: '#NP', 12: '#SS', 13: '#GP', 14: '#PF',
  16: '#MF', 17: '#AC', 18: '#MC', 19: '#XM', 20: '#VE', 21: '#CP',
};
const WITH_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17, 21]);
const PAGE_FAULT = 14;
/** RF: set in what a fault pushes, so that a debugger can go on; the program never sees it. */
const EFLAGS_RF = 0x10000n;

export function faultName(vector: number): string {
  return NAMES[vector] ?? `int 0x${vector.toString(16)}`;
}

/** INT3, INTO and INT n (SDM vol. 2): a number alone is no fault. */
function softwareName(vector: number): string {
  return vector === 3 || vector === 4 ? faultName(vector) : `int 0x${vector.toString(16)}`;
}

/** What lies on the stack of a handler. */
interface Frame {
  readonly error: bigint;
  readonly ip: bigint;
  readonly cs: bigint;
  readonly flags: bigint;
  /** Of the interrupted stack. */
  readonly sp: bigint;
  readonly ss?: bigint;
}

/**
 * The CPU is in the Lab's handler of a vector: say what happened, and put registers back to before it (after it, for a trap).
 * @param delivered by the CPU, as opposed to an instruction INT
 */
export function takeFault(machine: Machine, vector: number, delivered: boolean): FaultView {
  const { registers } = machine.cpu(0);
  const frame = readFrame(machine, vector, delivered);
  const name = delivered ? faultName(vector) : softwareName(vector);
  const cr2 = vector === PAGE_FAULT && delivered ? { cr2: registers.get('cr2') } : {};
  if (frame === undefined) return { vector, name, errorCode: 0, ...cr2 };
  registers.set('rip', frame.ip);
  registers.set('rsp', frame.sp);
  registers.set('rflags', frame.flags & ~EFLAGS_RF);
  restoreSegment(machine, 'cs', frame.cs);
  if (frame.ss !== undefined) restoreSegment(machine, 'ss', frame.ss);
  return { vector, name, errorCode: Number(frame.error), ...cr2, pc: delivered ? linearPc(registers) : instructionOf(machine, vector) };
}

function readFrame(machine: Machine, vector: number, delivered: boolean): Frame | undefined {
  const { registers } = machine.cpu(0);
  const bits = widthOf(registers);
  const word = bits / 8;
  const sp = registers.get('rsp');
  const mask = bits === 16 ? 0xffffn : bits === 32 ? 0xffffffffn : 0xffffffffffffffffn;
  const at = (sp & mask) + (bits === 64 ? 0n : registers.get('ss.base'));
  // What is not RAM is not mapped, in 64-bit code, or lost: then the frame is nowhere.
  if (at + 64n > BigInt(machine.memory.size)) return undefined;
  const bytes = machine.memory.read(Number(at), 64);
  const words = Array.from({ length: 6 }, (_, i) => readWord(bytes, i * word, word));
  const hasError = delivered && bits !== 16 && WITH_ERROR_CODE.has(vector);
  const [ip, cs, flags, oldSp, oldSs] = hasError ? words.slice(1) : words;
  const error = hasError ? words[0] : 0n;
  if (bits === 64) return { error, ip, cs, flags, sp: oldSp, ss: oldSs };
  const fromUser = bits === 32 && (cs & 3n) !== 0n;
  if (fromUser) return { error, ip, cs, flags, sp: oldSp, ss: oldSs };
  const popped = (sp & ~mask) | ((sp + BigInt((hasError ? 4 : 3) * word)) & mask);
  return { error, ip, cs, flags, sp: popped };
}

function readWord(bytes: Uint8Array, at: number, size: number): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]);
  return value;
}

/** Selector with its hidden parts, as far as they are not what they were. */
function restoreSegment(machine: Machine, name: 'cs' | 'ss', selector: bigint): void {
  const { registers } = machine.cpu(0);
  const value = selector & 0xffffn;
  if (registers.get(name) === value) return;
  registers.set(name, value);
  if ((registers.get('cr0') & 1n) === 0n) {
    registers.set(`${name}.base`, value << 4n);
    return;
  }
  const table = registers.get('gdtr.base') + (value & 0xfff8n);
  if (registers.get('gdtr.limit') < (value & 0xfff8n) + 7n || machine.memory.translate(table) === undefined) return;
  const descriptor = new DataView(machine.memory.readLinear(table, 8).buffer);
  const [low, high] = [descriptor.getUint32(0, true), descriptor.getUint32(4, true)];
  const limit = (low & 0xffff) | (high & 0xf0000);
  const set = (part: RegisterName, of: number): void => registers.set(part, BigInt(of >>> 0));
  set(`${name}.base`, (low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000));
  set(`${name}.limit`, (high & 0x800000) !== 0 ? ((limit << 12) | 0xfff) : limit);
  set(`${name}.access`, high & 0xf0ff00);
}

/** Software interrupts push the address behind them: find the instruction itself. */
function instructionOf(machine: Machine, vector: number): bigint {
  const pc = linearPc(machine.cpu(0).registers);
  if (pc < 2n || pc > BigInt(machine.memory.size)) return pc;
  const [first, second] = machine.memory.read(Number(pc) - 2, 2);
  if (first === 0xcd && second === vector) return pc - 2n;
  if ((second === 0xcc && vector === 3) || (second === 0xce && vector === 4)) return pc - 1n;
  return pc;
}
