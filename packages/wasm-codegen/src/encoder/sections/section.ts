/**
 * A section under construction: a counted vector whose entries are encoded as they are added. Sections are made once per
 * module builder and reused; nothing is kept as objects.
 */
import { ByteSink } from '../sink.ts';

/** Section ids in the order in which the binary format wants the sections: not ascending, 12 comes before 10. */
export const SectionId = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  dataCount: 12,
  code: 10,
  data: 11,
  custom: 0,
} as const;
export type SectionId = (typeof SectionId)[keyof typeof SectionId];

export class Section {
  readonly entries: ByteSink;
  readonly id: SectionId;
  count = 0;

  constructor(id: SectionId, capacity = 256) {
    this.id = id;
    this.entries = new ByteSink(capacity);
  }

  reset(): void {
    this.entries.reset();
    this.count = 0;
  }

  /** Appends the section to `out`, or nothing when it has no entries. Once per content. */
  writeTo(out: ByteSink, importedFunctions: number): void {
    if (this.count === 0) return;
    this.entries.resolveFuncs(importedFunctions);
    out.u8(this.id);
    const size = out.reserveU32();
    out.u32(this.count);
    out.append(this.entries.bytes, 0, this.entries.position);
    out.patchSize(size);
  }
}
