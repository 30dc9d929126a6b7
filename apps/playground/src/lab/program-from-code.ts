/**
 * Code of a machine as a program for the Lab: its bytes, an instruction a line, with what they mean as comments.
 *
 * The Lab's machine has 4 MiB and no page tables of a kernel. Code from where it has none, or has something else, is moved to {@link ELSEWHERE} with its place in its page kept:
 * inside the page everything is as it was, what refers to other pages refers to whatever is there in the Lab.
 */
import type { CodeAt } from '../machine/protocol.ts';
import { disassembleAt } from './disassemble.ts';
import { ORIGINS, type Bits, type Program } from './protocol.ts';

/** A page for code that cannot be where it was, by width. */
const ELSEWHERE: Readonly<Record<Bits, number>> = { 16: 0x8000, 32: 0x100000, 64: 0x100000 };
const PAGE_MASK = 0xfffn;
/** More than any TB; bytes behind it are not worth a longer link. */
const MOST_BYTES = 512;
const COMMENT_COLUMN = 32;

export function programFromCode({ pc, bits, bytes, model }: CodeAt): Program {
  const origin = placeOf(pc, bits);
  const lines: string[] = [];
  let at = 0;
  while (at < Math.min(bytes.length, MOST_BYTES)) {
    const { text, length } = disassembleAt(bytes, at, pc + BigInt(at), bits, true);
    lines.push(`${hex(bytes.subarray(at, at + length)).padEnd(COMMENT_COLUMN)}; ${text}`);
    at += length;
  }
  const heading = [`; ${bits}-bit code of the machine, from 0x${pc.toString(16)}, as it was there.`];
  if (BigInt(origin) !== pc) heading.push(`; Here it is at 0x${origin.toString(16)}: what it refers to outside its page is not here.`);
  if (at < bytes.length) heading.push(`; The next ${bytes.length - at} bytes of its page are left out.`);
  return { bits, syntax: 'hex', text: [...heading, '', ...lines, ''].join('\n'), origin, model };
}

function placeOf(pc: bigint, bits: Bits): number {
  const [lowest, highest] = ORIGINS[bits];
  return pc >= BigInt(lowest) && pc <= BigInt(highest) ? Number(pc) : ELSEWHERE[bits] + Number(pc & PAGE_MASK);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
