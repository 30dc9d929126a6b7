/** Files that are dropped onto an element. */
import { signal, type ReadonlySignal } from '@preact/signals';

export interface FileDrop {
  /** Files hang over the element. */
  readonly over: ReadonlySignal<boolean>;
  readonly handlers: {
    readonly onDragEnter: (event: DragEvent) => void;
    readonly onDragOver: (event: DragEvent) => void;
    readonly onDragLeave: (event: DragEvent) => void;
    readonly onDrop: (event: DragEvent) => void;
  };
}

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** @param take receives what was dropped, at least one file */
export function fileDrop(take: (files: readonly File[]) => void): FileDrop {
  const over = signal(false);
  const hold = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over.value = true;
  };
  return {
    over,
    handlers: {
      onDragEnter: hold,
      onDragOver: hold,
      onDragLeave: (event) => {
        // Entering a child leaves the parent: only the way out counts.
        if (!(event.relatedTarget instanceof Node) || !(event.currentTarget instanceof Node) || !event.currentTarget.contains(event.relatedTarget)) over.value = false;
      },
      onDrop: (event) => {
        over.value = false;
        if (!hasFiles(event)) return;
        event.preventDefault();
        const files = [...(event.dataTransfer?.files ?? [])];
        if (files.length > 0) take(files);
      },
    },
  };
}
