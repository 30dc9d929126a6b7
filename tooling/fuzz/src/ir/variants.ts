/** How the IR of a program is prepared for back ends: as it is, optimised, or by some of the passes. */
import { Optimizer, parseTb, PASS_NAMES, printTb, type PassName, type TbIr } from '@wasm-tcg/ir';
import { FUZZ_LAYOUT, HELPERS } from './guest.ts';

export interface Variant {
  readonly name: string;
  /** Core ops of a TB; the TB itself stays as it is. @throws IrVerifyError when it is not valid, or a pass breaks it */
  lower(tb: TbIr): TbIr;
}

/** A copy by way of the text form, so that printer and parser are part of what is tested. */
function copyTb(tb: TbIr): TbIr {
  return parseTb(printTb(tb, HELPERS), FUZZ_LAYOUT, HELPERS);
}

function variant(name: string, disable: readonly PassName[]): Variant {
  const optimizer = new Optimizer(FUZZ_LAYOUT, HELPERS);
  return {
    name,
    lower: (tb) => {
      const copy = copyTb(tb);
      optimizer.optimize(copy, { verify: true, disable });
      return copy;
    },
  };
}

/** No pass, all passes, each pass alone. */
export function allVariants(): readonly Variant[] {
  return [
    variant('as it is', PASS_NAMES),
    variant('optimised', []),
    ...PASS_NAMES.map((only) => variant(`with ${only} alone`, PASS_NAMES.filter((name) => name !== only))),
  ];
}
