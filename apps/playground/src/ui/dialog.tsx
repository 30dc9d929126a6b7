import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import '../styles/dialog.css';

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** Buttons at the bottom. Without them there is one that closes. */
  readonly actions?: ComponentChildren;
  readonly testId?: string;
  readonly children: ComponentChildren;
}

/** A modal dialog, open as long as it is rendered. The browser keeps the focus inside, closes it with Esc, and puts the focus back afterwards. */
export function Dialog({ title, onClose, actions, testId, children }: DialogProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    // Not the text, which is first and has the focus ring around it.
    dialog?.querySelector<HTMLElement>('.toolbar button')?.focus();
    return () => {
      dialog?.close();
      // The browser does this for a dialog that is closed, and not for one that is removed.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={id}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div class="dialog">
        <h2 id={id}>{title}</h2>
        <div class="content" tabIndex={0} role="group" aria-labelledby={id}>{children}</div>
        <div class="toolbar">{actions ?? <button onClick={onClose}>Close</button>}</div>
      </div>
    </dialog>
  );
}
