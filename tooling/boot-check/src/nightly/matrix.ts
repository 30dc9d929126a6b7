/** What the nightly run goes through. */
import type { CpuModelName, ExecutionMode } from '@wasm-tcg/emulator';
import { GUEST_NAMES, type GuestName } from '@wasm-tcg/guest-images';
import type { ClockName } from '../machines/machine.ts';
import { MODES } from '../machines/index.ts';
import type { BootReport } from '../report.ts';

export interface NightlyRun {
  readonly guest: GuestName;
  readonly mode: ExecutionMode;
  readonly clock: ClockName;
  /** CPU model; default the machine's. */
  readonly cpu?: CpuModelName;
  /** Busy threads beside the machine; default none. */
  readonly load?: number;
  /** Further words for the kernel command line. */
  readonly append?: string;
  /** Names of checks; default all. */
  readonly only?: readonly string[];
}

/** Every kernel in every mode on the host's clock. */
export const MATRIX: readonly NightlyRun[] = GUEST_NAMES.flatMap((guest) => MODES.map((mode) => ({ guest, mode, clock: 'host' as const })));

const CALIBRATED_CHECKS = ['uname', 'clock', 'calibration', 'sha256', 'dmesg'] as const;

/** CPUs that do not tell their frequency, so that Linux measures TSC and APIC timer against PIT, PM timer and HPET, while the host is busy with something else. */
export const CALIBRATED: readonly NightlyRun[] = [
  { guest: 'linux-686', mode: 'tiered', clock: 'host', cpu: 'pentium3', load: 4, only: CALIBRATED_CHECKS },
  // Deadlines would be in units of the TSC, and the APIC's own count not be measured.
  { guest: 'linux-cloud-amd64', mode: 'tiered', clock: 'host', cpu: 'x86-64-v2', load: 4, append: 'lapic=notscdeadline', only: CALIBRATED_CHECKS },
];

/** Runs of one guest that must be the same to the byte: a repetition, and another mode, since no tier may move an interrupt. */
export const REPEATED: readonly (readonly NightlyRun[])[] = GUEST_NAMES.map((guest) =>
  (['tiered', 'tiered', 'tci'] as const).map((mode) => ({ guest, mode, clock: 'icount' as const })),
);

/**
 * In what two runs differ that must be the same; empty when they do not. When the prompt was seen is not among it: the host looks at the line between
 * slices, whenever they end.
 */
export function runDifferences(first: BootReport, second: BootReport): readonly string[] {
  const fields = ['instructions', 'serialBytes', 'serialSha256'] as const;
  return fields.flatMap((field) => (first[field] === second[field] ? [] : [`${field}: ${first[field] ?? 'none'} and ${second[field] ?? 'none'}`]));
}
