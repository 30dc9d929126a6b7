/**
 * Random IR programs: a few TBs that go to each other through links and computed jumps, each of a few guest instructions with
 * branches and bounded loops inside. Every TB is valid for the verifier; the same seed gives the same program.
 */
import { Cond, TbIr, Type, type Builder, type Temp } from '@wasm-tcg/ir';
import { Random } from '../random.ts';
import { OpGenerator } from './generate-ops.ts';
import { CODE_PAGES, FUZZ_LAYOUT, HELPERS, PROGRAM_EXIT } from './guest.ts';
import type { IrProgram, PlacedTb } from './program.ts';

interface Place {
  readonly page: number;
  readonly offset: number;
}

/** Bytes that a TB takes of its page; instructions are two bytes each. */
export const TB_BYTES = 64;
const MAX_LOCALS = 150;

/** A label that is placed later, with the locals defined wherever a branch leads to it. */
interface Pending {
  readonly label: number;
  defined: Temp[][];
}

class TbGenerator {
  readonly #rng: Random;
  readonly #g: OpGenerator;
  readonly #b: Builder;
  readonly #tb: TbIr;
  readonly #home: Place;
  readonly #places: readonly Place[];
  /** Target of each link slot. */
  readonly #slots: readonly [number, number];
  readonly #pending: Pending[] = [];

  constructor(tb: TbIr, rng: Random, home: Place, places: readonly Place[]) {
    this.#rng = rng;
    this.#tb = tb;
    this.#g = new OpGenerator(tb, rng);
    this.#b = this.#g.b;
    this.#home = home;
    this.#places = places;
    this.#slots = [this.#delta(), this.#delta()];
  }

  /** Byte offset of some TB's entry from the page this one starts on. */
  #delta(): number {
    const { page, offset } = this.#rng.pick(this.#places);
    return (page - this.#home.page) * 4096 + offset;
  }

  generate(): void {
    const rng = this.#rng;
    const insns = rng.between(1, 6);
    for (let i = 0; i < insns; i++) {
      this.#b.insn_start(this.#home.offset + 2 * i, rng.chance(0.3) ? -1 : rng.below(100));
      this.#g.mayFault = true;
      this.#faultingPart();
      this.#quietPart();
      this.#placeLabels();
      if (i < insns - 1) this.#maybeLeave();
    }
    this.#end();
  }

