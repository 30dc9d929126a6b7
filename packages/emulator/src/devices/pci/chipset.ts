/** The two functions that make a board a PCI board to its guest: host bridge and ISA bridge. */
import { PciFunction } from './pci-function.ts';

const INTEL = 0x8086;
/** First PIRQ route control register of the ISA bridge, one byte each. */
const PIRQ_ROUTE = 0x60;
const PIRQS = 4;
const PIRQ_DISABLED = 0x80;
/** Lines that a PIRQ can be led to: not those of the timer, keyboard, cascade, RTC and FPU (82371SB, section 2.2.7). */
const ROUTABLE = 0b1101_1110_1111_1000;

/** 82441FX, the host bridge of the 440FX. Its registers for DRAM and shadowing have nothing to control here. */
export function hostBridge(): PciFunction {
  return new PciFunction({ vendor: INTEL, device: 0x1237, classCode: 0x060000, revision: 2 });
}

/** 82371SB (PIIX3), the ISA bridge, which leads the PCI interrupts to the PICs. */
export class IsaBridge {
  readonly function = new PciFunction({ vendor: INTEL, device: 0x7000, classCode: 0x060100 });

  constructor() {
    for (let pirq = 0; pirq < PIRQS; pirq++) this.function.define(PIRQ_ROUTE + pirq, 1, PIRQ_DISABLED, 0x8f);
    // Deterministic latency control: Linux turns passive release on.
    this.function.define(0x82, 1, 0, 0x0f);
  }

  /** ISA line that PIRQA# (0) … PIRQD# (3) is led to. */
  lineOf(pirq: number): number | undefined {
    const route = this.function.read(PIRQ_ROUTE + pirq, 1);
    const line = route & 0xf;
    return (route & PIRQ_DISABLED) === 0 && ((ROUTABLE >> line) & 1) !== 0 ? line : undefined;
  }

  /** What firmware does. */
  route(lines: readonly number[]): void {
    lines.forEach((line, pirq) => this.function.write(PIRQ_ROUTE + pirq, 1, line));
  }
}
