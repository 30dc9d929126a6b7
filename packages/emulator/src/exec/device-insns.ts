/**
 * Instructions that have accessed devices, by physical address. Time, and when an interrupt is taken, must be exact at a device access; so it is
 * made by a TB of one instruction only. The first few times such a TB is made for one use; an instruction that goes on has code cut at it.
 *
 * Only a hint: code may have changed since, and the same instruction may access memory at other times.
 */

/** Accesses until code is cut: `memcpy` meets a device once in a while, a driver's register access always. */
const CUT_AT = 4;

export class DeviceInsns {
  /** Times each instruction of a page has met a device, by its offset in the page. */
  readonly #pages = new Map<number, Map<number, number>>();

  /** @returns true when code is to be cut at the instruction from now on */
  note(physPage: number, offset: number): boolean {
    let page = this.#pages.get(physPage);
    if (page === undefined) this.#pages.set(physPage, (page = new Map()));
    const times = (page.get(offset) ?? 0) + 1;
    page.set(offset, times);
    return times >= CUT_AT;
  }

  /** Is code to be cut at this instruction? */
  has(physPage: number, offset: number): boolean {
    return (this.#pages.get(physPage)?.get(offset) ?? 0) >= CUT_AT;
  }

  /** Is there any on the page? */
  anyOn(physPage: number): boolean {
    return this.#pages.has(physPage);
  }

  clear(): void {
    this.#pages.clear();
  }
}
