/** The passes between translation and back ends, as the execution core calls them. */
import { Expander, TempKind, Type, type HelperTable, type RegionIr, type TbIr } from '@wasm-tcg/ir';

export interface OptimiserOptions {
  readonly verify: boolean;
}

export class TbOptimiser {
  readonly #expander = new Expander();
  #slots = new Uint8Array(256);
  constructor(_helpers: HelperTable, _options: OptimiserOptions) {}

  run(tb: TbIr): void {
    this.#expander.expand(tb);
  }

  runRegion(_region: RegionIr): void {}

  slots(tb: TbIr): Uint8Array {
    if (this.#slots.length < tb.temps) this.#slots = new Uint8Array(tb.temps * 2);
    const slots = this.#slots;
    tb.target.globals.forEach((g, i) => (slots[i] = g.slot));
    let next = tb.target.globalSlots + (tb.target.globalSlots & 1);
    for (let t = tb.env + 1; t < tb.temps; t++) {
      if (tb.tempKind[t] !== TempKind.local) continue;
      slots[t] = Math.min(next, 255);
      next += tb.tempType[t] === Type.v128 ? 2 : 1;
    }
    return slots;
  }
}
