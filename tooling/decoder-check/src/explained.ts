/**
 * Differences from iced-x86 that are right, each with its reason. Everything else is a failure of the check.
 */

/** One compared string: signatures as in ours.ts; `undefined` where that decoder says the bytes are no instruction. */
export interface Difference {
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
  /** iced `Code` name, or `''`. */
  readonly code: string;
  readonly bits: number;
  readonly amd: boolean;
}

/** A rule that explains differences. */
export interface Explanation {
  readonly reason: string;
  readonly applies: (d: Difference) => boolean;
}

/** General registers under their 64-bit names. */
const widened = (signature: string): string =>
  signature.replace(/\b[er]?(ax|cx|dx|bx|sp|bp|si|di)\b/g, 'r$1').replace(/\b(r\d+)[dwl]\b/g, '$1');

/** Without the segments that 64-bit mode takes as flat. */
const flat = (signature: string): string => signature.replace(/\b(es|cs|ss|ds):/g, ':');

/** Both valid and equal after `normal`. */
const equalAfter = (d: Difference, normal: (signature: string) => string): boolean =>
  d.ours !== undefined && d.theirs !== undefined && normal(d.ours) === normal(d.theirs);

export const EXPLAINED: readonly Explanation[] = [
  {
    reason: 'iced shows ES, CS, SS and DS overrides in 64-bit mode; they have no effect there (SDM vol. 1, 3.3.7.1), so we show the default segment.',
    applies: (d) => d.bits === 64 && equalAfter(d, flat),
  },
  {
    reason: 'iced names a source of which only the low word is used by the operand size (LAR, LSL, LLDT, LTR, VERR, VERW, ARPL, MOV Sreg, …); the manual gives it as r16.',
    applies: (d) => /r(32|64)m16/.test(d.code) && equalAfter(d, (signature) => flat(widened(signature))),
  },
  {
    reason: 'AMD processors fetch no ModRM byte for UD0; since it is #UD and nothing else, our AMD decoder treats it as undefined.',
    applies: (d) => d.amd && d.ours === undefined && d.code === 'Ud0',
  },
  {
    reason: 'LOCK MOV CR0 means CR8 on AMD processors with AltMovCr8 (CPUID 8000_0001h ECX bit 4), which no CPU model of ours has.',
    applies: (d) => d.amd && d.ours === undefined && /^Mov_(cr_r(32|64)|r(32|64)_cr)$/.test(d.code) && / cr8\b/.test(d.theirs ?? ''),
  },
];
