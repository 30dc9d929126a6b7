/** CPU modes that the harness enters, and the state it leaves a program in (harness/enter.asm). */

export interface ModeRow {
  /** Value in the program's header: M_… of harness/layout.inc. */
  readonly id: number;
  /** Bytes of a general register in the final report. */
  readonly size: 4 | 8;
  /** Selectors at the start: ss, ds = es = fs = gs. */
  readonly ss: number;
  readonly data: number;
}

export const CPU_MODES = {
  real: { id: 0, size: 4, ss: 0, data: 0 },
  prot16: { id: 1, size: 4, ss: 0x20, data: 0x20 },
  prot32: { id: 2, size: 4, ss: 0x10, data: 0x10 },
  paged: { id: 3, size: 4, ss: 0x10, data: 0x10 },
  pae: { id: 4, size: 4, ss: 0x10, data: 0x10 },
  long: { id: 5, size: 8, ss: 0x10, data: 0x10 },
  compat: { id: 6, size: 8, ss: 0x10, data: 0x10 },
  v86: { id: 7, size: 4, ss: 0, data: 0 },
  user32: { id: 8, size: 4, ss: 0x3b, data: 0x3b },
  user64: { id: 9, size: 8, ss: 0x3b, data: 0x10 },
} as const satisfies Readonly<Record<string, ModeRow>>;

export type CpuMode = keyof typeof CPU_MODES;

export const isCpuMode = (text: string): text is CpuMode => Object.hasOwn(CPU_MODES, text);
