/** The passes between translation and back ends, as the execution core calls them. */
import { HelperFacts, Optimizer, PASS_NAMES, SlotAnalysis, type HelperTable, type OptimizeOptions, type RegionIr, type TargetLayout, type TbIr } from '@wasm-tcg/ir';


export interface OptimiserSettings {
  readonly optimise: boolean;
  readonly verify: boolean;
}

export class TbOptimiser {
  readonly optimizer: Optimizer;
  readonly options: OptimizeOptions;
  /** The helper table in the form that passes want. */
  readonly facts: HelperFacts;
  readonly #slots: SlotAnalysis;

  constructor(target: TargetLayout, helpers: HelperTable, settings: OptimiserSettings) {
    this.optimizer = new Optimizer(target, helpers);
    this.options = { verify: settings.verify, ...(settings.optimise ? {} : { disable: PASS_NAMES }) };
    this.facts = new HelperFacts(target, helpers);
    this.#slots = new SlotAnalysis(this.facts);
  }

  /** Make a translator's TB one for back ends, in place. */
  run(tb: TbIr): void {
    this.optimizer.optimize(tb, this.options);
  }

  /** The same for a region that has been merged. */
  runRegion(region: RegionIr): void {
    this.optimizer.optimizeRegion(region, this.options);
  }

  /** Frame slots of the TB's locals, and the first slot that is free. Good until the next call. */
  slots(tb: TbIr): { readonly slots: Uint16Array; readonly top: number } {
    this.#slots.run(tb);
    return this.#slots;
  }
}
