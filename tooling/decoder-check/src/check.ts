/**
 * Runs the comparison of the decoder with iced-x86 over random strings.
 */
import { DecodeMode, DecodeStatus, Insn, decode } from '@wasm-tcg/guest-x86';
import { EXPLAINED } from './explained.ts';
import type { Difference } from './explained.ts';
import { ourSignature, rowOf } from './ours.ts';
import { STRIDE, fillBatch, randomSource } from './random.ts';
import { Reference } from './reference.ts';

/** Code widths that can be compared. */
export type Bits = 16 | 32 | 64;

/** What to run. */
export interface CheckOptions {
  /** Number of byte strings. */
  readonly count: number;
  readonly seed: number;
  readonly bits: Bits;
  /** Compare the AMD variant of the decoder with iced's. */
  readonly amd?: boolean;
  /** Mode of our decoder, when it shall not be the one that corresponds: to prove that the check notices. */
  readonly mode?: number;
  /** How many differences to report; default 20. */
  readonly maxReports?: number;
}

/** What came out. `compared + beyond = count`; `valid` of the compared strings are instructions. */
export interface CheckResult {
  readonly count: number;
  readonly compared: number;
  readonly valid: number;
  /** Strings left out: instructions beyond our instruction set. */
  readonly beyond: number;
  readonly explained: number;
  /** Reasons of the explanations that were needed. */
  readonly reasons: readonly string[];
  readonly unexplained: number;
  /** The first differences, as text. */
  readonly reports: readonly string[];
}

const STRINGS_PER_BATCH = 4096;
const WIDTHS: Readonly<Record<Bits, number>> = { 16: DecodeMode.Bits16, 32: DecodeMode.Bits32, 64: DecodeMode.Bits64 };

/** Memory areas without one size (`m0` in ours) are compared without their size. */
const unsized = (theirs: string, ours: string | undefined): string => (ours?.includes(' m0[') === true ? theirs.replace(/ m\d+\[/, ' m0[') : theirs);

/** iced spells some mnemonics otherwise; the instructions are the same. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['jmp far', 'jmp'], ['call far', 'call'],
]);

function hexBytes(bytes: Uint8Array, at: number): string {
  return [...bytes.subarray(at, at + STRIDE - 1)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function renamed(signature: string): string {
  for (const [from, to] of ALIASES) if (signature.startsWith(`${from} `)) return to + signature.slice(from.length);
  return signature;
}

/** Compare `count` strings; throws nothing on differences, they are counted. */
export function runCheck(options: CheckOptions): CheckResult {
  const { bits } = options;
  const amd = options.amd === true;
  const mode = options.mode ?? (WIDTHS[bits] | DecodeMode.Protected | (amd ? DecodeMode.Amd : 0));
  const reasons = new Set<string>();
  const next = randomSource(options.seed);
  const insn = new Insn();
  const reports: string[] = [];
  const tally = { compared: 0, valid: 0, beyond: 0, explained: 0, unexplained: 0 };
  for (let done = 0; done < options.count; done += STRINGS_PER_BATCH) {
    const strings = Math.min(STRINGS_PER_BATCH, options.count - done);
    const bytes = new Uint8Array(strings * STRIDE);
    fillBatch(next, bytes, bits);
    const reference = new Reference(bits, bytes, amd);
    for (let at = 0; at < bytes.length; at += STRIDE) {
      const theyAccept = reference.decode(at);
      const info = theyAccept ? reference.info() : undefined;
      if (info?.beyond === true) {
        tally.beyond++;
        continue;
      }
      tally.compared++;
      const weAccept = decode(insn, bytes, at, STRIDE, mode) === DecodeStatus.Ok;
      if (!weAccept && !theyAccept) continue;
      if (weAccept) tally.valid++;
      const ours = weAccept ? renamed(ourSignature(insn, (info?.opSize ?? 0) !== 0, (info?.addrSize ?? 0) !== 0)) : undefined;
      const difference: Difference = {
        ours,
        theirs: theyAccept ? unsized(reference.signature(), ours) : undefined,
        code: info?.name ?? '',
        bits,
        amd,
      };
      if (difference.ours === difference.theirs) continue;
      const explanation = EXPLAINED.find((rule) => rule.applies(difference));
      if (explanation !== undefined) {
        reasons.add(explanation.reason);
        tally.explained++;
        continue;
      }
      tally.unexplained++;
      if (reports.length < (options.maxReports ?? 20)) {
        const row = weAccept ? ` (row ${rowOf(insn)})` : '';
        reports.push(`${hexBytes(bytes, at)}\n  ours: ${difference.ours ?? 'invalid'}${row}\n  iced: ${difference.theirs ?? 'invalid'} ${difference.code}`);
      }
    }
    reference.free();
  }
  return { count: options.count, ...tally, reasons: [...reasons], reports };
}