  get #full(): boolean {
    return this.#tb.temps - this.#tb.env > MAX_LOCALS;
  }

  /** Everything that may fault, before any global is written. */
  #faultingPart(): void {
    const rng = this.#rng;
    const g = this.#g;
    for (let n = rng.below(4); n > 0 && g.mayFault && !this.#full; n--) {
      const kind = rng.below(12);
      if (kind < 5) g.access(n === 1);
      else if (kind < 9) g.pure(false);
      else if (kind === 9) g.host(false);
      else if (kind === 10) g.call(rng.chance(0.4), false);
      else this.#group(() => {
        if (rng.chance(0.5)) g.access(false);
        else g.pure(false);
      });
    }
  }

  #quietPart(): void {
    const rng = this.#rng;
    const g = this.#g;
    for (let n = rng.below(7); n > 0 && !this.#full; n--) {
      const kind = rng.below(14);
      if (kind < 9) g.pure(true);
      else if (kind === 9) g.host(true);
      else if (kind === 10) g.call(false, true);
      else if (kind === 11) this.#skipAhead();
      else this.#group(() => g.pure(true));
    }
  }

  /** A few ops in a bounded loop, or behind a condition. */
  #group(op: () => void): void {
    const rng = this.#rng;
    const g = this.#g;
    const b = this.#b;
    const before = g.snapshot();
    const label = this.#tb.newLabel();
    if (rng.chance(0.5)) {
      b.brcond(Type.i32, g.operand(Type.i32), g.operand(Type.i32), rng.below(12), label);
      for (let n = rng.between(1, 3); n > 0; n--) op();
      b.label(label);
      g.meet(before);
      return;
    }
    const count = this.#tb.newLocal(Type.i32);
    b.mov(Type.i32, count, this.#tb.constI32(rng.between(1, 5)));
    b.label(label);
    for (let n = rng.between(1, 3); n > 0; n--) op();
    b.sub(Type.i32, count, count, this.#tb.constI32(1));
    b.brcond(Type.i32, count, this.#tb.constI32(0), Cond.ne, label);
  }

  /** A branch to the end of the instruction. (None leads past the start of another: how many were run would not be known.) */
  #skipAhead(): void {
    const g = this.#g;
    const type = this.#tb.wordType;
    let target = this.#rng.chance(0.5) ? this.#pending[0] : undefined;
    if (!target) {
      target = { label: this.#tb.newLabel(), defined: g.snapshot() };
      this.#pending.push(target);
    }
    target.defined = target.defined.map((list, t) => list.filter((x) => g.pool[t].includes(x)));
    this.#b.brcond(type, g.operand(type), g.operand(type), this.#rng.below(12), target.label);
  }

  #placeLabels(): void {
    for (const { label, defined } of this.#pending.splice(0)) {
      this.#b.label(label);
      this.#g.meet(defined);
    }
  }

  /** A side exit between two instructions. */
  #maybeLeave(): void {
    const rng = this.#rng;
    if (!rng.chance(0.15)) return;
    const label = this.#tb.newLabel();
    const type = this.#tb.wordType;
    this.#b.brcond(type, this.#g.operand(type), this.#g.operand(type), rng.below(12), label);
    if (rng.chance(0.1)) this.#b.exit_tb(PROGRAM_EXIT, this.#delta());
    else this.#gotoTb(rng.below(2));
    this.#b.label(label);
  }

  #gotoTb(slot: number): void {
    this.#b.goto_tb(slot, this.#slots[slot]);
  }

  #end(): void {
    const rng = this.#rng;
    const kind = rng.below(16);
    if (kind < 4) return this.#gotoTb(rng.below(2));
    if (kind < 10) {
      const label = this.#tb.newLabel();
      const type = this.#tb.wordType;
      this.#b.brcond(type, this.#g.operand(type), this.#g.operand(type), rng.below(12), label);
      this.#gotoTb(0);
      this.#b.label(label);
      return this.#gotoTb(1);
    }
    if (kind === 10) return this.#b.exit_tb(PROGRAM_EXIT, this.#delta());
    if (kind === 11) this.#b.call(HELPERS.findIndex((h) => h.name === 'set_mode'), -1, [this.#g.operand(Type.i32)]);
    return this.#jump();
  }

  /** goto_ptr to one of two TBs. */
  #jump(): void {
    const tb = this.#tb;
    const b = this.#b;
    const type = tb.wordType;
    const base = tb.newLocal(type);
    b.sub(type, base, tb.target.pageBase, tb.constInt(type, tb.csBase));
    const [one, two] = [tb.newLocal(type), tb.newLocal(type)];
    b.add(type, one, base, tb.constInt(type, this.#delta()));
    b.add(type, two, base, tb.constInt(type, this.#delta()));
    b.movcond(type, tb.target.pc, this.#g.operand(type), this.#g.operand(type), one, two, this.#rng.below(12));
    b.goto_ptr();
  }
}

/** The program of a seed. */
export function generateProgram(seed: number): IrProgram {
  const rng = new Random(seed);
  const wide = rng.chance(0.5);
  const csBase = wide ? 0 : rng.pick([0, 0, 0x1000, -0x1000, 0x12345]);
  const count = rng.pick([1, 2, 3, 4, 6]);
  const pages = rng.chance(0.5) ? 1 : CODE_PAGES;
  const places: Place[] = [];
  while (places.length < count) {
    const place = { page: rng.below(pages), offset: rng.below(4096 / TB_BYTES) * TB_BYTES };
    if (!places.some((p) => p.page === place.page && p.offset === place.offset)) places.push(place);
  }
  const tbs: PlacedTb[] = places.map((place) => {
    const tb = new TbIr(FUZZ_LAYOUT);
    tb.reset(wide, csBase);
    new TbGenerator(tb, rng, place, places).generate();
    return { tb, ...place };
  });
  const starts = Array.from({ length: rng.between(1, 3) }, () => ({ seed: rng.u32(), budget: rng.pick([1, 7, 40, 200, 1000]) + rng.below(20) }));
  return { wide, csBase, tbs, starts };
}
