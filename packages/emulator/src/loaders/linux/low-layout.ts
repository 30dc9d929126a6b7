/** Where a Linux kernel's loader puts its small things: conventional memory, which the kernel leaves alone until it has read them. */
export const LinuxLow = {
  /** boot_params; for the 16-bit entry the real-mode part, 64 KiB with its stack and heap. */
  setup: 0x10000,
  /** Top of the stack of the 32- and 64-bit entries. */
  stackTop: 0x10000,
  cmdline: 0x20000,
  gdt: 0x40000,
  /** Six pages. */
  pageTables: 0x41000,
  setupData: 0x48000,
} as const;

/** Longest command line that fits, with its zero. */
export const CMDLINE_ROOM = LinuxLow.gdt - LinuxLow.cmdline;
