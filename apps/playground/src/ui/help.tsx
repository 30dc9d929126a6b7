import type { ComponentChildren, JSX } from 'preact';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Dialog } from './dialog.tsx';

export interface Shortcut {
  /** Keys to press together or one after the other: `['Ctrl', 'Enter']`. */
  readonly keys: readonly string[];
  readonly does: string;
}

export interface HelpProps {
  /** Of the view. */
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
  /** What the view is for, before the shortcuts. */
  readonly children: ComponentChildren;
}

/** Where a letter is text and no shortcut. */
const TYPING = 'input:not([type="checkbox"], [type="radio"], [type="range"]), textarea, select, [contenteditable="true"], dialog';

/** Is this key meant for a text field (or a terminal, which has one) rather than for the page? */
export const isTyping = (target: EventTarget | null): boolean => target instanceof Element && target.closest(TYPING) !== null;

/** The `?` button of a view, the key of that name, and what they open. */
export function Help({ title, shortcuts, children }: HelpProps): JSX.Element {
  const open = useSignal(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      open.value = true;
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [open]);
  return (
    <>
      <button class="help-button" aria-label="Help" title="Help and shortcuts (?)" onClick={() => (open.value = true)}>?</button>
      {open.value ? (
        <Dialog title={title} onClose={() => (open.value = false)}>
          {children}
          <table class="shortcuts">
            <caption>Keys</caption>
            <tbody>
              {[...shortcuts, { keys: ['?'], does: 'this help' }].map(({ keys, does }) => (
                <tr key={does}>
                  <th scope="row">{keys.map((key) => <kbd key={key}>{key}</kbd>)}</th>
                  <td>{does}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Dialog>
      ) : null}
    </>
  );
}
