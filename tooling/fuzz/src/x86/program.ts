/** A random x86 program and its text form. */
import { ProgramFormatError } from '../ir/program.ts';
import { itemText, type Item, type Reference } from './items.ts';
import { MODES, PAGINGS, type Mode, type Paging } from './layout.ts';

/** A start state: registers and data from a seed; where to stop and compare on the way from another (0: only at the end). */
export interface X86Start {
  readonly seed: number;
  readonly steps: number;
}

export interface X86Program {
  readonly mode: Mode;
  readonly paging: Paging;
  /** Address of the first item. */
  readonly address: number;
  readonly items: readonly Item[];
  readonly starts: readonly X86Start[];
  /** Seed of the machine in stress mode. */
  readonly stress: number;
  /** Guest instructions per run, at most. */
  readonly limit: number;
}

const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0');
const referenceText = ({ at, size, kind, to, offset }: Reference): string => `${at}:${kind}${size}->${to}+${offset}`;

export function printX86(program: X86Program, comments: readonly string[]): string {
  const { mode, paging, address, stress, limit } = program;
  const lines = [
    'fuzz x86',
    ...comments.flatMap((text) => text.split('\n')).map((text) => `; ${text}`),
    `mode=${mode} paging=${paging} address=0x${address.toString(16)} stress=${stress} limit=${limit}`,
    ...program.starts.map(({ seed, steps }) => `start seed=${seed} steps=${steps}`),
  ];
  for (const item of program.items) {
    const parts = [`${item.id}`, item.bytes.map(hexByte).join(' '), item.starts.join(','), item.references.map(referenceText).join(' ')];
    lines.push(`${parts.join(' | ')} ; ${itemText(item, mode)}`);
  }
  return `${lines.join('\n')}\n`;
}

export function parseX86(text: string): X86Program {
  const lines = text.split('\n');
  const fail = (line: number, message: string): never => {
    throw new ProgramFormatError(line + 1, message);
  };
  let head: Omit<X86Program, 'items' | 'starts'> | undefined;
  const starts: X86Start[] = [];
  const items: Item[] = [];
  lines.forEach((line, n) => {
    if (line === '' || line.startsWith(';') || line.startsWith('fuzz ')) return;
    const general = /^mode=(\S+) paging=(\S+) address=0x([0-9a-f]+) stress=(\d+) limit=(\d+)$/.exec(line);
    const start = /^start seed=(\d+) steps=(\d+)$/.exec(line);
    if (general) {
      const mode = MODES.find((name) => name === general[1]) ?? fail(n, `no mode ${general[1]}`);
      const paging = PAGINGS.find((name) => name === general[2]) ?? fail(n, `no paging ${general[2]}`);
      head = { mode, paging, address: parseInt(general[3], 16), stress: Number(general[4]), limit: Number(general[5]) };
    } else if (start) starts.push({ seed: Number(start[1]), steps: Number(start[2]) });
    else items.push(parseItem(line) ?? fail(n, 'neither an item nor a setting'));
  });
  if (!head) return fail(lines.length - 1, 'there is no line "mode=…"');
  return { ...head, starts, items };
}

function parseItem(line: string): Item | undefined {
  const [id, bytes, starts, references] = line.split(';')[0].split('|').map((part) => part.trim());
  if (references === undefined || !/^\d+$/.test(id)) return undefined;
  return {
    id: Number(id),
    bytes: bytes.split(' ').map((byte) => parseInt(byte, 16)),
    starts: starts.split(',').map(Number),
    references: references === '' ? [] : references.split(' ').flatMap((part): Reference[] => {
      const match = /^(\d+):(rel|abs|alias)([124])->(\d+)\+(\d+)$/.exec(part);
      if (!match) return [];
      return [{ at: Number(match[1]), kind: match[2] as Reference['kind'], size: Number(match[3]) as 1 | 2 | 4, to: Number(match[4]), offset: Number(match[5]) }];
    }),
  };
}
