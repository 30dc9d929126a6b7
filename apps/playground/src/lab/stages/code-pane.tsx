import { useComputed, useSignal, useSignalEffect, type ReadonlySignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import type { Stage } from '../protocol.ts';
import { CodeRow } from './code-row.tsx';
import { placeOf, samePlace, type Linking, type Place } from './linking.ts';
import { moveByInsn, rowNear, STAGE_TITLES, type Row } from './rows.ts';
import { Viewport } from './viewport.ts';

export interface CodePaneProps {
  readonly stage: Stage;
  readonly rows: ReadonlySignal<readonly Row[]>;
  readonly linking: Linking;
  /** Instruction that the machine is at. */
  readonly machine: ReadonlySignal<Place | undefined>;
  /** Row of the op that runs next, if ops are stepped through. */
  readonly op: ReadonlySignal<number | undefined>;
  /** A double click or Ctrl+Enter on an instruction. */
  readonly onList: (place: Place) => void;
  /** What stands there while there are no rows. */
  readonly empty: ComponentChildren;
}

/** Code of one stage: a list box of lines, linked with all others by instruction. */
export function CodePane({ stage, rows, linking, machine, op, onList, empty }: CodePaneProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const viewport = useMemo(() => new Viewport(), []);
  const id = useId();
  /** Row of the keyboard; −1 until a key has been pressed. */
  const cursor = useSignal(-1);
  const width = useComputed(() => rows.value.reduce((longest, row) => Math.max(longest, row.text.length + (row.bytes === undefined ? 0 : 36)), 0));

  useEffect(() => {
    const element = list.current;
    if (element === null) return undefined;
    const measure = (): void => viewport.measure(element, Number.parseFloat(getComputedStyle(element).lineHeight));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [viewport]);

  const scrollTo = (row: number): void => {
    const top = row < 0 ? undefined : viewport.scrollTo(row);
    if (top !== undefined) list.current?.scrollTo({ top });
  };
  useSignalEffect(() => {
    const reveal = linking.reveal.value;
    if (reveal !== undefined && reveal.by !== stage) scrollTo(rowNear(rows.peek(), reveal.place));
  });
  useSignalEffect(() => {
    if (op.value !== undefined) scrollTo(op.value);
  });

  const goTo = (row: number): void => {
    const place = rows.peek()[row] === undefined ? undefined : placeOf(rows.peek()[row]!);
    if (place === undefined) return;
    cursor.value = row;
    scrollTo(row);
    linking.visit(place, stage);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const all = rows.peek();
    const place = all[cursor.peek()] === undefined ? undefined : placeOf(all[cursor.peek()]!);
    switch (event.key) {
      case 'ArrowDown': goTo(moveByInsn(all, cursor.peek(), 1)); break;
      case 'ArrowUp': goTo(moveByInsn(all, cursor.peek(), -1)); break;
      case 'Home': goTo(moveByInsn(all, -1, 1)); break;
      case 'End': goTo(moveByInsn(all, all.length, -1)); break;
      case ' ':
      case 'Enter':
        if (place === undefined) return;
        if (event.ctrlKey || event.metaKey) onList(place);
        else linking.togglePin(place, stage);
        break;
      case 'Escape': linking.unpin(); linking.point(undefined); break;
      default: return;
    }
    event.preventDefault();
  };

  const all = rows.value;
  const [first, end] = viewport.range(all.length);
  const active = linking.active.value;
  const pinned = linking.pinned.value;
  const at = machine.value;
  return (
    <div
      ref={list}
      class={`code-pane ${stage}`}
      role="listbox"
      aria-label={`${STAGE_TITLES[stage]} code`}
      aria-activedescendant={cursor.value >= first && cursor.value < end ? `${id}-${cursor.value}` : undefined}
      tabIndex={0}
      onScroll={(event) => viewport.scrolled(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
      onBlur={() => linking.point(undefined)}
      onPointerLeave={() => linking.point(undefined)}
    >
      {all.length === 0 ? <div class="empty" role="option" aria-selected={false} aria-disabled>{empty}</div> : null}
      <div class="extent" role="presentation" style={{ height: `${all.length * viewport.rowHeight}px`, minWidth: `${width.value + 4}ch` }}>
        <div class="window" role="presentation" style={{ transform: `translateY(${first * viewport.rowHeight}px)` }}>
          {all.slice(first, end).map((row, i) => (
            <CodeRow
              key={first + i}
              id={`${id}-${first + i}`}
              stage={stage}
              row={row}
              position={first + i}
              rows={all.length}
              linked={placeOf(row) !== undefined && samePlace(row, active)}
              pinned={placeOf(row) !== undefined && samePlace(row, pinned)}
              machine={op.value === undefined ? placeOf(row) !== undefined && samePlace(row, at) : op.value === first + i}
              arrow={op.value === undefined ? !samePlace(row, all[first + i - 1]) : op.value === first + i}
              cursor={cursor.value === first + i}
              onPoint={() => linking.point(placeOf(row))}
              onPin={() => {
                cursor.value = first + i;
                const place = placeOf(row);
                if (place !== undefined) linking.togglePin(place, stage);
              }}
              onList={() => {
                const place = placeOf(row);
                if (place !== undefined) onList(place);
              }}
            />
          ))}
        </div>
      </div>
    </div>
  );
}
