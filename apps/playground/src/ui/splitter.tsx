import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import '../styles/splitter.css';

export interface SplitterProps {
  /** What it changes the size of, for who cannot see it. */
  readonly label: string;
  /** Of the part before it, per cent of its parent. */
  readonly value: Signal<number>;
  readonly min: number;
  readonly max: number;
  /** A line between columns, or between rows. */
  readonly between: 'columns' | 'rows';
}

/** Per cent that an arrow key moves it. */
const STEP = 2;

/** A line between two parts that can be moved: with the mouse, a finger, or the arrow keys. */
export function Splitter({ label, value, min, max, between }: SplitterProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const set = (percent: number): void => {
    value.value = Math.min(max, Math.max(min, percent));
  };
  const drag = (event: PointerEvent): void => {
    const parent = element.current?.parentElement?.getBoundingClientRect();
    if (parent === undefined || element.current?.hasPointerCapture(event.pointerId) !== true) return;
    set(between === 'columns' ? ((event.clientX - parent.left) / parent.width) * 100 : ((event.clientY - parent.top) / parent.height) * 100);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const [less, more] = between === 'columns' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    const targets: Readonly<Record<string, number>> = { [less]: value.peek() - STEP, [more]: value.peek() + STEP, Home: min, End: max };
    const to = targets[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set(to);
  };
  return (
    <div
      ref={element}
      class={`splitter between-${between}`}
      role="separator"
      aria-label={label}
      aria-orientation={between === 'columns' ? 'vertical' : 'horizontal'}
      aria-valuenow={Math.round(value.value)}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      onPointerDown={(event) => {
        event.preventDefault();
        element.current?.setPointerCapture(event.pointerId);
      }}
      onPointerMove={drag}
      onKeyDown={onKeyDown}
    />
  );
}
