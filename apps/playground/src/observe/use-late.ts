/** A signal that follows another one some time later, in a task of its own: what is drawn from it neither adds to the task of a sample nor comes more often than that. */
import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** ms between two changes of a table: faster, nobody could read it. */
export const READABLE = 1000;

/** @param delay ms; also the least time between two changes */
export function useLate<T>(source: ReadonlySignal<T>, delay: number): ReadonlySignal<T> {
  const late = useSignal(source.peek());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = source.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        late.value = source.peek();
      }, delay);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [source, delay, late]);
  return late;
}
