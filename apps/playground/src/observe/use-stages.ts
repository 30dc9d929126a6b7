/** Parts of a view one after the other, each in a task of its own, so that opening it does not hold the page up. */
import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** @returns how many parts are to be there; grows to `count` */
export function useStages(count: number): ReadonlySignal<number> {
  const stage = useSignal(1);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const next = (): void => {
      if (stage.peek() >= count) return;
      timer = setTimeout(() => {
        stage.value++;
        next();
      });
    };
    next();
    return () => clearTimeout(timer);
  }, [count, stage]);
  return stage;
}
