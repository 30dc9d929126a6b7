/** Recording: assembles every program, runs it on both oracles, and decides what is expected. */
import { readdirSync, readFileSync } from 'node:fs';
import { DIFFERENCES, type Oracle } from './differences.ts';
import { CPU_MODES, type CpuMode } from './modes.ts';
import { assemble, runOracle, withFolder, type OracleResult } from './oracles.ts';
import { caseSource, parsePrograms, type ProgramCase, type ProgramFile } from './programs.ts';
import { decodeRecords, isComplete, type FlagName } from './records.ts';
import { packagePath, toHex, type SystemVector, type VectorSet } from './vectors.ts';

export interface RecordOptions {
  /** Only this file of programs/, without `.asm`. */
  readonly topic?: string | undefined;
  /** Only cases with this text in their name. */
  readonly only?: string | undefined;
  readonly progress?: (text: string) => void;
}

export interface Recording {
  readonly harness: Uint8Array;
  readonly sets: readonly VectorSet[];
  /** Disagreements without a row in differences.ts, rows that are not needed, programs that do not assemble. */
  readonly problems: readonly string[];
}

/** A program that damages the harness (or makes it fault) reports nonsense: it has to be rewritten. */
const BROKEN = 'broken report';

const ORACLES: readonly Oracle[] = ['qemu', 'bochs'];

/** @throws SystemTestError `bad-program`, `assembler`, `tool-missing` */
export async function record(options: RecordOptions = {}): Promise<Recording> {
  const harnessFolder = packagePath('harness');
  const read = (path: string): string => readFileSync(packagePath(path), 'utf8');
  return withFolder(async (folder) => {
    const harness = await assemble(read('harness/harness.asm'), harnessFolder, folder, 'harness');
    const problems: string[] = [];
    const sets: VectorSet[] = [];
    for (const name of readdirSync(packagePath('programs')).filter((file) => file.endsWith('.asm')).sort()) {
      if (options.topic !== undefined && name !== `${options.topic}.asm`) continue;
      const file = parsePrograms(name.slice(0, -'.asm'.length), read(`programs/${name}`));
      const vectors: SystemVector[] = [];
      for (const entry of file.cases) {
        if (options.only !== undefined && !entry.name.includes(options.only)) continue;
        for (const mode of entry.modes) {
          const { vector, problem } = await recordCase(file, entry, mode, harness, folder);
          if (vector !== undefined) vectors.push(vector);
          if (problem !== undefined) problems.push(problem);
          options.progress?.(`${file.topic}/${entry.name} [${mode}]`);
        }
      }
      if (vectors.length > 0) sets.push({ topic: file.topic, vectors });
    }
    return { harness, sets, problems };
  });
}

async function recordCase(
  file: ProgramFile, entry: ProgramCase, mode: CpuMode, harness: Uint8Array, folder: string,
): Promise<{ readonly vector?: SystemVector; readonly problem?: string }> {
  const title = `${file.topic}/${entry.name} [${mode}]`;
  const include = packagePath('harness');
  let code: Uint8Array;
  try {
    code = await assemble(caseSource(file, entry, CPU_MODES[mode].id), include, folder, 'case');
  } catch (error) {
    return { problem: `${title}: ${error instanceof Error ? error.message : String(error)}` };
  }
  const rom = await assemble(
    `%define HARNESS_BIN "${folder}/harness.bin"\n%define CASE_BIN "${folder}/case.bin"\n%include "rom.asm"\n`, include, folder, 'rom',
  );
  const [qemu, bochs] = await Promise.all(ORACLES.map(async (oracle) => resultLines(await runOracle(oracle, rom, folder), mode, entry.undefinedFlags)));
  const reasons = entry.differs.filter((reason) => reason.mode === undefined || reason.mode === mode).map((reason) => DIFFERENCES[reason.key]);
  const wrong = new Set<Oracle>(reasons.map((reason: { readonly wrong: Oracle }) => reason.wrong));
  const agree = sameButResumeFlag(qemu!, bochs!);
  const expect = wrong.has('bochs') ? withResumeFlag(qemu!) : bochs!;
  const vector = { name: entry.name, mode, code: toHex(code), undefinedFlags: entry.undefinedFlags, expect };
  if (expect.at(-1) === BROKEN) return { problem: `${title}: the report breaks off, the harness was damaged\n  ${expect.join('\n  ')}` };
  if (wrong.size > 1) return { problem: `${title}: both oracles are said to be wrong` };
  if (agree && wrong.size > 0) return { vector, problem: `${title}: the oracles agree, but differences are named` };
  if (!agree && wrong.size === 0) return { vector, problem: `${title}: the oracles disagree\n  qemu:  ${qemu!.join('\n         ')}\n  bochs: ${bochs!.join('\n         ')}` };
  return { vector };
}

function resultLines(result: OracleResult, mode: CpuMode, undefinedFlags: readonly FlagName[]): string[] {
  const lines = decodeRecords(result.report, { mode, undefinedFlags });
  if (!isComplete(lines)) lines.push(result.ended === 'exit' ? BROKEN : result.ended);
  return lines;
}

/**
 * QEMU never sets RF in the flags it pushes for a fault; Bochs does, as the manual says (SDM vol. 3B, 17.3.1.1). So frequent that it is not a row
 * of differences.ts: RF is recorded from Bochs and not compared here.
 */
function sameButResumeFlag(qemu: readonly string[], bochs: readonly string[]): boolean {
  const strip = (lines: readonly string[]): string =>
    lines.join('\n').replaceAll(/flags=([0-9a-f]{8})/g, (_all, digits: string) => `flags=${(Number.parseInt(digits, 16) & ~0x1_0000).toString(16)}`);
  return strip(qemu) === strip(bochs);
}

/** QEMU's lines with the flag it leaves out: set for faults, which all but #DB, #BP and #OF of the lower vectors are. */
function withResumeFlag(lines: readonly string[]): string[] {
  return lines.map((line) => (/^#(?!DB|BP|OF|DF|MC)/.test(line)
    ? line.replace(/flags=([0-9a-f]{8})/, (_all, digits: string) => `flags=${(Number.parseInt(digits, 16) | 0x1_0000).toString(16).padStart(8, '0')}`)
    : line));
}
