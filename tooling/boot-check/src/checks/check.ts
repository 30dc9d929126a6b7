/** What a check is: a piece of shell that the guest runs, and a judge on the host that knows what it must print. */
import type { GuestName } from '@wasm-tcg/guest-images';
import type { Section } from '../console/sections.ts';

export interface CheckContext {
  readonly guest: GuestName;
  /** Of the kernel, as `uname -r` says it. */
  readonly release: string;
  /** Content of the virtio disk at the start. */
  readonly disk: Uint8Array;
}

export interface Check {
  /** One word. */
  readonly name: string;
  /** What it proves. */
  readonly about: string;
  /** Default: all. */
  readonly guests?: readonly GuestName[];
  /** Lines for busybox's shell; run in a subshell, standard error with standard output. */
  readonly script: string;
  /** Reasons why the output is wrong; none when it is right. */
  judge(output: Section, context: CheckContext): readonly string[];
}

export const is64Bit = (guest: GuestName): boolean => guest === 'linux-cloud-amd64';

/** Reasons for each value that is not as expected. */
export function differences(output: Section, expected: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const got = output.values.get(name);
    return got === value ? [] : [`${name} is ${got ?? 'missing'} instead of ${value}`];
  });
}
