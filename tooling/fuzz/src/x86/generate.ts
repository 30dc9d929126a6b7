/**
 * Random x86 programs of 5 to 40 items: any integer instruction on registers and memory, with branches, bounded loops, calls, accesses
 * that fault, stores into its own code and, with paging, changes of the mapping. Most of them end; a limit ends the rest.
 */
import type { Form } from '@wasm-tcg/guest-x86';
import { Random } from '../random.ts';
import { Control, type Draft } from './control.ts';
import { Encoder } from './encode.ts';
import { formsOf } from './forms.ts';
import { assemble, type Item } from './items.ts';
import { CODE, CODE_BYTES, MODES, pagingsOf, type Mode } from './layout.ts';
import type { X86Program } from './program.ts';

/** Enough for loops to get hot in every mode; programs that run for ever are cut here. */
const LIMIT = 1500;

/** Forms by mnemonic, so that an instruction with many encodings is not more frequent than one with few. */
class FormPicker {
  readonly #byMnemonic: readonly (readonly Form[])[];

  constructor(mode: Mode) {
    const groups = new Map<string, Form[]>();
    for (const form of formsOf(mode)) groups.set(form.mnemonic, [...(groups.get(form.mnemonic) ?? []), form]);
    this.#byMnemonic = [...groups.values()];
  }

  /** Half of the time any form, else any mnemonic's. */
  pick(rng: Random): Form {
    if (rng.chance(0.5)) return rng.pick(rng.pick(this.#byMnemonic));
    return rng.pick(this.#byMnemonic.flat());
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
    const count = rng.between(5, 40);
    const drafts: Draft[] = [];
    const add = (draft: Draft): void => void drafts.push(draft);
    const patchables: number[] = [];
    // Functions stand behind the HLT; calls go to their first items, which are known when all is there.
    const functions = rng.chance(0.6) ? rng.between(1, 2) : 0;
    const calls: { readonly item: number; readonly which: number }[] = [];
    const loops: { readonly head: number; readonly cell: number }[] = [];
    const plain = (): void => {
      const bytes = encoder.encode(picker.pick(rng));
      if (bytes) add({ bytes, starts: [0], references: [] });
    };
    const branchTarget = (): number => Math.max(0, drafts.length + (rng.chance(0.75) ? rng.between(1, 8) : -rng.between(1, 6)));
    const step = (inFunction: boolean): void => {
      const kind = rng.below(100);
      if (kind < 62) plain();
      else if (kind < 72) add(control.branch(branchTarget()));
      else if (kind < 74) add(control.counted(branchTarget()));
      else if (kind < 77) add(control.indirect(branchTarget()));
      else if (kind < 79) add(rng.chance(0.5) ? control.far(branchTarget()) : control.farReturn(branchTarget()));
      else if (kind < 82 && loops.length < 3 && !inFunction) {
        loops.push({ head: drafts.length + 1, cell: rng.below(8) });
        add(control.setCell(loops[loops.length - 1].cell, rng.between(2, 40)));
      } else if (kind < 87 && functions > 0 && !inFunction) {
        calls.push({ item: drafts.length, which: rng.below(functions) });
        add(control.call(0));
      } else if (kind < 90) {
        patchables.push(drafts.length);
        add(control.patchable());
      } else if (kind < 94) {
        if (patchables.length === 0 || rng.chance(0.3)) {
          // Ahead: the target comes with it.
          const draft = control.patch(drafts.length + 1 + rng.below(2));
          add(draft);
          if (rng.chance(0.5)) plain();
          patchables.push(drafts.length);
          add(control.patchable());
        } else add(control.patch(rng.pick(patchables)));
      } else if (kind < 98 && paged) add(control.remap());
      else add(mode === 'long64' ? control.patchable() : control.segment());
    };
    while (drafts.length < count) {
      step(false);
      const last = loops[loops.length - 1];
      if (last && drafts.length - last.head > 1 && rng.chance(0.3)) {
        loops.pop();
        add(control.loopEnd(last.head, last.cell));
      }
    }
    for (const { head, cell } of loops.reverse()) add(control.loopEnd(head, cell));
    add(control.end());
    const entries = Array.from({ length: functions }, () => {
      const entry = drafts.length;
      for (let n = rng.between(1, 5); n > 0; n--) step(true);
      add(control.ret());
      return entry;
    });
    for (const { item, which } of calls) drafts[item] = control.call(entries[which]);
    const items: Item[] = drafts.map((draft, id) => ({ id, ...draft }));
    const bytes = items.reduce((sum, item) => sum + item.bytes.length, 0);
    // Often across the border of the two pages.
    const address = rng.chance(paged ? 0.6 : 0.3) ? 0x5000 - rng.below(Math.min(bytes, 0x7f0)) : CODE + rng.below(CODE_BYTES - Math.min(bytes + 64, CODE_BYTES - 1));
    const starts = Array.from({ length: rng.between(1, 3) }, () => ({ seed: rng.u32(), steps: rng.chance(0.4) ? rng.u32() | 1 : 0 }));
    return { mode, paging, address, items, starts: starts.map((s) => ({ ...s, steps: s.steps >>> 0 })), stress: rng.between(1, 0xffff), limit: LIMIT };
  }
}
