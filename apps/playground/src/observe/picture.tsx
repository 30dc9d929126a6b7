/**
 * A canvas of cells that can be pointed at: with a mouse (hover reads, a click zooms, a drag selects), a finger (a tap reads, a second one zooms) or keys. What the
 * cells are is the caller's.
 */
import { useSignal, useSignalEffect, type ReadonlySignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Box, RowLabel } from './draw-heat.ts';
import type { Move, Point } from './grid.ts';

export interface PictureProps {
  readonly label: string;
  readonly testId: string;
  /** Draws everything; run again when a signal that it reads changes. */
  readonly draw: (canvas: HTMLCanvasElement) => void;
  /** The cell that keys move. */
  readonly cursor: Signal<Point | undefined>;
  /** The cell under the pointer. */
  readonly hover: Signal<Point | undefined>;
  /** The cell at a place, if there is one. */
  readonly at: (left: number, top: number) => Point | undefined;
  /** Where cells from one to another lie. */
  readonly boxes: (from: Point, to: Point) => readonly Box[];
  readonly move: (from: Point | undefined, move: Move) => Point | undefined;
  readonly onZoom: (point: Point) => void;
  readonly onSelect: (from: Point, to: Point) => void;
  /** @returns whether there was anything to leave */
  readonly onOut: () => boolean;
  /** A cell in words, read out when a key led to it. */
  readonly describe: (point: Point) => string;
  /** Changes when cells lie elsewhere. */
  readonly size: ReadonlySignal<unknown>;
  readonly labels: () => readonly RowLabel[];
}

const KEYS: Readonly<Record<string, Move>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'rowStart',
  End: 'rowEnd',
  PageUp: 'pageUp',
  PageDown: 'pageDown',
};

const same = (a: Point | undefined, b: Point | undefined): boolean => a?.x === b?.x && a?.y === b?.y;

export function Picture(props: PictureProps): JSX.Element {
  const { label, testId, draw, cursor, hover, at, move, onZoom, onSelect, onOut, describe } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useSignal<Point | undefined>(undefined);
  const said = useSignal('');
  useSignalEffect(() => {
    if (canvas.current !== null) draw(canvas.current);
  });

  const pointOf = (event: PointerEvent): Point | undefined => {
    const box = canvas.current?.getBoundingClientRect();
    return box === undefined ? undefined : at(event.clientX - box.left, event.clientY - box.top);
  };
  const onPointerUp = (event: PointerEvent): void => {
    const [from, to] = [drag.value, pointOf(event)];
    drag.value = undefined;
    if (from === undefined || to === undefined) return;
    const again = same(cursor.value, to);
    cursor.value = to;
    if (!same(from, to)) onSelect(from, to);
    else if (event.pointerType === 'mouse' || again) onZoom(to);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey) return;
    const step = event.ctrlKey ? ({ Home: 'first', End: 'last' } as const)[event.key] : KEYS[event.key];
    if (step !== undefined) {
      cursor.value = move(cursor.value, step);
      hover.value = undefined;
      said.value = cursor.value === undefined ? '' : describe(cursor.value);
    } else if (event.key === 'Enter' && cursor.value !== undefined) {
      onZoom(cursor.value);
    } else if (event.key !== 'Escape' || !onOut()) {
      return;
    }
    event.preventDefault();
  };

  return (
    <div class="observe-picture" data-testid={testId} tabIndex={0} role="group" aria-label={label} onKeyDown={onKeyDown}>
      <canvas
        ref={canvas}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          drag.value = pointOf(event);
          if (event.pointerType === 'mouse') event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          const point = pointOf(event);
          if (!same(point, hover.peek())) hover.value = point;
        }}
        onPointerUp={onPointerUp}
        onPointerCancel={() => (drag.value = undefined)}
        onPointerLeave={() => (hover.value = undefined)}
      />
      <Labels {...props} />
      <Marks {...props} drag={drag} />
      <output class="visually-hidden">{said}</output>
    </div>
  );
}

/** Addresses of rows. The readout says them for who does not see the picture. */
function Labels({ labels, size }: PictureProps): JSX.Element {
  void size.value;
  return (
    <div class="labels" aria-hidden="true">
      {labels().map(({ top, text }) => <code key={top} style={{ top }}>{text}</code>)}
    </div>
  );
}

/** The cursor, the cell under the pointer and what is being selected: over the canvas, so that pointing does not draw it anew. */
function Marks({ cursor, hover, boxes, size, drag }: PictureProps & { readonly drag: ReadonlySignal<Point | undefined> }): JSX.Element {
  // A new layout moves the marks.
  void size.value;
  const mark = (name: string, from: Point, to: Point): JSX.Element[] => boxes(from, to).map((box, index) => <div key={`${name}${index}`} class={`mark ${name}`} style={{ ...box }} />);
  const from = drag.value;
  const over = hover.value;
  return (
    <>
      {cursor.value === undefined ? null : mark('cursor', cursor.value, cursor.value)}
      {over === undefined ? null : mark(from === undefined ? 'hover' : 'selection', from ?? over, over)}
    </>
  );
}
