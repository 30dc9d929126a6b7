/** What random programs look like: a mixture of everything, or a loop over two pages of which one is remapped. */
import type { Random } from '../random.ts';
import type { Control, Draft } from './control.ts';
import { CODE, CODE_BYTES } from './layout.ts';

/** What shapes are made from. */
export interface Parts {
  readonly rng: Random;
  readonly control: Control;
  /** Any instruction that goes on to the next. */
  readonly plain: () => Draft;
  readonly paged: boolean;
  /** Segments may be loaded. */
  readonly segments: boolean;
}

/** Drafts, and the address of the first. */
export interface Placed {
  readonly drafts: readonly Draft[];
  readonly address: number;
}

const SECOND_PAGE = 0x5000;

/** A loop on the first page of code that calls a function on the second, which is replaced by its alternate and put back meanwhile. */
export function overTwoPages({ rng, control, plain }: Parts): Placed {
  const drafts: Draft[] = [control.setCell(0, rng.between(8, 60))];
  const some = (): void => {
    for (let n = rng.below(3); n > 0; n--) drafts.push(rng.chance(0.5) ? control.patchable() : plain());
  };
  const head = drafts.length;
  some();
  const call = drafts.length;
  drafts.push(control.call(0));
  const mask = rng.pick([1, 3, 7]);
  for (const alternate of [true, false]) {
    drafts.push(control.unless(0, mask, rng.below(mask + 1), drafts.length + 2), control.remapSecondCodePage(alternate));
  }
  some();
  drafts.push(control.loopEnd(head, 0), control.end());
  const address = CODE + rng.below(0x100);
  const used = drafts.reduce((sum, draft) => sum + draft.bytes.length, 0);
  drafts.push(control.padding(SECOND_PAGE - address - used + rng.below(16)));
  drafts[call] = control.call(drafts.length);
  drafts.push(control.patchable());
  some();
  drafts.push(control.patchable(), control.ret());
  return { drafts, address };
}

/** Anything after anything; functions stand behind the HLT. */
export class Mixture {
  readonly #parts: Parts;
  readonly #drafts: Draft[] = [];
  /** Items whose opcode or immediate may be patched. */
  readonly #patchables: number[] = [];
  readonly #functions: number;
  /** Calls made so far: their targets are known when all is there. */
  readonly #calls: { readonly item: number; readonly which: number }[] = [];
  readonly #loops: { readonly head: number; readonly cell: number }[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#functions = parts.rng.chance(0.6) ? parts.rng.between(1, 2) : 0;
  }

  build(): Placed {
    const { rng, control } = this.#parts;
    const count = rng.between(5, 40);
    while (this.#drafts.length < count) {
      this.#step(false);
      const last = this.#loops[this.#loops.length - 1];
      if (last && this.#drafts.length - last.head > 1 && rng.chance(0.3)) {
        this.#loops.pop();
        this.#add(control.loopEnd(last.head, last.cell));
      }
    }
    for (const { head, cell } of this.#loops.reverse()) this.#add(control.loopEnd(head, cell));
    this.#add(control.end());
    const entries = Array.from({ length: this.#functions }, () => {
      const entry = this.#drafts.length;
      for (let n = rng.between(1, 5); n > 0; n--) this.#step(true);
      this.#add(control.ret());
      return entry;
    });
    for (const { item, which } of this.#calls) this.#drafts[item] = control.call(entries[which]);
    return { drafts: this.#drafts, address: this.#address() };
  }

  /** Often so that the code crosses from one page to the other. */
  #address(): number {
    const { rng, paged } = this.#parts;
    const bytes = this.#drafts.reduce((sum, draft) => sum + draft.bytes.length, 0);
    if (rng.chance(paged ? 0.6 : 0.3)) return SECOND_PAGE - rng.below(Math.min(bytes, SECOND_PAGE - CODE));
    return CODE + rng.below(CODE_BYTES - Math.min(bytes + 64, CODE_BYTES - 1));
  }

  #add(draft: Draft): void {
    this.#drafts.push(draft);
  }

  /** A place to go to: mostly a little ahead, now and then back. */
  #target(): number {
    const { rng } = this.#parts;
    return Math.max(0, this.#drafts.length + (rng.chance(0.75) ? rng.between(1, 8) : -rng.between(1, 6)));
  }

  #step(inFunction: boolean): void {
    const { rng, control, plain, paged, segments } = this.#parts;
    const kind = rng.below(100);
    if (kind < 62) this.#add(plain());
    else if (kind < 72) this.#add(control.branch(this.#target()));
    else if (kind < 74) this.#add(control.counted(this.#target()));
    else if (kind < 77) this.#add(control.indirect(this.#target()));
    else if (kind < 79) this.#add(rng.chance(0.5) ? control.far(this.#target()) : control.farReturn(this.#target()));
    else if (kind < 82 && this.#loops.length < 3 && !inFunction) this.#loop();
    else if (kind < 87 && this.#functions > 0 && !inFunction) {
      this.#calls.push({ item: this.#drafts.length, which: rng.below(this.#functions) });
      this.#add(control.call(0));
    } else if (kind < 90) this.#patchable();
    else if (kind < 94) this.#patch();
    else if (kind < 98 && paged) this.#add(control.remap());
    else this.#add(segments ? control.segment() : control.patchable());
  }

  #loop(): void {
    const { rng, control } = this.#parts;
    const cell = rng.below(8);
    this.#add(control.setCell(cell, rng.between(2, 40)));
    this.#loops.push({ head: this.#drafts.length, cell });
  }

  #patchable(): void {
    this.#patchables.push(this.#drafts.length);
    this.#add(this.#parts.control.patchable());
  }

  /** A store into an instruction behind it, or one that comes with it. */
  #patch(): void {
    const { rng, control, plain } = this.#parts;
    if (this.#patchables.length > 0 && rng.chance(0.7)) return this.#add(control.patch(rng.pick(this.#patchables)));
    const between = rng.below(2);
    this.#add(control.patch(this.#drafts.length + 1 + between));
    if (between > 0) this.#add(plain());
    return this.#patchable();
  }
}
