/**
 * What ties the panes and the editor together: one instruction of the listing is the active one, and every line that came from it lights up everywhere. Pointing
 * (mouse, caret, arrow keys) makes it active for as long as it lasts; a pinned one stays.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { ListingView } from '../protocol.ts';

/** An instruction of a listing. */
export interface Place {
  readonly block: number;
  readonly insn: number;
}

/** That a place should be scrolled to; panes other than `by` do. A new object each time, so that the same place can be asked for twice. */
export interface Reveal {
  readonly place: Place;
  readonly by: string;
}

export function samePlace(a: Place | undefined, b: Place | undefined): boolean {
  return a?.block === b?.block && a?.insn === b?.insn;
}

/** Place of a line, if it has one: headers and exits have none. */
export function placeOf(line: Place): Place | undefined {
  return line.block >= 0 && line.insn >= 0 ? { block: line.block, insn: line.insn } : undefined;
}

/** The first instruction that a source line became. */
export function placeOfLine(listing: ListingView | undefined, line: number): Place | undefined {
  return findInsn(listing, (insn) => insn.line === line);
}

export function placeOfPc(listing: ListingView | undefined, pc: bigint): Place | undefined {
  return findInsn(listing, (insn) => insn.pc === pc);
}

export function lineOfPlace(listing: ListingView | undefined, place: Place | undefined): number | undefined {
  return place === undefined ? undefined : listing?.blocks[place.block]?.insns[place.insn]?.line;
}

function findInsn(listing: ListingView | undefined, wanted: (insn: ListingView['blocks'][number]['insns'][number]) => boolean): Place | undefined {
  for (const [block, { insns }] of (listing?.blocks ?? []).entries()) {
    const insn = insns.findIndex(wanted);
    if (insn >= 0) return { block, insn };
  }
  return undefined;
}

export class Linking {
  readonly #pointed = signal<Place | undefined>(undefined);
  readonly #pinned = signal<Place | undefined>(undefined);
  readonly #reveal = signal<Reveal | undefined>(undefined);

  readonly pinned: ReadonlySignal<Place | undefined> = this.#pinned;
  readonly reveal: ReadonlySignal<Reveal | undefined> = this.#reveal;
  /** The one whose lines light up. */
  readonly active: ReadonlySignal<Place | undefined> = computed(() => this.#pointed.value ?? this.#pinned.value);

  /** Under the mouse or the caret; undefined: nothing is. */
  point(place: Place | undefined): void {
    if (!samePlace(place, this.#pointed.peek())) this.#pointed.value = place;
  }

  /** Like {@link point}, and the other panes follow. */
  visit(place: Place, by: string): void {
    this.point(place);
    this.#reveal.value = { place, by };
  }

  /** Keep a place; the same once more lets it go. */
  togglePin(place: Place, by: string): void {
    if (samePlace(place, this.#pinned.peek())) this.#pinned.value = undefined;
    else {
      this.#pinned.value = place;
      this.#reveal.value = { place, by };
    }
  }

  show(place: Place): void {
    this.#reveal.value = { place, by: '' };
  }

  unpin(): void {
    this.#pinned.value = undefined;
  }

  /** The listing is another one: its places mean something else. */
  clear(): void {
    this.#pointed.value = undefined;
    this.#pinned.value = undefined;
    this.#reveal.value = undefined;
  }
}
