/** What a fault means, in a sentence. Vectors: Intel SDM vol. 3, 6.3.1 (table 6-1). */
import { hex } from '../../ui/format.ts';
import type { FaultView } from '../protocol.ts';

const MEANINGS: readonly (string | undefined)[] = [
  'A division by zero, or its quotient does not fit.',
  'A debug exception: single step or a hardware breakpoint.',
  'A non-maskable interrupt.',
  'The breakpoint instruction INT3.',
  'INTO found the overflow flag set.',
  'BOUND found an index outside its range.',
  'These bytes are no instruction of this processor in this mode.',
  'The FPU is switched off (CR0.EM or CR0.TS).',
  'A fault happened while another one was being delivered.',
  undefined,
  'The task-state segment is not valid.',
  'A segment that is not present was loaded.',
  'The stack segment was left, or the address is not canonical.',
  'Something that is not allowed here: a segment limit, privilege, or a reserved bit.',
  'The page is not there, or not for this kind of access.',
  undefined,
  'An unmasked x87 exception.',
  'A misaligned access, with alignment checks on.',
  'A machine check.',
  'An unmasked SSE exception.',
];

/** The bits of a page fault's error code (SDM vol. 3, 4.7). */
function pageFaultAccess(code: number): string {
  const access = code & 16 ? 'fetching an instruction' : code & 2 ? 'writing' : 'reading';
  const who = code & 4 ? 'user code' : 'the kernel';
  return `${who} was ${access}; the page is ${code & 1 ? 'there, but protected' : 'not there'}${code & 8 ? ' (a reserved bit is set in its entry)' : ''}`;
}

export interface FaultText {
  readonly title: string;
  readonly meaning: string;
  /** Error code, address: name and value. */
  readonly facts: readonly (readonly [string, string])[];
}

export function faultText(fault: FaultView, bits: number): FaultText {
  const facts: [string, string][] = [['vector', String(fault.vector)]];
  if (fault.pc !== undefined) facts.push(['at', `0x${hex(fault.pc, bits)}`]);
  if (fault.errorCode !== 0 || fault.vector === 14) facts.push(['error code', `0x${fault.errorCode.toString(16)}`]);
  if (fault.cr2 !== undefined) facts.push(['address', `0x${hex(fault.cr2, bits)}`]);
  const meaning = MEANINGS[fault.vector] ?? (fault.vector < 32 ? 'A reserved exception.' : 'An interrupt that the program has no handler for.');
  return { title: `${fault.name} stopped the program`, meaning: fault.vector === 14 ? `${meaning} Here ${pageFaultAccess(fault.errorCode)}.` : meaning, facts };
}
