/** An x87 under test: code as hex on the IR evaluator, registers of the unit as text. */
import type { CpuModelName, FlatMode } from '@wasm-tcg/guest-x86';
import type { TestOptions } from '../system/machine.ts';
import { EvalCpu } from '../translate/eval-cpu.ts';

export const hex = (text: string): Uint8Array => Uint8Array.from(text.trim().split(/\s+/), (byte) => parseInt(byte, 16));

/** CR0.NE, MP, ET and the bits of each mode. */
const CR0: Readonly<Record<FlatMode, number>> = { real16: 0x32, protected16: 0x33, protected32: 0x33, long64: 0x8000_0033 };

/** Where code, and where data for it, is. */
export const CODE = 0x1000;
export const DATA = 0x2000;

/** Numbers as the unit has them. */
export const ST = {
  zero: 0n, one: 0x3fff_8000_0000_0000_0000n, two: 0x4000_8000_0000_0000_0000n, three: 0x4000_c000_0000_0000_0000n, minusOne: 0xbfff_8000_0000_0000_0000n,
  half: 0x3ffe_8000_0000_0000_0000n, infinity: 0x7fff_8000_0000_0000_0000n, indefinite: 0xffff_c000_0000_0000_0000n, denormal: 0x0000_0000_0000_0001n,
  signaling: 0x7fff_a000_0000_0000_0000n, unnormal: 0x4000_4000_0000_0000_0000n, greatest: 0x7ffe_ffff_ffff_ffff_ffffn, least: 0x0001_8000_0000_0000_0000n,
} as const;

export class FpuCpu extends EvalCpu {
  constructor(mode: FlatMode, model: CpuModelName = 'max', options: TestOptions = {}) {
    super(model, options);
    this.flat(mode);
    this.set({ cr0: CR0[mode], rbx: DATA });
    if (mode === 'long64') this.set({ cr4: 0x620 });
    this.fninit();
  }

  /** State after FNINIT. */
  fninit(): this {
    return this.set({ fcw: 0x37f, fsw: 0, ftw: 0 });
  }

  /** Push values, the last of which becomes ST(0). */
  push(...values: bigint[]): this {
    for (const value of values) {
      const top = (Number((this.get('fsw') >> 11n) & 7n) + 7) & 7;
      this.set({ fsw: (this.get('fsw') & ~0x3800n) | BigInt(top << 11), ftw: this.get('ftw') | BigInt(1 << top) });
      this.set({ st0: value });
    }
    return this;
  }

  /** Run instructions up to a jump that stays where it is, and tell how that ended. */
  go(code: string): string {
    const outcome = this.run(hex(`${code} eb fe`), CODE);
    return outcome === 'goto_tb' || outcome === 'goto_ptr' ? 'ok' : outcome;
  }

  /** Status word, tags, and the first `count` registers. */
  fpu(count = 1): string {
    const registers = Array.from({ length: count }, (_, i) => ` ${this.get(`st${i as 0 | 1}`).toString(16)}`).join('');
    return `${this.get('fsw').toString(16)} ${this.get('ftw').toString(16)}${registers}`;
  }

  /** Numbers of `unit` bytes in memory, in hex. */
  memory(at: number, unit: 1 | 2 | 4 | 8, count: number): string {
    return Array.from({ length: count }, (_, i) => this.read(at + i * unit, unit).toString(16)).join(' ');
  }
}
