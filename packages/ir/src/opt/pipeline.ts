/**
 * The optimiser: its passes and their order.
 */
import type { HelperTable } from '../helper-sig.ts';
import { HelperFacts } from '../op-info.ts';
import type { TargetLayout } from '../target-layout.ts';
import type { RegionIr } from '../region.ts';
import type { TbIr } from '../tb-ir.ts';
import { assertValid } from '../verify.ts';
import { CoalescePass } from './coalesce.ts';
import { Expander } from './expand.ts';
import { ForwardPass } from './forward.ts';
import { LivenessPass } from './liveness.ts';

/** Passes that can be switched off one by one. Expansion cannot: back ends need it. */
export const PASS_NAMES = ['copyProp', 'fold', 'knownBits', 'liveness', 'coalesce'] as const;
export type PassName = (typeof PASS_NAMES)[number];

export interface OptimizeOptions {
  /** Verify the TB before the first and after each pass. Throws IrVerifyError. Default false. */
  readonly verify?: boolean;
  /** Passes to leave out. */
  readonly disable?: readonly PassName[];
}

/**
 * Optimises TBs of one guest, in place. One object serves any number of TBs one after the other: passes keep their scratch
 * arrays, so that nothing is allocated per op.
 */
export class Optimizer {
  readonly #helpers: HelperTable;
  readonly #expander = new Expander();
  readonly #forward: ForwardPass;
  readonly #liveness: LivenessPass;
  readonly #coalesce: CoalescePass;

  constructor(target: TargetLayout, helpers: HelperTable) {
    const facts = new HelperFacts(target, helpers);
    this.#helpers = helpers;
    this.#forward = new ForwardPass(facts);
    this.#liveness = new LivenessPass(target, facts);
    this.#coalesce = new CoalescePass(target.globals.length, facts);
  }

  /**
   * Make a translator's TB one for back ends.
   * @throws IrVerifyError with `verify`, when the TB is not valid or a pass has broken it
   */
  optimize(tb: TbIr, options: OptimizeOptions = {}): void {
    this.#run(tb, options, undefined);
  }

  /** The same for a region, whose member entries stay and where liveness follows the edges between members. */
  optimizeRegion(region: RegionIr, options: OptimizeOptions = {}): void {
    this.#run(region.tb, options, region);
  }

  #run(tb: TbIr, options: OptimizeOptions, region: RegionIr | undefined): void {
    const disable = options.disable ?? [];
    const check = (where: string, stage: 'source' | 'core'): void => {
      if (options.verify) assertValid(tb, this.#helpers, where, region ? { stage, region: region.members.length } : { stage });
    };
    check('input', 'source');

    // 1. Source ops go, so that every later pass and every back end sees core ops only.
    this.#expander.expand(tb);
    check('expand', 'core');

    // 2. Forward, in one walk: inputs are replaced by older equal temps (copyProp), ops on constants are computed (fold), others
    //    are made cheaper (fold), what changes no bit is removed (knownBits). Unreachable code goes with it.
    const copyProp = !disable.includes('copyProp');
    const fold = !disable.includes('fold');
    const knownBits = !disable.includes('knownBits');
    if (copyProp || fold || knownBits) {
      this.#forward.run(tb, { copyProp, fold, knownBits }, region && Uint8Array.from(region.members, (m) => (m.entry ? 1 : 0)));
      check('forward', 'core');
    }

    // 3. Backward: the above left moves and extensions that nobody reads any more, and stores to globals that the next
    //    instruction overwrites.
    if (!disable.includes('liveness')) {
      this.#liveness.run(tb, region && Uint8Array.from(region.members, (m) => (m.mayLeave ? 1 : 0)));
      check('liveness', 'core');
    }

    // 4. Results that are only moved into a global are computed there. Last, because a pass before it sees more in locals,
    //    which are written once.
    if (!disable.includes('coalesce')) {
      this.#coalesce.run(tb);
      check('coalesce', 'core');
    }
  }
}
