/** What a kernel is: a function at CODE, called with a count of iterations in (E/R)CX and DATA in (E/R)DI, that returns. */
import { assemblePages } from '../asm/pages.ts';
import { CODE, DATA_BYTES } from '../guest/layout.ts';

export type Bits = 32 | 64;

export interface KernelSource {
  readonly name: string;
  /** What it stands for. */
  readonly about: string;
  /**
   * Text, Intel syntax. Registers written `Rax` … `Rsp` are of the word size. Parts behind `@page` lie on pages of their
   * own. Every register, and the data, is part of the result that all modes must agree on.
   */
  readonly text: (bits: Bits) => string;
  /** Fills the data (zero before). */
  readonly data?: (data: DataView, bits: Bits) => void;
  /** Labels where its loops start: what regions grow from. Default: l1, l2, l3. */
  readonly hot?: readonly string[];
  /** What is expected of it in `tiered`, MIPS. */
  readonly expected?: number;
}

/** Iterations that make any kernel hot whose iterations are loops of their own. */
const WARM_ITERATIONS = 20;

/** A kernel in bytes. */
export interface Kernel {
  readonly name: string;
  readonly bits: Bits;
  readonly code: Uint8Array;
  readonly data: Uint8Array;
  /** Linear addresses of blocks that are worth compiling. */
  readonly hot: readonly number[];
  /** Iterations after which all of it is warm: its blocks have passed every threshold. */
  readonly warmIterations: number;
  readonly expected: number | undefined;
}

/** `Rax` → `eax` or `rax`. */
export function forBits(text: string, bits: Bits): string {
  return text.replace(/\bR(ax|bx|cx|dx|si|di|bp|sp)\b/g, (_, name: string) => (bits === 32 ? 'e' : 'r') + name);
}

export function buildKernel(source: KernelSource, bits: Bits): Kernel {
  const { bytes, symbols } = assemblePages(forBits(source.text(bits), bits), bits, CODE);
  const data = new Uint8Array(DATA_BYTES);
  source.data?.(new DataView(data.buffer), bits);
  const hot = (source.hot ?? ['l1', 'l2', 'l3']).flatMap((label) => symbols.get(label) ?? []);
  return { name: source.name, bits, code: bytes, data, hot, warmIterations: WARM_ITERATIONS, expected: source.expected };
}
