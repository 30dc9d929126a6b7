import { useSignal, type ReadonlySignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** Is some of an element on the screen? */
export function useVisible(ref: RefObject<HTMLElement | null>): ReadonlySignal<boolean> {
  const visible = useSignal(false);
  useEffect(() => {
    if (ref.current === null) return undefined;
    const observer = new IntersectionObserver((entries) => {
      visible.value = entries.at(-1)?.isIntersecting ?? false;
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [ref, visible]);
  return visible;
}
