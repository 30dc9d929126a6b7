/**
 * The bytes a program reports on port 0xE9 as lines of text: the form in which results are compared, committed and read in a diff.
 *
 *     #PF(0003) at 0008:00008015 flags=00010002 sp=00006ff0 cr2=00400000     an exception: frame as pushed, stack pointer after it
 *     int 20 at 0000:8012 flags=0002 sp=6ffa                                 the same, for a software vector
 *     = 00000005                                                             a value
 *     flags=00000046                                                         flags, undefined ones cleared
 *     end eax=00000005 flags=00000046                                        what differs from the state at the start (flags: always)
 *     data+03 01 02                                                          changed bytes of the data area
 *
 * A report without `end` closes with `shutdown` (triple fault) or `hang`, which the caller adds.
 */
import { CPU_MODES, type CpuMode } from './modes.ts';
import { SystemTestError } from './error.ts';

/** Comes first; an oracle's own messages may stand before it. */
export const MAGIC = Uint8Array.of(0x7f, 0x74, 0x63, 0x67);

/** Bits of EFLAGS by name. */
export const FLAG_BITS = {
  CF: 0x1, PF: 0x4, AF: 0x10, ZF: 0x40, SF: 0x80, TF: 0x100, IF: 0x200, DF: 0x400, OF: 0x800, NT: 0x4000, RF: 0x1_0000, AC: 0x4_0000,
} as const;
export type FlagName = keyof typeof FLAG_BITS;

const EXCEPTIONS = [
  '#DE', '#DB', 'NMI', '#BP', '#OF', '#BR', '#UD', '#NM', '#DF', 'int 09', '#TS', '#NP', '#SS', '#GP', '#PF', 'int 0f', '#MF', '#AC', '#MC', '#XM',
  '#VE', '#CP',
] as const;
/** Vectors with an error code (SDM vol. 3A, table 6-1). */
const WITH_ERROR: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17, 21]);
const FRAME_SLOTS = 6;
/** B0 … B3, BD, BS, BT: the rest of DR6 is constant or belongs to features no oracle has. */
const DR6_MASK = 0xe00fn;
const VM = 0x2_0000n;

const NAMES_32 = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const;
const NAMES_64 = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;
const STACK = 0x7000n;
const DATA_SIZE = 256;

/** Value of general register `index` at the start: bytes 0x10 + index, and the stack. */
function initial(index: number, size: number): bigint {
  if (index === 4) return STACK;
  return BigInt(`0x${(0x10 + index).toString(16).repeat(size)}`);
}

const hex = (value: bigint | number, digits: number): string => value.toString(16).padStart(digits, '0');

/**
 * In compatibility mode the upper halves of registers are undefined after a return to 64-bit code (SDM vol. 1, 3.4.1.1): some keep them, some
 * do not.
 */
const narrowed = (value: bigint, size: number, mode: CpuMode): string =>
  mode === 'compat' ? hex(value & 0xffff_ffffn, 8) : hex(value, size * 2);

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** True when `count` more bytes are there. */
  has(count: number): boolean {
    return this.at + count <= this.#bytes.length;
  }

  uint(size: number): bigint {
    let value = 0n;
    for (let i = 0; i < size; i++) value |= BigInt(this.#bytes[this.at + i]!) << BigInt(i * 8);
    this.at += size;
    return value;
  }

  bytes(count: number): Uint8Array {
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }
}

export interface DecodeOptions {
  readonly mode: CpuMode;
  /** Flags that the program leaves undefined: cleared wherever flags are reported. */
  readonly undefinedFlags?: readonly FlagName[];
}

/**
 * @returns lines; the last one starts with `end` or `data` if the program came to its end
 * @throws SystemTestError `bad-records`
 */
