/** Compares what an emulator did with what was recorded. */
import { WORD, WORD_COUNT } from './format/environment.ts';
import type { Bytes, Vector } from './format/vector.ts';
import type { Control, Ending } from './target.ts';

/** State of an emulator after a vector, with the memory that is not as recorded. */
export interface Observed {
  readonly ending: Ending;
  readonly words: BigUint64Array;
  readonly control: Control;
  /** Bytes that differ from the recording: where, and what is there. */
  readonly memory: readonly Bytes[];
}

/** A verdict on one vector. */
export interface Verdict {
  /** What differs where the manual defines it, one line each; empty means passed. */
  readonly differences: readonly string[];
  /** Whether flags undefined by the manual are as recorded; undefined when there are none. */
  readonly undefinedFlagsEqual: boolean | undefined;
  /** Whether a result undefined by the manual is as recorded; undefined when it is defined. */
  readonly undefinedResultEqual: boolean | undefined;
}

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;

/** Name of a register word. */
export function wordName(i: number): string {
  if (i < WORD.x87Control) return GENERAL[i];
  if (i === WORD.x87Control) return 'x87 control, status, tags';
  if (i === WORD.mxcsr) return 'mxcsr';
  if (i < WORD.st) return 'x87 pointers';
  const [name, first] = i < WORD.xmm ? ['R', WORD.st] : ['xmm', WORD.xmm];
  return `${name}${(i - first) >> 1}${(i - first) & 1 ? ' high' : ' low'}`;
}

const hex = (n: bigint | number): string => n.toString(16);

/** Names of flag bits that two values differ in. */
function flagNames(bits: number): string {
  const names: Record<number, string> = { 0: 'CF', 2: 'PF', 4: 'AF', 6: 'ZF', 7: 'SF', 9: 'IF', 10: 'DF', 11: 'OF' };
  return Array.from({ length: 32 }, (_, i) => i).filter((i) => (bits >>> i) & 1).map((i) => names[i] ?? `bit ${i}`).join(' ');
}

function endingText(vector: Pick<Vector, 'fault'>): string {
  const { fault } = vector;
  return fault ? `exception ${fault.vector}, error code ${hex(fault.error)}${fault.vector === 14 ? `, cr2 ${hex(fault.cr2)}` : ''}` : 'no exception';
}

function compareEnding(vector: Vector, ending: Ending): string[] {
  if (ending.kind === 'limit') return ['did not end'];
  const fault = ending.kind === 'fault' ? ending.fault : undefined;
  const same = fault === undefined ? vector.fault === undefined
    : vector.fault !== undefined && fault.vector === vector.fault.vector && fault.error === vector.fault.error && (fault.vector !== 14 || fault.cr2 === vector.fault.cr2);
  return same ? [] : [`expected ${endingText(vector)}, got ${endingText({ fault })}`];
}

/** Judges one vector. */
export function compare(vector: Vector, observed: Observed): Verdict {
  const differences = compareEnding(vector, observed.ending);
  const results: string[] = [];
  const count = vector.usesFp ? WORD_COUNT : vector.mode === 64 ? 16 : 8;
  for (let i = 0; i < count; i++) {
    const mask = i === WORD.x87Control ? ~(BigInt(vector.statusUndefined) << 16n) : -1n;
    const expected = vector.after[i];
    const got = observed.words[i];
    if (((expected ^ got) & mask) !== 0n) results.push(`${wordName(i)}: expected ${hex(expected)}, got ${hex(got)}`);
  }
  for (const { address, bytes } of observed.memory) {
    results.push(`memory at ${hex(address)}: got ${Buffer.from(bytes).toString('hex')}, which is not what was recorded`);
  }
  if (observed.control.rip !== vector.ripAfter) differences.push(`rip: expected ${hex(vector.ripAfter)}, got ${hex(observed.control.rip)}`);
  const flags = (observed.control.flags ^ vector.flagsAfter) >>> 0;
  const defined = (flags & ~vector.flagsUndefined) >>> 0;
  if (defined) differences.push(`flags: expected ${hex(vector.flagsAfter)}, got ${hex(observed.control.flags)}; ${flagNames(defined)} differ`);
  if (!vector.resultUndefined) differences.push(...results);
  return {
    differences,
    undefinedFlagsEqual: vector.flagsUndefined ? (flags & vector.flagsUndefined) === 0 : undefined,
    undefinedResultEqual: vector.resultUndefined ? results.length === 0 : undefined,
  };
}
