/** What a run of the checks found, as data and as text. */
import type { CpuModelName, ExecutionMode } from '@wasm-tcg/emulator';
import type { GuestName } from '@wasm-tcg/guest-images';
import type { ClockName, Figures } from './machines/machine.ts';

export const MACHINE_NAMES = ['wasm-tcg', 'qemu'] as const;
export type MachineName = (typeof MACHINE_NAMES)[number];

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** By the host's clock, from the check's first line to its last. */
  readonly seconds?: number;
  /** Why it is not ok. */
  readonly reasons?: readonly string[];
}

export interface BootReport {
  readonly ok: boolean;
  readonly guest: GuestName;
  /** Of the kernel. */
  readonly release: string;
  readonly machine: MachineName;
  readonly mode: ExecutionMode;
  readonly clock: ClockName;
  /** CPU model, when not the machine's own choice. */
  readonly cpu?: CpuModelName;
  /** Busy threads that the host had beside the machine. */
  readonly load: number;
  /** From before the machine was made to the prompt, or to the script's first line where that runs in the prompt's place. */
  readonly secondsToShell: number;
  /** To the end of the machine. */
  readonly seconds: number;
  readonly instructionsToShell?: number;
  readonly instructions?: number;
  /** Million instructions per second, over the whole run. */
  readonly mips?: number;
  /** Share of the instructions that each tier ran, 0 … 1. */
  readonly shares?: { readonly tci: number; readonly modules: number; readonly regions: number };
  /** Of all the guest sent on the console. */
  readonly serialSha256: string;
  readonly serialBytes: number;
  readonly checks: readonly CheckResult[];
  /** Lines of the log that are tolerated, with the reasons. */
  readonly warnings: readonly { readonly line: string; readonly reason: string }[];
  /** What the user should know of the guest, such as a newer package than the known one. */
  readonly notes: readonly string[];
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
export const roundSeconds = (seconds: number): number => round(seconds, 2);

/** The part of a report that follows from counters. */
export function figuresReport(toShell: Figures | undefined, total: Figures | undefined, seconds: number): Pick<BootReport, 'instructionsToShell' | 'instructions' | 'mips' | 'shares'> {
  if (total === undefined) return {};
  const { instructions, tiers } = total;
  const share = (part: number): number => round(part / instructions, 4);
  return {
    ...(toShell === undefined ? {} : { instructionsToShell: toShell.instructions }),
    instructions,
    mips: round(instructions / seconds / 1e6, 1),
    shares: { tci: share(tiers.tci), modules: share(tiers.modules), regions: share(tiers.regions) },
  };
}

/** One line per check, and one for the run. */
export function formatReport(report: BootReport): string {
  const rows = report.checks.map(({ name, ok, seconds, reasons = [] }) => {
    const time = seconds === undefined ? '' : `${seconds.toFixed(2)} s`;
    return [`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(16)} ${time}`.trimEnd(), ...reasons.map((reason) => `         ${reason}`)].join('\n');
  });
  const { guest, release, machine, mode, clock, cpu, load, secondsToShell, seconds, mips } = report;
  const speed = mips === undefined ? '' : `, ${mips} MIPS`;
  const how = [...(machine === 'wasm-tcg' ? [mode, `clock ${clock}`] : [machine]), ...(cpu === undefined ? [] : [cpu]), ...(load === 0 ? [] : [`${load} busy threads beside it`])].join(', ');
  return `${rows.join('\n')}\n${guest} (${release}), ${how}: shell after ${secondsToShell.toFixed(1)} s, off after ${seconds.toFixed(1)} s${speed}\n`;
}
