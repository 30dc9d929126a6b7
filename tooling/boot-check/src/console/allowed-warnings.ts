/** Lines of the kernel's log at level warning or worse that a sound machine has, each with the reason. */

export interface AllowedWarning {
  readonly pattern: RegExp;
  /** Default: all guests. */
  readonly guests?: readonly string[];
  readonly reason: string;
}

export const ALLOWED_WARNINGS: readonly AllowedWarning[] = [
  {
    pattern: /^acpi PNP0A03:00: fail to add MMCONFIG information/,
    reason: 'the PCI host has configuration mechanism 1 only, as the i440FX it stands for: there is no memory-mapped configuration space',
  },
  {
    pattern: /^L1TF: Kernel not compiled for PAE\. No mitigation for L1TF$/,
    guests: ['linux-686'],
    reason: 'true of this kernel on every Intel processor of family 6 but a few: --cpu pentium3 is one',
  },
  {
    pattern: /^hrtimer: interrupt took \d+ ns$/,
    reason: "virtual time is the host's: it goes on while the host runs something else, and the handler running then has taken that long",
  },
];
