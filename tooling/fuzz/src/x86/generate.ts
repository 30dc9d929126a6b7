/**
 * Random x86 programs of 5 to 40 items: any integer, vector or x87 instruction on registers and memory, with branches, bounded loops, calls, accesses
 * that fault, stores into its own code and, with paging, changes of the mapping. Most of them end; a limit ends the rest.
 */
import type { Form } from '@wasm-tcg/guest-x86';
import { Random } from '../random.ts';
import { Control, type Draft } from './control.ts';
import { Encoder } from './encode.ts';
import { classOf, formsOf, type FormClass } from './forms.ts';
import { assemble, type Item } from './items.ts';
import { MODES, pagingsOf, type Mode } from './layout.ts';
import type { X86Program } from './program.ts';
import { Mixture, overTwoPages } from './shapes.ts';

/** Enough for loops to get hot in every mode; programs that run for ever are cut here. */
const LIMIT = 1500;

/** Which classes of forms a program draws from, and how often each: vector and x87 forms are most of all forms. */
const MIXTURES: readonly (readonly [weight: number, classes: readonly FormClass[]])[] = [
  [4, ['general']], [4, ['general', 'vector']], [3, ['general', 'x87', 'x87']], [1, ['general', 'vector', 'x87', 'x87']],
];

/** Forms by mnemonic, so that an instruction with many encodings is not more frequent than one with few. */
class Forms {
  readonly #all: readonly Form[];
  readonly #byMnemonic: readonly (readonly Form[])[];

  constructor(forms: readonly Form[]) {
    const groups = new Map<string, Form[]>();
    for (const form of forms) groups.set(form.mnemonic, [...(groups.get(form.mnemonic) ?? []), form]);
    this.#byMnemonic = [...groups.values()];
    this.#all = this.#byMnemonic.flat();
  }

  /** Half of the time any form, else any mnemonic's. */
  pick(rng: Random): Form {
    return rng.chance(0.5) ? rng.pick(rng.pick(this.#byMnemonic)) : rng.pick(this.#all);
  }
}

/** The forms of a mode. */
class FormPicker {
  readonly #classes: Readonly<Record<FormClass, Forms>>;

  constructor(mode: Mode) {
    const forms = formsOf(mode);
    const of = (wanted: FormClass): Forms => new Forms(forms.filter((form) => classOf(form) === wanted));
    this.#classes = { general: of('general'), vector: of('vector'), x87: of('x87') };
  }

  pick(rng: Random, classes: readonly FormClass[]): Form {
    return this.#classes[rng.pick(classes)].pick(rng);
  }
}

/** Generates programs; remembers the forms of each mode. */
export class X86Generator {
  readonly #pickers = new Map<Mode, FormPicker>();

  generate(seed: number): X86Program {
    const rng = new Random(seed);
    for (;;) {
      const program = this.#attempt(rng);
      if (assemble(program.items, program.address) !== undefined) return program;
    }
  }

  #attempt(rng: Random): X86Program {
    const mode = rng.pick(MODES);
    const paging = rng.pick(pagingsOf(mode));
    const paged = paging !== 'none';
    let picker = this.#pickers.get(mode);
    if (!picker) this.#pickers.set(mode, (picker = new FormPicker(mode)));
    const encoder = new Encoder(rng, mode, paged);
    const control = new Control(rng, mode, paging);
    const classes = rng.weighted(MIXTURES);
    const plain = (): Draft => ({ bytes: encoder.encode(picker.pick(rng, classes)) ?? [0x90], starts: [0], references: [] });
    const parts = { rng, control, plain, paged, segments: mode !== 'long64' };
    const { drafts, address } = paged && rng.chance(0.15) ? overTwoPages(parts) : new Mixture(parts).build();
    const items = drafts.map((draft, id): Item => ({ id, ...draft }));
    const starts = Array.from({ length: rng.between(1, 3) }, () => ({ seed: rng.u32(), steps: rng.chance(0.4) ? (rng.u32() | 1) >>> 0 : 0 }));
    return { mode, paging, address, items, starts, stress: rng.between(1, 0xffff), limit: LIMIT };
  }
}
