/** Text about vectors: disassembly, states, differences. */
import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from 'iced-x86';
import { wordName } from './compare.ts';
import type { Bytes, Vector } from './format/vector.ts';
import type { Failure, Tally } from './runner.ts';

const hex = (n: bigint | number): string => n.toString(16);

/** Instructions of a vector's code, one line each. */
export function disassemble(vector: Pick<Vector, 'mode' | 'code' | 'codeAddress'>): string[] {
  const decoder = new Decoder(vector.mode, vector.code, DecoderOptions.None);
  const formatter = new Formatter(FormatterSyntax.Intel);
  const lines: string[] = [];
  decoder.ip = vector.codeAddress;
  while (decoder.canDecode) {
    const at = decoder.position;
    const instruction = decoder.decode();
    const bytes = Buffer.from(vector.code.subarray(at, decoder.position)).toString('hex');
    lines.push(`${hex(vector.codeAddress + BigInt(at))}  ${bytes.padEnd(22)} ${formatter.format(instruction)}`);
    instruction.free();
  }
  decoder.free();
  formatter.free();
  return lines;
}

function registers(vector: Vector): string {
  const count = vector.usesFp ? vector.before.length : vector.mode === 64 ? 16 : 8;
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const [before, after] = [vector.before[i], vector.after[i]];
    if (i >= 16 && before === after) continue;
    lines.push(`${wordName(i)} ${hex(before)}${before === after ? '' : ` → ${hex(after)}`}`);
  }
  return lines.join(', ');
}

const blocks = (list: readonly Bytes[]): string => list.map((b) => `${hex(b.address)}: ${Buffer.from(b.bytes).toString('hex')}`).join(', ') || 'nothing';

/** A vector as recorded. */
export function describe(vector: Vector): string {
  const { fault } = vector;
  return [
    `${vector.group}: ${vector.form} #${vector.index}`,
    ...disassemble(vector).map((line) => `    ${line}`),
    `  registers  ${registers(vector)}`,
    `  flags      ${hex(vector.flagsBefore)} → ${hex(vector.flagsAfter)}${vector.flagsUndefined ? `, undefined ${hex(vector.flagsUndefined)}` : ''}; rip → ${hex(vector.ripAfter)}`,
    `  memory     ${blocks(vector.memory)} → ${blocks(vector.writes)}`,
    ...(fault ? [`  exception  ${fault.vector}, error code ${hex(fault.error)}, cr2 ${hex(fault.cr2)}`] : []),
  ].join('\n');
}

/** A failed vector with what differs. */
export function describeFailure({ vector, verdict }: Failure): string {
  return `${describe(vector)}\n${verdict.differences.map((d) => `  ✗ ${d}`).join('\n')}`;
}

const percent = (part: number, whole: number): string => (whole === 0 ? '' : `${((part / whole) * 100).toFixed(1)}%`);

/** One line about a group. */
export function summarise(name: string, tally: Tally): string {
  const flags = tally.undefinedFlags ? `, undefined flags as recorded ${percent(tally.undefinedFlagsEqual, tally.undefinedFlags)}` : '';
  const results = tally.undefinedResults ? `, undefined results as recorded ${percent(tally.undefinedResultsEqual, tally.undefinedResults)}` : '';
  return `${name.padEnd(22)} ${String(tally.passed).padStart(7)} passed ${String(tally.failed).padStart(6)} failed${flags}${results}`;
}