export function decodeRecords(report: Uint8Array, options: DecodeOptions): string[] {
  const start = indexOf(report, MAGIC);
  if (start < 0) return [];
  const reader = new Reader(report.subarray(start + MAGIC.length));
  let mask = 0xffff_ffff_ffff_ffffn;
  for (const name of options.undefinedFlags ?? []) mask &= ~BigInt(FLAG_BITS[name]);
  const lines: string[] = [];
  while (reader.has(2)) {
    const kind = String.fromCharCode(Number(reader.uint(1)));
    const size = Number(reader.uint(1));
    if (kind === 'F' && reader.has(1 + size * 9)) lines.push(exceptionLine(reader, size, mask));
    else if (kind === 'V' && reader.has(size)) lines.push(`= ${narrowed(reader.uint(size), size, options.mode)}`);
    else if (kind === 'G' && reader.has(size)) lines.push(`flags=${hex(reader.uint(size) & mask, 8)}`);
    else if (kind === 'E' && reader.has(size * (size === 8 ? 17 : 9) + 10 + DATA_SIZE)) {
      lines.push(...endLines(reader, size, mask, options.mode));
      return lines;
    } else break;
    if (lines.length > 10_000) throw new SystemTestError('bad-records', 'more than 10,000 records', 'the harness ends a program long before: is it damaged?');
  }
  return lines;
}

/** True when the report says that the program came to its end. */
export const isComplete = (lines: readonly string[]): boolean => lines.some((line) => line.startsWith('end '));

function exceptionLine(reader: Reader, size: number, mask: bigint): string {
  const vector = Number(reader.uint(1));
  const sp = reader.uint(size);
  const slots: bigint[] = [];
  for (let i = 0; i < FRAME_SLOTS; i++) slots.push(reader.uint(size));
  const cr2 = reader.uint(size);
  const dr6 = reader.uint(size);
  const wide = size * 2;
  const real = size === 2;
  let name = EXCEPTIONS[vector] ?? `int ${hex(vector, 2)}`;
  if (!real && WITH_ERROR.has(vector)) name += `(${hex(slots.shift()!, 4)})`;
  const [ip, cs, flags, outerSp, outerSs] = slots as [bigint, bigint, bigint, bigint, bigint];
  let line = `${name} at ${hex(cs & 0xffffn, 4)}:${hex(ip, wide)} flags=${hex(flags & mask, real ? 4 : 8)} sp=${hex(sp, wide)}`;
  if (size === 8 || (size === 4 && ((cs & 3n) !== 0n || (flags & VM) !== 0n))) line += ` stack=${hex(outerSs & 0xffffn, 4)}:${hex(outerSp, wide)}`;
  if (vector === 14 && !real) line += ` cr2=${hex(cr2, wide)}`;
  if (vector === 1) line += ` dr6=${hex(dr6 & DR6_MASK, 4)}`;
  return line;
}

function endLines(reader: Reader, size: number, mask: bigint, mode: CpuMode): string[] {
  const names = size === 8 ? NAMES_64 : NAMES_32;
  const words = ['end'];
  names.forEach((name, index) => {
    const value = reader.uint(size);
    const shown = narrowed(value, size, mode);
    if (shown !== narrowed(initial(index, size), size, mode)) words.push(`${name}=${shown}`);
  });
  words.push(`flags=${hex(reader.uint(size) & mask, 8)}`);
  const row = CPU_MODES[mode];
  for (const name of ['ss', 'ds', 'es', 'fs', 'gs'] as const) {
    const value = Number(reader.uint(2));
    if (value !== (name === 'ss' ? row.ss : row.data)) words.push(`${name}=${hex(value, 4)}`);
  }
  return [words.join(' '), ...dataLines(reader.bytes(DATA_SIZE))];
}

/** Runs of bytes that differ from the pattern i × 0x11. */
function dataLines(data: Uint8Array): string[] {
  const lines: string[] = [];
  const changed = (i: number): boolean => i < data.length && data[i] !== ((i * 0x11) & 0xff);
  for (let i = 0; i < data.length; i++) {
    if (!changed(i)) continue;
    let end = i;
    while (changed(end)) end++;
    lines.push(`data+${hex(i, 2)} ${Array.from(data.subarray(i, end), (byte) => hex(byte, 2)).join(' ')}`);
    i = end;
  }
  return lines;
}

function indexOf(bytes: Uint8Array, needle: Uint8Array): number {
  for (let i = 0; i + needle.length <= bytes.length; i++) {
    let k = 0;
    while (k < needle.length && bytes[i + k] === needle[k]) k++;
    if (k === needle.length) return i;
  }
  return -1;
}
