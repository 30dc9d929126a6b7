/**
 * The open blocks of one function body. A label is a serial number, not a depth, so that a branch to a block that has been
 * closed is noticed at the branch instead of going silently to whatever block has that depth now.
 */
import { CodegenError } from '../errors.ts';

/** A block, loop or if of the body that is being written. */
export type Label = number & { readonly brand: 'Label' };

/** The body itself: a branch to it returns. */
export const FUNCTION_LABEL = 0 as Label;

const CLOSED = -1;

export class LabelStack {
  /** Nesting depth at which a label was opened, by label; CLOSED when it is no longer open. */
  private depthOf = new Int32Array(256);
  /** Open labels by depth. */
  private open = new Int32Array(64);
  private serial = 0;
  /** Number of open blocks. */
  depth = 0;

  reset(): void {
    this.serial = 0;
    this.depth = 0;
    this.depthOf[0] = 0;
    this.open[0] = 0;
  }

  push(): Label {
    const label = ++this.serial;
    const depth = ++this.depth;
    if (label === this.depthOf.length) this.depthOf = doubled(this.depthOf);
    if (depth === this.open.length) this.open = doubled(this.open);
    this.depthOf[label] = depth;
    this.open[depth] = label;
    return label as Label;
  }

  pop(): void {
    if (this.depth === 0) {
      throw new CodegenError('unbalanced', 'an end has no block', 'the end of the body is written by finish()');
    }
    this.depthOf[this.open[this.depth--]] = CLOSED;
  }

  /** The relative depth a branch to `label` encodes. */
  distance(label: Label): number {
    const depth = label <= this.serial ? this.depthOf[label] : CLOSED;
    if (!(depth >= 0)) {
      throw new CodegenError('bad-label', `label ${label} is not open`, 'branch only from inside the block that returned the label');
    }
    return this.depth - depth;
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
