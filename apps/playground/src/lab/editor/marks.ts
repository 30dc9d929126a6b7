/** What the machine and the panes show in the source: bytes of each line, the line the machine is at, and the linked one. */
import { RangeSet, StateEffect, StateField, type EditorState, type Extension } from '@codemirror/state';
import { Decoration, EditorView, gutter, GutterMarker, type DecorationSet } from '@codemirror/view';
import type { AssembledLine } from '../protocol.ts';
import { addressText, bytesText } from '../stages/rows.ts';

/** Bytes of a line that its gutter shows; the tooltip has more. */
const GUTTER_BYTES = 5;
const TOOLTIP_BYTES = 256;

export interface Marks {
  /** Lines from 1; undefined: none. */
  readonly machine: number | undefined;
  readonly linked: number | undefined;
}

export const setMarks = StateEffect.define<Marks>();
export const setBytes = StateEffect.define<readonly AssembledLine[]>();

class BytesMarker extends GutterMarker {
  readonly #line: AssembledLine;

  constructor(line: AssembledLine) {
    super();
    this.#line = line;
  }

  override eq(other: GutterMarker): boolean {
    return other instanceof BytesMarker && other.#line.pc === this.#line.pc && text(other.#line) === text(this.#line);
  }

  override toDOM(): Node {
    const element = document.createElement('span');
    element.textContent = text(this.#line);
    element.title = `${addressText(BigInt(this.#line.pc))}: ${bytesText(this.#line.bytes, TOOLTIP_BYTES)}`;
    return element;
  }
}

function text({ bytes }: AssembledLine): string {
  return bytesText(bytes, GUTTER_BYTES);
}

class HereMarker extends GutterMarker {
  override toDOM(): Node {
    return document.createTextNode('▶');
  }
}

const MACHINE_LINE = Decoration.line({ class: 'cm-machine-line' });
const LINKED_LINE = Decoration.line({ class: 'cm-linked-line' });
const HERE = new HereMarker();

function lineStart(state: EditorState, line: number | undefined): number | undefined {
  return line === undefined || line < 1 || line > state.doc.lines ? undefined : state.doc.line(line).from;
}

function decorate(state: EditorState, { machine, linked }: Marks): DecorationSet {
  const at = lineStart(state, machine);
  const linkedAt = lineStart(state, linked);
  return Decoration.set([
    ...(at === undefined ? [] : [MACHINE_LINE.range(at)]),
    ...(linkedAt === undefined ? [] : [LINKED_LINE.range(linkedAt)]),
  ], true);
}

const lines = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    const effect = transaction.effects.find((each) => each.is(setMarks));
    return effect === undefined ? value.map(transaction.changes) : decorate(transaction.state, effect.value);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const here = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update(value, transaction) {
    const effect = transaction.effects.find((each) => each.is(setMarks));
    if (effect === undefined) return value.map(transaction.changes);
    const at = lineStart(transaction.state, effect.value.machine);
    return at === undefined ? RangeSet.empty : RangeSet.of(HERE.range(at));
  },
});

const bytes = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update(value, transaction) {
    const effect = transaction.effects.find((each) => each.is(setBytes));
    if (effect === undefined) return value.map(transaction.changes);
    const { state } = transaction;
    const ranges = [];
    for (const line of effect.value) {
      const at = lineStart(state, line.line);
      if (at !== undefined && line.bytes.length > 0) ranges.push(new BytesMarker(line).range(at));
    }
    return RangeSet.of(ranges, true);
  },
});

export const marks: Extension = [
  lines,
  here,
  bytes,
  gutter({ class: 'cm-here', markers: (view) => view.state.field(here), initialSpacer: () => HERE }),
  gutter({ class: 'cm-bytes', side: 'after', markers: (view) => view.state.field(bytes) }),
];
