/**
 * Custom section `metadata.code.branch_hint` (WebAssembly branch hinting): which way an `if` or `br_if` seldom goes. Engines move what is there out of the way
 * and, what matters more, keep values in registers on the other way though the seldom one makes calls. Engines that do not know the section ignore it.
 */
import type { ByteSink } from '../sink.ts';
import { SectionId } from './section.ts';

const NAME = 'metadata.code.branch_hint';
/** Bytes of a hint's value. */
const VALUE_SIZE = 1;

export class BranchHintSection {
  /** Per function: index among the defined ones, number of hints, the hints (offset · 2 + value). */
  private words = new Int32Array(256);
  private length = 0;
  private functions = 0;

  reset(): void {
    this.length = 0;
    this.functions = 0;
  }

  /**
   * @param func index among the defined functions
   * @param hints position among the instructions · 2 + (1: the branch is likely taken), ascending
   * @param declaration bytes of the declaration of locals, which positions in the section count, too
   */
  add(func: number, hints: Int32Array, count: number, declaration: number): void {
    if (count === 0) return;
    if (this.words.length < this.length + count + 2) {
      const words = new Int32Array(2 * (this.length + count + 2));
      words.set(this.words);
      this.words = words;
    }
    this.words[this.length++] = func;
    this.words[this.length++] = count;
    for (let i = 0; i < count; i++) this.words[this.length++] = hints[i] + declaration * 2;
    this.functions++;
  }

  writeTo(out: ByteSink, imported: number): void {
    if (this.functions === 0) return;
    const { words } = this;
    out.u8(SectionId.custom);
    const size = out.reserveU32();
    out.name(NAME);
    out.u32(this.functions);
    for (let at = 0; at < this.length; ) {
      out.u32(words[at++] + imported);
      const count = words[at++];
      out.u32(count);
      for (let i = 0; i < count; i++, at++) {
        out.u32(words[at] >>> 1);
        out.u32(VALUE_SIZE);
        out.u8(words[at] & 1);
      }
    }
    out.patchSize(size);
  }
}
