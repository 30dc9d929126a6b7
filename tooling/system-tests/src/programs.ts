/**
 * Reads programs/*.asm. A file is one topic: text up to the first case is common to all its cases; a case is a few lines of NASM.
 *
 *     ;; modes: real prot16          in which the cases run (a case may narrow it)
 *     common macros and equates
 *     ;; case: int3 pushes flags, cs, ip
 *     ;; undefined: AF OF            flags not compared
 *     ;; differs: qemu-limits        a key of differences.ts: an oracle is known to be wrong here; `key@mode` for one mode
 *             int3
 *
 * The harness's DONE is appended to every case.
 */
import { DIFFERENCES, type DifferenceKey } from './differences.ts';
import { SystemTestError } from './error.ts';
import { isCpuMode, type CpuMode } from './modes.ts';
import { FLAG_BITS, type FlagName } from './records.ts';

export interface ProgramCase {
  readonly name: string;
  readonly line: number;
  readonly modes: readonly CpuMode[];
  readonly undefinedFlags: readonly FlagName[];
  /** Known errors of oracles; mode undefined: in all modes. */
  readonly differs: readonly { readonly key: DifferenceKey; readonly mode: CpuMode | undefined }[];
  readonly body: string;
}

export interface ProgramFile {
  readonly topic: string;
  readonly common: string;
  readonly cases: readonly ProgramCase[];
}

const DIRECTIVE = /^;;\s*(\w+):\s*(.*)$/;

/** @throws SystemTestError `bad-program` */
export function parsePrograms(topic: string, text: string): ProgramFile {
  const fail = (line: number, message: string): never => {
    throw new SystemTestError('bad-program', `${topic}.asm:${line}: ${message}`, 'src/programs.ts describes the format');
  };
  const words = (value: string): string[] => value.split(/\s+/).filter((word) => word !== '');
  let fileModes: readonly CpuMode[] = [];
  let common = '';
  const cases: { -readonly [K in keyof ProgramCase]: ProgramCase[K] }[] = [];
  const names = new Set<string>();
  text.split('\n').forEach((source, index) => {
    const line = index + 1;
    const current = cases.at(-1);
    const match = DIRECTIVE.exec(source);
    if (match === null) {
      if (current === undefined) common += `${source}\n`;
      else current.body += `${source}\n`;
      return;
    }
    const [, key, value] = match as unknown as [string, string, string];
    if (key === 'modes') {
      const modes = words(value).map((word) => (isCpuMode(word) ? word : fail(line, `unknown mode "${word}"`)));
      if (current === undefined) fileModes = modes;
      else current.modes = modes;
    } else if (key === 'case') {
      if (names.has(value)) fail(line, `a second case "${value}"`);
      names.add(value);
      cases.push({ name: value, line, modes: fileModes, undefinedFlags: [], differs: [], body: '' });
    } else if (current === undefined) fail(line, `"${key}" before the first case`);
    else if (key === 'undefined') {
      current.undefinedFlags = words(value).map((word) => (Object.hasOwn(FLAG_BITS, word) ? (word as FlagName) : fail(line, `unknown flag "${word}"`)));
    } else if (key === 'differs') {
      const differs = words(value).map((word) => {
        const [name, mode] = word.split('@') as [string, string | undefined];
        if (!Object.hasOwn(DIFFERENCES, name)) fail(line, `no difference is called "${name}"`);
        if (mode !== undefined && !isCpuMode(mode)) fail(line, `unknown mode "${mode}"`);
        return { key: name as DifferenceKey, mode: mode as CpuMode | undefined };
      });
      current.differs = [...current.differs, ...differs];
    } else fail(line, `unknown directive "${key}"`);
  });
  for (const entry of cases) if (entry.modes.length === 0) fail(entry.line, 'no modes');
  return { topic, common, cases };
}

/** Full NASM source of a case in one mode. */
export function caseSource(file: ProgramFile, entry: ProgramCase, modeId: number): string {
  return `%define MODE ${modeId}\n%include "case.inc"\n${file.common}${entry.body}        DONE\n`;
}
